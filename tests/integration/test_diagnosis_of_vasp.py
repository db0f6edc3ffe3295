"""Every way of the stand-in to fail, run for real, looked at by custodian, and diagnosed."""

from pathlib import Path

import pytest

from crystalmath_server.domain.diagnosis.diagnosis import diagnose
from crystalmath_server.domain.diagnosis.explain import Facts
from crystalmath_server.domain.diagnosis.symptoms import Symptoms, Text
from crystalmath_server.domain.diagnosis.vasp_messages import WORDS
from crystalmath_server.protocol.diagnosis import Diagnosis
from crystalmath_server.protocol.jobs import JobState
from tests.vasp_standin.standin_decks import write_deck
from tests.vasp_standin.standin_faults import MESSAGES

OTHERS = {
    "unconverged": "vasp.unconverged_electronic",
    "jump": "vasp.POTIM",
    "positive": "vasp.Positive energy",
}
BEYOND_REPAIR = {"set_core_wf"}


def diagnosed(folder: Path, fault: str, capfd: pytest.CaptureFixture[str]) -> Diagnosis:
    """Run VASP with a fault, have custodian look, and judge by what is there."""
    from crystalmath_server.adapters.worker.custodian_check import check
    from tests.vasp_standin.standin_readback import SICK, SICK_FOR
    from tests.vasp_standin.standin_readback import run as run_vasp

    def run() -> None:
        with capfd.disabled():  # it writes to its own stdout
            run_vasp(folder)

    write_deck(folder, {**SICK, **SICK_FOR.get(fault, {})})
    if fault == "coef":  # it needs a WAVECAR to read
        run()
    (folder / "STANDIN").write_text(fault)
    run()
    corrections = check(folder)
    texts = {name: Text((folder / name).read_text(errors="replace")) for name in ("vasp.out", "std_err.txt")}
    facts = Facts(7, JobState.FAILED, "hpc", exit_status=300, exit_message="VASP left no result: it ended")
    return diagnose(Symptoms(facts, (7,), texts=texts, corrections=corrections))


@pytest.mark.parametrize("fault", MESSAGES)
def test_a_message_of_vasp_is_the_cause_and_its_line_the_evidence(
    fault: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = diagnosed(tmp_path, fault, capfd)
    assert found.cause == f"vasp.{fault}"
    assert found.title == WORDS[fault]
    assert found.steps[0].action == ("clone" if fault in BEYOND_REPAIR else "restart")
    if fault == "mesh_symmetry":  # known by the mesh, not by a message
        return
    first = found.evidence[0]
    line = (tmp_path / first.source).read_text().splitlines()[first.line - 1]
    assert line.strip() == first.text
    said = MESSAGES[fault].text
    assert any(word in said for word in first.text.split() if len(word) > 3)


@pytest.mark.parametrize("fault", OTHERS)
def test_what_vasp_does_not_say_is_told_by_its_numbers(
    fault: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = diagnosed(tmp_path, fault, capfd)
    assert found.cause == OTHERS[fault]
    assert found.steps[0].action == "restart"
    assert "INCAR" in found.detail


TOO_FEW_BANDS = """\
 running on    4 total cores
 vasp.6.3.2 27Jun22 (build Aug 01 2022) complex
 -----------------------------------------------------------------------------
|     EEEEEEE  RRRRRR   RRRRRR   OOOOOOO  RRRRRR      ###     ###     ###     |
|     The number of bands is not sufficient to hold all electrons. I am       |
|     sorry, but this calculation does not make sense. If you want to         |
|     calculate only select states you need to set either EFERMI or EREF.     |
|       ---->  I REFUSE TO CONTINUE WITH THIS SICK JOB ... BYE!!! <----       |
 -----------------------------------------------------------------------------
"""
"""As VASP 6 says it; OUTCAR ends before it tells the number of electrons."""


@pytest.mark.parametrize("outcar", [" vasp.6.3.2 27Jun22\n", None])
def test_too_few_bands_are_named_where_custodian_cannot_correct_them(
    outcar: str | None, tmp_path: Path
) -> None:
    from crystalmath_server.adapters.worker.custodian_check import check
    from tests.vasp_standin.standin_readback import SICK

    write_deck(tmp_path, SICK)
    (tmp_path / "vasp.out").write_text(TOO_FEW_BANDS)
    if outcar is not None:
        (tmp_path / "OUTCAR").write_text(outcar)
    corrections = check(tmp_path)
    message = "VASP was cut off: vasprun.xml breaks off before its end; whole ionic steps: 0"
    facts = Facts(7, JobState.FAILED, "hpc", exit_status=340, exit_message=message)
    found = diagnose(Symptoms(facts, (7,), texts={"vasp.out": Text(TOO_FEW_BANDS)}, corrections=corrections))
    assert (found.cause, found.title) == (
        "vasp.nbands_not_sufficient",
        "There are too few bands for the electrons",
    )
    assert "number of bands is not sufficient" in found.evidence[0].text
    assert "no correction" in found.detail
