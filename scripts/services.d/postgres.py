"""PostgreSQL with trust authentication on loopback; root runs it as user postgres, as it refuses root."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from processes import Daemon, environment, run, stop
from service import Place, Service, ServiceError

USER = "aiida"


def _programs() -> Path | None:
    """Program folder of the newest installed version, which Debian keeps out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    other = shutil.which("initdb")
    return Path(other).parent if other else None


def _user() -> str | None:
    return "postgres" if os.getuid() == 0 else None


def daemons(place: Place) -> tuple[Daemon, ...]:
    """The postmaster, which stops its own children."""
    return (Daemon("postgres", place.folder / "data" / "postmaster.pid", place.folder),)


def _call(place: Place, program: str, *arguments: str) -> None:
    made = run([str((_programs() or Path()) / program), *arguments], environment(place.folder), 90, _user())
    if made.returncode:
        raise ServiceError(f"{program}: {made.stdout.strip()} (see {place.folder}/postgres.log)")


def up(place: Place) -> None:
    """Create the database cluster once, then start it."""
    data = place.folder / "data"
    place.folder.mkdir(exist_ok=True)
    if os.getuid() == 0:
        shutil.chown(place.folder, "postgres", "postgres")
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        _call(place, "initdb", "-D", str(data), "-A", "trust", "-U", USER, "--no-sync", "-E", "UTF8")
    if daemons(place)[0].pid is None:
        options = (
            f"-p {place.ports['postgres']} -k '{place.folder}' -c listen_addresses=127.0.0.1 "
            "-c fsync=off -c full_page_writes=off -c max_connections=200"
        )
        log = str(place.folder / "postgres.log")
        _call(place, "pg_ctl", "-D", str(data), "-o", options, "-l", log, "-w", "-t", "60", "start")


def down(place: Place) -> None:
    """Stop PostgreSQL in fast mode: TERM would wait for clients."""
    if daemons(place)[0].pid is not None:
        _call(place, "pg_ctl", "-D", str(place.folder / "data"), "-m", "fast", "-w", "-t", "20", "stop")
    stop(daemons(place)[0])


def address(place: Place) -> str:
    """The address, and the user who may connect."""
    return f"postgresql://{USER}@127.0.0.1:{place.ports['postgres']}/postgres"


def env(place: Place) -> Mapping[str, str]:
    """The variables of PostgreSQL's own clients."""
    return {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(place.ports["postgres"]),
        "PGUSER": USER,
        "PGDATABASE": "postgres",
    }


POSTGRES = Service(
    name="postgres",
    port_names=("postgres",),
    packages=("postgresql",),
    up=up,
    down=down,
    daemons=daemons,
    address=address,
    env=env,
    missing=lambda: () if _programs() else ("initdb",),
)
