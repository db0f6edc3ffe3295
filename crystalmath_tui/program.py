"""The top-level model, update and view, which delegate to the screens."""

from dataclasses import replace
from typing import Any, cast

from crystalmath_server.protocol.errors import NotAllowed
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import (
    Ask,
    Back,
    Call,
    Connect,
    Effect,
    Open,
    Press,
    Quit,
    Redraw,
    Say,
    Suspend,
    Tell,
)
from crystalmath_tui.core.filters import HELP
from crystalmath_tui.core.footer import footer_line, hint_width, key_at
from crystalmath_tui.core.keymap import Binding, binding_of, dispatch, emit
from crystalmath_tui.core.lines import Line, Size, fit_line, fit_lines, line, spread
from crystalmath_tui.core.messages import (
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Pasted,
    Resized,
    Scrolled,
    Ticked,
)
from crystalmath_tui.core.question import overlay
from crystalmath_tui.core.screen import AnyScreen
from crystalmath_tui.core.textfield import TextField
from crystalmath_tui.screens import (
    cluster,
    clusters,
    compare,
    diagnosis,
    download,
    editor,
    graph,
    imports,
    job,
    jobs,
    new,
    potcars,
    results,
    setup,
)
from crystalmath_tui.screens import command as command_line
from crystalmath_tui.screens import help as help_page
from crystalmath_tui.screens import retries as retry_calls
from crystalmath_tui.screens import status as status_line

SCREENS: dict[str, AnyScreen] = {
    screen.name: screen
    for screen in (
        jobs.SCREEN,
        job.SCREEN,
        results.SCREEN,
        graph.SCREEN,
        download.SCREEN,
        diagnosis.SCREEN,
        new.SCREEN,
        editor.SCREEN,
        imports.SCREEN,
        compare.SCREEN,
        clusters.SCREEN,
        cluster.SCREEN,
        setup.SCREEN,
        potcars.SCREEN,
        help_page.SCREEN,
    )
}
"""Every screen by name; add new screens here."""

COMMANDS = command_line.commands(SCREENS)

NO_TEXT = frozenset({"f1", "ctrl z"})
"""Global keys that are not text, so that they also work while text is typed."""

_SMALL = Size(24, 80)
_HOME = "jobs"
_WHEEL = {4: Scrolled("up"), 5: Scrolled("down")}
_MOST_INNER = 1000  # limit for effects that lead to effects, so that a loop cannot hang the program


@record
class Model:
    """The state of the whole program.

    Attributes
    ----------
    stack
        Names of the open screens; the last is in front.
    slices
        The slice of each screen, by name.
    """

    slices: dict[str, object]
    size: Size = _SMALL
    now: float = 0.0
    stack: tuple[str, ...] = (_HOME,)
    link: status_line.Slice = status_line.START
    retries: retry_calls.Slice = retry_calls.START
    command: command_line.Slice | None = None
    last_command: str = ""
    question: Ask | None = None
    readonly: bool = False

    @property
    def front(self) -> AnyScreen:
        """The screen in front."""
        return SCREENS[self.stack[-1]]


Update = tuple[Model, tuple[Effect, ...]]


def init(size: Size, now: float, *, readonly: bool = False) -> Update:
    """The initial model and the first effects."""
    slices: dict[str, object] = {name: screen.initial for name, screen in SCREENS.items()}
    return Model(slices, size, now, readonly=readonly), (Connect(),)


def update(model: Model, message: Message) -> Update:
    """The next model, and the effects for the runtime."""
    model, waiting = _receive(model, message)
    outer: list[Effect] = []
    queue = list(waiting)
    for _ in range(_MOST_INNER):
        if not queue:
            break
        effect = queue.pop(0)
        model, more, done = _inner(model, effect)
        queue += more
        if not done:
            outer.append(effect)
    return model, tuple(outer)


def _receive(model: Model, message: Message) -> Update:
    match message:
        case KeyPressed() | Pasted():
            return _input(model, message)
        case MousePressed():
            return _mouse(model, message)
        case Scrolled():
            return _to_screen(model, model.front.name, message)
        case Resized(size):
            return _all(replace(model, size=size), message)
        case Ticked(now):
            return _all(replace(model, now=now), message)
        case _:
            return _all(model, message)


def _all(model: Model, message: Message) -> Update:
    """Send a message to the status line and to every screen."""
    link, effects = status_line.update(model.link, message, model.now)
    again, more = retry_calls.update(model.retries, message)
    model, effects = replace(model, link=link, retries=again), (*effects, *more)
    for name in SCREENS:
        model, more = _to_screen(model, name, message)
        effects += more
    return model, effects


def _to_front(model: Model, message: Message, _: Context) -> Update:
    return _to_screen(model, model.front.name, message)


def _to_screen(model: Model, name: str, message: Message) -> Update:
    inside, effects = SCREENS[name].update(model.slices[name], message, context(model, name))
    if inside is model.slices[name]:
        return model, effects
    return replace(model, slices={**model.slices, name: inside}), effects


def context(model: Model, name: str) -> Context:
    """The context of a screen."""
    return Context(
        Size(_parts(model.size)[1], model.size.cols),
        model.now,
        model.stack[-1] == name,
        model.link.phase == "online",
        status_line.connection_error(model.link, model.now),
        model.readonly,
        model.link.progress,
    )


def _input(model: Model, message: KeyPressed | Pasted) -> Update:
    """Route input: to questions and the command line first, then text fields, global keys, the screen."""
    model = replace(model, link=status_line.drop_read_note(model.link, model.now))
    if message == KeyPressed("ctrl z") and (model.question is not None or model.command is not None):
        return model, (Suspend(),)
    if model.question is not None:
        return _answer_question(model, model.question, message)
    if model.command is not None:
        return _type_command(model, model.command, message)
    front = context(model, model.front.name)
    if isinstance(message, KeyPressed) and _is_global(model, message.key):
        return dispatch(KEYS, _to_front, model, message.key, front) or (model, ())
    return _to_front(model, message, front)


def _is_global(model: Model, key: str) -> bool:
    """Whether a key is global; while text is typed, only if it is neither text nor used by the screen."""
    screen = model.front
    free = key in NO_TEXT and binding_of(screen.keys, key) is None
    return binding_of(KEYS, key) is not None and (free or not screen.typing(model.slices[screen.name]))


def _answer_question(model: Model, question: Ask, message: KeyPressed | Pasted) -> Update:
    match message:
        case KeyPressed("y" | "Y"):
            return replace(model, question=None), question.yes
        case KeyPressed("n" | "N" | "esc" | "q"):
            return replace(model, question=None), (Say("Nothing was done."),)
        case _:
            return model, ()


def _type_command(model: Model, typed: command_line.Slice, message: KeyPressed | Pasted) -> Update:
    after, effects = command_line.update(typed, message, COMMANDS)
    last = typed.field.text if after is None and typed.field.text else model.last_command
    return replace(model, command=after, last_command=last), effects


def _start_command(model: Model, _: Context) -> Update:
    return replace(model, command=command_line.Slice(TextField(), model.last_command)), ()


def _help(model: Model, _: Context) -> Update:
    screen = model.front
    if screen.name == "help":
        return model, ()
    entries = (
        *help_page.entries_of(screen.name, screen.keys),
        *help_page.entries_of("everywhere", KEYS),
        help_page.Entry("", "commands", heading=True),
        *(help_page.Entry(f":{row.name} {row.usage}", row.summary) for row in COMMANDS),
        help_page.Entry("", "filters of the jobs", heading=True),
        *(help_page.Entry(*row) for row in HELP),
    )
    model, effects = _to_screen(model, "help", help_page.HelpAsked(screen.name, entries))
    return model, (*effects, Open("help"))


def _inner(model: Model, effect: Effect) -> tuple[Model, tuple[Effect, ...], bool]:
    """Carry out an effect on the model; False leaves the effect to the runtime."""
    match effect:
        case Say():
            return replace(model, link=status_line.with_note(model.link, effect, model.now)), (), True
        case Ask():
            return replace(model, question=effect), (), True
        case Tell(message):
            return (*_all(model, message), True)
        case Open():
            return (*_open(model, effect), True)
        case Back() if len(model.stack) > 1:
            return replace(model, stack=model.stack[:-1]), (), True
        case Back():
            return model, (Quit(),), True
        case Press(key):
            model = replace(model, stack=model.stack[:-1] or (_HOME,))
            return (*_input(model, KeyPressed(key)), True)
        case Call() if model.readonly and (refused := _refusal(cast("Call[Any, Any]", effect))):
            return (*_all(model, refused), True)
        case Connect(profile) if profile:
            return (*_switch_profile(model), False)
        case _:
            return model, (), False


def _refusal(call: Call[Any, Any]) -> Message | None:
    """The refusal of a call that would change something in a read-only program."""
    if call.method.effect != "write":
        return None
    detail = f"{call.method.name} would change something, and this program was started with --readonly"
    return call.refuse(NotAllowed(detail, hint="Start crystalmath without --readonly to do it."))


def _open(model: Model, effect: Open) -> Update:
    if effect.screen not in SCREENS:
        return model, (Say(f"There is no screen {effect.screen}.", "warn"),)
    below = tuple(name for name in model.stack if name != effect.screen)
    stack = (_HOME,) if effect.screen == _HOME else (*below, effect.screen)
    return _to_screen(replace(model, stack=stack), effect.screen, Entered(effect.screen, effect.args))


def _switch_profile(model: Model) -> Update:
    """Drop all state of the previous profile."""
    slices: dict[str, object] = {name: screen.initial for name, screen in SCREENS.items()}
    return replace(
        model, slices=slices, stack=(_HOME,), link=status_line.START, retries=retry_calls.START
    ), ()


def _mouse(model: Model, mouse: MousePressed) -> Update:
    """Handle a click: in the footer it presses the key shown there; in the body it goes to the screen."""
    title, body, _, footer = _parts(model.size)
    if model.question is not None or model.command is not None:
        return model, ()
    if footer and mouse.row == model.size.rows - 1:
        key = key_at(_footer_keys(model), mouse.col) if mouse.button == 1 else ""
        return _input(model, KeyPressed(key)) if key else (model, ())
    if not title <= mouse.row < title + body:
        return model, ()
    if mouse.button in _WHEEL:
        return _to_screen(model, model.front.name, _WHEEL[mouse.button])
    return _to_screen(model, model.front.name, replace(mouse, row=mouse.row - title))


def _parts(size: Size) -> tuple[int, int, int, int]:
    """Rows of title, body, status line and footer; the body has priority if space is short."""
    bars = min(3, max(0, size.rows - 1))
    return int(bars > 2), size.rows - bars, int(bars > 0), int(bars > 1)


def view(model: Model, size: Size) -> tuple[Line, ...]:
    """Exactly `size.rows` lines of exactly `size.cols` cells."""
    model = replace(model, size=size)
    title, body, bar, footer = _parts(size)
    screen = model.front
    shown = fit_lines(
        screen.view(model.slices[screen.name], context(model, screen.name)), Size(body, size.cols)
    )
    if words := status_line.overflow(model.link, size.cols)[-body:]:
        shown = (*shown[: body - len(words)], *words)
    if model.question is not None:
        shown = overlay(shown, model.question, size.cols)
    lines = (
        *[_title_line(model)] * title,
        *shown,
        *[_status_line(model)] * bar,
        *[footer_line(_footer_keys(model))] * footer,
    )
    return tuple(fit_line(each, size.cols) for each in lines)


def _title_line(model: Model) -> Line:
    trail = " / ".join(SCREENS[name].title(model.slices[name]) for name in model.stack)
    left = line(("bar.strong", " crystalmath "), ("bar", f" {trail}"))
    words = " read only " if model.readonly else ""
    return fit_line(spread(left, line(("bar.warn", words)), model.size.cols, "bar"), model.size.cols, "bar")


def _status_line(model: Model) -> Line:
    if model.command is not None:
        return command_line.view(model.command, COMMANDS, model.size.cols)
    return status_line.view(model.link, model.now, model.size.cols)


def _footer_keys(model: Model) -> list[tuple[str, str]]:
    """Keys and titles of the footer, as many as fit, always including the global keys."""
    if model.question is not None:
        return [("y", "yes, do it"), ("n", "no")]
    if model.command is not None:
        return [("enter", "go"), ("tab", "complete"), ("esc", "close")]
    screen = model.front
    if screen.typing(model.slices[screen.name]):
        return list(screen.footer(model.slices[screen.name]) or screen.typing_keys)
    back = "back" if len(model.stack) > 1 else "quit"
    ours = [(row.keys[0], back if row.title == "quit" else row.title) for row in KEYS if row.footer]
    shown_keys: list[tuple[str, str]] = []
    room = model.size.cols - sum(map(hint_width, ours))
    for pair in ((row.keys[0], row.title) for row in screen.keys if row.footer):
        room -= hint_width(pair)
        if room < 0:
            break
        shown_keys.append(pair)
    return [*shown_keys, *ours]


KEYS: tuple[Binding[Model], ...] = (
    Binding(("?", "f1"), _help, "help", "Show this help.", footer=True),
    Binding((":",), _start_command, "command", "Type a command.", footer=True),
    Binding(("q",), emit(Back()), "quit", "Go back; from the jobs, quit. Jobs keep running.", footer=True),
    Binding(("ctrl l",), emit(Redraw()), "redraw", "Redraw the screen."),
    Binding(("ctrl r",), emit(Connect()), "connect", "Connect again now."),
    Binding(("ctrl z",), emit(Suspend()), "suspend", "Suspend until you type fg in the shell."),
)
"""Keys of every screen while no text is typed."""
