"""Effects: what an update wants done, as data compared by ==; runtime.py and program.py carry them out."""

from typing import Generic, TypeVar

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.method import Method
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.lines import Line
from crystalmath_tui.core.messages import Answered, CallFailed, Message, Refused

P = TypeVar("P")
R = TypeVar("R")


class Effect:
    """Root of all effects."""

    __slots__ = ()


class Question(Effect):
    """An effect that is answered, under the tag and beside what was put with it."""

    __slots__ = ()
    tag: str
    about: object

    def answer(self, value: object) -> Message:
        """The message of an answer."""
        return Answered(self.tag, value, self.about)


@record
class Call(Question, Generic[P, R]):
    """Call a method.

    Attributes
    ----------
    key
        A later call with the same key supersedes this one, whose answer is then dropped; empty: the tag.
    handles_refusal
        Whether its screen takes an error as `Refused`; otherwise the status line shows it.
    """

    method: Method[P, R]
    params: P
    tag: str
    about: object = None
    key: str = ""
    handles_refusal: bool = False

    @property
    def slot(self) -> str:
        """What later calls supersede this one by, and what tells its progress apart."""
        return self.key or self.tag

    def refuse(self, error: RpcError) -> Message:
        """The message of an error."""
        return Refused(self.tag, error, self.about) if self.handles_refusal else CallFailed(error)


@record
class Later(Effect):
    """Send a message after some seconds; a later one with the same key replaces it."""

    seconds: float
    message: Message
    key: str


@record
class NewKey(Question):
    """Make a random idempotency key and send it."""

    tag: str
    about: object = None


@record
class ListFolder(Question):
    """Read names that begin with `prefix`, folders with a / at the end; errors give no names."""

    prefix: str
    tag: str
    about: object = None


@record
class FindPath(Question):
    """Make a typed path one from the root, ~ included, and send it."""

    path: str
    tag: str
    about: object = None


@record
class WriteFile(Question):
    """Write a text to a file of this machine; answers "written", "exists", or why it cannot be written."""

    path: str
    text: str
    tag: str
    about: object = None
    over: bool = False


@record
class LocalPart:
    """What of a file that comes in parts is here: its size, its last bytes, and whether it is whole."""

    size: int = 0
    tail: bytes = b""
    whole: bool = False
    problem: str = ""


@record
class LookAtPart(Question):
    """See what of a file is here already."""

    path: str
    tag: str
    about: object = None


@record
class KeepPart(Question):
    """Write bytes behind `offset` of a file that comes in parts; answers why it could not, or ""."""

    path: str
    offset: int
    data: bytes
    last: bool
    over: bool
    tag: str
    about: object = None


@record
class EditOutside(Question):
    """Have a text edited by $VISUAL or $EDITOR; answers the text, and why there is none where it failed."""

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
    """Paint every cell again."""


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
