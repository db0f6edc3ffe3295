"""Jobs that fail or wait for real, on SLURM over ssh: cause and first step are right in each."""

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.again import JOBS_RESTART, RestartJobParams
from crystalmath_server.protocol.clusters import CLUSTERS_CREATE
from crystalmath_server.protocol.codes import CODES_CREATE, CodeKind, CreateCodeParams
from crystalmath_server.protocol.diagnosis import JOBS_DIAGNOSE, Diagnosis
from crystalmath_server.protocol.jobs import (
    JOBS_CANCEL,
    JOBS_PAUSE,
    JOBS_PLAY,
    JOBS_SHOW,
    ControlJobParams,
    JobPk,
    JobState,
)
from crystalmath_server.protocol.resources import Resources
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, submit
from tests.integration.server_process import wait_until
from tests.services import Cluster
from tests.vasp_site import Site, new_cluster, vasp_site
from tests.vasp_standin.potmake import potcar


@dataclass(frozen=True)
class Case:
    """A job, and what its diagnosis must say."""

    cause: str
    action: str
    words: str  # a part of the first evidence, or of the detail
    prepend: str = ""
    template: str = "vasp.static"
    code: str = ""
    cluster: str = "hpc"
    state: JobState = JobState.FAILED
    wanted: Mapping[str, Any] = field(default_factory=dict[str, Any])
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


def stopped(fault: str) -> str:
    return f"echo {fault} > STANDIN"


CASES = {
    "too many steps needed": Case(
        "vasp.zbrent", "restart", "ZBRENT: fatal error in bracketing", stopped("zbrent"), "vasp.relax"
    ),
    "mixing": Case("vasp.brmix", "restart", "BRMIX: very serious problems", stopped("brmix")),
    "an old potential": Case("vasp.set_core_wf", "clone", "SET_CORE_WF", stopped("set_core_wf")),
    "a crash": Case("crash", "retry", "egmentation fault", stopped("crash")),
    "a full disk": Case("disk", "retry", "No space left on device", stopped("nospace")),
    "cut off in the middle": Case("truncated", "restart", "breaks off", code="cutter"),
    "electrons": Case(
        "vasp.unconverged_electronic", "restart", "ALGO", stopped("unconverged"), "vasp.static"
    ),
    "its memory": Case("memory", "clone", "memory", "ulimit -v 400000; " + stopped("oom=600")),
    "more than a node has": Case(
        "refused.resources", "clone", "node configuration", wanted={"memory_mb": 10_000_000}
    ),
    "a program": Case("program", "codes", "o such file", code="gone"),
    "the right to run it": Case("permission", "codes", "ermission denied", code="locked"),
    "killed in the middle": Case("ended", "retry", "Killed", stopped("truncate=1")),
    "another program": Case("not_vasp", "codes", "is it VASP", code="mute"),
    "no vasprun.xml": Case("unknown", "log", "left no result", code="silent"),
    "too few bands": Case("vasp.too_few_bands", "restart", "TOO FEW BANDS", stopped("too_few_bands")),
    "translations": Case("vasp.kpoints_trans", "restart", "GENERATE_KPOINTS_TRANS", stopped("kpoints_trans")),
    "steps that are too small": Case(
        "vasp.brions", "restart", "BRIONS problems", stopped("brions"), "vasp.relax"
    ),
    "a tag that cannot be read": Case(
        "vasp.read_error", "clone", "Error reading item", "sed -i 's/^ENCUT.*/ENCUT = much/' INCAR"
    ),
    "no POTCAR": Case("potcar", "potcars", "no POTCAR of Cu", cluster="bare"),
    "the POTCAR of another element": Case("potcar_other", "potcars", "type information", cluster="mixed"),
    "no mpirun": Case("program", "codes", "command not found", cluster="nompi"),
    "no such module": Case("module", "codes", "no-such-module", wanted={"modules": ("no-such-module",)}),
    "an account of nobody": Case("refused.account", "clone", "account", wanted={"account": "nobody"}),
    "no such partition": Case("refused.partition", "clone", "partition", wanted={"partition": "nowhere"}),
    "too long for its partition": Case(
        "refused.time", "clone", "time limit", wanted={"partition": "short", "walltime_s": 360}
    ),
    "a line of shell": Case("script", "clone", "syntax error", "if [ -e INCAR ]; echo then; fi"),
    "cancelled from outside": Case(
        "cancelled", "retry", "canceled on the cluster", "scancel $SLURM_JOB_ID; sleep 60"
    ),
    "a signal from outside": Case("ended", "retry", "Terminated", code="terminated"),
    "aborted": Case("crash", "retry", "Aborted", code="aborted"),
    "another processor": Case("processor", "codes", "llegal instruction", code="illegal"),
    "no program at all": Case("program", "codes", "not found", code="garbage"),
    "a library": Case("library", "codes", "error while loading shared libraries", code="unlinked"),
    "another build": Case("build", "clone", "gamma-only version", code="vasp_gam"),
    "no folder to work in": Case(
        "work_folder", "test cluster", "SFTP", cluster="walled", state=JobState.PAUSED
    ),
    "an unreadable vasprun.xml": Case("unreadable", "log", "cannot be read", code="babbler"),
}
PROGRAMS = {
    "cutter": "#!/bin/sh\nVASP\nhead -c 3000 vasprun.xml > part\nmv part vasprun.xml\n",
    "locked": "#!/bin/sh\nexit 0\n",
    "mute": "#!/bin/sh\nexit 0\n",
    "silent": "#!/bin/sh\necho ' running on    1 total cores'\n",
    "terminated": "#!/bin/sh\necho ' running on    1 total cores'\nkill -TERM $$\n",
    "aborted": "#!/bin/sh\necho ' running on    1 total cores'\nulimit -c 0\nkill -ABRT $$\n",
    "illegal": "#!/bin/sh\necho ' running on    1 total cores'\nulimit -c 0\nkill -ILL $$\n",
    "garbage": "\x7fELF, but no program\n",
    "babbler": "#!/bin/sh\nprintf '<modeling>\\n<broken>\\n</modeling>\\n' > vasprun.xml\n",
}


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    programs = tmp_path_factory.mktemp("programs")
    with vasp_site(cluster, tmp_path_factory.mktemp("d"), programs) as site:
        with connect() as server:
            names = ("gone", "unlinked", *PROGRAMS)
            paths = {name: programs / name for name in names} | {"vasp_gam": programs / "bin/vasp_gam"}
            _unlink_a_library(paths["unlinked"])
            _make_odd_clusters(server, cluster, programs)
            for name, text in PROGRAMS.items():
                paths[name].write_text(text.replace("VASP", str(programs / "bin/vasp_std")))
                paths[name].chmod(0o644 if name == "locked" else 0o755)
            for name, path in paths.items():
                server.call(CODES_CREATE, CreateCodeParams("hpc", name, str(path), CodeKind.VASP_STD))
        yield site


def _unlink_a_library(path: Path) -> None:
    """A program whose library has another name than any that is there."""
    program = Path(shutil.which("uname") or "/bin/uname").read_bytes()
    assert b"libc.so.6" in program
    path.write_bytes(program.replace(b"libc.so.6", b"libx.so.6"))
    path.chmod(0o755)


def _make_odd_clusters(server: Client, cluster: Cluster, programs: Path) -> None:
    """The same cluster, each time with something that is not right."""
    mixed = programs / "mixed/Cu/POTCAR"
    mixed.parent.mkdir(parents=True)
    mixed.write_text(potcar("Ni"))
    potcars = programs / "potcars"
    for params in (
        new_cluster(cluster, "bare", programs / "none"),
        new_cluster(cluster, "mixed", programs / "mixed"),
        replace(new_cluster(cluster, "nompi", potcars), mpirun="no-such-mpirun"),
        replace(new_cluster(cluster, "walled", potcars), work_dir="/proc/nowhere"),
    ):
        server.call(CLUSTERS_CREATE, params)
        path = str(programs / "bin/vasp_std")
        server.call(CODES_CREATE, CreateCodeParams(params.label, "vasp_std", path, CodeKind.VASP_STD))


@pytest.fixture(scope="module")
def jobs(site: Site) -> dict[str, int]:
    """All cases at once, so that they wait together."""
    with connect() as server:
        return {name: _submitted(server, site, case) for name, case in CASES.items()}


@pytest.fixture
def server(site: Site) -> Iterator[Client]:
    with connect() as client:
        yield client


def _submitted(server: Client, site: Site, case: Case) -> int:
    return submit(
        server,
        site.copper,
        str(uuid.uuid4()),
        case.template,
        cluster=case.cluster,
        code=case.code or "vasp_std",
        values=dict(case.values),
        resources=Resources(prepend_text=case.prepend, **case.wanted),
    )


def diagnosis(server: Client, pk: int) -> Diagnosis:
    return server.call(JOBS_DIAGNOSE, JobPk(pk))


def until(server: Client, pk: int, cause: str, timeout_s: float = 200) -> Diagnosis:
    def found() -> Diagnosis | None:
        told = diagnosis(server, pk)
        return told if told.cause == cause else None

    return wait_until(found, timeout_s, f"never {cause}", pause_s=0.2)


@pytest.mark.parametrize("name", CASES)
def test_why_it_failed(name: str, jobs: dict[str, int], site: Site, server: Client) -> None:
    case, pk = CASES[name], jobs[name]
    if case.state is JobState.FAILED:
        assert ended(server, pk, 200) is JobState.FAILED, server.call(JOBS_SHOW, JobPk(pk))
    found = diagnosis(server, pk) if case.state is JobState.FAILED else until(server, pk, case.cause)
    assert (found.cause, found.steps[0].action) == (case.cause, case.action), found
    assert any(case.words in text for text in (*(row.text for row in found.evidence), found.detail)), found
    assert all(step.command.startswith("crystalmath ") for step in found.steps if step.action != "wait")
    if case.state is JobState.FAILED and case.cause != "unknown":
        row = server.call(JOBS_SHOW, JobPk(pk)).row
        assert row.reason == found.title, row.exit_status
    if case.state is not JobState.FAILED:  # it would be tried again and again
        assert server.call(JOBS_CANCEL, ControlJobParams(pk, 60)).done


def test_going_on_with_the_correction_ends_well(jobs: dict[str, int], server: Client) -> None:
    failed = jobs["too many steps needed"]
    ended(server, failed, 200)
    made = server.call(JOBS_RESTART, RestartJobParams(failed, "going-on-after-zbrent"))
    assert server.call(JOBS_RESTART, RestartJobParams(failed, "going-on-after-zbrent")).pk == made.pk
    assert ended(server, made.pk, 120) is JobState.FINISHED, diagnosis(server, made.pk)
    detail = server.call(JOBS_SHOW, JobPk(made.pk))
    assert detail.retry_of == failed
    assert "+NELMIN = 8" in detail.edits["INCAR"]
    assert "POSCAR" in detail.edits, "it begins from the last positions"
    assert "restart_folder" in {link.label for link in detail.inputs}


def test_why_it_waits(site: Site, server: Client) -> None:
    runs = _submitted(server, site, Case("", "", "", "sleep 600"))
    assert until(server, runs, "running").steps[0].action == "wait"
    control = server.call(JOBS_PAUSE, ControlJobParams(runs, 60))
    assert control.done, control
    paused = until(server, runs, "paused")
    assert (paused.steps[0].action, paused.steps[0].command) == ("play", f"crystalmath jobs play {runs}")
    server.call(JOBS_PLAY, ControlJobParams(runs))
    server.call(JOBS_CANCEL, ControlJobParams(runs, 60))
    assert until(server, runs, "killed").steps[0].action == "retry"


def test_a_stopped_daemon_is_said(site: Site, server: Client) -> None:
    pk = _submitted(server, site, Case("", "", "", "sleep 600"))
    until(server, pk, "running")
    command = [sys.executable, "-W", "ignore", "-m", "aiida", "daemon", "stop", "--timeout", "30"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr
    assert until(server, pk, "daemon").steps[0].action == "status"
    for process in site.processes("vasp_std"):
        process.send_signal(signal.SIGTERM)
