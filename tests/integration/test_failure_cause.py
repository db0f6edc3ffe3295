"""The cause that a parser keeps with a failed job: custodian's, where it knows one."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crystalmath_server.domain.exit_status import ExitStatus
from crystalmath_server.domain.jobs import nodes
from tests.vasp_standin.standin_decks import write_deck

pytestmark = pytest.mark.filterwarnings("ignore:Creating AiiDA configuration folder")
BREAKS_OFF = "VASP was cut off: vasprun.xml breaks off before its end; whole ionic steps: 0"


class Repository:
    """A folder as AiiDA's repository shows it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy_tree(self, target: Path) -> None:
        shutil.copytree(self._folder, target, dirs_exist_ok=True)

    def list_object_names(self) -> list[str]:
        return [path.name for path in self._folder.iterdir()]

    def open(self, name: str, mode: str) -> Any:
        return (self._folder / name).open(mode)


class Job:
    """A node with its inputs, and what came back of it."""

    def __init__(self, folder: Path, said: str, run: str | None = None) -> None:
        from tests.vasp_standin.standin_readback import SICK

        inputs, back = folder / "inputs", folder / "retrieved"
        inputs.mkdir()
        back.mkdir()
        write_deck(inputs, SICK)
        (back / nodes.VASP_OUTPUT_FILE).write_text(said)
        self.pk = 7
        self.extras: dict[str, str] = {}
        files = SimpleNamespace(base=SimpleNamespace(repository=Repository(inputs)))
        self.inputs = SimpleNamespace(files=files)
        attributes = {nodes.RUN: run}
        self.base = SimpleNamespace(
            extras=SimpleNamespace(set=self.extras.__setitem__),
            attributes=SimpleNamespace(get=attributes.get),
        )
        self.retrieved = SimpleNamespace(base=SimpleNamespace(repository=Repository(back)))

    def kept(self, status: int, message: str, corrections: Any = None) -> str | None:
        from aiida.engine import ExitCode

        from crystalmath_server.plugins.failure_cause import custodians, keep_cause

        corrections = corrections or custodians
        keep_cause(self, self.retrieved, ExitCode(status, message), corrections)
        return self.extras.get(nodes.CAUSE)


@pytest.mark.parametrize("run", [None, "2"])
def test_an_error_of_vasp_is_named_as_custodian_knows_it(run: str | None, tmp_path: Path) -> None:
    job = Job(
        tmp_path, " vasp.6.3.2\n|  The number of bands is not sufficient to hold all electrons.  |\n", run
    )
    found = job.kept(ExitStatus.CUT_OFF, BREAKS_OFF)
    if run is None:
        assert found == "There are too few bands for the electrons"
    else:  # the job that corrects itself asks custodian
        assert found == "Interrupted: its output is incomplete"


def test_what_the_scheduler_tells_needs_no_custodian(tmp_path: Path) -> None:
    def never(*_: object) -> Any:
        pytest.fail("custodian was asked")

    job = Job(tmp_path, " vasp.6.3.2\n")
    assert (
        job.kept(ExitStatus.OUT_OF_WALLTIME, "it reached its time limit", never)
        == "It reached its time limit"
    )


def test_what_nobody_knows_and_what_ended_well_has_no_cause(tmp_path: Path) -> None:
    from crystalmath_server.plugins.failure_cause import keep_cause, no_corrections

    job = Job(tmp_path, "")
    assert job.kept(ExitStatus.NO_RESPONSE, "left no result", no_corrections) is None
    keep_cause(job, job.retrieved, None, no_corrections)
    assert job.extras == {}


def test_a_diagnosis_that_fails_does_not_end_the_parser(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> Any:
        raise OSError(28, "No space left on device")

    assert Job(tmp_path, "").kept(ExitStatus.CUT_OFF, BREAKS_OFF, broken) is None
    assert "job 7 has no cause" in caplog.text
