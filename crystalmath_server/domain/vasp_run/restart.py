"""The folder of an earlier run on its cluster: shell lines that look at it and check copies; pure text."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import FileUnreadable, InvalidForm
from crystalmath_server.protocol.jobs import JOBS_LIST

LISTED, GONE, CLOSED = "@@listed", "@@gone", "@@closed"
ABSENT = "crystalmath: there is no"
"""How the job script begins the line that tells which file of an earlier job was not copied."""
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
    echo "{absent} $f in {path} any more" >&2
    exit {status}
done"""


@dataclass(frozen=True, slots=True)
class PreviousRun:
    """An ended VASP job on whose files another one continues.

    Attributes
    ----------
    folder
        On this machine: what its Maker and VASP left, as far as it is small; an empty file stands for each of
        those that are on the cluster alone.
    """

    pk: int
    uuid: str
    cluster: str
    folder: str


def look_script(path: str) -> str:
    """Shell lines that name the files of a folder that are not empty."""
    return _LOOK.format(path=shlex.quote(path), gone=GONE, closed=CLOSED, listed=LISTED)


def names_there(pk: int, cluster: str, path: str, said: str) -> tuple[str, ...]:
    """Names of the files that `look_script` saw.

    Raises
    ------
    InvalidForm, FileUnreadable
        Field: restart_pk.
    """
    state, *names = said.splitlines() or [GONE]
    place = f"{path} on {cluster}"
    if state == CLOSED:
        detail = f"The folder of job {pk}, {place}, cannot be read: permission denied"
        raise FileUnreadable(detail, field="restart_pk", hint="Ask its owner, or: chmod u+rx on it.")
    if state != LISTED or not names:
        words = "is empty" if state == LISTED else "is not there any more"
        hint = f"Name another job, or run that one again: {command(JOBS_LIST)}"
        raise InvalidForm(f"The folder of job {pk}, {place}, {words}", field="restart_pk", hint=hint)
    return tuple(names)


def check(copied: Sequence[str], path: str) -> str:
    """Shell lines that end a job whose files were not copied, and unpack those that were packed."""
    names = " ".join(map(shlex.quote, copied))
    lines = [_CHECK.format(names=names, absent=ABSENT, path=path.replace('"', ""), status=ABSENT_STATUS)]
    lines += [f"gzip -df {shlex.quote(name)}" for name in copied if name.endswith(".gz")]
    return "\n".join(lines)
