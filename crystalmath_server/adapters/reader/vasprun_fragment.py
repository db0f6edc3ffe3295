"""The complete ionic steps in a truncated vasprun.xml, as the TaskDoc fields that results need."""

from pathlib import Path
from typing import Any

from monty.json import jsanitize
from pymatgen.io.vasp import Vasprun

from crystalmath_server.domain.results.vasp_energies import ENERGIES, SIGMA_ZERO, correct_energies


def fragment_of(folder: Path) -> Any:
    """Plain JSON with the emmet TaskDoc fields needed for quantities and steps.

    Raises
    ------
    Exception
        Any pymatgen exception; IndexError if no ionic step is complete.
    """
    run = Vasprun(
        folder / "vasprun.xml",
        parse_dos=False,
        parse_eigen=False,
        parse_potcar_file=False,
        exception_on_bad_xml=False,
    )
    steps: list[dict[str, Any]] = list(map(correct_energies, run.ionic_steps))
    last = steps[-1]
    energy: float | None = last.get(SIGMA_ZERO)
    output = {
        "energy": energy,
        "energy_per_atom": None if energy is None else energy / len(last["structure"]),
        "forces": last.get("forces"),
        "stress": last.get("stress"),
        "structure": last["structure"],
    }
    kept = (*ENERGIES, "forces")
    calculation = {
        "vasp_version": run.vasp_version,
        "input": {"parameters": {"NSW": run.parameters.get("NSW"), "IBRION": run.parameters.get("IBRION")}},
        "output": {"ionic_steps": [{name: step.get(name) for name in kept} for step in steps]},
    }
    document = {"state": "failed", "calcs_reversed": [calculation], "output": output}
    return jsanitize(document, strict=True, enum_values=True)
