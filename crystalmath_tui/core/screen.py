"""The definition of a screen: its key table, and the functions over its slice of the model."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.context import Context, Update
from crystalmath_tui.core.keymap import KeyTable
from crystalmath_tui.core.lines import Line
from crystalmath_tui.core.messages import Message

S = TypeVar("S")


@record
class Screen(Generic[S]):
    """One screen; program.py lists all screens.

    Attributes
    ----------
    name
        Name of its slice and of its command.
    title
        Text of the title line, made from the slice.
    keys
        Its own keys; global keys are in program.py.
    update
        (slice, message, context) → (slice, effects); total, never raises.
    view
        (slice, context) → lines; program.py truncates and pads them to the size.
    typing
        Whether keys are text input now, so that global keys do not apply.
    typing_keys
        Keys and titles of the footer while text is typed.
    footer
        The same, if they depend on the slice.
    """

    name: str
    initial: S
    keys: KeyTable
    update: Callable[[S, Message, Context], Update[S]]
    view: Callable[[S, Context], tuple[Line, ...]]
    title: Callable[[S], str]
    typing: Callable[[S], bool] = lambda _: False
    typing_keys: tuple[tuple[str, str], ...] = (("enter", "done"), ("esc", "cancel"))
    footer: Callable[[S], tuple[tuple[str, str], ...]] = lambda _: ()
    usage: str = ""
    summary: str = ""


AnyScreen = Screen[Any]
