"""Differences between two sets of input files, by meaning and line by line; pure."""

from collections.abc import Mapping

from crystalmath_server.domain.inputs.edits import unified_diff
from crystalmath_server.domain.inputs.incar_catalog import Catalogue
from crystalmath_server.domain.inputs.vasp_inputs import VaspInputs, read
from crystalmath_server.protocol.inputs import INPUTS_FILES, InputDiff, StructureChange, TagChange

_CLOSE = 1e-12


def diff(
    left: Mapping[str, str], right: Mapping[str, str], catalogue: Catalogue, structure: StructureChange | None
) -> InputDiff:
    """All differences between two sets of input files.

    Parameters
    ----------
    structure
        How much the structures differ according to pymatgen; None if one is missing or unreadable.
    """
    one, other = read(left, catalogue)[0], read(right, catalogue)[0]
    tags = _tags(one, other)
    kpoints = _pair(_kpoints(one, left), _kpoints(other, right))
    potentials = _pair(_symbols(one), _symbols(other)) if one.potcar_file and other.potcar_file else None
    texts = {
        name: unified_diff(left.get(name, ""), right.get(name, ""), f"left/{name}", f"right/{name}")
        for name in INPUTS_FILES
        if (name in left or name in right)
        and left.get(name, "") != right.get(name, "")
        and not (name == "POTCAR.spec" and potentials is None)
    }
    is_poscar_same = structure.same if structure else left.get("POSCAR") == right.get("POSCAR")
    same = not tags and kpoints is None and potentials is None and is_poscar_same
    return InputDiff(same, tags, kpoints, potentials, structure, texts)


def _tags(one: VaspInputs, other: VaspInputs) -> tuple[TagChange, ...]:
    found: list[TagChange] = []
    for name in sorted({*one.tags, *other.tags}):
        before, after = one.tags.get(name), other.tags.get(name)
        if before is None or after is None:
            change = "added" if before is None else "removed"
            found.append(
                TagChange(name, change, before.value if before else "", after.value if after else "")
            )
        elif not _means_the_same(one, other, name):
            found.append(TagChange(name, "changed", before.value, after.value))
    return tuple(found)


def _means_the_same(one: VaspInputs, other: VaspInputs, name: str) -> bool:
    before, after = one.values.get(name), other.values.get(name)
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        return abs(before - after) <= _CLOSE * max(abs(before), abs(after))
    if isinstance(before, tuple) and isinstance(after, tuple):
        return before == after
    return one.tags[name].value.casefold().split() == other.tags[name].value.casefold().split()


def _kpoints(vasp_inputs: VaspInputs, files: Mapping[str, str]) -> str:
    """A description of the k-points if they can be parsed, else the text itself."""
    if vasp_inputs.kpoints is None:
        return files.get("KPOINTS", "no KPOINTS")
    if vasp_inputs.kpoints.kind in {"mesh", "length"}:
        return vasp_inputs.kpoints.words()
    points = "; ".join(" ".join(f"{x:g}" for x in point) for point in vasp_inputs.kpoints.points)
    return f"{vasp_inputs.kpoints.words()}: {points}" if points else files.get("KPOINTS", "")


def _symbols(vasp_inputs: VaspInputs) -> str:
    return " ".join(potential.symbol for potential in vasp_inputs.potentials)


def _pair(left: str, right: str) -> tuple[str, str] | None:
    return None if left == right else (left, right)
