"""Help: keys and commands are shown in full if the screen is wide enough."""

from crystalmath_tui.core.context import Context
from crystalmath_tui.core.lines import Size
from crystalmath_tui.screens.help import Entry, Slice, view

USAGE = ":results PK [PAGE]"
LONG = ":diagnose PK [PAGE] [MORE]"
PAGE = Slice(entries=(Entry(USAGE, "Show numbers."), Entry(LONG, "Explain.")))


def shown(cols: int) -> list[str]:
    lines = view(PAGE, Context(size=Size(rows=10, cols=cols)))[1:]
    return ["".join(span.text for span in line).rstrip() for line in lines]


def test_a_wide_screen_shows_commands_in_full() -> None:
    assert shown(200) == [f"   {USAGE:<26} Show numbers.", f"   {LONG} Explain."]


def test_a_narrow_screen_cuts_long_commands_and_keeps_the_gap() -> None:
    assert shown(60) == [f"   {USAGE} Show numbers.", "   :diagnose PK [PAG… Explain."]
