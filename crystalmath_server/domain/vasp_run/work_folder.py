"""The folder in which a job runs: scripts that list, read and write files, and their parsers; pure."""

import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath

from crystalmath_server.domain.potcars import licensed
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import FileUnreadable, NotFound
from crystalmath_server.protocol.files import JOBS_FILES, JobFile
from crystalmath_server.protocol.jobs import JOBS_SHOW


@dataclass(frozen=True, slots=True)
class FilePart:
    """A range of a file on a cluster, and the state of the file at that moment.

    Attributes
    ----------
    size
        Size of the whole file [bytes].
    modified_at, now
        UNIX times [s] on the cluster's clock.
    identity
        Inode; differs if another file takes the same name.
    """

    data: bytes
    size: int
    modified_at: float
    now: float
    identity: str


OPEN, ABSENT, NO_FILE, FOLDER, CLOSED = "@@open", "@@absent", "@@no-file", "@@folder", "@@closed"

_TREE = """\
cd {folder} 2>/dev/null || {{ echo {absent}; exit 0; }}
echo {open}
LC_ALL=C timeout 25 find -L . -mindepth 1 -maxdepth {depth} \
-printf '%y\\t%s\\t%T@\\t%P\\0' 2>/dev/null | head -z -n {most}
exit 0"""

_READ = """\
cd {folder} 2>/dev/null || {{ echo {absent}; exit 0; }}
f={path}
[ -e "$f" ] || {{ echo {no_file}; exit 0; }}
[ -d "$f" ] && {{ echo {is_folder}; exit 0; }}
[ -f "$f" ] && [ -r "$f" ] || {{ echo {closed}; exit 0; }}
echo {open} $(LC_ALL=C stat -L -c '%s %Y %i' "$f") $(date +%s)
tail -c +{first} "$f" | head -c {limit}"""

_WRITE = """\
cd {folder} 2>/dev/null || {{ echo {absent}; exit 0; }}
printf %s {text} > {part} && mv -f {part} {name} && echo {open} || echo {closed}"""


def is_inside(path: str) -> bool:
    """Whether a relative path stays inside its folder."""
    plain = PurePosixPath(path)
    return bool(plain.name) and not plain.is_absolute() and ".." not in plain.parts and "\0" not in path


def no_folder(pk: int) -> NotFound:
    """The error for a job that has no folder on a cluster."""
    hint = f"See what the job waits for: {command(JOBS_SHOW, pk=pk)}"
    return NotFound(f"Job {pk} has no folder on a cluster yet, or needs none", field="pk", hint=hint)


def check_path(pk: int, path: str) -> None:
    """Raise if a file of a job's folder may not be read: NotFound, or NotAllowed for a POTCAR."""
    if not is_inside(path):
        hint = f"Give a path inside the folder: {command(JOBS_FILES, pk=pk, source='work')}"
        raise NotFound(f"{path!r} is not a path in the folder of job {pk}", field="path", hint=hint)
    licensed.check(path)


def tree_script(folder: str, depth: int, limit: int) -> str:
    """Shell script that lists a folder, up to one entry more than `limit` to detect truncation."""
    return _TREE.format(folder=shlex.quote(folder), absent=ABSENT, open=OPEN, depth=depth, most=limit + 1)


def read_script(folder: str, path: str, offset: int, limit: int) -> str:
    """Shell script that reads a range of a file, preceded by size, times and inode."""
    return _READ.format(
        folder=shlex.quote(folder),
        path=shlex.quote(f"./{path}"),
        absent=ABSENT,
        no_file=NO_FILE,
        is_folder=FOLDER,
        closed=CLOSED,
        open=OPEN,
        first=offset + 1,
        limit=limit,
    )


def write_script(folder: str, name: str, text: str) -> str:
    """Shell script that writes a small file atomically."""
    return _WRITE.format(
        folder=shlex.quote(folder),
        absent=ABSENT,
        open=OPEN,
        closed=CLOSED,
        text=shlex.quote(text),
        part=shlex.quote(f"./{name}.part"),
        name=shlex.quote(f"./{name}"),
    )


def tree(output: bytes, location: str, depth: int, limit: int) -> tuple[tuple[JobFile, ...], str]:
    """Files sorted by path, and a note on what was left out.

    Raises
    ------
    NotFound, FileUnreadable
        The folder does not exist or could not be listed.
    """
    state, _, rest = output.partition(b"\n")
    _check(state.decode(errors="replace").strip(), location, "")
    entries = [row for row in rest.split(b"\0") if row]
    found = [_entry(row.decode(errors="replace"), depth) for row in entries[:limit]]
    rows = sorted((row for row in found if row is not None), key=lambda row: row.path)
    return tuple(rows), _note(rows, len(entries) > limit, depth, limit)


def read_part(output: bytes, location: str, path: str, offset: int = 0) -> FilePart:
    """Parse the output of `read_script`.

    Raises
    ------
    NotFound, FileUnreadable
        With field `path` if the file is missing or unreadable.
    """
    state, _, data = output.partition(b"\n")
    words = state.decode(errors="replace").split() or [CLOSED]
    _check(words[0], location, path)
    if len(words) != 5:
        raise FileUnreadable(
            f"{location}: size and time of {path} were not reported", field="path", hint=_GNU
        )
    size, modified_at, inode, now = words[1:]
    seen = max(int(size), offset + len(data)) if data else int(size)  # the file may have grown in between
    return FilePart(data, seen, float(modified_at), float(now), inode)


def check_written(output: bytes, location: str, name: str) -> None:
    """Raise if the file was not written."""
    _check((output.decode(errors="replace").split() or [CLOSED])[0], location, name)


_GNU = "The cluster needs GNU versions of find, stat and head."


def _check(state: str, location: str, path: str) -> None:
    if state == OPEN:
        return
    if state == ABSENT:
        kept = command(JOBS_FILES, pk="PK")
        hint = f"The cluster may have deleted it; the retrieved files are kept: {kept}"
        raise NotFound(f"{location} no longer exists", hint=hint)
    if state == NO_FILE:
        hint = f"List the files: {command(JOBS_FILES, pk='PK', source='work')}"
        raise NotFound(f"{location} has no file {path!r}", field="path", hint=hint)
    if state == FOLDER:
        hint = f"List its files: {command(JOBS_FILES, pk='PK', source='work')}"
        raise NotFound(f"{path!r} in {location} is a folder", field="path", hint=hint)
    if state == CLOSED:
        hint = "It is not a regular file, or you lack permission: check with ls -l on the cluster."
        raise FileUnreadable(f"{path!r} in {location} cannot be read or written", field="path", hint=hint)
    raise FileUnreadable(f"{location} could not be inspected: {state[:200]}", hint=_GNU)


def _entry(row: str, depth: int) -> JobFile | None:
    """The entry of a file, or of a folder too deep to be listed; else None."""
    kind, size, modified_at, path = row.split("\t", 3)
    if kind == "d":
        too_deep = path.count("/") + 1 >= depth
        return JobFile("work", f"{path}/", 0, float(modified_at), "folder") if too_deep else None
    return JobFile("work", path, int(size), float(modified_at), "file" if kind == "f" else "other")


def _note(rows: list[JobFile], more: bool, depth: int, limit: int) -> str:  # noqa: FBT001
    words: list[str] = []
    if more:
        words.append(f"only {limit} entries are shown; raise --limit for more")
    if deep := sum(row.kind == "folder" for row in rows):
        words.append(f"{deep} folders deeper than {depth} were not opened; raise --depth for more")
    return "; ".join(words)
