"""The parsing program: builds the Maker's task document from VASP output in a separate process.

usage: python -m crystalmath_server.adapters.worker.vasp_document FOLDER [--restarted]

FOLDER holds maker.json, structure.json and, in run/, the VASP files. The program writes document.json.gz, or
error.json and, if VASP was cut off after a complete ionic step, fragment.json. If the document lacks the
ionic steps, steps.json has them. --restarted: the run continued from an earlier one.
"""

import contextlib
import json
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from monty.json import MontyDecoder
from monty.serialization import loadfn
from pymatgen.core import Structure
from pymatgen.io.vasp import Incar, Kpoints, Poscar

from crystalmath_server.adapters.reader import vasprun_stream as stream
from crystalmath_server.adapters.reader.vasprun_fragment import fragment_of
from crystalmath_server.adapters.worker.vasp_split import Given, document_of
from crystalmath_server.domain.inputs.vasp_program import IMAGES_FILE, RUN_FOLDER
from crystalmath_server.domain.results.neb import is_band
from crystalmath_server.domain.results.packing import pack_json
from crystalmath_server.domain.results.vasp import steps_of


def main(folder: Path, *, restarted: bool) -> int:
    """Write the document; returns 0 on success."""
    warnings.simplefilter("ignore")
    try:
        leave_out_unreadable(folder / RUN_FOLDER)
        maker = MontyDecoder().process_decoded(json.loads((folder / "maker.json").read_text()))
        document = document_of(maker, _initial_structure(folder), folder / RUN_FOLDER, restarted=restarted)
        packed = pack_json(document)
        _tell_steps(document, folder)
    except Exception as error:  # noqa: BLE001  any Maker exception is reported to the parser
        problem = {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
        (folder / "error.json").write_text(json.dumps(problem))
        with contextlib.suppress(Exception):  # recover what is left of a broken file
            (folder / "fragment.json").write_text(json.dumps(fragment_of(folder / RUN_FOLDER)))
        return 1
    (folder / "document.json.gz").write_bytes(packed)
    return 0


def leave_out_unreadable(run: Path) -> None:
    """Remove custodian files that emmet cannot read; the results do not need them."""
    for name, read in _READERS.items():
        for path in run.glob(f"{name}*"):
            try:
                read(path)
            except Exception:  # noqa: BLE001  a broken file may make a reader raise anything
                path.unlink()


_READERS: dict[str, Callable[[Path], object]] = {
    "INCAR.orig": Incar.from_file,
    "KPOINTS.orig": Kpoints.from_file,
    "POSCAR.orig": Poscar.from_file,
    "custodian.json": loadfn,
}


def _initial_structure(folder: Path) -> Given:
    """The structure, or the images of an NEB calculation."""
    images = folder / IMAGES_FILE
    if images.exists():
        return [Structure.from_dict(row) for row in json.loads(images.read_text())]
    return Structure.from_dict(json.loads((folder / "structure.json").read_text()))


def _tell_steps(document: Any, folder: Path) -> None:
    """Write steps.json if VASP took ionic steps and the document has none."""
    if steps_of(document) or is_band(document):
        return
    vasprun = folder / RUN_FOLDER / "vasprun.xml"
    (folder / "steps.json").write_text(json.dumps(stream.steps_of(vasprun) if vasprun.exists() else []))
