"""RabbitMQ with its own port mapper (epmd)."""

import contextlib
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from processes import (
    Daemon,
    end,
    environment,
    listens,
    marked,
    not_installed,
    start,
    stop,
    wait_until,
    which,
)
from service import Place, Service, ServiceError

_AMQP_0_9_1 = b"AMQP\x00\x00\x09\x01"
_SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"

# AiiDA keeps a task unacknowledged for as long as its process runs.
_CONFIG = "listeners.tcp.1 = 127.0.0.1:{port}\nconsumer_timeout = 31536000000\nlog.file.level = warning\n"


def _server() -> str | None:
    """The server itself: the wrapper in PATH switches to its own user."""
    return _SERVER if Path(_SERVER).exists() else shutil.which("rabbitmq-server")


def daemons(place: Place) -> tuple[Daemon, ...]:
    """The port mapper, which must run first, and the server."""
    folder = place.folder
    return (Daemon("epmd", folder / "epmd.pid", folder), Daemon("rabbitmq", folder / "rabbitmq.pid", folder))


def _environment(place: Place) -> dict[str, str]:
    folder, port = place.folder, place.ports["amqp"]
    own = {
        "HOME": folder / "home",
        "RABBITMQ_NODENAME": f"cm{port}@localhost",
        "RABBITMQ_MNESIA_BASE": folder / "mnesia",
        "RABBITMQ_LOG_BASE": folder / "log",
        "RABBITMQ_CONFIG_FILE": folder / "rabbitmq",
        "RABBITMQ_ENABLED_PLUGINS_FILE": folder / "plugins",
        "RABBITMQ_PID_FILE": folder / "rabbitmq.pid",
        "RABBITMQ_DIST_PORT": place.ports["distribution"],
        "ERL_EPMD_PORT": place.ports["epmd"],
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_MAX_PORTS": 4096,
    }
    return environment(folder, {name: str(value) for name, value in own.items()})


def _greets(port: int) -> bool:
    """Whether RabbitMQ answers the AMQP greeting with the first frame of a connection."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as link:
        link.sendall(_AMQP_0_9_1)
        return link.recv(1) == b"\x01"
    return False


def _start_epmd(place: Place, daemon: Daemon) -> None:
    port = place.ports["epmd"]
    command = [which("epmd") or "epmd", "-port", str(port), "-address", "127.0.0.1"]
    pid = start(command, _environment(place), place.folder / "epmd.log")
    daemon.pid_file.write_text(f"{pid}\n", encoding="utf-8")
    if not wait_until(lambda: listens(port), 10):
        raise ServiceError(f"epmd does not listen at {port}; see {place.folder}/epmd.log")


def up(place: Place) -> None:
    """Start daemons that are not running; return when AMQP answers."""
    folder, port = place.folder, place.ports["amqp"]
    (folder / "home").mkdir(parents=True, exist_ok=True)
    (folder / "rabbitmq.conf").write_text(_CONFIG.format(port=port), encoding="utf-8")
    (folder / "plugins").write_text("[].\n", encoding="utf-8")
    epmd, server = daemons(place)
    if epmd.pid is None:
        _start_epmd(place, epmd)
    if server.pid is None:
        server.pid_file.unlink(missing_ok=True)
        start([_server() or _SERVER], _environment(place), folder / "server.log")
    if not (wait_until(lambda: _greets(port), 90) and wait_until(lambda: server.pid, 10)):
        raise ServiceError(f"RabbitMQ does not answer at {port}; see {folder}/server.log and {folder}/log")


def down(place: Place) -> None:
    """Stop the server, the port mapper, and the helper processes that Erlang leaves."""
    for daemon in reversed(daemons(place)):
        stop(daemon)
    end(marked(place.folder))


def address(place: Place) -> str:
    """AMQP's address."""
    return f"amqp://guest:guest@127.0.0.1:{place.ports['amqp']}"


def env(place: Place) -> Mapping[str, str]:
    """The AMQP address, as a URL and in the parts that AiiDA asks for."""
    return {"CM_AMQP": address(place), "CM_AMQP_PORT": str(place.ports["amqp"])}


RABBITMQ = Service(
    name="rabbitmq",
    port_names=("amqp", "distribution", "epmd"),
    packages=("rabbitmq-server",),
    up=up,
    down=down,
    daemons=daemons,
    address=address,
    env=env,
    missing=lambda: not_installed(("epmd",)) + (() if _server() else ("rabbitmq-server",)),
)
