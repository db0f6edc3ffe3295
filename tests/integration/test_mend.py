"""Jobs of VASP that correct themselves, over SLURM and ssh."""

import uuid
from collections.abc import Iterator

import pytest

from crystalmath_server.protocol.jobs import JOBS_SHOW, JobDetail, JobPk, JobState
from crystalmath_server.protocol.resources import Resources
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, submit
from tests.services import Cluster
from tests.vasp_site import Site, vasp_site


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with vasp_site(cluster, tmp_path_factory.mktemp("m"), tmp_path_factory.mktemp("programs")) as site:
        yield site


@pytest.fixture
def server(site: Site) -> Iterator[Client]:
    with connect() as client:
        yield client


def new_job(server: Client, site: Site, faults: str, most: int, template: str = "vasp.static") -> int:
    wanted = Resources(prepend_text=f"echo {faults} > STANDIN")
    return submit(
        server, site.copper, str(uuid.uuid4()), template, cluster="hpc", resources=wanted, corrections=most
    )


def show(server: Client, pk: int) -> JobDetail:
    return server.call(JOBS_SHOW, JobPk(pk))


def test_two_faults_one_after_the_other(site: Site, server: Client) -> None:
    pk = new_job(server, site, "brmix zbrent", 4, "vasp.relax")
    assert ended(server, pk, 150) is JobState.FINISHED, show(server, pk)
