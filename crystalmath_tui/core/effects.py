"""Effects: what an update wants done, as data compared by ==; runtime.py and program.py carry them out."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.method import Method
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.lines import Line
from crystalmath_tui.core.messages import CallFailed, Message

P = TypeVar("P")
R = TypeVar("R")


class Effect:
    """Root of all effects."""

    __slots__ = ()


@record
class Tagged(Generic[R]):
    """Makes `kind(tag, value)`: for answers that do not say what was asked. Equal where its parts are."""

    kind: Callable[[Any, R], Message]
    tag: object

    def __call__(self, value: R) -> Message:
        """The message."""
        return self.kind(self.tag, value)


@record
class Call(Effect, Generic[P, R]):
    """Call a method; a later call with the same key supersedes this one, whose answer is then dropped."""

    method: Method[P, R]
    params: P
    ok: Callable[[R], Message]
    failed: Callable[[RpcError], Message] = CallFailed
    key: str = ""


@record
class Later(Effect):
    """Send a message after some seconds; a later one with the same key replaces it."""

    seconds: float
    message: Message
    key: str


@record
class NewKey(Effect):
    """Make a random idempotency key and send it."""

    made: Callable[[str], Message]


@record
class ListFolder(Effect):
    """Read names that begin with `prefix`, folders with a / at the end; errors give no names."""

    prefix: str
    listed: Callable[[tuple[str, ...]], Message]


@record
class FindPath(Effect):
    """Make a typed path one from the root, ~ included, and send it."""

    path: str
    found: Callable[[str], Message]


@record
class WriteFile(Effect):
    """Write a text to a file of this machine; answers "written", "exists", or why it cannot be written."""

    path: str
    text: str
    written: Callable[[str], Message]
    over: bool = False


@record
class PartSeen:
    """What of a file that comes in parts is here: its size, its last bytes, and whether it is whole."""

    size: int = 0
    tail: bytes = b""
    whole: bool = False
    problem: str = ""


@record
class LookAtPart(Effect):
    """See what of a file is here already."""

    path: str
    looked: Callable[[PartSeen], Message]


@record
class KeepPart(Effect):
    """Write bytes behind `offset` of a file that comes in parts; answers why it could not, or ""."""

    path: str
    offset: int
    data: bytes
    last: bool
    over: bool
    kept: Callable[[str], Message]


@record
class EditOutside(Effect):
    """Have a text edited by $VISUAL or $EDITOR; answers the text, and why there is none where it failed."""

    name: str
    text: str
    edited: Callable[[tuple[str, str]], Message]


@record
class Tell(Effect):
    """Give a message to every screen."""

    message: Message


@record
class Copy(Effect):
    """Put text on the clipboard of the terminal (OSC 52)."""

    text: str


@record
class Connect(Effect):
    """Connect to the server of a profile, starting it where needed; "" is the profile at hand."""

    profile: str = ""


@record
class Suspend(Effect):
    """Stop the process until the shell continues it."""


@record
class Redraw(Effect):
    """Paint every cell anew."""


@record
class Quit(Effect):
    """End the program."""


@record
class Open(Effect):
    """Bring a screen to the front."""

    screen: str
    args: tuple[str, ...] = ()


@record
class Back(Effect):
    """Go to the screen before; from the first one, quit."""


@record
class Press(Effect):
    """Go back, then press a key there."""

    key: str


@record
class Say(Effect):
    """Show words in the status line."""

    words: str
    style: str = "info"


@record
class Ask(Effect):
    """Ask before something that cannot be undone; `yes` is done only when y is pressed."""

    title: str
    details: tuple[Line, ...]
    yes: tuple[Effect, ...]
