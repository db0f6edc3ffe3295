"""Job: update, keys and view of the screen for one job."""

from dataclasses import replace
from typing import Any

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.files import (
    JOBS_FILES,
    JOBS_LOG,
    FileRange,
    JobFiles,
    JobLog,
    ListFilesParams,
)
from crystalmath_server.protocol.jobs import ENDED, JOBS_SHOW, JobDetail, JobPk
from crystalmath_server.protocol.method import Method
from crystalmath_server.protocol.progress import JOBS_PROGRESS, JobProgress, ProgressOfJobParams, StopAsked
from crystalmath_server.protocol.results import JOBS_RESULTS, JobResults
from crystalmath_server.protocol.system import Status
from crystalmath_tui.core.cells import width, wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Open, Say
from crystalmath_tui.core.formatting import error_text
from crystalmath_tui.core.keymap import MOVES, Action, Binding, dispatch
from crystalmath_tui.core.lines import Line, Size, Span, fit_line, fit_lines, highlight, line, spread
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
from crystalmath_tui.core.scroll import Scroll, clamp, move, scroll_top
from crystalmath_tui.screens.file_viewer import (
    Viewer,
    read_call,
    read_on,
    title_line,
    toggle_following,
    visible_lines,
)
from crystalmath_tui.screens.job import actions
from crystalmath_tui.screens.job import pages as job_pages
from crystalmath_tui.screens.job import run as job_run
from crystalmath_tui.screens.job.model import TABS, Page, Slice, Tab, Update, files_of
from crystalmath_tui.screens.results.summary import summary_lines

_METHODS: dict[Tab, Method[Any, Any]] = {
    "inputs": JOBS_SHOW,
    "summary": JOBS_SHOW,
    "files": JOBS_FILES,
    "log": JOBS_LOG,
    "results": JOBS_RESULTS,
    "run": JOBS_PROGRESS,
}
_LIVE_S = 2.0  # maximum age of a page of a running job


def update(job: Slice, message: Message, context: Context) -> Update:
    """Handle keys, answers and the revision of the job list."""
    match message:
        case Entered("job", args):
            return _enter(job, args, context)
        case KeyPressed(key):
            return dispatch(KEYS, update, job, key, context) or (job, ())
        case Scrolled(to):
            return _scroll(job, to, context)
        case MousePressed():
            return _click(job, message, context)
        case Answered("status", Status() as status) if context.front and job.pk:
            return _refresh(job, status.jobs_revision, context)
        case Answered("job stop", StopAsked() as asked):
            return job, (Say(asked.words),)
        case Connected() if job.pk:
            return fetch(job, context)
        case _:
            return _on_answer(job, message, context), ()


def _on_answer(job: Slice, message: Message, context: Context) -> Slice:
    match message:
        case Answered("job page", value, (pk, _)) if pk == job.pk:
            return _at_end(_keep(job, value), context)
        case Refused("job page", error, (pk, tab)) if pk == job.pk:
            return replace(job, errors={**job.errors, tab: error})
        case Answered("job file", FileRange() as part, (pk, file)) if (
            pk == job.pk and job.viewer and job.viewer.file == file
        ):
            return replace(job, viewer=read_on(job.viewer, part))
        case _:
            return job


def _enter(job: Slice, args: tuple[str, ...], context: Context) -> Update:
    given = args[0] if args else ""
    pk = pk_of(given)
    if not pk:
        words = "Which job? :job PK" if not given else f"{given} is not a pk of a job: a pk is a number."
        return job, (Say(words, "warn"), *(() if job.pk else (Back(),)))
    tab = _tab_of(args[1] if len(args) > 1 else "")
    return fetch(Slice(pk=pk, tab=tab, wrapped=job.wrapped, times=job.times), context)


def _tab_of(wanted: str) -> Tab:
    """The page whose name starts with the text, or the summary."""
    for name in TABS:
        if wanted and name.startswith(wanted):
            return name
    return "summary"


def fetch(job: Slice, context: Context) -> Update:
    """Request the data of the page and the job state."""
    tabs: tuple[Tab, ...] = ("summary",) if _METHODS[job.tab] is JOBS_SHOW else ("summary", job.tab)
    calls = [_call(job.pk, tab, tab, JobPk(job.pk)) for tab in tabs if tab not in {"files", "run"}]
    if job.tab == "files":
        calls += [_call(job.pk, "files", "files", ListFilesParams(job.pk))]
        calls += [_call(job.pk, "files", "work", ListFilesParams(job.pk, "work"))]
    if job.tab == "run":
        calls += [_call(job.pk, "run", "run", ProgressOfJobParams(job.pk))]
    return replace(job, asked_at=context.now), tuple(calls)


def _call(pk: int, tab: Tab, name: str, params: object) -> Call[Any, Any]:
    """The call for one part of a page; its error is stored under its name."""
    return Call(_METHODS[tab], params, "job page", (pk, name), f"job {name}", handles_refusal=True)


def _refresh(job: Slice, revision: int, context: Context) -> Update:
    """Fetch again when the job list changes, and regularly while the job is active."""
    if job.viewer is not None:
        follows = job.viewer.is_growing and not job.viewer.reading
        return _read_on(job, job.viewer) if follows else (job, ())
    alive = job.detail is not None and job.detail.row.state not in ENDED
    retry = any(error.retryable for error in job.errors.values())
    due = (alive or retry) and context.now - job.asked_at >= _LIVE_S
    if revision == job.revision and not due:
        return job, ()
    return fetch(replace(job, revision=revision), context)


def _keep(job: Slice, value: Page) -> Slice:
    errors = job.errors
    match value:
        case JobDetail():
            errors = _without(errors, "summary", "inputs")
            return replace(job, detail=value, errors=errors)
        case JobFiles(folder=folder) if folder:
            return replace(job, work=value, errors=_without(errors, "work"))
        case JobProgress():
            return replace(job, run=value, errors=_without(errors, "run"))
        case JobFiles():
            return replace(job, files=value, errors=_without(errors, "files"))
        case JobLog():
            return replace(job, log=value, errors=_without(errors, "log"))
        case JobResults():
            return replace(job, results=value, errors=_without(errors, "results"))


def _without(errors: dict[str, RpcError], *names: str) -> dict[str, RpcError]:
    return {name: error for name, error in errors.items() if name not in names}


def _at_end(job: Slice, context: Context) -> Slice:
    """Scroll to the end of the log if the log is followed."""
    if not job.follow or job.tab != "log":
        return job
    return replace(
        job, tops={**job.tops, "log": scroll_top(0, "last", len(_page(job, context)), _height(context))}
    )


def _toggle_follow(job: Slice, context: Context) -> Update:
    if job.viewer:
        return _read_on(job, toggle_following(job.viewer))
    return _at_end(replace(job, follow=not job.follow), context), ()


def _show_tab(tab: Tab) -> Action[Slice]:
    return lambda job, context: _turn_to(job, tab, context)


def _step_tab(step: int) -> Action[Slice]:
    return lambda job, context: _turn_to(job, TABS[(TABS.index(job.tab) + step) % len(TABS)], context)


def _toggle_wrap(job: Slice, _: Context) -> Update:
    return replace(job, wrapped=not job.wrapped), ()


def _toggle_times(job: Slice, _: Context) -> Update:
    return replace(job, times=not job.times), ()


def _close(job: Slice, _: Context) -> Update:
    return (replace(job, viewer=None), ()) if job.viewer else (job, (Back(),))


def _turn_to(job: Slice, tab: Tab, context: Context) -> Update:
    return fetch(replace(job, tab=tab, viewer=None), context)


def _open(job: Slice, _: Context) -> Update:
    rows = files_of(job)
    if job.tab == "results":
        return job, (Open("results", (str(job.pk),)),)
    if job.tab != "files" or job.viewer or job.chosen.index >= len(rows):
        return job, ()
    file = rows[job.chosen.index]
    if file.kind != "file":
        return job, (Say(f"{file.path} cannot be shown: it is not a regular file.", "warn"),)
    viewer = Viewer(file, size=file.size)
    return replace(job, viewer=viewer), (read_call(job.pk, viewer),)


def _scroll(job: Slice, to: Move, context: Context) -> Update:
    height = _height(context)
    if job.viewer:
        return _scroll_file(job, job.viewer, to, context)
    if job.tab == "files":
        rows = files_of(job)
        return replace(job, chosen=move(job.chosen, to, len(rows), height)), ()
    top = scroll_top(job.tops.get(job.tab, 0), to, len(_page(job, context)), height)
    return replace(job, tops={**job.tops, job.tab: top}, follow=job.follow and to == "last"), ()


def _scroll_file(job: Slice, viewer: Viewer, to: Move, context: Context) -> Update:
    """Scroll the file, and read more near the end of the content."""
    height = _height(context)
    count = len(_page(job, context))
    before = scroll_top(0, "last", count, height) if viewer.following else viewer.top
    top = scroll_top(before, to, count, height)
    after = replace(viewer, top=top, following=viewer.following and top >= before)
    more = not (viewer.binary or viewer.reading) and viewer.offset < viewer.size
    if not more or after.top + 2 * height < count:
        return replace(job, viewer=after), ()
    return _read_on(job, after)


def _read_on(job: Slice, viewer: Viewer) -> Update:
    return replace(job, viewer=replace(viewer, reading=True)), (read_call(job.pk, viewer),)


def _click(job: Slice, mouse: MousePressed, context: Context) -> Update:
    """Switch pages on a click on a tab; select or open a file on a click."""
    if mouse.button == 1 and mouse.row == 0:
        tab = _tab_at(mouse.col)
        return _turn_to(job, tab, context) if tab else (job, ())
    rows = files_of(job)
    index = job.chosen.top + mouse.row - 2
    if mouse.button != 1 or job.tab != "files" or job.viewer or mouse.row < 2 or index >= len(rows):
        return job, ()
    if index == job.chosen.index:
        return _open(job, context)
    return replace(job, chosen=Scroll(index, job.chosen.top)), ()


def _tab_at(col: int) -> Tab | None:
    end = 1
    for name in TABS:
        end += width(name) + 4
        if col < end:
            return name
    return None


def _height(context: Context) -> int:
    return max(1, context.size.rows - 2)


def _page(job: Slice, context: Context) -> tuple[Line, ...]:
    """All lines of the current page."""
    cols = context.size.cols
    if job.viewer:
        return job_pages.text(job.viewer.content, cols, wrapped=job.wrapped)
    if problem := job.errors.get(job.tab if job.tab != "inputs" else "summary"):
        return ((), *(line(("error", f" {text}")) for text in wrap(error_text(problem), max(8, cols - 2))))
    match job:
        case Slice(tab="summary", detail=JobDetail() as detail):
            return job_pages.summary(detail, context.now, cols)
        case Slice(tab="inputs", detail=JobDetail() as detail):
            return job_pages.inputs(detail, cols)
        case Slice(tab="run", run=JobProgress() as run):
            return job_run.page(run, cols)
        case Slice(tab="files", files=JobFiles()):
            return job_pages.files(files_of(job)) or ((), line(("dim", " There are no files yet.")))
        case Slice(tab="log", log=JobLog() as log):
            return job_pages.log(log, cols, wrapped=job.wrapped, times=job.times)
        case Slice(tab="results", results=JobResults() as results):
            return summary_lines(results, cols)
        case _:
            return ((), line(("dim", f" {context.connection_error or 'Loading …'}")))


def view(job: Slice, context: Context) -> tuple[Line, ...]:
    """The tabs and the visible part of the page."""
    page, height, cols = _page(job, context), _height(context), context.size.cols
    if job.viewer:
        return (_tabs(job, cols), title_line(job.viewer, cols), *visible_lines(job.viewer, page, height))
    if job.tab == "files" and files_of(job) and "files" not in job.errors:
        at = clamp(job.chosen, len(page), height)
        seen = page[at.top : at.top + height]
        rows = (highlight(row, cols) if at.top + i == at.index else row for i, row in enumerate(seen))
        return (_tabs(job, cols), _rule(cols), *rows)
    top = scroll_top(job.tops.get(job.tab, 0), "", len(page), height)
    return (_tabs(job, cols), _rule(cols), *fit_lines(page[top : top + height], Size(height, cols)))


def _tabs(job: Slice, cols: int) -> Line:
    tabs = [Span("bar.strong" if name == job.tab else "dim", f"  {name}  ") for name in TABS]
    marks = " · ".join(
        word
        for word, on in (("following", job.follow and job.tab == "log"), ("lines cut", not job.wrapped))
        if on
    )
    return spread((Span("", " "), *tabs), line(("dim", f"{marks} " if marks else "")), cols)


def _rule(cols: int) -> Line:
    return fit_line(line(("rule", "─" * cols)), cols)


def _title(job: Slice) -> str:
    return f"job {job.pk}" if job.pk else "job"


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("tab", "right", "l"), _step_tab(1), "next page", "Next page.", footer=True),
    Binding(("shift tab", "left", "h"), _step_tab(-1), "previous page", "Previous page."),
    *(Binding((str(i + 1),), _show_tab(name), name, f"Show the {name} page.") for i, name in enumerate(TABS)),
    Binding(("enter",), _open, "open", "Open the selected file, or the full results.", footer=True),
    Binding(("w",), _toggle_wrap, "wrap", "Wrap or truncate long lines.", footer=True),
    Binding(
        ("f",),
        _toggle_follow,
        "follow",
        "Follow the end of the log or file as it grows.",
        footer=True,
    ),
    Binding(
        ("D",),
        actions.download,
        "download",
        "Download the selected file; asks for a folder.",
        footer=True,
    ),
    Binding(("A",), actions.download_all, "all files", "Download the whole job folder."),
    Binding(("t",), _toggle_times, "times", "Show or hide times in the log."),
    Binding(("c",), actions.clone, "clone", "Prepare a new job like this one.", footer=True),
    Binding(("x",), actions.cancel, "cancel", "Cancel the job; asks first.", footer=True),
    Binding(("R",), actions.retry, "run again", "Rerun the ended job with the same inputs; asks first."),
    Binding(
        ("S",), actions.stop, "stop", "Stop VASP after the current ionic step, with results; asks first."
    ),
    Binding(("p",), actions.pause, "pause/play", "Pause or resume the job.", footer=True),
    Binding(
        ("d",),
        actions.diagnose,
        "why?",
        "Explain why the job is waiting or failed, and what to do.",
        footer=True,
    ),
    Binding(("y",), actions.copy_pk, "copy pk", "Copy the pk to the clipboard."),
    Binding(("Y",), actions.copy_uuid, "copy uuid", "Copy the uuid to the clipboard."),
    Binding(("r",), fetch, "reload", "Reload the page."),
    Binding(("esc",), _close, "back", "Close the file, then go back.", footer=True),
)

SCREEN = Screen("job", Slice(), KEYS, update, view, _title, usage="PK [PAGE]", summary="Show one job.")
