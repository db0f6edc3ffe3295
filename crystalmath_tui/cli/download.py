"""jobs file … --output FILE: a file of a job, fetched in ranges; goes on where it broke off."""

import base64
import os
from dataclasses import replace
from pathlib import Path

from crystalmath_server.protocol.errors import ConnectionLost, FileUnreadable
from crystalmath_server.protocol.files import JOBS_FILE, FileRange, ReadFileParams
from crystalmath_tui.cli import output
from crystalmath_tui.cli.options import Option
from crystalmath_tui.cli.session import DONE, Session

OPTION = Option("output", ("--output", "-o"), "write it there; goes on where it broke off", str, "FILE")

_RANGE = 1_048_576
_COMPARED = 4096
_SAY_EVERY = 64 * _RANGE


def run_download(session: Session, params: ReadFileParams, target: Path) -> int:
    """Fetch a whole file; until it is whole its name ends in `.part`."""
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("ab") as out:
            start = _resumed(session, params, part)
            out.truncate(start)
            size = _fetch(session, replace(params, offset=start, limit=_RANGE), out.fileno())
        part.replace(target)
    except OSError as error:
        detail = f"{target} cannot be written: {error.strerror}"
        raise FileUnreadable(
            detail, field="output", hint="Give a file in a folder that you may write to."
        ) from error
    output.say(f"{target}: {size} bytes{f', of which {start} were there already' if start else ''}")
    return DONE


def bytes_of(part: FileRange) -> bytes:
    """A range as it is in the file."""
    return base64.b64decode(part.content) if part.encoding == "base64" else part.content.encode()


def _resumed(session: Session, params: ReadFileParams, part: Path) -> int:
    """Where to go on: behind what is there if the file still has it, else at the beginning."""
    held = part.stat().st_size
    offset = max(0, held - _COMPARED)
    if not held:
        return 0
    with part.open("rb") as file:
        file.seek(offset)
        last = file.read()
    there = _range(session, replace(params, offset=offset, limit=len(last)))
    return held if bytes_of(there) == last[: there.next_offset - offset] and there.size >= held else 0


def _fetch(session: Session, params: ReadFileParams, out: int) -> int:
    """Range after range up to the size that the file had at first; a file that grows would never end."""
    told, size = params.offset, None
    while True:
        found = _range(session, params)
        size = found.size if size is None else size
        _write(out, bytes_of(found))
        if found.next_offset >= size or found.next_offset == params.offset:
            return found.next_offset
        if found.next_offset - told >= _SAY_EVERY:
            told = found.next_offset
            output.say(f"{told} of {size} bytes")
        params = replace(params, offset=found.next_offset)


def _write(out: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(out, rest) :]


def _range(session: Session, params: ReadFileParams) -> FileRange:
    """One range; where the connection broke, once more on a new one."""
    try:
        return session.call(JOBS_FILE, params)
    except ConnectionLost as lost:
        output.say(f"{lost}; connecting again")
        session.close()
        return session.call(JOBS_FILE, params)
