"""Bands, density of states and equation of state of VASP jobs; runs in the reading process."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from crystalmath_server.adapters.reader.vasprun_dos import density_of
from crystalmath_server.domain.results.series import Drawn
from crystalmath_server.domain.results.sites import is_vasp
from crystalmath_server.domain.results.task_document import number, section
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import FileUnreadable, NotFound
from crystalmath_server.protocol.files import JOBS_FILES
from crystalmath_server.protocol.results import Quantity
from crystalmath_server.protocol.series import Curve

SMALLEST_FIT = 4
_FIT_POINTS = 80
GPA_PER_EV_A3 = 160.21766208


def bands_of(vasprun: Path) -> Mapping[str, Any]:
    """The pymatgen JSON of a band structure along lines.

    Raises
    ------
    NotFound
        The k-points are a mesh.
    FileUnreadable
        pymatgen cannot read the file.
    """
    from pymatgen.electronic_structure.bandstructure import BandStructureSymmLine
    from pymatgen.io.vasp import BSVasprun

    folder = vasprun.parent
    kpoints = folder / "KPOINTS"
    given = str(kpoints) if kpoints.exists() else None
    found = _read(lambda: BSVasprun(str(vasprun)).get_band_structure(given, line_mode=bool(given)))
    if not isinstance(found, BandStructureSymmLine):
        detail = "the k-points of this job are not a path through the Brillouin zone"
        raise NotFound(detail, field="kind", hint="Run a template that computes bands along lines.")
    return found.as_dict()


READ: dict[str, Callable[[Path], Mapping[str, Any]]] = {
    "bands": bands_of,
    "dos": density_of,
    "dos_element": density_of,
    "dos_orbital": density_of,
}


def _read(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:  # parsers may raise anything
        detail = f"pymatgen cannot read the data from vasprun.xml: {type(error).__name__}: {error}"[:300]
        hint = f"Check the file: {command(JOBS_FILES, pk='PK')}"
        raise FileUnreadable(detail, field="kind", hint=hint) from error


def equation_of_state(documents: Sequence[Mapping[str, Any]]) -> Drawn:
    """Energies over volumes per atom, with a Birch–Murnaghan fit to four or more points.

    References
    ----------
    F. Birch, Phys. Rev. 71, 809 (1947), doi:10.1103/PhysRev.71.809
    """
    points = sorted({point for document in documents if (point := _point(document))})
    if not points:
        raise NotFound("No job has a volume and energy", field="kind", hint="Choose jobs that finished.")
    volumes, energies = [v for v, _ in points], [e for _, e in points]
    if len(set(volumes)) < SMALLEST_FIT:
        words = f"the fit, which needs {SMALLEST_FIT} volumes or more; add jobs with --other PK"
        return _energies(volumes, [Curve("computed", "eV/atom", tuple(energies))], left_out=words)
    return _fit(volumes, energies)


def _fit(volumes: Sequence[float], energies: Sequence[float]) -> Drawn:
    from pymatgen.analysis.eos import EOS, EOSError

    try:
        fit: Any = EOS("birch_murnaghan").fit(volumes, energies)
    except (EOSError, RuntimeError, ValueError) as error:
        words = f"the fit: {error}"
        return _energies(volumes, [Curve("computed", "eV/atom", tuple(energies))], left_out=words)
    step = (volumes[-1] - volumes[0]) / (_FIT_POINTS - 1)
    grid = sorted({*volumes, *(volumes[0] + i * step for i in range(_FIT_POINTS))})
    known = dict(zip(volumes, energies, strict=True))
    curves = [
        Curve("Birch–Murnaghan", "eV/atom", tuple(float(fit.func(volume)) for volume in grid)),
        Curve("computed", "eV/atom", tuple(known.get(volume) for volume in grid)),
    ]
    found = (
        Quantity("volume_0", "equilibrium volume per atom", float(fit.v0), "Å³/atom", ""),
        Quantity("energy_0", "equilibrium energy per atom", float(fit.e0), "eV/atom", ""),
        Quantity("bulk_modulus", "bulk modulus", float(fit.b0) * GPA_PER_EV_A3, "GPa", ""),
        Quantity("bulk_modulus_slope", "pressure derivative of the bulk modulus", float(fit.b1), "", ""),
    )
    return _energies(grid, curves, found)


def _energies(
    x: Sequence[float], curves: Sequence[Curve], found: tuple[Quantity, ...] = (), left_out: str = ""
) -> Drawn:
    return Drawn("volume per atom", "Å³/atom", x, tuple(curves), quantities=found, left_out=left_out)


def _point(document: Mapping[str, Any]) -> tuple[float, float] | None:
    """Volume and energy per atom of the final structure."""
    output = section(document, "output")
    structure = section(output, "structure") if is_vasp(document) else section(document, "structure")
    volume, sites = number(section(structure, "lattice").get("volume")), structure.get("sites")
    energy = number(output.get("energy_per_atom"))
    if volume is None or energy is None or not isinstance(sites, list) or not sites:
        return None
    return volume / len(sites), energy
