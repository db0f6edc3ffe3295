"""What every screen may know of the program, and what its update answers."""

from typing import TypeVar

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.effects import Effect
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Progress
from crystalmath_tui.core.words import progress_text

S = TypeVar("S")


@record
class Context:
    """What every screen may know of the program.

    Attributes
    ----------
    size
        The room of the screen: without title, status line and footer.
    now
        UNIX time [s].
    front
        Whether the screen is the one in front.
    online
        Whether the server is connected.
    connection_error
        Why it is not, in words.
    progress
        What the server tells of calls under way.
    """

    size: Size
    now: float = 0.0
    front: bool = True
    online: bool = True
    connection_error: str = ""
    readonly: bool = False
    progress: tuple[Progress, ...] = ()

    def progress_of(self, prefix: str) -> str:
        """How far the newest call is whose key begins so; empty where the server says nothing of one."""
        calls = [each for each in self.progress if each.key.startswith(prefix)]
        return progress_text(calls[-1]) if calls else ""


Update = tuple[S, tuple[Effect, ...]]
"""The next slice, and what is to be done."""
