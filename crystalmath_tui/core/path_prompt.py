"""The prompt for a local path, with Tab completion; pure."""

from dataclasses import replace
from typing import Literal

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.cells import cut
from crystalmath_tui.core.effects import Effect, ListFolder
from crystalmath_tui.core.lines import Line, Span, line
from crystalmath_tui.core.messages import Answered, KeyPressed, Message, Pasted
from crystalmath_tui.core.textfield import (
    EMPTY,
    TextField,
    edit,
    field_line,
    field_of,
    paste,
    shared_beginning,
)

_NAMES_SHOWN = 6

Outcome = Literal["typing", "done", "closed"]


@record
class PathPrompt:
    """A path being typed.

    Attributes
    ----------
    name
        Distinguishes its completions from those of other prompts.
    names
        The paths found by Tab, if there are several.
    folders
        Whether Tab offers folders only.
    """

    name: str
    field: TextField = EMPTY
    names: tuple[str, ...] = ()
    folders: bool = False

    @property
    def text(self) -> str:
        """The typed text, without surrounding blanks."""
        return self.field.text.strip()


Step = tuple[PathPrompt, tuple[Effect, ...], Outcome]


def prompt_of(name: str, text: str, *, folders: bool = False) -> PathPrompt:
    """A prompt with the cursor at the end of its text."""
    return PathPrompt(name, field_of(text), folders=folders)


def step(prompt: PathPrompt, message: Message) -> Step | None:
    """The prompt after a key, a paste or the names for Tab; None if the message is for others."""
    match message:
        case KeyPressed("enter"):
            return prompt, (), "done"
        case KeyPressed("esc"):
            return prompt, (), "closed"
        case KeyPressed("tab"):
            return prompt, (list_names(prompt),), "typing"
        case KeyPressed(key):
            field = edit(prompt.field, key)
            return (prompt if field is None else replace(prompt, field=field, names=())), (), "typing"
        case Pasted(text):
            return replace(prompt, field=paste(prompt.field, text), names=()), (), "typing"
        case Answered("path names", names, about) if about == (prompt.name, prompt.text):
            return complete(prompt, names), (), "typing"
        case _:
            return None


def list_names(prompt: PathPrompt) -> ListFolder:
    """Request the paths that begin with the typed text."""
    return ListFolder(prompt.text, "path names", (prompt.name, prompt.text))


def complete(prompt: PathPrompt, names: tuple[str, ...]) -> PathPrompt:
    """The prompt completed to the common prefix of all names."""
    fitting = tuple(name for name in names if name.endswith("/") or not prompt.folders)
    shared = shared_beginning(fitting)
    field = field_of(shared) if len(shared) > len(prompt.text) else prompt.field
    return replace(prompt, field=field, names=fitting if len(fitting) > 1 else ())


def prompt_lines(prompt: PathPrompt, label: str, cols: int) -> tuple[Line, Line]:
    """The label and the path, then the names that Tab found."""
    head = Span("key", f" {label} ")
    room = max(1, cols - len(label) - 2)
    shown = "  ".join(name.rstrip("/").rpartition("/")[2] for name in prompt.names[:_NAMES_SHOWN])
    more = f"  and {len(prompt.names) - _NAMES_SHOWN} more" if len(prompt.names) > _NAMES_SHOWN else ""
    return (head, *field_line(prompt.field, room)), line(("dim", cut(f" {shown}{more}", cols)))
