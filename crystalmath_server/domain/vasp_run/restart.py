"""The folder of an earlier run on a cluster: shell scripts that inspect it and check copies; pure text."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import FileUnreadable, InvalidForm
from crystalmath_server.protocol.jobs import JOBS_LIST

LISTED, GONE, CLOSED = "@@listed", "@@gone", "@@closed"
ABSENT = "crystalmath: missing file"
"""Prefix of the line in which the job script reports a file of an earlier job that was not copied."""
ABSENT_STATUS = 74

_LOOK = """\
d={path}
[ -d "$d" ] || {{ echo {gone}; exit 0; }}
[ -r "$d" ] && [ -x "$d" ] && cd "$d" || {{ echo {closed}; exit 0; }}
echo {listed}
for f in *; do [ -f "$f" ] && [ -s "$f" ] && [ -r "$f" ] && printf '%s\\n' "$f"; done
exit 0"""

_CHECK = """\
for f in {names}; do
    [ -s "$f" ] && continue
    echo "{absent} $f in {path}" >&2
    exit {status}
done"""


@dataclass(frozen=True, slots=True)
class PreviousRun:
    """An ended VASP job whose files another job continues from.

    Attributes
    ----------
    folder
        Folder on this machine with the small files that the Maker and VASP left; files that exist only on the
        cluster are represented by empty files.
    """

    pk: int
    uuid: str
    cluster: str
    folder: str


def look_script(path: str) -> str:
    """Shell script that lists the non-empty files of a folder."""
    return _LOOK.format(path=shlex.quote(path), gone=GONE, closed=CLOSED, listed=LISTED)


def list_names(pk: int, cluster: str, path: str, output: str) -> tuple[str, ...]:
    """File names in the output of `look_script`.

    Raises
    ------
    InvalidForm, FileUnreadable
        Field: restart_pk.
    """
    state, *names = output.splitlines() or [GONE]
    place = f"{path} on {cluster}"
    if state == CLOSED:
        detail = f"The folder of job {pk}, {place}, cannot be read: permission denied"
        raise FileUnreadable(
            detail, field="restart_pk", hint="Ask the owner for access, or run chmod u+rx on the folder."
        )
    if state != LISTED or not names:
        words = "is empty" if state == LISTED else "no longer exists"
        hint = f"Choose another job, or run the earlier job again: {command(JOBS_LIST)}"
        raise InvalidForm(f"The folder of job {pk}, {place}, {words}", field="restart_pk", hint=hint)
    return tuple(names)


def check(copied: Sequence[str], path: str) -> str:
    """Shell script that ends a job if files were not copied, and unpacks compressed ones."""
    names = " ".join(map(shlex.quote, copied))
    lines = [_CHECK.format(names=names, absent=ABSENT, path=path.replace('"', ""), status=ABSENT_STATUS)]
    lines += [f"gzip -df {shlex.quote(name)}" for name in copied if name.endswith(".gz")]
    return "\n".join(lines)
