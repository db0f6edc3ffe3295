"""Download: files of a job or its whole folder, with the target folder and the progress."""

from dataclasses import replace

from crystalmath_server.protocol.errors import ConnectionLost, RpcError
from crystalmath_server.protocol.files import JOBS_FILES, JobFile, JobFiles, ListFilesParams
from crystalmath_server.protocol.record import record
from crystalmath_tui.core import downloads, path_prompt
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.downloads import Download
from crystalmath_tui.core.effects import Back, Call, Effect, FindPath, Open, Say
from crystalmath_tui.core.formatting import count, file_size
from crystalmath_tui.core.keymap import MOVES, Binding, dispatch, emit
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    Move,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.path_prompt import PathPrompt, prompt_of
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.scroll import scroll_top

HEAD = 4
"""Rows above the file list: path, completions, status and rule."""
_DEEPEST, _MOST = 16, 10_000
_SOURCES = ("work", "retrieved", "inputs")


@record
class Slice:
    """The current download; only one runs at a time.

    Attributes
    ----------
    names
        Files or folders to download; empty for all.
    path
        The target folder while being typed, or None.
    """

    pk: int = 0
    source: str = "work"
    names: tuple[str, ...] = ()
    path: PathPrompt | None = None
    folder: str = ""
    note: str = ""
    error: RpcError | None = None
    run: Download | None = None
    top: int = 0


Update = tuple[Slice, tuple[Effect, ...]]


def update(page: Slice, message: Message, context: Context) -> Update:
    """Handle keys and answers."""
    if page.path is not None and (step := path_prompt.step(page.path, message)):
        return _with_path(page, *step)
    match message:
        case Entered("download", args):
            return _enter(page, args)
        case KeyPressed(key):
            return dispatch(KEYS, update, page, key, context) or (page, ())
        case Scrolled(to):
            return _scroll(page, to, context)
        case _:
            return _on_answer(page, message)


def _on_answer(page: Slice, message: Message) -> Update:
    match message:
        case Answered("download path", str(path), about) if about == page.pk:
            return _begin(replace(page, folder=path))
        case Answered("download files", JobFiles() as listed, about) if about == page.pk and page.run is None:
            return _with_files(page, listed)
        case Refused("download files", error, about) if about == page.pk and page.run is None:
            return replace(page, error=error), ()
        case Connected() if page.run and isinstance(page.run.error, ConnectionLost):
            return _advance(page, downloads.resume(page.run))
        case _ if page.run is not None:
            return _advance(page, downloads.step(page.run, message))
        case _:
            return page, ()


def _enter(page: Slice, args: tuple[str, ...]) -> Update:
    """Start from the arguments: pk, source and file names."""
    pk = pk_of(args[0]) if args else 0
    if page.run and page.run.is_active:
        words = f"Job {page.pk} is still downloading; only one download runs at a time."
        return page, (Say(words, "warn"),) if args else ()
    if not pk and page.pk and not args:
        return page, ()
    source = args[1] if len(args) > 1 else "work"
    if not pk or source not in _SOURCES:
        wrong = (
            f"{args[0]} is not a pk of a job"
            if args and not pk
            else f"{source} is not one of {', '.join(_SOURCES)}"
        )
        words = f"{wrong if args else 'Which job?'} :download PK [work|retrieved|inputs [FILE …]]"
        return page, (Say(words, "warn"), Back())
    last = page.folder if page.pk == pk else ""
    return Slice(pk, source, tuple(args[2:]), prompt_of("download", last or f"job-{pk}", folders=True)), ()


def _with_path(
    page: Slice, path: PathPrompt, effects: tuple[Effect, ...], outcome: path_prompt.Outcome
) -> Update:
    if outcome == "closed":
        return replace(page, path=None), (Back(),)
    if outcome == "typing":
        return replace(page, path=path), effects
    if not path.text:
        return page, (Say("Give the folder.", "warn"),)
    return replace(page, path=None), (FindPath(path.text, "download path", page.pk),)


def _begin(page: Slice) -> Update:
    """Request the file list, needed before the files themselves."""
    params = ListFilesParams(page.pk, _source(page.source), _DEEPEST, _MOST)
    return page, (Call(JOBS_FILES, params, "download files", page.pk, handles_refusal=True),)


def _source(name: str) -> "downloads.Source":
    return "retrieved" if name == "retrieved" else "inputs" if name == "inputs" else "work"


def _with_files(page: Slice, listed: JobFiles) -> Update:
    files, unknown = downloads.select_files(listed.rows, page.names) if page.names else (listed.rows, ())
    files += tuple(JobFile(page.source, name, 0) for name in unknown)
    note = listed.note if not page.names else ""
    run = Download(page.pk, files, page.folder)
    return _advance(replace(page, error=None, note=note, run=run), downloads.begin(run))


def _advance(page: Slice, after: downloads.Step) -> Update:
    """Store the next state; report the end of the download on any screen."""
    run, effects = after
    was = page.run
    there = replace(page, run=run)
    if run.phase == "done" and was is not None and was.phase != "done":
        return there, (*effects, Say(*_end_words(run)))
    if run.error is not None and (was is None or was.error is None):
        return there, (*effects, Say(f"The download of job {run.pk} stopped; r resumes it.", "error"))
    return there, effects


def _end_words(run: Download) -> tuple[str, str]:
    size = file_size(sum(row.size for row in run.kept))
    left = f"; {count(len(run.skipped), 'file')} skipped" if run.skipped else ""
    words = f"{count(len(run.kept), 'file')} of job {run.pk}, {size}, in {run.folder}{left}"
    return words, "warn" if run.skipped else "info"


def _open_job(page: Slice, _: Context) -> Update:
    return page, (Open("job", (str(page.pk), "files")),) if page.pk else ()


def _stop(page: Slice, _: Context) -> Update:
    if not (page.run and page.run.is_active):
        return page, ()
    return replace(page, run=downloads.stop(page.run)), (Say("Stopped; r resumes."),)


def _resume(page: Slice, _: Context) -> Update:
    if page.run:
        return _advance(page, downloads.resume(page.run))
    return _begin(replace(page, error=None)) if page.error and page.folder else (page, ())


def _scroll(page: Slice, to: Move, context: Context) -> Update:
    return replace(page, top=scroll_top(page.top, to, len(rows_of(page)), list_rows(context))), ()


def rows_of(page: Slice) -> tuple[tuple[str, str, str], ...]:
    """Style, status and path of each file: skipped, current, finished, then waiting files."""
    run = page.run
    if run is None:
        return ()
    left = [("warn", "skipped", f"{row.path}: {row.why}") for row in run.skipped]
    here = [("ok", file_size(row.size), row.path) for row in reversed(run.kept)]
    next_up = [("dim", file_size(file.size), file.path) for file in run.waiting[1:] if run.phase != "done"]
    now = [("accent", under_way(run), run.waiting[0].path)] if run.waiting else []
    return (*left, *now, *here, *next_up)


def under_way(run: Download) -> str:
    """Progress of the current file."""
    size = run.size if run.size is not None else run.waiting[0].size
    return f"{run.offset / size:.0%}" if size else "0%"


def list_rows(context: Context) -> int:
    """Number of list rows that fit."""
    return max(1, context.size.rows - HEAD)


def is_typing(page: Slice) -> bool:
    """Whether keystrokes are text input."""
    return page.path is not None


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("x",), _stop, "stop", "Stop; files downloaded so far are kept.", footer=True),
    Binding(("r",), _resume, "resume", "Resume the download.", footer=True),
    Binding(("J",), _open_job, "job", "Open the job.", footer=True),
    Binding(("esc",), emit(Back()), "back", "Go back; the download continues.", footer=True),
)
