"""The stand-in's files as pymatgen, emmet and custodian read them: a program, since it imports them.

usage: python -m tests.vasp_standin.standin_readback FOLDER
"""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ase.calculators.emt import EMT
from ase.calculators.emt import parameters as emt_parameters
from ase.io import read
from custodian.utils import tracked_lru_cache
from custodian.vasp import handlers as custodian
from pymatgen.core import Structure
from pymatgen.io.vasp import Chgcar, Oszicar, Outcar, PotcarSingle, Vasprun, Xdatcar
from pymatgen.io.vasp.outputs import Eigenval

from crystalmath_server.adapters.worker.template_table import maker_class, templates
from crystalmath_server.adapters.worker.vasp_split import document_of, written_inputs
from crystalmath_server.domain.inputs import vasp_program as vasp_deck
from crystalmath_server.domain.potcars.locations import assembly
from tests.vasp_inputs import structures
from tests.vasp_standin.potmake import VALENCE, write_library
from tests.vasp_standin.standin_decks import write_deck
from tests.vasp_standin.standin_faults import MESSAGES
from tests.vasp_standin.vasp_std import main as vasp

JOBS = (
    ("vasp.static", ("metal", "oxide", "molecule")),
    ("vasp.relax", ("metal", "magnet", "slab", "molecule")),
    ("vasp.mp24_static", ("metal", "decorated")),
)
SICK: Mapping[str, str | None] = {"ISMEAR": "-5", "KPAR": "2", "NCORE": "2", "NSW": "4"}
SICK_FOR: Mapping[str, Mapping[str, str | None]] = {
    "algo_tet": {"ALGO": "All"},
    "grad_not_orth": {"ALGO": "Damped"},
    "entropy": {"ISMEAR": "1", "SIGMA": "0.2"},
    "unconverged": {"ISMEAR": "0", "NELM": "8", "NSW": "30"},
    "zheev": {"ISMEAR": "0"},
    "eddiag": {"ISMEAR": "0"},
}
LAST_CORRECTION = 4


def run(folder: Path, program: str = "vasp_std") -> int:
    """The stand-in in a process of its own without its imports; the status, or minus the signal."""
    pid = os.fork()
    if pid == 0:
        os.chdir(folder)
        for name, stream in (("vasp.out", 1), ("std_err.txt", 2)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        status = 99
        try:
            status = vasp(program)
        finally:
            sys.stdout.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def documents(root: Path) -> list[dict[str, Any]]:
    """Decks of atomate2's Makers, run, and read by the Makers themselves."""
    library = write_library(root / "potcars")
    given = structures()
    table = {spec.name: spec for spec in templates().values()}
    return [
        _document(root / f"{prepared}-{name}", maker_class(table[prepared].maker)(), given[name], library)
        for prepared, names in JOBS
        for name in names
    ]


def _document(folder: Path, maker: Any, structure: Structure, library: Path) -> dict[str, Any]:
    files, _ = written_inputs(maker, structure)
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    symbols = vasp_deck.symbols(files["POTCAR.spec"].replace("\n", " "))
    subprocess.run(["sh", "-ec", assembly(str(library), "PBE_54", symbols)], cwd=folder, check=True)
    status = run(folder, vasp_deck.program(files))
    document = document_of(maker, structure, folder)
    whole = Vasprun(folder / "vasprun.xml", parse_potcar_file=False)
    outcar, end = Outcar(folder / "OUTCAR"), read(folder / "CONTCAR", format="vasp")
    return {
        "name": folder.name,
        "status": status,
        "state": document["state"],
        "energies": {
            "document": document["output"]["energy"],
            "vasprun": float(whole.final_energy),
            "oszicar": float(Oszicar(folder / "OSZICAR").final_energy),
            "outcar": outcar.final_energy,
        }
        | _emt_energy(end),
        "gap": document["calcs_reversed"][0]["output"]["bandgap"],
        "force": float(np.linalg.norm(whole.ionic_steps[-1]["forces"], axis=1).max()),
        "limit": float(whole.parameters["EDIFFG"]),
        "moves": whole.parameters["NSW"] > 0,
        "steps": {
            "vasprun": len(whole.ionic_steps),
            "oszicar": len(Oszicar(folder / "OSZICAR").ionic_steps),
            "xdatcar": len(Xdatcar(folder / "XDATCAR").structures),
        },
        "apart": float(_apart(whole.final_structure, Structure.from_file(folder / "CONTCAR"))),
        "kpoints": [len(whole.actual_kpoints), Eigenval(folder / "EIGENVAL").nkpt],
        "electrons": [whole.parameters["NELECT"], outcar.nelect, _charge(folder)],
        "moment": [
            float(outcar.total_mag or 0),
            float(Oszicar(folder / "OSZICAR").ionic_steps[-1].get("mag", 0)),
        ],
    }


def _charge(folder: Path) -> float | None:
    density = folder / "CHGCAR"
    return float(Chgcar.from_file(str(density)).data["total"].mean()) if density.exists() else None


def _apart(one: Structure, other: Structure) -> float:
    off = one.frac_coords - other.frac_coords
    return max(np.abs(off - off.round()).max(), np.abs(one.lattice.matrix - other.lattice.matrix).max())


def _emt_energy(atoms: Any) -> dict[str, float]:
    """ASE's own, counted from free atoms; nothing where EMT does not know an element."""
    symbols = atoms.get_chemical_symbols()
    if set(symbols) != {"Cu"}:
        return {}
    calculator: Any = EMT()
    return {"emt": calculator.get_potential_energy(atoms) + sum(emt_parameters[x][0] for x in symbols)}


def corrections(root: Path) -> dict[str, Any]:
    """Each message until custodian finds nothing more: what it found, corrections, last status."""
    found = {name: _correct(root / f"fault-{name}", name, _handler(name)) for name in MESSAGES}
    others = {
        "unconverged": custodian.UnconvergedErrorHandler(),
        "jump": custodian.PotimErrorHandler(),
        "positive": custodian.PositiveEnergyErrorHandler(),
        "entropy": custodian.LargeSigmaHandler(),
    }
    return found | {name: _correct(root / f"fault-{name}", name, one) for name, one in others.items()}


def _handler(name: str) -> Any:
    if name == "mesh_symmetry":
        return custodian.MeshSymmetryErrorHandler()
    return custodian.StdErrHandler() if MESSAGES[name].stderr else custodian.VaspErrorHandler()


def _correct(folder: Path, name: str, handler: Any) -> dict[str, Any]:
    write_deck(folder, {**SICK, **SICK_FOR.get(name, {})})
    if name == "coef":
        run(folder)
    (folder / "STANDIN").write_text(name)
    errors: list[str] = []
    status = 0
    for count in range(LAST_CORRECTION + 1):
        status = run(folder)
        tracked_lru_cache.tracked_cache_clear()  # custodian keeps what it read of the run before
        if not handler.check(str(folder)):
            return {"errors": sorted(set(errors)), "corrections": count, "status": status}
        told = handler.correct(str(folder))
        errors += told["errors"]
        if not told["actions"]:
            return {"errors": sorted(set(errors)), "corrections": None, "status": status}
    return {"errors": sorted(set(errors)), "corrections": None, "status": status}


def potcars(root: Path) -> list[str]:
    """Symbols that pymatgen reads from the library as they were meant."""
    os.environ["PMG_VASP_PSP_DIR"] = str(root / "potcars")
    good: list[str] = []
    for symbol, (zval, _) in VALENCE.items():
        one = PotcarSingle.from_file(root / "potcars" / "POT_GGA_PAW_PBE_54" / f"POTCAR.{symbol}.gz")
        facts = (one.symbol, one.element, one.zval, one.functional, one.LEXCH)
        if facts == (symbol, symbol.partition("_")[0], zval, "PBE", "PE") and one.ENMIN < one.ENMAX:
            good.append(symbol)
    return good


def main(root: Path) -> None:
    warnings.simplefilter("ignore")
    report = {"documents": documents(root), "potcars": potcars(root), "corrections": corrections(root)}
    (root / "report.json").write_text(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
