"""Effects requested by an update, as data compared by ==; runtime.py and program.py carry them out."""

from typing import Generic, TypeVar

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.method import Method
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.lines import Line
from crystalmath_tui.core.messages import Answered, CallFailed, Message, Refused

P = TypeVar("P")
R = TypeVar("R")


class Effect:
    """Base class of all effects."""

    __slots__ = ()


class Question(Effect):
    """An effect that is answered; the answer repeats its `tag` and `about`."""

    __slots__ = ()
    tag: str
    about: object

    def answer(self, value: object) -> Message:
        """The message for an answer."""
        return Answered(self.tag, value, self.about)


@record
class Call(Question, Generic[P, R]):
    """Call a method.

    Attributes
    ----------
    key
        A later call with the same key supersedes this call, whose answer is dropped; empty: the tag.
    handles_refusal
        Whether its screen handles an error as `Refused`; otherwise the status line shows the error.
    """

    method: Method[P, R]
    params: P
    tag: str
    about: object = None
    key: str = ""
    handles_refusal: bool = False

    @property
    def slot(self) -> str:
        """The identity by which later calls supersede this call and its progress is tracked."""
        return self.key or self.tag

    def refuse(self, error: RpcError) -> Message:
        """The message for an error."""
        return Refused(self.tag, error, self.about) if self.handles_refusal else CallFailed(error)


@record
class Later(Effect):
    """Send a message after some seconds; a later one with the same key replaces it."""

    seconds: float
    message: Message
    key: str


@record
class NewKey(Question):
    """Generate a random idempotency key and send it."""

    tag: str
    about: object = None


@record
class ListFolder(Question):
    """List names that begin with `prefix`, folders with a trailing /; an error gives no names."""

    prefix: str
    tag: str
    about: object = None


@record
class FindPath(Question):
    """Make a typed path absolute, expanding ~, and send it."""

    path: str
    tag: str
    about: object = None


@record
class WriteFile(Question):
    """Write a text to a local file; the answer is "written", "exists", or the reason for a failure."""

    path: str
    text: str
    tag: str
    about: object = None
    over: bool = False


@record
class LocalPart:
    """The local part of a download: its size, its last bytes, and whether it is complete."""

    size: int = 0
    tail: bytes = b""
    whole: bool = False
    problem: str = ""


@record
class LookAtPart(Question):
    """Inspect the part of a file that exists locally."""

    path: str
    tag: str
    about: object = None


@record
class KeepPart(Question):
    """Write bytes of a download at `offset`; the answer is the reason for a failure, or ""."""

    path: str
    offset: int
    data: bytes
    last: bool
    over: bool
    tag: str
    about: object = None


@record
class EditOutside(Question):
    """Edit a text in $VISUAL or $EDITOR; the answer is the text, and the reason if editing failed."""

    name: str
    text: str
    tag: str
    about: object = None


@record
class Tell(Effect):
    """Give a message to every screen."""

    message: Message


@record
class Copy(Effect):
    """Copy text to the terminal's clipboard (OSC 52)."""

    text: str


@record
class Connect(Effect):
    """Connect to the server of a profile, starting it if needed; "" means the current profile."""

    profile: str = ""


@record
class Suspend(Effect):
    """Suspend the process until the shell continues it."""


@record
class Redraw(Effect):
    """Repaint every cell."""


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
    """Go to the previous screen; from the first one, quit."""


@record
class Press(Effect):
    """Go back, then press a key there."""

    key: str


@record
class Say(Effect):
    """Show a message in the status line."""

    text: str
    style: str = "info"


@record
class Ask(Effect):
    """Ask before an action that cannot be undone; `yes` is carried out only if y is pressed."""

    title: str
    details: tuple[Line, ...]
    yes: tuple[Effect, ...]
