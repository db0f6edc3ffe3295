"""The stand-in for VASP: files read as VASP's, numbers of ASE, stops and failures as of VASP."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.vasp_standin.potmake import VALENCE, potcar
from tests.vasp_standin.standin_decks import KPOINTS, POSCAR, write_deck
from tests.vasp_standin.standin_faults import MESSAGES
from tests.vasp_standin.standin_install import PROGRAMS, ROOT, install
from tests.vasp_standin.vasp_std import main as vasp

LIMIT_EV_PER_A = 0.02
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return install(tmp_path_factory.mktemp("bin"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What pymatgen, emmet and custodian say; one program for all, since their import is slow."""
    root = tmp_path_factory.mktemp("readback")
    command = [sys.executable, "-m", "tests.vasp_standin.standin_readback", str(root)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads((root / "report.json").read_text())


@pytest.fixture
def start(programs: dict[str, Path]) -> Start:
    """Begin a run as a job script would: by path, with no Python on PATH."""

    def begin(folder: Path, program: str = "vasp_std", **environment: str) -> subprocess.Popen[str]:
        with (folder / "vasp.out").open("w") as out:
            return subprocess.Popen(
                [programs[program]],
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
            )

    return begin


def wait_for(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def said(folder: Path) -> str:
    return (folder / "vasp.out").read_text()


def ionic_steps(folder: Path) -> int:
    path = folder / "OSZICAR"
    return len(re.findall(r" F= ", path.read_text())) if path.exists() else 0


def ended_well(folder: Path) -> bool:
    whole = (folder / "vasprun.xml").read_text().endswith("</modeling>\n")
    return whole and "General timing and accounting" in (folder / "OUTCAR").read_text()


def test_makers_read_their_runs_as_successful(report: dict[str, Any]) -> None:
    assert len(report["documents"]) == 9
    assert {row["name"]: (row["status"], row["state"]) for row in report["documents"]} == {
        row["name"]: (0, "successful") for row in report["documents"]
    }


def test_all_files_tell_the_same(report: dict[str, Any]) -> None:
    for row in report["documents"]:
        energies = row["energies"]
        assert list(energies.values()) == pytest.approx([energies["document"]] * len(energies), abs=1e-6)
        assert len(set(row["steps"].values())) == 1, row
        assert row["apart"] < 1e-7
        assert row["kpoints"][0] == row["kpoints"][1] > 0
        assert row["moment"][0] == pytest.approx(row["moment"][1], abs=1e-4)
        counted = [electrons for electrons in row["electrons"] if electrons is not None]
        assert counted == pytest.approx([counted[0]] * len(counted))


def test_energies_are_those_of_emt(report: dict[str, Any]) -> None:
    known = [row["energies"] for row in report["documents"] if "emt" in row["energies"]]
    assert len(known) == 4
    for energies in known:
        assert energies["document"] == pytest.approx(energies["emt"], abs=2e-8)


def test_relaxations_end_below_ediffg(report: dict[str, Any]) -> None:
    moved = [row for row in report["documents"] if row["moves"]]
    assert len(moved) == 4
    for row in moved:
        assert row["steps"]["vasprun"] > 1
        assert row["force"] < -row["limit"] == LIMIT_EV_PER_A


def test_metals_have_no_gap_and_others_do(report: dict[str, Any]) -> None:
    for row in report["documents"]:
        kind = row["name"].partition("-")[2]
        assert (row["gap"] > 0.5) == (kind in {"oxide", "decorated", "molecule"}), row


def test_custodian_sees_and_mends_each_message(report: dict[str, Any]) -> None:
    found = report["corrections"]
    assert {name for name in MESSAGES if name not in found[name]["errors"]} == set()
    beyond_repair = {name for name, row in found.items() if row["corrections"] is None}
    assert beyond_repair == {"set_core_wf"}
    assert {name for name, row in found.items() if row["status"] != 0} == beyond_repair
    assert {name for name, row in found.items() if row["corrections"] == 0} == set()


def test_pymatgen_reads_every_potcar(report: dict[str, Any]) -> None:
    assert sorted(report["potcars"]) == sorted(VALENCE)


def test_stopcar_ends_after_this_ionic_step(tmp_path: Path, start: Start) -> None:
    write_deck(tmp_path, {"EDIFFG": "-1E-9"})
    run = start(tmp_path, STANDIN="slow=0.02")
    wait_for(lambda: ionic_steps(tmp_path) >= 1)
    (tmp_path / "STOPCAR").write_text("LSTOP = .TRUE.\n")
    assert run.wait(30) == 0
    assert "soft stop encountered!  aborting job ..." in said(tmp_path)
    assert ended_well(tmp_path)
    assert ionic_steps(tmp_path) < 50


def test_labort_ends_within_the_electronic_steps(tmp_path: Path, start: Start) -> None:
    write_deck(tmp_path, faults="slow=0.02 unconverged")
    (tmp_path / "STOPCAR").write_text("LABORT = .TRUE.\n")
    assert start(tmp_path).wait(30) == 0
    assert "hard stop encountered!  aborting job ..." in said(tmp_path)
    assert (tmp_path / "OSZICAR").read_text().count("DAV:") == 1
    assert ended_well(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_standin_leaves_the_files_written_so_far(
    tmp_path: Path, start: Start, number: signal.Signals
) -> None:
    write_deck(tmp_path, {"EDIFFG": "-1E-9"}, faults="slow=0.02")
    run = start(tmp_path)
    wait_for(lambda: ionic_steps(tmp_path) >= 2)
    run.send_signal(number)
    assert run.wait(30) == -number
    assert not ended_well(tmp_path)
    assert (tmp_path / "vasprun.xml").read_text().count("</calculation>") >= 1
    assert (tmp_path / "CONTCAR").read_text().startswith("stand-in")
    assert ("process killed (SIGTERM)" in said(tmp_path)) == (number == signal.SIGTERM)


def test_a_hung_run_says_nothing_more(tmp_path: Path, start: Start) -> None:
    write_deck(tmp_path, faults="hang=2")
    run = start(tmp_path)
    wait_for(lambda: (tmp_path / "OSZICAR").exists() and (tmp_path / "OSZICAR").read_text().count(" E ") >= 2)
    time.sleep(0.3)
    assert run.poll() is None
    assert ionic_steps(tmp_path) == 1
    run.kill()
    run.wait(30)


@pytest.mark.parametrize(
    "fault,status,words",
    [
        ("crash=2", -signal.SIGSEGV, "SIGSEGV, segmentation fault"),
        ("truncate=2", -signal.SIGKILL, "DAV:   2"),
        ("oom=64 hold=0.1", -signal.SIGKILL, "DAV:   1"),
        ("nospace=2", 38, "No space left on device"),
        ("zbrent", 1, "ZBRENT: fatal error in bracketing"),
        ("posmap", 1, "I REFUSE TO CONTINUE WITH THIS SICK JOB"),
        ("no_such_thing", 1, "STAND-IN: no such fault: no_such_thing"),
    ],
)
def test_a_chosen_failure_comes(tmp_path: Path, start: Start, fault: str, status: int, words: str) -> None:
    write_deck(tmp_path)
    assert start(tmp_path, STANDIN=fault).wait(30) == status
    assert words in said(tmp_path)
    if (tmp_path / "vasprun.xml").exists():
        assert not ended_well(tmp_path)


def test_memory_is_taken_for_real(tmp_path: Path, start: Start) -> None:
    write_deck(tmp_path, faults="oom=500 hold=60")
    run = start(tmp_path)
    wait_for(lambda: _resident_mb(run.pid) > 500)
    run.kill()
    run.wait(30)


def _resident_mb(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0


@pytest.mark.parametrize(
    "name,text,words",
    [
        ("INCAR", None, "No INCAR found"),
        ("POTCAR", None, "No POTCAR found"),
        ("POTCAR", "", "POTCAR is empty"),
        ("POTCAR", potcar("Al"), "POSCAR and POTCAR are incompatible"),
        ("POTCAR", potcar("Cu") + potcar("O"), "POSCAR and POTCAR are incompatible"),
        ("POSCAR", POSCAR.replace("\n4\n", "\n5\n"), "POSCAR"),
        (
            "POSCAR",
            POSCAR.replace(" 3.60 0.00 0.00", "-3.60 0.00 0.00"),
            "triple product of the basis vectors",
        ),
        ("KPOINTS", "mesh\n0\nGamma\n3 x 3\n", "Error reading KPOINTS"),
        ("INCAR", "NSW = 1.5\n", "Error reading item NSW from file INCAR"),
        ("INCAR", "ENCUT = abc\n", "Error reading item ENCUT from file INCAR"),
        ("INCAR", "LSORBIT = T\n", "non collinear calculations require"),
        ("INCAR", "ICHARG = 11\n", "charge density could not be read"),
        ("INCAR", "LEPSILON = T\n", "cannot compute what LEPSILON asks for"),
    ],
)
def test_a_inputs_that_cannot_be_run_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    text: str | None,
    words: str,
) -> None:
    monkeypatch.chdir(write_deck(tmp_path))
    if text is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(text)
    assert vasp() == 1
    assert words in capsys.readouterr().out


def test_the_gamma_build_takes_gamma_alone(tmp_path: Path, start: Start) -> None:
    write_deck(tmp_path, {"NSW": "0"})
    assert start(tmp_path, "vasp_gam").wait(30) == 1
    (tmp_path / "KPOINTS").write_text(KPOINTS.replace("Monkhorst-Pack", "Gamma").replace("3 3 3", "1 1 1"))
    assert start(tmp_path, "vasp_gam").wait(30) == 0
    assert set(PROGRAMS) == {"vasp_std", "vasp_gam", "vasp_ncl"}


def test_a_restart_reads_what_was_left(tmp_path: Path, start: Start) -> None:
    write_deck(tmp_path, {"NSW": "0", "IBRION": "-1"})
    assert start(tmp_path).wait(30) == 0
    first = (tmp_path / "OSZICAR").read_text().count("DAV:")
    write_deck(tmp_path, {"NSW": "0", "IBRION": "-1", "ISTART": "1", "ICHARG": "1"})
    assert start(tmp_path).wait(30) == 0
    assert "the WAVECAR file was read successfully" in said(tmp_path)
    assert "charge-density read from file" in said(tmp_path)
    assert (tmp_path / "OSZICAR").read_text().count("DAV:") < first


def test_dynamics_keeps_the_total_energy(tmp_path: Path, start: Start) -> None:
    write_deck(tmp_path, {"IBRION": "0", "NSW": "12", "POTIM": "1.0", "TEBEG": "300"})
    assert start(tmp_path, "vasp_ncl").wait(30) == 0
    totals = [float(x) for x in re.findall(r" E= (\S+)", (tmp_path / "OSZICAR").read_text())]
    assert len(totals) == 12
    assert max(totals) - min(totals) < 0.01
