"""A user's home with a cluster that has VASP, on either kind of profile; for tests of the whole way."""

import os
import subprocess
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from crystalmath_server.protocol.clusters import CLUSTERS_CREATE, CreateClusterParams
from crystalmath_server.protocol.codes import CODES_CREATE, CodeKind, CreateCodeParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.structures import STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_tui.client import Client, connect
from tests.home import processes_in
from tests.integration.real_server import home_of_its_own, until_ready
from tests.services import DIRECT, Cluster, write_ssh_config
from tests.vasp_standin.potmake import write_library
from tests.vasp_standin.standin_install import install

COPPER = Path(__file__).parents[1] / "crystalmath_tui/examples/copper.poscar"
SERVICES_PROFILE = "services"
# What `verdi config set` does, in one process for both.
_TRY_AGAIN_SOON = """
from aiida.manage.configuration import get_config
config = get_config()
config.set_option("transport.task_retry_initial_interval", 1)
config.set_option("transport.task_maximum_attempts", 4)
config.store()
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A home, its cluster, and the pk of a copper cell."""

    home: Path
    cluster: Cluster
    copper: int

    def processes(self, *words: str) -> list[psutil.Process]:
        """Processes of this home whose command has all these words."""
        return processes_in(self.home, *words)


def new_cluster(cluster: Cluster, label: str, potcars: Path, max_jobs: int = 0) -> CreateClusterParams:
    """The cluster of the tests, in no hurry to be polite."""
    return CreateClusterParams(
        label,
        DIRECT,
        str(cluster.home / "work"),
        mpirun="env",
        potcar_dir=str(potcars),
        max_jobs=max_jobs,
        defaults=Resources(walltime_s=300, memory_mb=300),
        poll_interval_s=0.3,
        safe_interval_s=0,
    )


@contextmanager
def vasp_site(cluster: Cluster, home: Path, programs: Path) -> Generator[Site]:
    """A home of a user who has set up the cluster `hpc`, with VASP on it."""
    with home_of_its_own(home):
        write_ssh_config(cluster, home)
        with connect() as server:
            until_ready(server)
            copper = server.call(STRUCTURES_IMPORT, ImportStructureParams(path=str(COPPER))).row.pk
            _try_again_soon()  # the server has written its profile
            server.call(CLUSTERS_CREATE, new_cluster(cluster, "hpc", write_library(programs / "potcars")))
            _make_codes(server, "hpc", install(programs / "bin"))
        yield Site(home, cluster, copper)


def _try_again_soon() -> None:
    """AiiDA tries a broken connection again after 1, 2, 4 … s instead of 20, 40, 80 … s."""
    _python(_TRY_AGAIN_SOON)


def _make_codes(server: Client, cluster: str, paths: dict[str, Path]) -> None:
    for kind in (CodeKind.VASP_STD, CodeKind.VASP_NCL):
        params = CreateCodeParams(cluster, kind.value, str(paths[kind.value]), kind)
        server.call(CODES_CREATE, params)


@contextmanager
def services_site(
    cluster: Cluster, home: Path, programs: Path, postgres: dict[str, str], amqp: str
) -> Generator[Site]:
    """The same on a profile with PostgreSQL and RabbitMQ, as groups have it."""
    with home_of_its_own(home):
        _make_services_profile(home, postgres, amqp)
    with vasp_site(cluster, home, programs) as site:
        yield site


def _make_services_profile(home: Path, postgres: dict[str, str], amqp: str) -> None:
    database = create_database(postgres)
    user, _, place = amqp.removeprefix("amqp://").rpartition("@")
    name, _, password = user.partition(":")
    host, _, port = place.partition("/")[0].partition(":")
    _verdi(
        *f"profile setup core.psql_dos -n -p {SERVICES_PROFILE} --set-as-default --broker none".split(),
        *["--first-name", "A", "--last-name", "B", "--institution", "C", "--email", "a@b.c"],
        *("--database-hostname", postgres["PGHOST"], "--database-port", postgres["PGPORT"]),
        *("--database-username", postgres["PGUSER"], "--database-password", "none"),
        *("--database-name", database, "--repository-uri", f"file://{home}/repository"),
    )
    _verdi(
        *f"profile configure-broker core.rabbitmq {SERVICES_PROFILE} -n -f".split(),
        *("--broker-host", host, "--broker-port", port or "5672"),
        *("--broker-username", name or "guest", "--broker-password", password or "guest"),
    )


def create_database(postgres: dict[str, str]) -> str:
    """A new, empty database; its name."""
    import psycopg
    from psycopg import sql

    name = f"cm_{uuid.uuid4().hex[:12]}"
    words = f"host={postgres['PGHOST']} port={postgres['PGPORT']} user={postgres['PGUSER']} dbname=postgres"
    with psycopg.connect(words, autocommit=True) as link:
        command = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
        link.execute(command.format(sql.Identifier(name)))
    return name


def _verdi(*words: str) -> None:
    _run("-m", "aiida", *words)


def _python(text: str) -> None:
    _run("-c", text)


def _run(*words: str) -> None:
    command = [sys.executable, "-W", "ignore", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
