"""What users give wrongly, over ssh and SLURM: told with code or reason and the way out; nothing is lost."""

import subprocess
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from crystalmath_server.protocol.clusters import (
    CLUSTERS_CREATE,
    CLUSTERS_DELETE,
    CLUSTERS_LIST,
    CLUSTERS_QUEUE,
    CLUSTERS_SHOW,
    CLUSTERS_TEST,
    CLUSTERS_UPDATE,
    ClusterLabel,
    ClusterTestParams,
    StepName,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codes import (
    CODES_CREATE,
    CODES_TEST,
    CodeKind,
    CodePk,
    CreateCodeParams,
    Outcome,
    Step,
)
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import (
    JOBS_PLAY,
    JOBS_SHOW,
    JOBS_SUBMIT,
    ControlJobParams,
    JobDetail,
    JobPk,
    JobState,
    SubmitJobParams,
)
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.templates import TEMPLATES_RENDER
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, refused, submit, until_state
from tests.services import Cluster
from tests.vasp_site import Site, new_cluster, vasp_site
from tests.vasp_standin.potmake import write_library
from tests.vasp_standin.standin_install import install


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="module")
def site(cluster: Cluster, programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with vasp_site(cluster, tmp_path_factory.mktemp("b"), programs) as site:
        yield site


@pytest.fixture
def server(site: Site) -> Iterator[Client]:
    with connect() as client:
        yield client


def another(server: Client, site: Site, programs: Path, label: str, **changes: str) -> None:
    """A cluster like `hpc` but for something."""
    params = replace(new_cluster(site.cluster, label, programs / "potcars"), **changes)
    server.call(CLUSTERS_CREATE, params)
    path = str(install(programs / "bin")["vasp_std"])
    server.call(CODES_CREATE, CreateCodeParams(label, "vasp", path, CodeKind.VASP_STD))


def new_job(server: Client, site: Site, cluster: str, **given: object) -> int:
    return submit(server, site.copper, str(uuid.uuid4()), "vasp.static", cluster=cluster, **given)


def show(server: Client, pk: int) -> JobDetail:
    return server.call(JOBS_SHOW, JobPk(pk))


def paused(server: Client, pk: int) -> JobDetail:
    """The job when AiiDA has given up for now."""
    return until_state(server, pk, JobState.PAUSED)


def failed_step(server: Client, label: str) -> Step:
    told = server.call(CLUSTERS_TEST, ClusterTestParams(label))
    (step,) = (step for step in told.steps if step.outcome is Outcome.FAILED)
    assert step.hint
    return step


def assert_goes_on(server: Client, site: Site, pk: int) -> None:
    """After the cause was fixed: by itself or by the key that the words name, and once."""
    if show(server, pk).row.state is JobState.PAUSED:
        server.call(JOBS_PLAY, ControlJobParams(pk, 10))
    assert ended(server, pk, 120) is JobState.FINISHED, show(server, pk)
    assert len(site.cluster.sbatch_calls(show(server, pk).remote_work_dir)) == 1


# --- the program


@pytest.mark.parametrize(
    "name,content,mode,words",
    [
        ("gone", None, 0, "missing on the cluster"),
        ("locked", "#!/bin/sh\n", 0o644, "may not be used"),
        ("other", "#!/bin/sh\necho hello\n", 0o755, "is it VASP?"),
        ("mute", "#!/bin/sh\n", 0o755, "wrote nothing"),
    ],
)
def test_a_wrong_program_is_said(
    site: Site, server: Client, tmp_path: Path, name: str, content: str | None, mode: int, words: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    params = CreateCodeParams("hpc", name, str(path), CodeKind.VASP_STD)
    code = server.call(CODES_CREATE, params)
    told = server.call(CODES_TEST, CodePk(code.pk))
    if name in {"gone", "locked"}:
        assert not told.ok
        assert str(path) in next(step.detail for step in told.steps if step.outcome is Outcome.FAILED)
    pk = new_job(server, site, "hpc", code=name)
    assert ended(server, pk) is JobState.FAILED
    job = show(server, pk)
    assert words in job.explanation
    assert str(path) in job.explanation
    assert job.hint


# --- the work folder


def test_a_work_folder_that_cannot_be_made(site: Site, server: Client, programs: Path) -> None:
    another(server, site, programs, "nowhere", work_dir="/proc/nowhere")
    pk = new_job(server, site, "nowhere")
    step = failed_step(server, "nowhere")
    assert step.name == StepName.WORK_DIR.value
    assert "/proc/nowhere" in step.detail
    job = paused(server, pk)
    assert "uploading the inputs on nowhere failed" in job.explanation
    assert "is the work folder right?" in job.explanation
    assert "clusters test nowhere" in job.hint
    work_dir = str(site.cluster.home / "work")
    server.call(CLUSTERS_UPDATE, UpdateClusterParams("nowhere", work_dir=work_dir))
    assert_goes_on(server, site, pk)


@contextmanager
def small_disk(folder: Path) -> Generator[None]:
    """A file system of 64 kB; mounting needs root."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_work_folder(site: Site, server: Client, programs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    with small_disk(folder):
        another(server, site, programs, "full", work_dir=str(folder))
        ballast = folder / "ballast"
        with pytest.raises(OSError, match="No space"):
            ballast.write_bytes(b"x" * 200_000)
        step = failed_step(server, "full")
        assert (step.name, "full" in step.detail) == (StepName.WORK_DIR.value, True)
        pk = new_job(server, site, "full")
        job = paused(server, pk)
        assert "disk is full" in job.explanation
        assert "clusters test full" in job.hint
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
        assert_goes_on(server, site, pk)


# --- POTCAR


def test_a_cluster_that_does_not_say_where_its_potentials_are(
    site: Site, server: Client, programs: Path
) -> None:
    another(server, site, programs, "bare", potcar_dir="")
    job = SubmitJobParams("vasp.static", (site.copper,), key=str(uuid.uuid4()), cluster="bare")
    spec = JobSpec("vasp.static", (site.copper,), cluster="bare")
    for error in (refused(server, JOBS_SUBMIT, job), refused(server, TEMPLATES_RENDER, spec)):
        assert (error.code, error.data.field) == (ErrorCode.MISSING_POTENTIAL, "cluster")
        assert "clusters update bare --potcar-dir" in error.data.hint


def test_a_potcar_of_another_element(site: Site, server: Client, programs: Path, tmp_path: Path) -> None:
    library = write_library(tmp_path / "potcars")
    for path in library.rglob("*"):
        if path.parent.name == "Cu" or path.name == "POTCAR.Cu.gz":
            path.write_bytes(Path(str(path).replace("Cu", "Al")).read_bytes())
    another(server, site, programs, "mixed", potcar_dir=str(library))
    pk = new_job(server, site, "mixed")
    assert ended(server, pk) is JobState.FAILED
    job = show(server, pk)
    assert "POTCAR has other elements than POSCAR, or another order" in job.explanation
    assert job.hint


# --- the host


@contextmanager
def another_host_key(site: Site, folder: Path) -> Generator[None]:
    """known_hosts holds keys that are not the host's."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")], check=True)
    key = " ".join((folder / "key.pub").read_text().split()[:2])
    known = site.cluster.services.base / "sshd" / "known_hosts"
    hosts = [line.split()[0] for line in known.read_text().splitlines()]
    (folder / "known_hosts").write_text("".join(f"{host} {key}\n" for host in hosts))
    config = site.home / ".ssh" / "config"
    before = config.read_text()
    config.write_text(before.replace(str(known), str(folder / "known_hosts")))
    try:
        yield
    finally:
        config.write_text(before)


def test_a_wrong_host_key_is_never_accepted(
    site: Site, server: Client, programs: Path, tmp_path: Path
) -> None:
    another(server, site, programs, "strange")
    with another_host_key(site, tmp_path):
        pk = new_job(server, site, "strange")
        error = refused(server, CLUSTERS_QUEUE, ClusterLabel("strange"))
        assert (error.code, error.data.field) == (ErrorCode.HOST_KEY_REFUSED, "label")
        assert "known_hosts" in error.data.hint
        assert failed_step(server, "strange").name == StepName.HOST_KEY.value
        job = paused(server, pk)
        assert "host key" in job.explanation.lower()
        assert job.scheduler_job_id == ""
    assert_goes_on(server, site, pk)


# --- clusters


def test_a_cluster_of_a_name_that_is_taken(site: Site, server: Client) -> None:
    before = server.call(CLUSTERS_LIST, NoParams())
    error = refused(server, CLUSTERS_CREATE, new_cluster(site.cluster, "hpc", Path("/potcars")))
    assert (error.code, error.data.field) == (ErrorCode.CONFLICT, "label")
    assert server.call(CLUSTERS_LIST, NoParams()) == before


def test_a_cluster_with_running_jobs_is_not_deleted(site: Site, server: Client) -> None:
    pk = new_job(server, site, "hpc", resources=Resources(prepend_text="echo slow=0.5 > STANDIN"))
    until_state(server, pk, JobState.RUNNING)
    error = refused(server, CLUSTERS_DELETE, ClusterLabel("hpc"))
    assert (error.code, error.data.field) == (ErrorCode.CONFLICT, "label")
    assert f"1 job on 'hpc' not ended: {pk}" in error.data.detail
    assert "--no-enabled" in error.data.hint
    assert len(server.call(CLUSTERS_SHOW, ClusterLabel("hpc")).codes) >= 2
    assert_goes_on(server, site, pk)
