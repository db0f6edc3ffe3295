"""Documents of runs of the stand-in, as atomate2's Makers make them: a program, since it imports atomate2.

usage: python -m tests.vasp_standin.standin_documents FOLDER

Writes FOLDER/NAME.json.gz of a static run of a magnetic oxide with its density of states, its band structure
along lines, a relaxation of a magnet and molecular dynamics of a metal, with the run itself in FOLDER/NAME.
"""

import gzip
import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from atomate2.vasp.jobs.core import StaticMaker
from pymatgen.core import Structure
from pymatgen.io.vasp import Kpoints
from pymatgen.symmetry.bandstructure import HighSymmKpath

from crystalmath_server.adapters.worker.template_table import maker_class, templates
from crystalmath_server.adapters.worker.vasp_split import document_of, written_inputs
from crystalmath_server.domain.inputs import vasp_program as vasp_deck
from crystalmath_server.domain.potcars.locations import assembly
from tests.vasp_inputs import structures
from tests.vasp_standin.potmake import write_library
from tests.vasp_standin.standin_readback import run

Files = dict[str, str]
N_MD_STEPS = 30


def write(folder: Path, maker: Any, structure: Structure, run_it: Callable[[Path, Files], int]) -> None:
    """Run the deck of a Maker and write the Maker's document of it."""
    files, _ = written_inputs(maker, structure)
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    symbols = vasp_deck.symbols(files["POTCAR.spec"].replace("\n", " "))
    library = str(folder.parent / "potcars")
    subprocess.run(["sh", "-ec", assembly(library, "PBE_54", symbols)], cwd=folder, check=True)
    assert run_it(folder, files) == 0, folder
    text = json.dumps(document_of(maker, structure, folder))
    folder.with_name(f"{folder.name}.json.gz").write_bytes(gzip.compress(text.encode(), 4))


def plainly(folder: Path, files: Files) -> int:
    """Run the deck as it is."""
    return run(folder, vasp_deck.program(files))


def shortly(folder: Path, files: Files) -> int:
    """Run few steps of molecular dynamics."""
    lines = [line for line in files["INCAR"].splitlines() if not line.startswith("NSW")]
    (folder / "INCAR").write_text("\n".join([*lines, f"NSW = {N_MD_STEPS}\n"]))
    return plainly(folder, files)


def along_lines(folder: Path, files: Files) -> int:
    """Run once for the density, then once more along lines."""
    (folder / "INCAR").write_text(files["INCAR"] + "\nLCHARG = True\n")
    assert plainly(folder, files) == 0
    (folder / "INCAR").write_text(files["INCAR"] + "\nICHARG = 11\n")
    path = HighSymmKpath(Structure.from_file(folder / "POSCAR"))
    (folder / "KPOINTS").write_text(str(Kpoints.automatic_linemode(10, path)))
    return plainly(folder, files)


def main(root: Path) -> None:
    warnings.simplefilter("ignore")
    write_library(root / "potcars")
    given = structures()
    table = {spec.name: spec for spec in templates().values()}
    dos, bands = ({"parse_dos": True}, {"parse_bandstructure": "line"})
    write(root / "dos", StaticMaker(task_document_kwargs=dos), given["oxide"], plainly)
    write(root / "bands", StaticMaker(task_document_kwargs=bands), given["oxide"], along_lines)
    write(root / "relax", maker_class(table["vasp.relax"].maker)(), given["magnet"], plainly)
    write(root / "md", maker_class(table["vasp.md"].maker)(), given["metal"], shortly)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
