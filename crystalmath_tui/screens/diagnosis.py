"""Diagnosis: why a job is waiting, stuck or failed, with next steps on number keys."""

from dataclasses import replace

from crystalmath_server.protocol.diagnosis import JOBS_DIAGNOSE, Diagnosis, NextStep
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import ENDED, JOBS_CANCEL, JOBS_PLAY, ControlJobParams, JobPk
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.system import Status
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.control import restart
from crystalmath_tui.core.effects import Ask, Back, Call, Copy, Effect, NewKey, Open, Say
from crystalmath_tui.core.formatting import error_text, state_span
from crystalmath_tui.core.keymap import MOVES, Action, Binding, dispatch, emit
from crystalmath_tui.core.lines import Line, Span, line
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Move,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import scroll_top
from crystalmath_tui.screens.run_lines import run_lines

_LIVE_S = 5.0  # maximum age of the diagnosis of an active job
_MOST_STEPS = 9
_PAGES = {"log": "log", "file": "files"}
_CLUSTER_PAGES = {"test cluster": "test", "queue": "queue", "codes": "codes"}


@record
class Slice:
    """One job and its diagnosis."""

    pk: int = 0
    diagnosis: Diagnosis | None = None
    error: RpcError | None = None
    revision: int = -1
    asked_at: float = 0.0
    top: int = 0


Update = tuple[Slice, tuple[Effect, ...]]


def update(page: Slice, message: Message, context: Context) -> Update:
    """Handle keys, the answer and the revision of the job list."""
    match message:
        case Entered("diagnose", args):
            return _enter(page, args, context)
        case KeyPressed(key):
            return dispatch(KEYS, update, page, key, context) or (page, ())
        case Scrolled(to):
            return _scroll(page, to, context)
        case MousePressed(row, _, button):
            return _click(page, row, button, context)
        case Answered("diagnose", Diagnosis() as found, about) if about == page.pk:
            return replace(page, diagnosis=found, error=None), ()
        case Refused("diagnose", error, about) if about == page.pk:
            return replace(page, error=error), ()
        case Answered("status", Status() as status) if context.front and page.pk:
            return _refresh(page, status.jobs_revision, context)
        case Connected() if page.pk:
            return _ask(page, context)
        case _:
            return page, ()


def _enter(page: Slice, args: tuple[str, ...], context: Context) -> Update:
    given = args[0] if args else ""
    pk = pk_of(given)
    if not pk:
        words = "Which job? :diagnose PK" if not given else f"{given} is not a pk of a job: a pk is a number."
        return page, (Say(words, "warn"), *(() if page.pk else (Back(),)))
    return _ask(Slice(pk), context)


def _ask(page: Slice, context: Context) -> Update:
    call = Call(JOBS_DIAGNOSE, JobPk(page.pk), "diagnose", page.pk, handles_refusal=True)
    return replace(page, asked_at=context.now), (call,)


def _refresh(page: Slice, revision: int, context: Context) -> Update:
    alive = page.diagnosis is None or page.diagnosis.state not in ENDED
    due = alive and context.now - page.asked_at >= _LIVE_S
    return _ask(replace(page, revision=revision), context) if due else (page, ())


def _do_step(number: int) -> Action[Slice]:
    def act(page: Slice, _: Context) -> Update:
        steps = page.diagnosis.steps if page.diagnosis else ()
        return page, _effects_of(steps[number - 1], page) if number <= len(steps) else ()

    return act


def _open_job(page: Slice, _: Context) -> Update:
    return page, (Open("job", (str(page.diagnosis.step_pk if page.diagnosis else page.pk),)),)


def _copy_command(page: Slice, _: Context) -> Update:
    command = page.diagnosis.steps[0].command if page.diagnosis and page.diagnosis.steps else ""
    return page, (Copy(command), Say(f"Copied {command}")) if command else ()


def _scroll(page: Slice, to: Move, context: Context) -> Update:
    count, height = len(_lines(page, context)), max(1, context.size.rows)
    return replace(page, top=scroll_top(page.top, to, count, height)), ()


def _click(page: Slice, row: int, button: int, context: Context) -> Update:
    """Take the clicked step."""
    if button != 1 or page.diagnosis is None:
        return page, ()
    count, steps = len(_lines(page, context)), page.diagnosis.steps[:_MOST_STEPS]
    place = scroll_top(page.top, "", count, max(1, context.size.rows)) + row - (count - 2 * len(steps))
    return (page, _effects_of(steps[place // 2], page)) if 0 <= place < 2 * len(steps) else (page, ())


def _effects_of(step: NextStep, page: Slice) -> tuple[Effect, ...]:
    """The effects of a next step; steps that change something ask for confirmation."""
    pk = page.diagnosis.step_pk if page.diagnosis else page.pk
    match step.action:
        case "wait":
            return (Say("Nothing to do: the job continues on its own."),)
        case "status":
            return (Say(step.command),)
        case "play":
            return (Call(JOBS_PLAY, ControlJobParams(pk), "job control", "playing", key=f"play {pk}"),)
        case "cancel":
            call = Call(JOBS_CANCEL, ControlJobParams(pk), "job control", "cancelled", key=f"cancel {pk}")
            return (Ask(f"Cancel job {pk}? Its results so far are lost.", (), (call,)),)
        case "retry":
            ask = NewKey("retry key", pk)
            return (Ask(f"Run job {pk} again with the same inputs?", (), (ask,)),)
        case "restart":
            return restart(pk)
        case _:
            return (_screen_of(step, pk),)


def _screen_of(step: NextStep, pk: int) -> Open:
    """The screen on which to take a step."""
    match step.action:
        case "clone":
            return Open("new", ("like", str(pk)))
        case "potcars":
            return Open("potcars", (step.target,) if step.target else ())
        case "test cluster" | "queue" | "codes":
            return Open("cluster", tuple(filter(None, (step.target, _CLUSTER_PAGES[step.action]))))
        case _:
            return Open("job", (str(pk), _PAGES.get(step.action, "")))


def view(page: Slice, context: Context) -> tuple[Line, ...]:
    """The visible part of the diagnosis."""
    rows = _lines(page, context)
    top = scroll_top(page.top, "", len(rows), max(1, context.size.rows))
    return rows[top : top + context.size.rows]


def _lines(page: Slice, context: Context) -> tuple[Line, ...]:
    cols = max(8, context.size.cols - 2)
    if page.error is not None:
        return ((), *(line(("error", f" {text}")) for text in wrap(error_text(page.error), cols)))
    if page.diagnosis is None:
        return ((), line(("dim", f" {context.connection_error or 'Looking …'}")))
    found = page.diagnosis
    way = "" if len(found.path) < 2 else f"   called by {' → '.join(map(str, found.path[:-1]))}"
    return (
        (),
        (Span("", " "), state_span(found.state), Span("dim", f"   job {found.step_pk}{way}")),
        *(line(("strong", f" {text}")) for text in wrap(found.title, cols)),
        *(line(f" {text}") for text in wrap(found.detail, cols) if found.detail),
        *_evidence(found, cols),
        *_steps(found, cols),
        *run_lines(found.runs, cols),
    )


def _evidence(diagnosis: Diagnosis, cols: int) -> tuple[Line, ...]:
    if not diagnosis.evidence:
        return ()
    rows: list[tuple[Line, ...]] = [((), line(("heading", " evidence")))]
    for each in diagnosis.evidence:
        place = f"{each.source}, line {each.line}" if each.line else each.source
        texts = wrap(each.text, max(8, cols - 4))
        rows.append((line(("dim", f" {place}")), *(line(f"    {text}") for text in texts)))
    return tuple(row for block in rows for row in block)


def _steps(diagnosis: Diagnosis, cols: int) -> tuple[Line, ...]:
    if not diagnosis.steps:
        return ()
    rows: list[Line] = [(), line(("heading", " what to do"))]
    for n, step in enumerate(diagnosis.steps[:_MOST_STEPS], 1):
        rows += [
            line(("accent", f" {n}  "), step.title),
            line(("dim", f"    {step.command}"[: cols + 1])),
        ]
    return tuple(rows)


def _title(page: Slice) -> str:
    return f"why job {page.pk}" if page.pk else "diagnosis"


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    *(Binding((str(n),), _do_step(n), f"step {n}", f"Take step {n}.") for n in range(1, _MOST_STEPS + 1)),
    Binding(("enter",), _do_step(1), "do 1", "Take the first step.", footer=True),
    Binding(("o",), _open_job, "open job", "Open the job that is waiting or failed.", footer=True),
    Binding(("y",), _copy_command, "copy", "Copy the command of the first step.", footer=True),
    Binding(("r",), _ask, "reload", "Run the diagnosis again.", footer=True),
    Binding(("esc",), emit(Back()), "back", "Go back.", footer=True),
)

SCREEN = Screen(
    "diagnose",
    Slice(),
    KEYS,
    update,
    view,
    _title,
    usage="PK",
    summary="Explain why a job is waiting or failed.",
)
