"""Run by run, of what came back and what was counted: the corrections of custodian's own loop."""

import contextlib
import copy
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.domain.inputs.vasp_program import OUTPUTS
from tests.vasp_standin.standin_decks import write_deck

INPUTS = ("INCAR", "KPOINTS", "POSCAR", "POTCAR")
FAULTS = (
    *("brmix", "coef", "dentet", "grad_not_orth", "inv_rot_mat", "kpoints_trans", "pricel", "set_core_wf"),
    *("zbrent", "zheev", "unconverged", "jump", "positive", "entropy", "brmix zbrent", "ksymm zpotrf tet"),
)
COUNTED = {"brmix": 2, "brmix zbrent": 3, "pricel": 2, "ksymm zpotrf tet": 3}
"""At least so many corrections, where handlers must go on counting or where there are several faults."""
MOST = 5

VaspInputs = dict[str, str]


def texts(folder: Path) -> VaspInputs:
    return {name: (folder / name).read_text() for name in INPUTS[:3] if (folder / name).exists()}


def custodian_loop(folder: Path, kept: Path) -> list[VaspInputs]:
    """custodian's own loop in `folder`: the inputs of each run. What each run left is copied to `kept`."""
    from atomate2.vasp.run import DEFAULT_HANDLERS
    from custodian.custodian import Custodian, CustodianError, Job

    from tests.vasp_standin.standin_readback import run as run_vasp

    inputs: list[VaspInputs] = []

    class Vasp(Job):
        def setup(self, directory: str = "./") -> None:
            """The input files are there."""

        def run(self, directory: str = "./") -> None:
            inputs.append(texts(folder))
            back = kept / str(len(inputs))
            back.mkdir(parents=True)
            for name in INPUTS:
                shutil.copy(folder / name, back)
            run_vasp(folder)
            for name in OUTPUTS:
                if (folder / name).exists():
                    shutil.copy(folder / name, back)
            shutil.copy(folder / "std_err.txt", back / "_scheduler-stderr.txt")

        def postprocess(self, directory: str = "./") -> None:
            """Nothing."""

    handlers: Any = copy.deepcopy(DEFAULT_HANDLERS)
    loop = Custodian(handlers, [Vasp()], max_errors=MOST, skip_over_errors=True, directory=str(folder))
    with contextlib.suppress(CustodianError), contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loop.run()
    return inputs


@pytest.mark.parametrize("fault", FAULTS)
def test_corrections_are_those_of_custodian_on_the_same_files(
    fault: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from crystalmath_server.adapters.worker.custodian_check import look
    from crystalmath_server.adapters.worker.custodian_folder import as_custodian_expects
    from crystalmath_server.domain.diagnosis.self_correction import CorrectionReport
    from tests.vasp_standin.standin_readback import SICK, SICK_FOR
    from tests.vasp_standin.standin_readback import run as run_vasp

    folder, kept = tmp_path / "run", tmp_path / "kept"
    write_deck(folder, {**SICK, **SICK_FOR.get(fault, {})})
    with capfd.disabled():  # VASP writes to its own stdout
        if fault == "coef":  # it needs a WAVECAR to read
            run_vasp(folder)
        (folder / "STANDIN").write_text(fault)
        inputs = custodian_loop(folder, kept)
    counts: Any = {}
    for number, vasp_inputs in enumerate(inputs, 1):
        back = kept / str(number)
        as_custodian_expects(back)
        found, counts = look(back, counts)
        if number < len(inputs):
            assert CorrectionReport(found).corrects
            assert texts(back) == inputs[number], vasp_inputs
        else:
            assert number >= MOST or not CorrectionReport(found).corrects
    assert len(inputs) > COUNTED.get(fault, 0 if fault == "set_core_wf" else 1)
