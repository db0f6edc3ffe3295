"""Command line of scripts/services."""

import argparse
import fcntl
import json
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import packages
from postgres import POSTGRES
from processes import free_ports, is_free
from rabbitmq import RABBITMQ
from service import Place, Service, ServiceError
from slurm import SLURM
from ssh import SSHD

SERVICES = {service.name: service for service in (SLURM, SSHD, POSTGRES, RABBITMQ)}

_ABOUT = """\
Real services for tests, each in its own folder below --base, on free loopback ports,
without systemd, and without root if the Debian packages are installed.

  install  only install the missing packages, or print the command that does
  up       install missing packages (as root), and start services that are not running
  down     stop running services; --wipe also removes their folders
  status   up or down, with pids and address; exit status 1 if any is down
  env      exports for a shell: eval "$(scripts/services env)"
"""


def _folder_of(base: Path, service: Service) -> Path:
    return base / service.name


def _remembered(folder: Path) -> dict[str, int]:
    try:
        return json.loads((folder / "ports.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def place_of(base: Path, service: Service) -> Place:
    """The folder of a service, and the ports assigned to it."""
    folder = _folder_of(base, service)
    ports = _remembered(folder)
    return Place(folder, {name: ports.get(name, 0) for name in service.port_names}, base)


def runs(service: Service, place: Place) -> bool:
    """Whether all its daemons are alive."""
    return all(daemon.pid for daemon in service.daemons(place))


def _give_ports(base: Path, service: Service) -> Place:
    """Keep the ports if the service runs or they are free; choose new ports otherwise."""
    place = place_of(base, service)
    in_use = any(daemon.pid for daemon in service.daemons(place))
    if in_use or all(port and is_free(port) for port in place.ports.values()):
        return place
    place.folder.mkdir(parents=True, exist_ok=True)
    ports = dict(zip(service.port_names, free_ports(len(service.port_names)), strict=True))
    (place.folder / "ports.json").write_text(json.dumps(ports), encoding="utf-8")
    return place_of(base, service)


def up(base: Path, services: Iterable[Service]) -> None:
    """Start services; harmless if they already run."""
    packages.need(services)
    for service in services:
        began = time.monotonic()
        place = _give_ports(base, service)
        ran = runs(service, place)
        service.up(place)
        words = "was up" if ran else f"up in {time.monotonic() - began:.1f} s"
        print(f"{service.name}: {words}; {service.address(place)}", flush=True)


def down(base: Path, services: Iterable[Service], *, wipe: bool) -> None:
    """End services."""
    for service in services:
        place = place_of(base, service)
        if place.folder.is_dir():
            service.down(place)
        if wipe:
            shutil.rmtree(place.folder, ignore_errors=True)
        print(f"{service.name}: down", flush=True)


def status(base: Path, services: Iterable[Service]) -> bool:
    """Print a line per service; return whether all are up."""
    all_run = True
    for service in services:
        place = place_of(base, service)
        daemons = service.daemons(place)
        pids = ", ".join(f"{daemon.name} {daemon.pid or 'down'}" for daemon in daemons)
        up_now = runs(service, place)
        all_run &= up_now
        if up_now:
            print(f"{service.name}: up ({pids}); {service.address(place)}")
        else:
            print(f"{service.name}: down" + (f" ({pids})" if any(d.pid for d in daemons) else ""))
    return all_run


def env(base: Path, services: Iterable[Service]) -> None:
    """Print exports for a shell."""
    values: dict[str, str] = {}
    for service in services:
        place = place_of(base, service)
        if all(place.ports.values()):
            values |= service.env(place)
    paths = [values[name] for name in ("CM_SLURM_BIN", "CM_SSH_BIN") if name in values]
    for name, value in values.items():
        print(f"export {name}={shlex.quote(value)}")
    if paths:
        print(f'export PATH={shlex.quote(":".join(paths))}:"$PATH"')


@contextmanager
def _alone(base: Path) -> Generator[None, None, None]:
    """Allow one change at a time; a second caller finds the work done."""
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o755)  # PostgreSQL runs as another user than root
    with (base / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.set_inheritable(lock.fileno(), False)
        yield


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "scripts/services", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=("install", "up", "down", "status", "env"))
    words = f"{', '.join(SERVICES)} or all [all]"
    parser.add_argument("names", nargs="*", choices=(*SERVICES, "all", []), metavar="SERVICE", help=words)
    default = Path(tempfile.gettempdir()) / f"crystalmath-services-{os.getuid()}"
    parser.add_argument("--base", type=Path, default=default, help=f"folder of all services [{default}]")
    parser.add_argument("--wipe", action="store_true", help="with down: remove the folders too")
    return parser.parse_args()


def _change(given: argparse.Namespace, base: Path, services: list[Service]) -> None:
    if given.verb == "install":
        packages.need(services)
    elif given.verb == "up":
        up(base, services)
    else:
        down(base, services, wipe=given.wipe)


def main() -> int:
    """Run one command and return the exit status."""
    given = _arguments()
    base = given.base.absolute()
    names = SERVICES if not given.names or "all" in given.names else given.names
    services = [SERVICES[name] for name in dict.fromkeys(names)]
    if given.verb == "status":
        return 0 if status(base, services) else 1
    if given.verb == "env":
        env(base, services)
        return 0
    try:
        with _alone(base):
            _change(given, base, services)
    except ServiceError as error:
        print(f"scripts/services: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
