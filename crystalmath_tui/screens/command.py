"""The command line: open screens by name, with completion and suggestions for mistyped names."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.effects import Back, Connect, Copy, Effect, Open, Quit, Redraw, Say, Suspend
from crystalmath_tui.core.lines import Line, Span
from crystalmath_tui.core.messages import KeyPressed, Message, Pasted
from crystalmath_tui.core.screen import AnyScreen
from crystalmath_tui.core.textfield import EMPTY, TextField, edit, field_line, field_of, paste


@record
class Command:
    """One command.

    Attributes
    ----------
    effect
        Effect of the command; `screen` is set instead for a command that opens a screen.
    """

    name: str
    usage: str
    summary: str
    effect: Effect | None = None
    screen: str = ""


_FIXED = (
    Command("filter", "TEXT", "Filter the jobs.", screen="jobs"),
    Command("profile", "NAME", "Switch to the server of another AiiDA profile.", Connect()),
    Command("connect", "", "Reconnect now.", Connect()),
    Command("back", "", "Return to the previous screen.", Back()),
    Command("copy", "TEXT", "Copy text to the clipboard.", Copy("")),
    Command("redraw", "", "Redraw the screen.", Redraw()),
    Command("suspend", "", "Suspend the program; fg resumes it.", Suspend()),
    Command("quit", "", "Quit; jobs keep running.", Quit()),
)


@record
class Slice:
    """The command line being typed; `before` is the last line entered."""

    field: TextField = EMPTY
    before: str = ""


def commands(screens: Mapping[str, AnyScreen]) -> tuple[Command, ...]:
    """One command per screen, plus the fixed commands."""
    jumps = (Command(row.name, row.usage, row.summary, screen=row.name) for row in screens.values())
    return (*jumps, *_FIXED)


def update(
    typed: Slice, message: Message, known: Sequence[Command]
) -> tuple[Slice | None, tuple[Effect, ...]]:
    """Edit, complete or run the line; a None slice closes it."""
    match message:
        case KeyPressed("esc" | "ctrl c"):
            return None, ()
        case KeyPressed("enter"):
            return None, run(typed.field.text, known)
        case KeyPressed("tab"):
            return Slice(complete(typed.field, known), typed.before), ()
        case KeyPressed("up"):
            return Slice(field_of(typed.before), typed.before), ()
        case KeyPressed("backspace") if not typed.field.text:
            return None, ()
        case KeyPressed(key):
            return Slice(edit(typed.field, key) or typed.field, typed.before), ()
        case Pasted(text):
            return Slice(paste(typed.field, text), typed.before), ()
        case _:
            return typed, ()


def run(text: str, known: Sequence[Command]) -> tuple[Effect, ...]:
    """The effects of a command line."""
    name, *args = text.split() or [""]
    if not name:
        return ()
    if name.isdecimal():
        return (Open("job", (name,)),)
    command = next((row for row in known if row.name == name), None) or _only(name, known)
    return (_effect(command, tuple(args)),) if command else (_unknown(name, known),)


def _only(name: str, known: Sequence[Command]) -> Command | None:
    """The command with this name or unambiguous prefix, or None."""
    begun = [row for row in known if row.name.startswith(name)]
    return begun[0] if len(begun) == 1 else None


def _effect(command: Command, args: tuple[str, ...]) -> Effect:
    match command:
        case Command(name="profile"):
            return Connect(args[0]) if args else Say("Which profile? :profile NAME", "warn")
        case Command(name="copy"):
            return Copy(" ".join(args))
        case Command(name="filter"):
            return Open("jobs", args or ("",))
        case _:
            return command.effect or Open(command.screen, args)


def _unknown(name: str, known: Sequence[Command]) -> Say:
    near = get_close_matches(name, [row.name for row in known], n=1, cutoff=0.4)
    way_out = f"Did you mean :{near[0]}?" if near else "See :help."
    return Say(f"Unknown command :{name}. {way_out}", "warn")


def complete(field: TextField, known: Sequence[Command]) -> TextField:
    """Complete the command name as far as it is unambiguous."""
    names = [row.name for row in known if row.name.startswith(field.text)]
    if len(names) == 1:
        return field_of(f"{names[0]} ")
    end = len(field.text)
    while names and all(name[: end + 1] == names[0][: end + 1] and len(name) > end for name in names):
        end += 1
    return field_of(names[0][:end]) if names else field


def view(typed: Slice, known: Sequence[Command], cols: int) -> Line:
    """The command line with hints for possible commands."""
    name = typed.field.text.split(" ")[0]
    names = [row for row in known if row.name.startswith(name)]
    hints = "  ".join(f"{row.name} {row.usage}".strip() for row in names[:6])
    room = max(1, min(cols - 1, max(24, len(typed.field.text) + 2)))
    return (Span("key", ":"), *field_line(typed.field, room), Span("dim", f"  {hints}"))
