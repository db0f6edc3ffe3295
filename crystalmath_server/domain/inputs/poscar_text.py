"""POSCAR text → its parts, and the problems line by line; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from crystalmath_server.domain.inputs.incar_values import real, whole
from crystalmath_server.domain.inputs.problems import ERROR, WARNING, in_file
from crystalmath_server.protocol.inputs import InputProblem, Severity

Vector = tuple[float, float, float]
ELEMENTS = frozenset(
    {
        "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar",
        "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br",
        "Kr", "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te",
        "I", "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm",
        "Yb", "Lu", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn",
        "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr",
        "D", "T",
    }
)  # fmt: skip
_FLAT = 1e-8
_MOST_SITES = 100_000


@dataclass(frozen=True, slots=True)
class Poscar:
    """The cell, species and coordinates of a POSCAR.

    Attributes
    ----------
    cell
        Lattice vectors with the scale applied [Å].
    counts_line, first_site_line
        Line numbers of the atom counts and of the first coordinates.
    """

    cell: tuple[Vector, Vector, Vector]
    species: tuple[str, ...]
    counts: tuple[int, ...]
    is_cartesian: bool
    coordinates: tuple[Vector, ...]
    species_line: int
    counts_line: int
    first_site_line: int

    @property
    def n_sites(self) -> int:
        """Number of atoms."""
        return sum(self.counts)


@dataclass(slots=True)
class _Reader:
    """Lines of a file, and the problems found so far."""

    rows: Sequence[str]
    problems: list[InputProblem] = field(default_factory=list[InputProblem])

    def words(self, number: int) -> list[str]:
        """Words of a line; empty past the end."""
        return self.rows[number - 1].split() if 0 < number <= len(self.rows) else []

    def vector(self, number: int) -> Vector | None:
        """The first three numbers of a line, or None."""
        found = [x for word in self.words(number)[:3] if (x := real(word)) is not None]
        return (found[0], found[1], found[2]) if len(found) == 3 else None

    def say(self, line: int, severity: Severity, code: str, text: str, hint: str) -> None:
        """Record a problem."""
        self.problems.append(in_file("POSCAR", line, severity, f"poscar.{code}", text, hint))


def read(text: str) -> tuple[Poscar | None, tuple[InputProblem, ...]]:
    """The content of the file, or None if it is unclear, and the problems."""
    reader = _Reader(text.splitlines())
    if not text.strip():
        reader.say(0, ERROR, "empty", "the file is empty", "Give a structure.")
        return None, tuple(reader.problems)
    return _read(reader), tuple(reader.problems)


def _read(reader: _Reader) -> Poscar | None:
    cell = _cell(reader)
    species, counts, at = _composition(reader)
    if cell is None or not counts:
        return None
    first, is_selective, is_cartesian = _mode(reader, at + 1)
    if not first:
        return None
    sites = _sites(reader, first, sum(counts), is_selective=is_selective)
    if sites is None:
        return None
    _check_places(reader, sites, first, is_cartesian=is_cartesian)
    species_line = at - 1 if species else 0
    return Poscar(cell, species, counts, is_cartesian, sites, species_line, at, first)


def triple(cell: Sequence[Vector]) -> float:
    """Volume of a cell; negative if the cell is left-handed."""
    (a, b, c) = cell
    return (
        a[0] * (b[1] * c[2] - b[2] * c[1])
        - a[1] * (b[0] * c[2] - b[2] * c[0])
        + a[2] * (b[0] * c[1] - b[1] * c[0])
    )


def _cell(reader: _Reader) -> tuple[Vector, Vector, Vector] | None:
    scales = [real(word) for word in reader.words(2)[:3]]
    scale = scales[0] if scales else None
    if not scale:
        text = f"{' '.join(reader.words(2))[:30]!r} is not a scaling factor of the cell"
        reader.say(2, ERROR, "scale", text, "Write 1.0; a negative number sets the volume.")
        return None
    rows: list[Vector] = []
    for number in (3, 4, 5):
        row = reader.vector(number)
        if row is None:
            reader.say(
                number, ERROR, "cell", "this is not a vector of three numbers", "Write three numbers [Å]."
            )
            return None
        rows.append(row)
    volume = triple(rows)
    longest = max(abs(x) for row in rows for x in row)
    if abs(volume) <= _FLAT * max(longest, _FLAT) ** 3:
        reader.say(
            3,
            ERROR,
            "flat_cell",
            "the three vectors lie in a plane, so the cell has no volume",
            "Correct the vectors.",
        )
        return None
    if volume < 0:
        text = "the cell is left-handed, which VASP refuses"
        reader.say(
            3, ERROR, "left_handed", text, "Swap two vectors and the same two columns of direct coordinates."
        )
    factor = scale if scale > 0 else (-scale / abs(volume)) ** (1 / 3)
    a, b, c = ((factor * x, factor * y, factor * z) for x, y, z in rows)
    return a, b, c


def _composition(reader: _Reader) -> tuple[tuple[str, ...], tuple[int, ...], int]:
    """Species, counts and the line number of the counts; no counts if they are invalid."""
    words = reader.words(6)
    if words and whole(words[0]) is not None:
        text = "the species line is missing; pymatgen would assume H, He, Li …"
        reader.say(6, WARNING, "no_species", text, "Write the elements above the counts, e.g. Fe O.")
        return (), _counts(reader, 6, 0), 6
    if not words:
        reader.say(6, ERROR, "species", "the species line is missing", "Write the elements, e.g. Fe O.")
        return (), (), 0
    species = tuple(word.split("/")[0].split("_")[0] for word in words)
    for name in species:
        if name not in ELEMENTS:
            hint = (
                f"Write {name.capitalize()}."
                if name.capitalize() in ELEMENTS
                else "Write elements, e.g. Fe O."
            )
            reader.say(6, ERROR, "species", f"{name[:20]!r} is not an element", hint)
    return species, _counts(reader, 7, len(species)), 7


def _counts(reader: _Reader, line: int, n_species: int) -> tuple[int, ...]:
    words = reader.words(line)
    found = [whole(word) for word in words]
    counts = tuple(n for n in found if n is not None)
    if not words or len(counts) != len(words):
        text = f"{' '.join(words)[:30]!r} is not a list of atom counts"
        reader.say(line, ERROR, "counts", text, "Write the number of atoms of each species, e.g. 2 4.")
        return ()
    if n_species and len(counts) != n_species:
        text = f"there are {n_species} species but {len(counts)} counts"
        reader.say(line, ERROR, "counts", text, "Write one count per species.")
        return ()
    if min(counts) < 1 or sum(counts) > _MOST_SITES:
        reader.say(
            line, ERROR, "counts", f"{' '.join(words)[:30]} are not valid atom counts", "Write 1 or more."
        )
        return ()
    return counts


def _mode(reader: _Reader, line: int) -> tuple[int, bool, bool]:
    """Line of the first site (0: unclear), whether flags follow, whether coordinates are Cartesian."""
    is_selective = (reader.words(line) or [""])[0][:1] in tuple("sS")
    if is_selective:
        line += 1
    word = (reader.words(line) or [""])[0]
    if not word or real(word) is not None:
        text = "the line with Direct or Cartesian is missing"
        reader.say(line, ERROR, "mode", text, "Write Direct or Cartesian above the coordinates.")
        return 0, is_selective, False
    if word[0] not in "cCkKdD":
        text = f"{word[:20]!r} is read as Direct"
        reader.say(line, WARNING, "mode", text, "Write Direct or Cartesian.")
    return line + 1, is_selective, word[0] in "cCkK"


def _sites(reader: _Reader, first: int, count: int, *, is_selective: bool) -> tuple[Vector, ...] | None:
    found: list[Vector] = []
    for number in range(first, first + count):
        if not reader.words(number):
            text = f"the counts add up to {count} atoms, but there are only {len(found)} coordinates"
            reader.say(number, ERROR, "few_sites", text, "Correct the counts, or add the missing atoms.")
            return None
        place = reader.vector(number)
        if place is None:
            reader.say(
                number,
                ERROR,
                "coordinates",
                "this is not a position of three numbers",
                "Write three numbers.",
            )
            return None
        if is_selective and not _has_flags(reader.words(number)):
            text = "selective dynamics needs three flags, T or F, after the coordinates"
            reader.say(number, ERROR, "flags", text, "Write T T T for an atom that may move.")
        found.append(place)
    if reader.vector(first + count) is not None:
        text = f"the counts add up to {count} atoms, but more coordinates follow"
        reader.say(first + count, ERROR, "many_sites", text, "Correct the counts, or delete the extra atoms.")
    return tuple(found)


def _has_flags(tokens: list[str]) -> bool:
    flags = [word.lstrip(".")[:1].upper() for word in tokens[3:6]]
    return len(flags) == 3 and all(flag in {"T", "F"} for flag in flags)


def _check_places(reader: _Reader, sites: Sequence[Vector], first: int, *, is_cartesian: bool) -> None:
    """Report direct coordinates far outside the cell, which are probably Cartesian."""
    if is_cartesian:
        return
    far = [i for i, place in enumerate(sites) if max(abs(x) for x in place) > 2]
    if far:
        text = f"{len(far)} direct coordinates lie more than two cells away; they look Cartesian"
        hint = "Write Cartesian above the coordinates, or move them into the cell."
        reader.say(first + far[0], WARNING, "looks_cartesian", text, hint)
