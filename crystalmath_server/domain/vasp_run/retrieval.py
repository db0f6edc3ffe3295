"""Which optional files of a run are retrieved, by size, and which stay on the cluster; pure text."""

import re
from collections.abc import Mapping, Sequence

from crystalmath_server.domain.inputs.vasp_program import OUTPUTS
from crystalmath_server.protocol.errors import InvalidForm

LISTING = "_crystalmath-files.txt"
"""Lists size, tab and name of each file that the run left; written by the job itself."""
FOLDER = "_crystalmath-back"
"""Holds links to the optional files to retrieve, in addition to those always retrieved."""
BYTES_PER_MB = 1_000_000
_PATTERN = re.compile(r"[A-Za-z0-9._*?+-]+")
_NEVER = ("POTCAR*", "_*", "INCAR", "KPOINTS", "POSCAR", *OUTPUTS)
"""Files that are licensed, sent as inputs, or always retrieved."""

_LIST = """\
crystalmath_status=$?
for f in * [0-9][0-9]/*; do
    case ${{f##*/}} in POTCAR*) continue ;; esac
    [ -f "$f" ] && [ -s "$f" ] && printf '%s\\t%s\\n' $(($(wc -c < "$f"))) "$f"
done > {listing}"""

_LINK = """\
mkdir -p {folder}
for f in {patterns}; do
    case $f in {never}) continue ;; esac
    [ -f "$f" ] && [ -s "$f" ] && [ $(wc -c < "$f") -le {most} ] || continue
    ln -f "$f" "{folder}/$f" 2>/dev/null || cp "$f" "{folder}/$f"
done"""

_END = "(exit $crystalmath_status)"
"""Makes the job end with VASP's exit status, which the scheduler reports."""


def check(patterns: Sequence[str]) -> None:
    """Reject anything but names and patterns of files in the job's folder.

    Raises
    ------
    InvalidForm
        Field: retrieve.
    """
    for pattern in patterns:
        if not _PATTERN.fullmatch(pattern) or pattern.startswith("-"):
            hint = "Give file names such as CHGCAR, or patterns with * and ?, but no folders."
            raise InvalidForm(f"{pattern!r} is not a file name or pattern", field="retrieve", hint=hint)


def script(patterns: Sequence[str], most_mb: float) -> str:
    """Shell script to run after VASP: list its files and link those to retrieve, each up to `most_mb`."""
    lines = [_LIST.format(listing=LISTING)]
    if patterns:
        lines.append(_links(patterns, most_mb))
    return "\n".join([*lines, _END])


def _links(patterns: Sequence[str], most_mb: float) -> str:
    return _LINK.format(
        folder=FOLDER, patterns=" ".join(patterns), never="|".join(_NEVER), most=int(most_mb * BYTES_PER_MB)
    )


def remaining_files(listing: str, here: Sequence[str]) -> Mapping[str, int]:
    """Name → size [bytes] of the listed files that were not retrieved."""
    rows = (line.split("\t", 1) for line in listing.splitlines() if "\t" in line)
    return {name: int(size) for size, name in rows if size.isdigit() and name not in here}
