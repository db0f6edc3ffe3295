"""Server, AiiDA's worker and broker are killed at each step from submit to parse: one sbatch, a right end."""

from collections.abc import Iterator
from typing import Literal

import pytest

from tests.integration import killing as k
from tests.services import Cluster
from tests.vasp_site import Site, vasp_site


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with vasp_site(cluster, tmp_path_factory.mktemp("k"), tmp_path_factory.mktemp("programs")) as site:
        yield site


@pytest.mark.parametrize("victim", [k.kill_server, k.kill_worker, k.kill_broker])
@pytest.mark.parametrize("moment", [k.at_once, k.uploading, k.running, k.collecting])
def test_killed_at_a_step(site: Site, moment: k.Moment, victim: k.Victim) -> None:
    k.killed_at(site, moment, victim)


@pytest.mark.parametrize("held", ["before", "after"])
@pytest.mark.parametrize("victim", [k.kill_server, k.kill_worker, k.kill_broker])
def test_killed_while_sbatch_is_at_work(
    site: Site, held: Literal["before", "after"], victim: k.Victim
) -> None:
    k.killed_at_sbatch(site, held, victim)
