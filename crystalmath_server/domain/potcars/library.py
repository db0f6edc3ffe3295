"""A POTCAR library: the shell scripts that inspect it, and the parsers of their output; pure text."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from crystalmath_server.domain.potcars.locations import FOLDERS, search_path
from crystalmath_server.protocol.potcars import Potcar, PotcarFolder

MOST_FILES = 20_000
OPEN, ABSENT, NO_FOLDER, CLOSED = "@@open", "@@absent", "@@no-folder", "@@closed"

_LIST = """\
d={root}
[ -e "$d" ] || {{ echo {absent}; exit 0; }}
[ -d "$d" ] || {{ echo {no_folder}; exit 0; }}
[ -r "$d" ] && [ -x "$d" ] || {{ echo {closed}; exit 0; }}
echo {open}
find -L "$d/" -maxdepth 3 \\( -name POTCAR -o -name 'POTCAR.*' \\) 2>/dev/null | head -n {most}
exit 0"""

_TITELS = """\
for f in {paths}; do
    [ -r "$f" ] || continue
    printf '%s\\t' "$f"
    case $f in *.gz) gzip -dc "$f" ;; *) cat "$f" ;; esac 2>/dev/null | LC_ALL=C grep -a -m 1 TITEL || echo
done
exit 0"""

_SYMBOL = re.compile(r"([A-Z][a-z]?)(?![a-z]).*")
_PACKED = frozenset({"gz", "Z", "bz2"})
_FUNCTIONAL_OF = {folder: name for name, folders in reversed(FOLDERS.items()) for folder in folders}


@dataclass(frozen=True, slots=True)
class PotcarLibrary:
    """A folder with potentials.

    Attributes
    ----------
    folders
        Functional → its folders under the root; empty: the names in VASP's archives, and the root itself.
    """

    root: str
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def search_path(self, functional: str) -> tuple[str, ...]:
        """Folders that a job searches, in order."""
        if not self.folders:
            return search_path(self.root, functional)
        return tuple(f"{self.root}/{name}" for name in self.folders.get(functional, ()))


@dataclass(frozen=True, slots=True)
class Listing:
    """Folder → symbol → paths found; `state` is OPEN if the root could be read."""

    state: str
    folders: Mapping[str, Mapping[str, tuple[str, ...]]]

    def symbols(self, folders: Iterable[str]) -> set[str]:
        """All symbols in some folders."""
        return {symbol for folder in folders for symbol in self.folders.get(folder, {})}

    def paths(self, folders: Iterable[str], symbol: str) -> tuple[str, ...]:
        """Files of a symbol, in the order in which a job tries them."""
        return tuple(
            path
            for folder in folders
            for path in sorted(self.folders.get(folder, {}).get(symbol, ()), key=_turn)
        )


def list_script(root: str) -> str:
    """Shell script that reports whether the root can be read and lists the files under it."""
    return _LIST.format(
        root=shlex.quote(root), absent=ABSENT, no_folder=NO_FOLDER, closed=CLOSED, open=OPEN, most=MOST_FILES
    )


def listing(root: str, output: str) -> Listing:
    """Parse the output of `list_script`."""
    state, *paths = output.splitlines() or [ABSENT]
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for text in paths:
        path = PurePosixPath(text)
        symbol, folder = _symbol_of(path)
        if _SYMBOL.fullmatch(symbol) and folder.is_relative_to(root):
            of_folder = found.setdefault(str(folder), {})
            of_folder[symbol] = (*of_folder.get(symbol, ()), str(path))
    return Listing(state.strip(), found)


def titel_script(paths: Sequence[str]) -> str:
    """Shell script that prints only the TITEL line of each readable file."""
    return _TITELS.format(paths=" ".join(shlex.quote(path) for path in paths))


def titel_lines(output: str) -> dict[str, str]:
    """Path → TITEL from the output of `titel_script`; empty if the file has none."""
    rows = (line.partition("\t") for line in output.splitlines())
    return {path: line.partition("=")[2].strip() for path, tab, line in rows if tab}


def potcar(
    library: PotcarLibrary, seen: Listing, functional: str, symbol: str, titel_lines: Mapping[str, str]
) -> Potcar:
    """What was found for a symbol."""
    folders = library.search_path(functional)
    paths = seen.paths(folders, symbol)
    path = next((path for path in paths if path in titel_lines), "")
    if path and titel_lines[path]:
        return Potcar(symbol, True, titel_lines[path], path)
    similar = tuple(sorted(name for name in seen.symbols(folders) if _element(name) == _element(symbol)))
    others = tuple(
        name for name in FOLDERS if name != functional and symbol in seen.symbols(_own(library, name))
    )
    if paths:
        why = (
            f"{path} has no TITEL line: it is not a POTCAR"
            if path
            else f"{paths[0]} cannot be read: permission denied"
        )
        return Potcar(symbol, False, "", paths[0], tuple(set(similar) - {symbol}), others, why)
    return Potcar(symbol, False, "", "", similar, others, _note(symbol, similar, others))


def folders_of(seen: Listing) -> tuple[PotcarFolder, ...]:
    """Folders with potentials, sorted by path."""
    return tuple(
        PotcarFolder(path, _FUNCTIONAL_OF.get(PurePosixPath(path).name, ""), len(symbols))
        for path, symbols in sorted(seen.folders.items())
    )


def _own(library: PotcarLibrary, functional: str) -> tuple[str, ...]:
    """Folders of a functional, without the root, which implies no functional."""
    return tuple(folder for folder in library.search_path(functional) if folder != library.root)


def _note(symbol: str, similar: Sequence[str], others: Sequence[str]) -> str:
    ways = [f"{', '.join(similar)} is there: choose it with user_potcar_settings"] if similar else []
    ways += [f"{', '.join(others)} has it: choose it with user_potcar_functional"] if others else []
    return "; ".join(ways) or f"nothing of {_element(symbol)} is there"


def _symbol_of(path: PurePosixPath) -> tuple[str, PurePosixPath]:
    """Si/POTCAR, Si/POTCAR.gz, POTCAR.Si.gz, POTCAR.Si → Si, and the folder of the functional."""
    rest = path.name.partition(".")[2]
    if rest in _PACKED or not rest:
        return path.parent.name, path.parent.parent
    return rest.removesuffix(".gz"), path.parent


def _element(symbol: str) -> str:
    found = _SYMBOL.fullmatch(symbol)
    return found[1] if found else symbol


def _turn(path: str) -> tuple[int, bool]:
    """Sort key for the files of a symbol: Si/POTCAR, Si/POTCAR.gz, POTCAR.Si.gz, POTCAR.Si."""
    name = PurePosixPath(path).name
    own = name in ("POTCAR", "POTCAR.gz")
    packed = name.endswith(".gz")
    return (0 if own else 1), packed if own else not packed
