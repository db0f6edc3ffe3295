"""A set of VASP input files, parsed from their texts; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from crystalmath_server.domain.inputs import incar_text, kpoints_text, poscar_text, potcar_text
from crystalmath_server.domain.inputs.incar_catalog import Catalogue, is_known, nearest
from crystalmath_server.domain.inputs.incar_text import Tag
from crystalmath_server.domain.inputs.incar_values import Value, atoms_move, problems_of, value_of
from crystalmath_server.domain.inputs.kpoints_text import Kpoints
from crystalmath_server.domain.inputs.poscar_text import Poscar
from crystalmath_server.domain.inputs.potcar_text import Potential
from crystalmath_server.domain.inputs.problems import ERROR, WARNING, in_file
from crystalmath_server.protocol.inputs import InputProblem, Severity

POTCAR_FILES = ("POTCAR.spec", "POTCAR")


@dataclass(frozen=True, slots=True)
class VaspInputs:
    """The parsed content of VASP input files.

    Attributes
    ----------
    tags
        Name → the assignment that VASP uses.
    values
        Name → value, for the values that can be read.
    """

    tags: Mapping[str, Tag]
    values: Mapping[str, Value]
    kpoints: Kpoints | None
    poscar: Poscar | None
    potentials: tuple[Potential, ...]
    potcar_file: str
    has_kpoints: bool

    def number(self, name: str) -> float | None:
        """The tag's number, or None if it is not set."""
        value = self.values.get(name)
        return float(value) if isinstance(value, (int, float)) else None

    def flag(self, name: str) -> bool:
        """The tag's logical value; False if it is not set."""
        return self.values.get(name) is True

    def list_of(self, name: str) -> tuple[float, ...] | None:
        """The tag's list of numbers, or None if it is not set."""
        value = self.values.get(name)
        return value if isinstance(value, tuple) else None

    def word(self, name: str) -> str:
        """The tag's text in capitals; empty if it is not set."""
        value = self.values.get(name)
        return value.upper() if isinstance(value, str) else ""

    @property
    def is_noncollinear(self) -> bool:
        """Whether the calculation is noncollinear, so moments are vectors."""
        return self.flag("LSORBIT") or self.flag("LNONCOLLINEAR")

    @property
    def moves(self) -> bool:
        """Whether atoms move."""
        return atoms_move(self.number("NSW"), self.number("IBRION"))

    def at(self, name: str, severity: Severity, code: str, text: str, hint: str) -> InputProblem:
        """A problem with a tag, located at its line and column."""
        tag = self.tags.get(name)
        line, column = (tag.line, tag.column) if tag else (0, 0)
        return in_file("INCAR", line, severity, f"incar.{code}", text, hint, column=column, tag=name)


def read(files: Mapping[str, str], catalogue: Catalogue) -> tuple[VaspInputs, tuple[InputProblem, ...]]:
    """The parsed input files, and the problems within each single file."""
    tags, problems = incar_text.read(files.get("INCAR", ""))
    taken = incar_text.first_of_each(tags)
    found = [*problems, *_duplicate_tags(tags)]
    for tag in tags:
        found += _of_tag(tag, catalogue)
    kpoints, wrong = kpoints_text.read(files["KPOINTS"]) if "KPOINTS" in files else (None, ())
    poscar, more = poscar_text.read(files["POSCAR"]) if "POSCAR" in files else (None, ())
    potcar_file = next((name for name in POTCAR_FILES if name in files), "")
    values = {name: value_of(tag, catalogue.get(name)) for name, tag in taken.items()}
    vasp_inputs = VaspInputs(
        taken,
        {name: value for name, value in values.items() if value is not None},
        kpoints,
        poscar,
        potcar_text.read(files[potcar_file]) if potcar_file else (),
        potcar_file,
        "KPOINTS" in files,
    )
    return vasp_inputs, (*found, *wrong, *more)


def _of_tag(tag: Tag, catalogue: Catalogue) -> tuple[InputProblem, ...]:
    known = catalogue.get(tag.name)
    if known is not None:
        return problems_of(tag, known)
    if is_known(tag.name, catalogue):
        return ()
    near = nearest(tag.name, catalogue)
    hint = f"Did you mean {near}?" if near else "Check the tag in the VASP manual, or delete it."
    text = f"{tag.name[:40]} is not a tag that pymatgen knows; VASP silently ignores unknown tags"
    return (
        in_file(
            "INCAR", tag.line, WARNING, "incar.unknown_tag", text, hint, column=tag.column, tag=tag.name[:40]
        ),
    )


def _duplicate_tags(tags: tuple[Tag, ...]) -> list[InputProblem]:
    """Duplicate tags; VASP uses the first, pymatgen (and hence the stored results) the last."""
    first: dict[str, Tag] = {}
    found: list[InputProblem] = []
    for tag in tags:
        before = first.setdefault(tag.name, tag)
        if before is tag:
            continue
        alike = before.value.split() == tag.value.split()
        text = f"{tag.name} is already set in line {before.line}"
        if not alike:
            text += f", to {before.value[:20]!r}: programs differ in which value they use"
        found.append(
            in_file(
                "INCAR", tag.line, WARNING if alike else ERROR, "incar.duplicate", text,
                "Delete one of the lines.", column=tag.column, tag=tag.name,
            )
        )  # fmt: skip
    return found
