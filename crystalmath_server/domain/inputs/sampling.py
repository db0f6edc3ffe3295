"""Checks of the k-points against the cell and of the parallelization over MPI tasks; pure."""

import math
from collections.abc import Iterator

from crystalmath_server.domain.inputs.poscar_text import Vector, triple
from crystalmath_server.domain.inputs.problems import ERROR, NOTE, WARNING, in_file
from crystalmath_server.domain.inputs.vasp_inputs import VaspInputs
from crystalmath_server.protocol.inputs import InputFacts, InputProblem

COARSE, VERY_COARSE = 0.6, 0.9
"""Distances between k-points [1/Å] that are reported as coarse; VASP's KSPACING default is 0.5."""
_MANY = 20_000
_UNEVEN = 4.0
_DEFAULT_KSPACING = 0.5


def reciprocal_lengths(cell: tuple[Vector, Vector, Vector]) -> tuple[float, float, float]:
    """Lengths of the reciprocal vectors, including 2π [1/Å]."""
    volume = abs(triple(cell))
    a, b, c = cell
    faces = ((b, c), (c, a), (a, b))
    lengths = [2 * math.pi * math.hypot(*_cross(*face)) / volume for face in faces]
    return lengths[0], lengths[1], lengths[2]


def mesh_of(vasp_inputs: VaspInputs) -> tuple[int, ...]:
    """Divisions of the mesh from KPOINTS or KSPACING; empty if there is no mesh."""
    if vasp_inputs.kpoints is not None:
        return vasp_inputs.kpoints.mesh if vasp_inputs.kpoints.kind == "mesh" else ()
    if vasp_inputs.has_kpoints or vasp_inputs.poscar is None:
        return ()
    spacing = vasp_inputs.number("KSPACING") or _DEFAULT_KSPACING
    if spacing <= 0:
        return ()
    return tuple(
        max(1, math.ceil(length / spacing)) for length in reciprocal_lengths(vasp_inputs.poscar.cell)
    )


def spacing_of(vasp_inputs: VaspInputs) -> tuple[float, ...]:
    """Distance between neighbors along each reciprocal vector [1/Å]; empty if there is no mesh."""
    mesh = mesh_of(vasp_inputs)
    if not mesh or vasp_inputs.poscar is None:
        return ()
    lengths = reciprocal_lengths(vasp_inputs.poscar.cell)
    return tuple(length / n for length, n in zip(lengths, mesh, strict=True))


def judge(vasp_inputs: VaspInputs, facts: InputFacts, tasks: int | None) -> tuple[InputProblem, ...]:
    """All problems with the k-points and the MPI tasks."""
    return (*_kpoints(vasp_inputs, facts), *_density(vasp_inputs, facts), *_tasks(vasp_inputs, facts, tasks))


def _kpoints(vasp_inputs: VaspInputs, _: InputFacts) -> Iterator[InputProblem]:
    if vasp_inputs.has_kpoints and "KSPACING" in vasp_inputs.tags:
        text = "KSPACING is ignored because there is a KPOINTS file"
        yield vasp_inputs.at(
            "KSPACING", NOTE, "kspacing_unused", text, "Delete KSPACING, or leave out KPOINTS."
        )
    if vasp_inputs.poscar is not None and not vasp_inputs.has_kpoints and "KSPACING" not in vasp_inputs.tags:
        text = "there is neither KPOINTS nor KSPACING; VASP uses KSPACING = 0.5"
        yield in_file(
            "KPOINTS", 0, WARNING, "kpoints.missing", text, "Give a mesh, or set KSPACING in INCAR."
        )


def _density(vasp_inputs: VaspInputs, facts: InputFacts) -> Iterator[InputProblem]:
    file, line = ("KPOINTS", 4) if vasp_inputs.has_kpoints else ("INCAR", _line(vasp_inputs, "KSPACING"))
    if facts.n_kpoints is not None and facts.n_kpoints > _MANY:
        text = f"{facts.n_kpoints} k-points are more than almost any calculation needs"
        yield in_file(file, line, WARNING, "kpoints.dense", text, "Use fewer divisions.")
    if not facts.spacing:
        return
    mesh, widest = mesh_of(vasp_inputs), max(facts.spacing)
    if widest > COARSE:
        text = f"k-points are up to {widest:.2f} 1/Å apart (mesh {'×'.join(map(str, mesh))}), which is coarse"
        hint = "A crystal needs about 0.5 1/Å or less; for a molecule in a box, confirm the warning."
        yield in_file(file, line, WARNING if widest > VERY_COARSE else NOTE, "kpoints.coarse", text, hint)
    if (
        widest > _UNEVEN * min(facts.spacing)
        and max(mesh) > 2
        and mesh[facts.spacing.index(widest)] < max(mesh)
    ):
        text = f"the mesh {'×'.join(map(str, mesh))} does not follow the cell: {_words(facts.spacing)}"
        yield in_file(
            file, line, WARNING, "kpoints.uneven", text, "Use fewer divisions along long directions."
        )
    shifts_gamma = vasp_inputs.kpoints is not None and vasp_inputs.kpoints.style.startswith("Monkhorst")
    if shifts_gamma and _is_hexagonal(vasp_inputs) and any(n % 2 == 0 for n in mesh[:2]):
        text = "an even Monkhorst-Pack mesh breaks the symmetry of a hexagonal cell"
        yield in_file(
            "KPOINTS", 3, WARNING, "kpoints.hexagonal", text, "Use a Gamma-centered mesh: write Gamma."
        )


def _line(vasp_inputs: VaspInputs, name: str) -> int:
    return vasp_inputs.tags[name].line if name in vasp_inputs.tags else 0


def _words(spacing: tuple[float, ...]) -> str:
    return " ".join(f"{x:.2f}" for x in spacing) + " 1/Å"


def _is_hexagonal(vasp_inputs: VaspInputs) -> bool:
    """Whether a = b at 60° or 120°, with c perpendicular to both."""
    if vasp_inputs.poscar is None:
        return False
    a, b, c = vasp_inputs.poscar.cell
    lengths = [math.hypot(*v) for v in (a, b, c)]
    cosine = _dot(a, b) / (lengths[0] * lengths[1])
    upright = abs(_dot(a, c)) + abs(_dot(b, c)) < 1e-2 * lengths[2] * lengths[0]
    return abs(lengths[0] - lengths[1]) < 1e-2 * lengths[0] and abs(abs(cosine) - 0.5) < 1e-2 and upright


def _tasks(vasp_inputs: VaspInputs, facts: InputFacts, tasks: int | None) -> Iterator[InputProblem]:
    if "NCORE" in vasp_inputs.tags and "NPAR" in vasp_inputs.tags:
        text = "NCORE and NPAR are both set and mean the same thing; VASP uses NCORE"
        yield vasp_inputs.at("NPAR", WARNING, "ncore_and_npar", text, "Delete NPAR.")
    images = vasp_inputs.number("IMAGES") or 0
    if tasks and images >= 1:
        if tasks % images:
            text = f"IMAGES = {images:g} does not divide {tasks} tasks: all images need the same number"
            hint = f"Request a multiple of {images:g} tasks (nodes × tasks per node)."
            yield vasp_inputs.at("IMAGES", ERROR, "images_tasks", text, hint)
            return
        tasks = int(tasks // images)
    groups = vasp_inputs.number("KPAR") or 1
    irreducible = facts.n_irreducible or facts.n_kpoints
    if irreducible is not None and groups > irreducible:
        text = f"KPAR = {groups:g} groups, but there are only {irreducible} k-points to share"
        yield vasp_inputs.at("KPAR", WARNING, "kpar_kpoints", text, f"Use at most {irreducible}.")
    if tasks is None or groups < 1:
        return
    if tasks % groups:
        text = f"KPAR = {groups:g} does not divide {tasks} tasks"
        yield vasp_inputs.at(
            "KPAR",
            ERROR,
            "kpar_tasks",
            text,
            f"Use a divisor of {tasks}, or request a different number of tasks.",
        )
        return
    share = int(tasks // groups)
    for name in ("NCORE", "NPAR"):
        cores = vasp_inputs.number(name)
        if cores and cores >= 1 and share % cores:
            text = f"{name} = {cores:g} does not divide the {share} tasks of each k-point group"
            yield vasp_inputs.at(name, WARNING, "ncore_tasks", text, f"Use a divisor of {share}.")


def _cross(u: Vector, v: Vector) -> Vector:
    return u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]


def _dot(u: Vector, v: Vector) -> float:
    return sum(x * y for x, y in zip(u, v, strict=True))
