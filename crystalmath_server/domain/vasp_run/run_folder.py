"""A folder in which VASP ran: the script that inspects it, and whether it can be imported; pure text."""

import base64
import gzip
import shlex
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crystalmath_server.domain.inputs.vasp_program import OUTPUTS
from crystalmath_server.protocol.errors import FileUnreadable, InvalidForm, NotFound, RpcError

TEXTS = ("INCAR", "KPOINTS", "POSCAR")
KEPT = ("INCAR.orig", "KPOINTS.orig", "POSCAR.orig", "custodian.json")
"""Files from custodian that emmet reads: the original inputs and the corrections."""
LARGEST_TEXT = 8_000_000
LARGEST_POTCAR = 64_000_000
OPEN, ABSENT, NO_FOLDER, CLOSED = "@@open", "@@absent", "@@no-folder", "@@closed"
_FILE, _TEXT, _TITEL, _POTCAR, _SUM = "@@file", "@@text", "@@titel", "@@potcar", "@@sum"

_SCRIPT = """\
d={path}
if [ ! -e "$d" ]; then
    case $(LC_ALL=C ls -d "$d" 2>&1) in *ermission*) echo {closed} ;; *) echo {absent} ;; esac
    exit 0
fi
[ -d "$d" ] || {{ echo {no_folder}; exit 0; }}
[ -r "$d" ] && [ -x "$d" ] && cd "$d" || {{ echo {closed}; exit 0; }}
echo {open}
plain() {{ case $1 in *.gz) gzip -dc "$1" ;; *) cat "$1" ;; esac 2>/dev/null; }}
for f in {names}; do
    [ -f "$f" ] || continue
    if [ -r "$f" ]; then r=r; else r=-; fi
    t=$(stat -L -c %Y "$f" 2>/dev/null || stat -L -f %m "$f" 2>/dev/null)
    printf '{file}\\t%s\\t%s\\t%s\\n' "$f" $r "$t"
done
for f in {texts}; do
    for p in "$f" "$f.gz"; do
        [ -f "$p" ] && [ -r "$p" ] || continue
        printf '{text}\\t%s\\t' "$f"
        plain "$p" | head -c {most} | base64 | tr -d '\\n'
        echo
        break
    done
done
for p in POTCAR POTCAR.gz; do
    [ -f "$p" ] && [ -r "$p" ] || continue
    plain "$p" | LC_ALL=C grep -a TITEL | sed 's/^/{titel}\\t/'
    printf '{potcar}\\tPOTCAR\\t'
    plain "$p" | head -c {most_potcar} | gzip -c | base64 | tr -d '\\n'
    echo
    break
done
for p in POTCAR POTCAR.gz POTCAR.orig POTCAR.orig.gz; do
    [ -f "$p" ] && [ -r "$p" ] && printf '{sum}\\t%s\\t%s\\n' "${{p%.gz}}" "$(plain "$p" | cksum)"
done
exit 0"""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A folder on a cluster in which VASP ran.

    Attributes
    ----------
    files
        INCAR, POSCAR and, if present, KPOINTS, unchanged.
    titel_lines
        TITEL lines of POTCAR.
    potcar
        Licensed text of POTCAR: kept in memory until `potcar_specs` is derived from it, never stored.
    potcar_specs
        emmet's identification of the potentials: TITEL, hash and statistics of each.
    same_potcar
        Whether POTCAR.orig exists and equals POTCAR.
    times
        Name without .gz → modification time, UNIX time [s].
    """

    path: str
    files: Mapping[str, bytes]
    titel_lines: tuple[str, ...] = ()
    potcar: str = field(default="", repr=False)
    potcar_specs: Sequence[Mapping[str, Any]] = ()
    same_potcar: bool = False
    times: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(slots=True)
class _Seen:
    """Parsed output: readability and times of files, texts, TITEL lines, POTCAR text, checksums."""

    files: dict[str, bool] = field(default_factory=dict[str, bool])
    texts: dict[str, bytes] = field(default_factory=dict[str, bytes])
    titel_lines: list[str] = field(default_factory=list[str])
    potcar: str = field(default="", repr=False)
    sums: dict[str, str] = field(default_factory=dict[str, str])
    times: dict[str, int] = field(default_factory=dict[str, int])

    def has(self, name: str) -> bool:
        return name in self.files or f"{name}.gz" in self.files


def look_script(path: str) -> str:
    """Shell script that reports the contents of a folder."""
    names = [f"{name}{packed}" for name in (*TEXTS, *OUTPUTS) for packed in ("", ".gz")]
    return _SCRIPT.format(
        path=shlex.quote(path),
        closed=CLOSED,
        absent=ABSENT,
        no_folder=NO_FOLDER,
        open=OPEN,
        names=" ".join(names),
        texts=" ".join(TEXTS),
        most=LARGEST_TEXT + 1,
        file=_FILE,
        text=_TEXT,
        titel=_TITEL,
        potcar=_POTCAR,
        most_potcar=LARGEST_POTCAR + 1,
        sum=_SUM,
    )


def run_folder(cluster: str, path: str, output: str) -> RunFolder:
    """Parse the output of `look_script`.

    Raises
    ------
    NotFound, FileUnreadable, InvalidForm
        With field `path` and a hint.
    """
    state, *lines = output.splitlines() or [ABSENT]
    if state in _REFUSALS:
        kind, words, hint = _REFUSALS[state]
        raise kind(f"{path} on {cluster} {words}", field="path", hint=hint)
    seen = _read(lines)
    _check(f"{path} on {cluster}", seen)
    sums = seen.sums
    return RunFolder(
        path,
        seen.texts,
        tuple(seen.titel_lines),
        potcar=seen.potcar,
        same_potcar="POTCAR" in sums and sums.get("POTCAR.orig") == sums["POTCAR"],
        times=seen.times,
    )


def symbols_of(titel_lines: tuple[str, ...]) -> list[str]:
    """TITEL lines such as `PAW_PBE Fe_pv 02Aug2007` → POTCAR symbols."""
    words = [titel.split() for titel in titel_lines]
    return [row[1] if len(row) > 1 else "" for row in words]


_REFUSALS: Mapping[str, tuple[type[RpcError], str, str]] = {
    ABSENT: (NotFound, "does not exist", "Check the path on the cluster with: pwd"),
    NO_FOLDER: (InvalidForm, "is not a folder", "Give the folder in which VASP ran."),
    CLOSED: (
        FileUnreadable,
        "cannot be read: permission denied",
        "Ask the owner for access, or run chmod u+rx on it and its parent folders.",
    ),
}


def _read(lines: list[str]) -> _Seen:
    seen = _Seen()
    for line in lines:
        mark, _, rest = line.partition("\t")
        name, _, value = rest.partition("\t")
        if mark == _FILE:
            readable, _, time = value.partition("\t")
            seen.files[name] = readable == "r"
            if time.isdigit():
                seen.times.setdefault(name.removesuffix(".gz"), int(time))
        elif mark == _TEXT:
            seen.texts[name] = base64.b64decode(value)
        elif mark == _TITEL:
            seen.titel_lines.append(rest.partition("=")[2].strip())
        elif mark == _POTCAR:
            seen.potcar = _unpack(value)
        elif mark == _SUM:
            seen.sums.setdefault(name, value)
    return seen


def _unpack(packed: str) -> str:
    """A compressed text, unpacked; empty if it is too large or was cut off."""
    try:
        text = gzip.decompress(base64.b64decode(packed))
    except (ValueError, OSError, EOFError, zlib.error):
        return ""
    return text.decode("latin-1") if len(text) <= LARGEST_POTCAR else ""


def _check(location: str, seen: _Seen) -> None:
    """Raise if the folder is not a VASP run or cannot be read."""
    hint = "Give the folder in which VASP ran: it holds INCAR, POSCAR and vasprun.xml."
    missing = [name for name in ("INCAR", "POSCAR") if not seen.has(name)]
    if not seen.has("vasprun.xml") and not seen.has("OUTCAR"):
        missing.append("vasprun.xml or OUTCAR")
    if missing:
        detail = f"{location} is not a VASP run: it has no {', no '.join(missing)}"
        raise InvalidForm(detail, field="path", hint=hint)
    closed = [name for name, readable in seen.files.items() if not readable]
    if closed:
        hint = f"Ask the owner for access, or run on the cluster: chmod u+r {' '.join(closed)}"
        raise FileUnreadable(
            f"{location}: {', '.join(closed)} cannot be read: permission denied", field="path", hint=hint
        )
    large = [name for name, text in seen.texts.items() if len(text) > LARGEST_TEXT]
    if large:
        raise InvalidForm(
            f"{location}: {large[0]} is larger than {LARGEST_TEXT} bytes", field="path", hint=hint
        )
