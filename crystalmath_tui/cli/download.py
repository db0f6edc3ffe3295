"""download PK [NAME …], jobs file … --output FILE: download files in ranges; resume interrupted downloads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crystalmath_server.protocol.errors import CallTimeout, ConnectionLost, FileUnreadable, RpcError
from crystalmath_server.protocol.files import JOBS_FILES, JobFile, ListFilesParams, ReadFileParams
from crystalmath_tui.cli import output
from crystalmath_tui.cli.options import Option, integer, one_of, to_params
from crystalmath_tui.cli.parser import parse
from crystalmath_tui.cli.session import DONE, ERROR, Session
from crystalmath_tui.client.folders import look_up
from crystalmath_tui.core.downloads import Download, Step, begin, select_files, step
from crystalmath_tui.core.effects import Call, Effect, KeepPart, LookAtPart
from crystalmath_tui.core.formatting import count, file_size
from crystalmath_tui.core.messages import Message

_OVER = Option("over", ("--over",), "overwrite existing files")
FILE_OPTIONS = (
    Option("output", ("--output", "-o"), "write to FILE; resumes broken downloads", str, "FILE", files=True),
    _OVER,
)
_SOURCES = ("work", "retrieved", "inputs")


OPTIONS = (
    Option("pk", (), "pk of the job", integer, "PK", positional=True, required=True),
    Option("names", (), "files or folders of the job; default all", str, "NAME", (), "list", positional=True),
    Option(
        "source",
        ("--source",),
        "work: the folder on the cluster; retrieved: the retrieved files; inputs: the input files",
        one_of(_SOURCES),
        "SOURCE",
        _SOURCES,
        default="work",
    ),
    Option("to", ("--to",), "target folder; created if it does not exist", str, "FOLDER", files=True),
    _OVER,
)

_DEEPEST, _MOST = 16, 10_000
_SAY_EVERY = 64_000_000


def run_download(session: Session, arguments: Sequence[str]) -> int:
    """Download files of a job, or its whole folder; exit status 1 if a file that should come is missing."""
    found = parse(OPTIONS, arguments)
    names: list[str] = found.get("names", [])
    given: dict[str, Any] = {"pk": found["pk"], "source": found.get("source", "work")}
    params: ListFilesParams = to_params(
        ListFilesParams, OPTIONS, {**given, "depth": _DEEPEST, "limit": _MOST}
    )
    listed = session.call(JOBS_FILES, params)
    files, unknown = select_files(listed.rows, names) if names else (listed.rows, ())
    files += tuple(JobFile(given["source"], name, 0) for name in unknown)  # the server explains why
    if listed.note and not names:
        output.say(listed.note)
    folder = Path(found.get("to") or f"job-{params.pk}").expanduser().absolute()
    done = _carry_out(session, begin(Download(params.pk, files, str(folder), over=found.get("over", False))))
    _tell(session, done, str(folder))
    return ERROR if any(names or not row.refused for row in done.skipped) else DONE


def run_file(session: Session, params: ReadFileParams, target: Path, *, over: bool) -> int:
    """Download one file to a path; its name ends in `.part` until it is complete."""
    file = JobFile(params.source, params.path, 0)
    alone = target.expanduser().absolute()
    if not alone.parent.is_dir():
        hint = "Give a file in a folder that you may write to."
        raise FileUnreadable(f"there is no folder {alone.parent}", field="output", hint=hint)
    done = _carry_out(session, begin(Download(params.pk, (file,), "", str(alone), over=over)))
    for row in done.skipped:
        hint = "Name another file, or add --over." if "left as it is" in row.why else "See: --help"
        raise FileUnreadable(f"{target} was not written: {row.why}", field="output", hint=hint)
    for row in done.kept:
        output.say(f"{target}: {row.size} bytes{_before(row.before)}")
    return DONE


def _carry_out(session: Session, first: Step) -> Download:
    """Request and write until the download is done; raises an error that stops all of it."""
    download, effects = first
    queue, told = list(effects), 0
    while queue:
        download, more = step(download, _answer(session, queue.pop(0)))
        queue += more
        told = told if download.offset > told else 0
        if download.offset - told >= _SAY_EVERY:
            told = download.offset
            output.say(f"{download.waiting[0].path}: {told} of {download.size} bytes")
    if download.error is not None:
        raise download.error
    return download


def _answer(session: Session, effect: Effect) -> Message:
    """The message an effect leads to; retries once on a new connection if the connection breaks."""
    if isinstance(effect, (LookAtPart, KeepPart)):
        return look_up(effect)
    call: Call[Any, Any] = effect  # type: ignore[assignment]
    try:
        return call.answer(_request(session, call))
    except (ConnectionLost, CallTimeout):
        raise
    except RpcError as error:
        return call.refuse(error)


def _request(session: Session, call: Call[Any, Any]) -> Any:
    try:
        return session.call(call.method, call.params)
    except ConnectionLost as lost:
        output.say(f"{lost}; connecting again")
        session.close()
        return session.call(call.method, call.params)


def _tell(session: Session, done: Download, folder: str) -> None:
    if session.as_json:
        output.put_json({"folder": folder, "files": done.kept, "left_out": done.skipped})
        return
    for row in done.kept:
        output.put(f"{folder}/{row.path}  {row.size} bytes{_before(row.before)}\n")
    for left in done.skipped:
        output.say(f"{left.path} was left out: {left.why}")
    output.say(
        f"{count(len(done.kept), 'file')}, {file_size(sum(row.size for row in done.kept))} in {folder}"
    )


def _before(size: int) -> str:
    return f", of which {size} were there already" if size else ""
