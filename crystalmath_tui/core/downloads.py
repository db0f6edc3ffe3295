"""Downloading files of a job as a state machine: the next step after each answer; pure.

1. A file arrives in ranges in NAME.part next to its target, and is renamed when complete.
2. Existing data is compared with the file by its last bytes: a matching part is resumed, others start over.
3. A complete file is never overwritten unless asked; an identical file is kept and reported.
4. An error of one file skips that file; any other error stops the download, and `resume` continues it.
"""

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

from crystalmath_server.protocol.errors import ErrorCode, RpcError
from crystalmath_server.protocol.files import JOBS_FILE, FileRange, JobFile, ReadFileParams
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.effects import Call, Effect, KeepPart, LocalPart, LookAtPart
from crystalmath_tui.core.formatting import error_text
from crystalmath_tui.core.messages import Answered, Message, Refused

RANGE = 1_048_576
CALL_KEY = "download"

Source = Literal["inputs", "retrieved", "work"]
Phase = Literal["looking", "comparing", "fetching", "done", "stopped"]
About = tuple[int, str]
"""Number of the download, and path of the file in it."""


@record
class LocalFile:
    """A file that is now complete; `before` bytes of it existed before."""

    path: str
    size: int
    before: int = 0


@record
class SkippedFile:
    """A file that was left out, and why; `refused` if it must never be sent, such as POTCAR."""

    path: str
    why: str
    refused: bool = False


@record
class Download:
    """Files to download; the first of `waiting` is in progress.

    Attributes
    ----------
    alone
        The target of a single file, instead of its path in the folder.
    number
        Distinguishes this download's answers from those to an earlier one.
    over
        Whether to overwrite existing files.
    """

    pk: int
    waiting: tuple[JobFile, ...]
    folder: str
    alone: str = ""
    number: int = 1
    over: bool = False
    phase: Phase = "looking"
    local: LocalPart = LocalPart()
    offset: int = 0
    before: int = 0
    size: int | None = None
    kept: tuple[LocalFile, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    error: RpcError | None = None

    @property
    def is_active(self) -> bool:
        """Whether a file is in progress."""
        return self.phase not in {"done", "stopped"}

    @property
    def target(self) -> str:
        """The target of the current file; empty if its path would leave the folder."""
        return self.alone or target_of(self.folder, self.waiting[0].path)


Step = tuple[Download, tuple[Effect, ...]]


def begin(download: Download) -> Step:
    """Begin the next remaining file, or finish if there is none."""
    if not download.waiting:
        return replace(download, phase="done", error=None), ()
    file = download.waiting[0]
    fresh = replace(download, phase="looking", offset=0, before=0, size=None, local=LocalPart(), error=None)
    if not fresh.target:
        return _leave_out(fresh, "it is not a path inside a folder")
    if file.kind != "file":
        return _leave_out(fresh, "it is not a plain file")
    return fresh, (LookAtPart(fresh.target, "download part", _about(fresh)),)


def resume(download: Download) -> Step:
    """Continue an interrupted download."""
    return (
        begin(replace(download, number=download.number + 1))
        if download.phase == "stopped"
        else (download, ())
    )


def stop(download: Download) -> Download:
    """Stop requesting data; downloaded files stay."""
    return replace(download, phase="stopped", number=download.number + 1) if download.is_active else download


def step(download: Download, message: Message) -> Step:
    """The next state after an answer; outdated answers are dropped."""
    match message:
        case Answered("download part", LocalPart() as local, about) if (
            about == _about(download) and download.phase == "looking"
        ):
            return _with_part(download, local)
        case Answered("download range", FileRange() as part, about) if (
            about == _about(download) and download.phase == "comparing"
        ):
            return _compare(download, part)
        case Answered("download range", FileRange() as part, about) if (
            about == _about(download) and download.phase == "fetching"
        ):
            return _write_range(download, part)
        case Answered("download kept", str(problem), about) if (
            about == _about(download) and download.phase == "fetching"
        ):
            return _after_write(download, problem)
        case Refused("download range", error, about) if about == _about(download) and download.is_active:
            if error.data.field == "path":
                words = error_text(error).removeprefix("path: ")
                return _leave_out(download, words, refused=error.code is ErrorCode.NOT_ALLOWED)
            return replace(download, phase="stopped", error=error), ()
        case _:
            return download, ()


def target_of(folder: str, path: str) -> str:
    """The target of a job's file; empty if its path would leave the folder."""
    parts = path.split("/")
    if "\0" in path or any(part in {"", ".", ".."} for part in parts):
        return ""
    return f"{folder.rstrip('/')}/{path}"


def bytes_of(part: FileRange) -> bytes:
    """The bytes of a range."""
    return base64.b64decode(part.content) if part.encoding == "base64" else part.content.encode()


def select_files(
    files: Sequence[JobFile], names: Sequence[str]
) -> tuple[tuple[JobFile, ...], tuple[str, ...]]:
    """Files with these names, or in folders with these names, and the names that match none."""
    wanted = [name.strip("/") for name in names]
    found = tuple(
        file
        for file in files
        if any(file.path == name or file.path.startswith(f"{name}/") for name in wanted)
    )
    unknown = [name for name in wanted if not any(f"{file.path}/".startswith(f"{name}/") for file in found)]
    return found, tuple(unknown)


def _about(download: Download) -> About:
    return download.number, download.waiting[0].path if download.waiting else ""


def _with_part(download: Download, local: LocalPart) -> Step:
    if local.problem:
        return _leave_out(download, local.problem)
    if local.whole and download.over:
        local = LocalPart()
    download = replace(download, local=local)
    if not local.size and not local.whole:
        return _next_range(replace(download, phase="fetching"))
    first = local.size - len(local.tail)
    return replace(download, phase="comparing"), (_range(download, first, max(1, len(local.tail))),)


def _compare(download: Download, part: FileRange) -> Step:
    """Resume after the existing data if the remote file still matches it."""
    local = download.local
    there = bytes_of(part)
    same = part.size >= local.size and there == local.tail[: len(there)]
    if local.whole:
        if same and part.size == local.size:
            return _finish_file(download, local.size)
        return _leave_out(download, "another file of that name is here and was left as it is")
    start = local.size if same else 0
    return _next_range(replace(download, phase="fetching", offset=start, before=start))


def _write_range(download: Download, part: FileRange) -> Step:
    """Write a range, up to the file's initial size: the download of a growing file would never end."""
    size = part.size if download.size is None else download.size
    last = part.next_offset >= size or part.next_offset == download.offset
    keep = KeepPart(
        download.target,
        download.offset,
        bytes_of(part),
        last=last,
        over=download.over,
        tag="download kept",
        about=_about(download),
    )
    return replace(download, size=part.next_offset if last else size, offset=part.next_offset), (keep,)


def _after_write(download: Download, problem: str) -> Step:
    if problem:
        return _leave_out(download, problem)
    if download.size is not None and download.offset >= download.size:
        return _finish_file(download, download.size)
    return _next_range(download)


def _next_range(download: Download) -> Step:
    return download, (_range(download, download.offset, RANGE),)


def _range(download: Download, offset: int, limit: int) -> Call[ReadFileParams, FileRange]:
    file, about = download.waiting[0], _about(download)
    source = cast("Source", file.source)
    params = ReadFileParams(download.pk, file.path, source, offset, limit)
    return Call(JOBS_FILE, params, "download range", about, handles_refusal=True)


def _finish_file(download: Download, size: int) -> Step:
    whole = download.phase == "comparing"
    here = LocalFile(download.waiting[0].path, size, size if whole else download.before)
    return begin(replace(download, waiting=download.waiting[1:], kept=(*download.kept, here)))


def _leave_out(download: Download, why: str, *, refused: bool = False) -> Step:
    left = SkippedFile(download.waiting[0].path, why, refused)
    return begin(replace(download, waiting=download.waiting[1:], skipped=(*download.skipped, left)))
