"""The same kills on PostgreSQL and RabbitMQ, where worker and broker are others: one sbatch, a right end."""

from collections.abc import Iterator
from typing import Literal

import pytest

from tests.integration import killing as k
from tests.services import Cluster
from tests.vasp_site import Site, services_site


@pytest.fixture(scope="module")
def site(
    cluster: Cluster, postgres: dict[str, str], amqp: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    home, programs = tmp_path_factory.mktemp("k"), tmp_path_factory.mktemp("programs")
    with services_site(cluster, home, programs, postgres, amqp) as site:
        yield site


@pytest.mark.parametrize(
    "moment,victim",
    [
        (k.at_once, k.kill_server),
        (k.at_once, k.kill_rabbitmq),
        (k.uploading, k.kill_worker),
        (k.running, k.kill_rabbitmq),
        (k.running, k.kill_worker),
        (k.collecting, k.kill_rabbitmq),
    ],
)
def test_killed_at_a_step(site: Site, moment: k.Moment, victim: k.Victim) -> None:
    k.killed_at(site, moment, victim)


@pytest.mark.parametrize(
    "held,victim", [("before", k.kill_rabbitmq), ("after", k.kill_rabbitmq), ("after", k.kill_worker)]
)
def test_killed_while_sbatch_is_at_work(
    site: Site, held: Literal["before", "after"], victim: k.Victim
) -> None:
    k.killed_at_sbatch(site, held, victim)
