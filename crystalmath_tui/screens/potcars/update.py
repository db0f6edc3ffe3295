"""Potcars: available POTCARs of a cluster, searched folders and fixes for missing ones."""

from dataclasses import replace

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.potcars import (
    FUNCTIONALS,
    POTCARS_CHECK,
    CheckPotcarsParams,
    Potcar,
    PotcarCheck,
)
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Effect, Say
from crystalmath_tui.core.keymap import MOVES, Action, Binding, dispatch
from crystalmath_tui.core.messages import (
    Answered,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Pasted,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.scroll import START, Scroll, move
from crystalmath_tui.core.textfield import TextField, edit, field_of, paste

CALL_KEY = "potcars"
HEAD = 5
"""Rows above the table: functional and symbols, verdict, hint, rule and column titles."""
TAIL = 4
"""Rows below the table: a rule and details of the selected symbol."""
_MOST_SYMBOLS, _LONGEST_SYMBOL = 200, 50


@record
class Slice:
    """The request and its result.

    Attributes
    ----------
    typed
        The symbols being typed, or None.
    turn
        Number of the request; answers to earlier requests are dropped.
    """

    label: str = ""
    functional: str = FUNCTIONALS[0]
    symbols: str = ""
    typed: TextField | None = None
    looking: bool = False
    check: PotcarCheck | None = None
    error: RpcError | None = None
    scroll: Scroll = START
    turn: int = 0


Update = tuple[Slice, tuple[Effect, ...]]


def update(potcars: Slice, message: Message, context: Context) -> Update:
    """Handle keys and answers."""
    match message:
        case Entered("potcars", args):
            return _enter(potcars, args)
        case KeyPressed(key) if potcars.typed is not None:
            return _on_key(potcars, potcars.typed, key)
        case Pasted(text) if potcars.typed is not None:
            return replace(potcars, typed=paste(potcars.typed, text)), ()
        case KeyPressed(key):
            return dispatch(KEYS, update, potcars, key, context) or (potcars, ())
        case Scrolled(to):
            count = len(rows_of(potcars))
            return replace(potcars, scroll=move(potcars.scroll, to, count, list_rows(context))), ()
        case MousePressed():
            return _mouse(potcars, message, context), ()
        case Answered("potcars", PotcarCheck() as found, about) if about == potcars.turn:
            return replace(potcars, check=found, error=None, looking=False, scroll=START), ()
        case Refused("potcars", error, about) if about == potcars.turn:
            return replace(potcars, error=error, looking=False), ()
        case _:
            return potcars, ()


def _enter(potcars: Slice, args: tuple[str, ...]) -> Update:
    """Check a cluster by label, with optional symbols."""
    label = args[0] if args else potcars.label
    if not label:
        return potcars, (Say("Which cluster? :potcars CLUSTER", "warn"), Back())
    symbols = " ".join(args[1:]) if args[1:] or label != potcars.label else potcars.symbols
    same = potcars if label == potcars.label else Slice(functional=potcars.functional, turn=potcars.turn)
    return ask(replace(same, label=label, symbols=symbols, typed=None))


def ask(potcars: Slice) -> Update:
    """Request the check; the current result stays until the answer arrives."""
    looking = replace(potcars, looking=True, error=None, turn=potcars.turn + 1)
    words = (word[:_LONGEST_SYMBOL] for word in potcars.symbols.replace(",", " ").split()[:_MOST_SYMBOLS])
    call = Call(
        POTCARS_CHECK,
        CheckPotcarsParams(potcars.label, tuple(dict.fromkeys(words)), potcars.functional),
        "potcars",
        looking.turn,
        handles_refusal=True,
    )
    return looking, (call,)


def _step_functional(step: int) -> Action[Slice]:
    def act(potcars: Slice, _: Context) -> Update:
        place = (FUNCTIONALS.index(potcars.functional) + step) % len(FUNCTIONALS)
        return ask(replace(potcars, functional=FUNCTIONALS[place]))

    return act


def _type_symbols(potcars: Slice, _: Context) -> Update:
    return replace(potcars, typed=field_of(potcars.symbols)), ()


def _clear_or_leave(potcars: Slice, _: Context) -> Update:
    return ask(replace(potcars, symbols="")) if potcars.symbols else (potcars, (Back(),))


def _on_key(potcars: Slice, typed: TextField, key: str) -> Update:
    if key == "enter":
        return ask(replace(potcars, symbols=typed.text.strip(), typed=None))
    if key == "esc":
        return replace(potcars, typed=None), ()
    return replace(potcars, typed=edit(typed, key) or typed), ()


def _mouse(potcars: Slice, mouse: MousePressed, context: Context) -> Slice:
    """Select a row on a click."""
    count, height = len(rows_of(potcars)), list_rows(context)
    index = potcars.scroll.top + mouse.row - HEAD
    if mouse.button != 1 or not 0 <= mouse.row - HEAD < height or index >= count:
        return potcars
    return replace(potcars, scroll=Scroll(index, potcars.scroll.top))


def rows_of(potcars: Slice) -> tuple[Potcar, ...]:
    """The symbols shown."""
    return potcars.check.potcars if potcars.check else ()


def list_rows(context: Context) -> int:
    """Number of table rows that fit."""
    return max(1, context.size.rows - HEAD - TAIL)


def is_typing(potcars: Slice) -> bool:
    """Whether keystrokes are text input."""
    return potcars.typed is not None


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("f",), _step_functional(1), "functional", "Select the next functional.", footer=True),
    Binding(("F",), _step_functional(-1), "previous functional", "Select the previous functional."),
    Binding(
        ("/",), _type_symbols, "symbols", "Enter symbols, such as Fe_pv O; leave empty for all.", footer=True
    ),
    Binding(("r",), lambda potcars, _: ask(potcars), "reload", "Check the cluster again.", footer=True),
    Binding(("esc",), _clear_or_leave, "back", "Clear the symbols, then go back.", footer=True),
)
