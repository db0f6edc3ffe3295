"""The screen of POTCARs: functional and symbols, what was found, how to fix it."""

from dataclasses import replace
from typing import Any

from crystalmath_server.protocol.errors import TransportFailed
from crystalmath_server.protocol.potcars import (
    FUNCTIONALS,
    CheckPotcarsParams,
    Potcar,
    PotcarCheck,
    PotcarFolder,
)
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Open, Say
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, MousePressed, Pasted, Refused
from crystalmath_tui.screens.cluster import update as cluster
from crystalmath_tui.screens.potcars.update import Slice
from crystalmath_tui.screens.potcars.view import SCREEN

CONTEXT = Context(Size(21, 80), now=1000.0)
SI = Potcar("Si", True, "PAW_PBE Si 05Jan2001", "/pot/potpaw_PBE.54/Si/POTCAR")
FE = Potcar("Fe_pv", False, similar=("Fe",), functionals=("PBE_52",), note="Fe is there: choose it")
FOUND = PotcarCheck(
    "hpc", "PBE_54", "/pot", ok=False, detail="not there for PBE_54: Fe_pv", hint="See the note.",
    looked=("/pot/potpaw_PBE.54", "/pot"), potcars=(SI, FE),
)  # fmt: skip
BARE = replace(
    FOUND, potcars=(), detail="/pot has no folder of PBE_54", folders=(PotcarFolder("/pot/x", "LDA", 3),)
)


def opened(*args: str) -> tuple[Slice, tuple[Any, ...]]:
    return SCREEN.update(Slice(), Entered("potcars", args), CONTEXT)


def told(potcars: Slice, *messages: Any) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for message in messages:
        potcars, effects = SCREEN.update(potcars, message, CONTEXT)
    return potcars, effects


def keys(potcars: Slice, *pressed: str) -> tuple[Slice, tuple[Any, ...]]:
    return told(potcars, *map(KeyPressed, pressed))


def words(potcars: Slice, context: Context = CONTEXT) -> str:
    return "\n".join("".join(span.text for span in line) for line in SCREEN.view(potcars, context))


def params(effects: tuple[Any, ...]) -> CheckPotcarsParams:
    (call,) = effects
    assert isinstance(call, Call)
    assert call.method.name == "potcars.check"
    return call.params


def test_it_looks_at_once_for_all_or_for_what_is_named() -> None:
    assert params(opened("hpc")[1]) == CheckPotcarsParams("hpc", (), "PBE_54")
    assert params(opened("hpc", "Fe_pv", "O")[1]).symbols == ("Fe_pv", "O")
    assert opened()[1] == (Say("Which cluster? :potcars CLUSTER", "warn"), Back())
    assert "Looking on hpc" in words(opened("hpc")[0])


def test_the_cluster_leads_here() -> None:
    shown = cluster.Slice(label="hpc")
    _, effects = cluster.update(shown, KeyPressed("P"), CONTEXT)
    assert effects == (Open("potcars", ("hpc",)),)


def test_functional_and_symbols_are_chosen() -> None:
    potcars, effects = keys(opened("hpc")[0], "f")
    assert params(effects).functional == FUNCTIONALS[1]
    potcars, effects = keys(potcars, "F", "F")
    assert params(effects).functional == FUNCTIONALS[-1]
    potcars, effects = told(keys(potcars, "/")[0], Pasted("Fe_pv, "), *map(KeyPressed, "O"))
    assert SCREEN.typing(potcars)
    assert not effects
    potcars, effects = keys(potcars, "enter")
    assert params(effects).symbols == ("Fe_pv", "O")
    assert not SCREEN.typing(potcars)
    kept, effects = keys(potcars, "/", "x", "esc")
    assert (kept.symbols, effects) == ("Fe_pv, O", ())
    cleared, effects = keys(potcars, "esc")
    assert params(effects).symbols == ()
    assert keys(cleared, "esc")[1] == (Back(),)


def test_what_was_found_is_shown_with_the_way_out() -> None:
    start = opened("hpc")[0]
    potcars, _ = told(start, Answered("potcars", FOUND, start.turn))
    shown = words(potcars)
    assert "not there for PBE_54: Fe_pv" in shown
    assert "→ See the note." in shown
    assert "✓ yes" in shown
    assert "PAW_PBE Si 05Jan2001" in shown
    assert shown.rstrip().endswith(SI.path)
    potcars, _ = keys(potcars, "j")
    shown = words(potcars)
    assert "also of the element: Fe" in shown
    assert "functionals that have it: PBE_52" in shown
    clicked, _ = told(potcars, MousePressed(5, 2, 1))
    assert clicked.scroll.index == 0


def test_without_symbols_the_folders_are_shown() -> None:
    start = opened("hpc")[0]
    shown = words(told(start, Answered("potcars", BARE, start.turn))[0])
    assert "/pot/potpaw_PBE.54" in shown
    assert "LDA, 3 symbols" in shown


def test_a_failure_is_told_and_late_answers_are_dropped() -> None:
    start = opened("hpc")[0]
    again, _ = keys(start, "r")
    assert told(again, Answered("potcars", FOUND, start.turn))[0] == again
    failed, _ = told(
        again, Refused("potcars", TransportFailed("hpc did not answer", hint="Wait."), again.turn)
    )
    assert "hpc did not answer. Wait." in words(failed)
    assert not failed.looking
