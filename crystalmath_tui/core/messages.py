"""Messages: what happened, in the past tense; time and chance come as fields."""

from dataclasses import field
from typing import Any, Literal

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.system import Hello
from crystalmath_tui.core.lines import Size


class Message:
    """Root of all messages. Keys, pastes and clicks go to the screen in front, all others to every screen."""

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
    """The list or text in front is to move, by a key of keymap.MOVES or by the wheel of the mouse."""

    move: Move


@record
class Resized(Message):
    """The terminal has another size."""

    size: Size


@record
class Ticked(Message):
    """Time went on."""

    now: float


@record
class Connecting(Message):
    """The link is being made."""

    words: str


@record
class Connected(Message):
    """The server answered hello."""

    hello: Hello


@record
class Disconnected(Message):
    """The link broke or could not be made; `chance` in [0, 1) spreads the next attempt."""

    error: RpcError
    chance: float = 0.0


@record
class RetryDue(Message):
    """It is time to connect again."""


@record
class Answered(Message):
    """What an effect asked for is here.

    Attributes
    ----------
    tag
        Name of the question; no two screens share one.
    value
        The answer; a pattern such as `Answered("graph", Graph() as graph)` gives it its type.
    about
        What the asking screen put beside the question, to tell late answers apart.
    """

    tag: str
    value: Any
    about: Any = None


@record
class Refused(Message):
    """A call ended in an error that its screen handles itself; see Answered."""

    tag: str
    error: RpcError
    about: Any = None


@record
class CallFailed(Message):
    """A call ended in an error that its screen does not handle itself."""

    error: RpcError


@record
class Progress:
    """How far a call is, as the server tells it.

    Attributes
    ----------
    key
        That of the effect which made the call.
    fraction
        0 to 1; None where it is not known.
    """

    key: str
    text: str
    fraction: float | None = None


@record
class Progressed(Message):
    """All that is told of the calls under way; one that was answered is no longer among them."""

    calls: tuple[Progress, ...]


@record
class Entered(Message):
    """A screen came to the front, with the arguments it was opened with."""

    screen: str
    args: tuple[str, ...] = field(default=())
