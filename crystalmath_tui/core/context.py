"""The context that every screen gets, and the result of its update."""

from typing import TypeVar

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.effects import Effect
from crystalmath_tui.core.formatting import progress_text
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Progress

S = TypeVar("S")


@record
class Context:
    """Program state that every screen can read.

    Attributes
    ----------
    size
        The size of the screen, without title, status line and footer.
    now
        UNIX time [s].
    front
        Whether the screen is in front.
    online
        Whether the server is connected.
    connection_error
        Why it is not connected.
    progress
        Progress of the calls in flight.
    """

    size: Size
    now: float = 0.0
    front: bool = True
    online: bool = True
    connection_error: str = ""
    readonly: bool = False
    progress: tuple[Progress, ...] = ()

    def progress_of(self, prefix: str) -> str:
        """Progress of the newest call whose key starts with `prefix`; empty if there is none."""
        calls = [each for each in self.progress if each.key.startswith(prefix)]
        return progress_text(calls[-1]) if calls else ""


Update = tuple[S, tuple[Effect, ...]]
"""The next slice, and the effects to carry out."""
