"""Download: files of a job, or its whole folder, to this machine: which folder, and how far it is."""

from dataclasses import replace

from crystalmath_server.protocol.errors import ConnectionLost, RpcError
from crystalmath_server.protocol.files import JOBS_FILES, JobFile, JobFiles, ListFilesParams
from crystalmath_server.protocol.record import record
from crystalmath_tui.core import downloads, path_prompt
from crystalmath_tui.core.downloads import Download
from crystalmath_tui.core.effects import Back, Call, Effect, FindPath, Open, Say
from crystalmath_tui.core.keymap import MOVES, Binding, action_of
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Refused,
)
from crystalmath_tui.core.path_prompt import PathPrompt, prompt_of
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.screen import Context
from crystalmath_tui.core.scroll import scroll_top
from crystalmath_tui.core.words import count, file_size

HEAD = 4
"""Rows above the list of files: the path, names that go on from it, words, a rule."""
_DEEPEST, _MOST = 16, 10_000
_SOURCES = ("work", "retrieved", "inputs")

KEYS = (
    *MOVES,
    Binding(("x",), "stop", "stop", "Stop; what is here stays.", footer=True),
    Binding(("r",), "resume", "go on", "Go on where it broke off.", footer=True),
    Binding(("J",), "job", "job", "Go to the job.", footer=True),
    Binding(("esc",), "close", "back", "Go back; what is under way goes on.", footer=True),
)


@record
class Slice:
    """One download at a time.

    Attributes
    ----------
    names
        Files or folders that are wanted; none: all.
    path
        The folder while it is typed, or None.
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


def update(found: Slice, message: Message, context: Context) -> Update:
    """Follow keys and answers."""
    if found.path is not None and (step := path_prompt.step(found.path, message)):
        return _with_path(found, *step)
    match message:
        case Entered("download", args):
            return _entered(found, args)
        case KeyPressed(key):
            return _act(found, action_of(KEYS, key), context)
        case MousePressed(_, _, button) if button in {4, 5}:
            return _act(found, "up" if button == 4 else "down", context)
        case _:
            return _answered(found, message)


def _answered(found: Slice, message: Message) -> Update:
    match message:
        case Answered("download path", str(path), about) if about == found.pk:
            return _begun(replace(found, folder=path))
        case Answered("download files", JobFiles() as listed, about) if (
            about == found.pk and found.run is None
        ):
            return _listed(found, listed)
        case Refused("download files", error, about) if about == found.pk and found.run is None:
            return replace(found, error=error), ()
        case Connected() if found.run and isinstance(found.run.error, ConnectionLost):
            return _stepped(found, downloads.resume(found.run))
        case _ if found.run is not None:
            return _stepped(found, downloads.step(found.run, message))
        case _:
            return found, ()


def _entered(found: Slice, args: tuple[str, ...]) -> Update:
    """PK, then where the files are, then their names."""
    pk = pk_of(args[0]) if args else 0
    if found.run and found.run.going:
        words = f"Files of job {found.pk} are on their way; one download after the other."
        return found, (Say(words, "warn"),) if args else ()
    if not pk and found.pk and not args:
        return found, ()
    source = args[1] if len(args) > 1 else "work"
    if not pk or source not in _SOURCES:
        wrong = (
            f"{args[0]} is no pk of a job"
            if args and not pk
            else f"{source} is none of {', '.join(_SOURCES)}"
        )
        words = f"{wrong if args else 'Of which job?'} :download PK [work|retrieved|inputs [FILE …]]"
        return found, (Say(words, "warn"), Back())
    last = found.folder if found.pk == pk else ""
    return Slice(pk, source, tuple(args[2:]), prompt_of("download", last or f"job-{pk}", folders=True)), ()


def _with_path(
    found: Slice, path: PathPrompt, effects: tuple[Effect, ...], outcome: path_prompt.Outcome
) -> Update:
    if outcome == "closed":
        return replace(found, path=None), (Back(),)
    if outcome == "typing":
        return replace(found, path=path), effects
    if not path.text:
        return found, (Say("Give the folder.", "warn"),)
    return replace(found, path=None), (FindPath(path.text, "download path", found.pk),)


def _begun(found: Slice) -> Update:
    """One file is asked for by its name; of all, or of folders, the names are asked for first."""
    params = ListFilesParams(found.pk, _source(found.source), _DEEPEST, _MOST)
    return found, (Call(JOBS_FILES, params, "download files", found.pk, handles_refusal=True),)


def _source(name: str) -> "downloads.Source":
    return "retrieved" if name == "retrieved" else "inputs" if name == "inputs" else "work"


def _listed(found: Slice, listed: JobFiles) -> Update:
    files, unknown = downloads.select_files(listed.rows, found.names) if found.names else (listed.rows, ())
    files += tuple(JobFile(found.source, name, 0) for name in unknown)
    note = listed.note if not found.names else ""
    run = Download(found.pk, files, found.folder)
    return _stepped(replace(found, error=None, note=note, run=run), downloads.begin(run))


def _stepped(found: Slice, after: downloads.Step) -> Update:
    """The next state; at its end it is said, wherever one is."""
    run, effects = after
    was = found.run
    there = replace(found, run=run)
    if run.phase == "done" and was is not None and was.phase != "done":
        return there, (*effects, Say(*_end_words(run)))
    if run.error is not None and (was is None or was.error is None):
        return there, (*effects, Say(f"The download of job {run.pk} stopped; r goes on.", "error"))
    return there, effects


def _end_words(run: Download) -> tuple[str, str]:
    size = file_size(sum(row.size for row in run.kept))
    left = f"; {count(len(run.left), 'file')} left out" if run.left else ""
    words = f"{count(len(run.kept), 'file')} of job {run.pk}, {size}, in {run.folder}{left}"
    return words, "warn" if run.left else "info"


def _act(found: Slice, action: str, context: Context) -> Update:
    match action:
        case "close":
            return found, (Back(),)
        case "job" if found.pk:
            return found, (Open("job", (str(found.pk), "files")),)
        case "stop" if found.run and found.run.going:
            return replace(found, run=downloads.stop(found.run)), (Say("Stopped; r goes on."),)
        case "resume" if found.run:
            return _stepped(found, downloads.resume(found.run))
        case "resume" if found.error and found.folder:
            return _begun(replace(found, error=None))
        case _:
            rows = len(rows_of(found))
            return replace(found, top=scroll_top(found.top, action, rows, list_rows(context))), ()


def rows_of(found: Slice) -> tuple[tuple[str, str, str], ...]:
    """Style, what became of a file, and its path: what was left out, is under way, is here, is to come."""
    run = found.run
    if run is None:
        return ()
    left = [("warn", "left out", f"{row.path}: {row.why}") for row in run.left]
    here = [("ok", file_size(row.size), row.path) for row in reversed(run.kept)]
    next_up = [("dim", file_size(file.size), file.path) for file in run.waiting[1:] if run.phase != "done"]
    now = [("accent", under_way(run), run.waiting[0].path)] if run.waiting else []
    return (*left, *now, *here, *next_up)


def under_way(run: Download) -> str:
    """How far the file is that is under way."""
    size = run.size if run.size is not None else run.waiting[0].size
    return f"{run.offset / size:.0%}" if size else "0%"


def list_rows(context: Context) -> int:
    """Rows of the list."""
    return max(1, context.size.rows - HEAD)


def is_typing(found: Slice) -> bool:
    """Whether keys are text now."""
    return found.path is not None
