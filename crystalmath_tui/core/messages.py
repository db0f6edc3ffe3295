"""Messages: events named in the past tense; time and random numbers arrive as fields."""

from dataclasses import field
from typing import Any, Literal

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.system import Hello
from crystalmath_tui.core.lines import Size


class Message:
    """Base class. Keys, pastes and clicks go to the screen in front, all other messages to every screen."""

    __slots__ = ()


@record
class KeyPressed(Message):
    """A key, named as urwid names it."""

    key: str


@record
class Pasted(Message):
    """Text pasted at once."""

    text: str


@record
class MousePressed(Message):
    """A mouse button: 1 is the left one; 4 and 5 are the wheel, which screens get as Scrolled.

    Rows and columns start at 0.
    """

    row: int
    col: int
    button: int


Move = Literal["down", "up", "page down", "page up", "first", "last"]


@record
class Scrolled(Message):
    """A key of keymap.MOVES or the mouse wheel moves the list or text in front."""

    move: Move


@record
class Resized(Message):
    """The terminal was resized."""

    size: Size


@record
class Ticked(Message):
    """Time went on."""

    now: float


@record
class Connecting(Message):
    """The link is being established."""

    text: str


@record
class Connected(Message):
    """The server answered hello."""

    hello: Hello


@record
class Disconnected(Message):
    """The link broke or could not be established; `chance` in [0, 1) spreads out retries."""

    error: RpcError
    chance: float = 0.0


@record
class RetryDue(Message):
    """It is time to connect again."""


@record
class Answered(Message):
    """An effect was answered.

    Attributes
    ----------
    tag
        Name of the question; no two screens share one.
    value
        The answer; a pattern such as `Answered("graph", Graph() as graph)` gives it its type.
    about
        Context that the screen attached to the question, to recognize late answers.
    """

    tag: str
    value: Any
    about: Any = None


@record
class Refused(Message):
    """A call failed with an error that its screen handles itself; see Answered."""

    tag: str
    error: RpcError
    about: Any = None


@record
class CallFailed(Message):
    """A call failed with an error that its screen does not handle."""

    error: RpcError


@record
class Progress:
    """Progress of a call, as reported by the server.

    Attributes
    ----------
    key
        Key of the effect that made the call.
    fraction
        0 to 1; None if unknown.
    """

    key: str
    text: str
    fraction: float | None = None


@record
class Progressed(Message):
    """The progress of all calls in flight changed; answered calls are gone."""

    calls: tuple[Progress, ...]


@record
class Entered(Message):
    """A screen came to the front, with the arguments given when it was opened."""

    screen: str
    args: tuple[str, ...] = field(default=())
