"""Whatever comes in whatever order: update answers, never raises, and view is exactly as large as asked."""

from hypothesis import given, settings
from hypothesis import strategies as st

from crystalmath_tui import program, theme
from crystalmath_tui.core.cells import clean, width
from crystalmath_tui.core.effects import Call, Effect
from crystalmath_tui.core.lines import SELECTED, Size
from crystalmath_tui.core.messages import KeyPressed, Message, MousePressed
from tests.property.tui_strategies import CLUSTER_MESSAGES, KEYS, MESSAGES, SIZES

OUTER = {"Call", "Later", "NewKey", "ListFolder", "FindPath", "Copy", "Connect", "Suspend", "Redraw", "Quit"}


def played(sequence: list[Message], *, readonly: bool = False) -> tuple[program.Model, list[Effect]]:
    model, effects = program.init(Size(24, 80), 0.0, readonly=readonly)
    done = list(effects)
    for message in sequence:
        model, effects = program.update(model, message)
        done += effects
    return model, done


@settings(max_examples=150, deadline=None)
@given(st.lists(MESSAGES, max_size=25), SIZES)
def test_update_is_total_and_view_fits(sequence: list[Message], size: Size) -> None:
    model, effects = played(sequence)
    holds(model, effects, size)


CLUSTER_COMMANDS = (
    ":clusters",
    ":cluster hpc",
    ":cluster hpc codes",
    ":cluster hpc queue",
    ":setup",
    ":setup edit hpc",
    ":setup code hpc",
)
INPUT = st.builds(KeyPressed, KEYS) | st.builds(
    MousePressed, st.integers(0, 45), st.integers(0, 80), st.integers(1, 5)
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CLUSTER_COMMANDS), st.lists(CLUSTER_MESSAGES | INPUT, max_size=25), SIZES)
def test_cluster_screens_are_total_and_fit(words: str, sequence: list[Message], size: Size) -> None:
    typed = [KeyPressed(key) for key in [*words, "enter"]]
    model, effects = played([*typed, *sequence])
    holds(model, effects, size)


def holds(model: program.Model, effects: list[Effect], size: Size) -> None:
    assert {type(effect).__name__ for effect in effects} <= OUTER
    lines = program.view(model, size)
    assert len(lines) == size.rows
    for line in lines:
        assert sum(width(span.text) for span in line) == size.cols
        for span in line:
            assert clean(span.text) == span.text
            assert span.style.removesuffix(SELECTED) in theme.STYLES


@settings(max_examples=60, deadline=None)
@given(st.lists(MESSAGES, max_size=25))
def test_readonly_lets_no_write_out(sequence: list[Message]) -> None:
    _, effects = played(sequence, readonly=True)
    assert not [effect for effect in effects if isinstance(effect, Call) and effect.method.effect == "write"]


@settings(max_examples=40, deadline=None)
@given(st.lists(MESSAGES, max_size=15))
def test_update_is_a_function(sequence: list[Message]) -> None:
    first, second = played(sequence), played(sequence)
    assert program.view(first[0], Size(24, 80)) == program.view(second[0], Size(24, 80))
    assert [type(effect) for effect in first[1]] == [type(effect) for effect in second[1]]
