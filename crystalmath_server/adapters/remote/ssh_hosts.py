"""~/.ssh/config of this user, the way to a host, and the keys that hosts show; reads, never writes."""

import getpass
import glob
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crystalmath_server.domain.clusters.ssh_config import Block, blocks, host, lookup, names
from crystalmath_server.protocol.clusters import HostList, SshHost
from crystalmath_server.protocol.errors import FileUnreadable, HostKeyRefused

_GLOBAL = "/etc/ssh/ssh_known_hosts"
KEY_S = 15.0


def config_path() -> Path:
    """Where OpenSSH and asyncssh look."""
    return Path.home() / ".ssh" / "config"


def read_blocks() -> tuple[Block, ...]:
    """The configuration of this user; none where there is no file.

    Raises
    ------
    FileUnreadable
        Where it is there and cannot be read.
    """
    path = config_path()
    try:
        return blocks(path.read_text("utf-8", errors="replace"), _included)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise FileUnreadable(f"cannot read {path}: {error.strerror}") from error


def _included(pattern: str) -> list[str]:
    """Texts of the files of an Include line; relative names begin at ~/.ssh."""
    path = Path(pattern).expanduser()
    whole = path if path.is_absolute() else config_path().parent / path
    return [Path(name).read_text("utf-8", errors="replace") for name in sorted(glob.glob(str(whole)))]  # noqa: PTH207  the pattern may be absolute


def read_hosts() -> HostList:
    """Hosts that the configuration names in full."""
    found = read_blocks()
    user = getpass.getuser()
    return HostList(tuple(host(found, name, user) for name in names(found)), str(config_path()))


def route(name: str) -> tuple[SshHost, ...]:
    """Hosts on the way to `name`, the one this machine talks to first; `name` itself is the last."""
    return _route(read_blocks(), name, 8)


def _route(found: Sequence[Block], name: str, most: int) -> tuple[SshHost, ...]:
    target = host(found, name, getpass.getuser())
    if not target.proxy_jump or most == 0:
        return (target,)
    first, *others = (_jump_name(part) for part in target.proxy_jump.split(","))
    between = [host(found, each, getpass.getuser()) for each in others]
    return (*_route(found, first, most - 1), *between, target)


def _jump_name(part: str) -> str:
    """The host of [user@]host[:port]."""
    return part.strip().removeprefix("ssh://").rpartition("@")[2].partition(":")[0]


def uses_proxy_command(name: str) -> bool:
    """Whether a program makes the connection, so that nothing can be said of the way."""
    return lookup(read_blocks(), name).get("proxycommand", "none").lower() != "none"


def accepts_any_key(name: str) -> bool:
    """Whether OpenSSH would take unknown keys in silence."""
    return lookup(read_blocks(), name).get("stricthostkeychecking", "").lower() in {"no", "off", "accept-new"}


def resolve(name: str, port: int) -> str:
    """The address of a host; raises OSError."""
    return str(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0][4][0])


@dataclass(frozen=True, slots=True)
class ShownKey:
    """The key that a host shows, and whether known_hosts has another one of it."""

    host: SshHost
    fingerprint: str
    files: tuple[str, ...]
    known: bool


async def shown_key(hop: SshHost) -> ShownKey | None:
    """Ask a host for its key; None where it shows none."""
    import asyncssh

    key = await asyncssh.get_server_host_key(hop.name)
    if key is None:
        return None
    files = _known_hosts(hop.name)
    trusted = asyncssh.match_known_hosts(list(files), hop.hostname, "", hop.port)[0] if files else ()
    algorithm = key.algorithm.decode()
    if any(each.public_data == key.public_data for each in trusted):
        return None
    return ShownKey(hop, f"{algorithm} {key.get_fingerprint()}", files, known=bool(trusted))


def _known_hosts(name: str) -> tuple[str, ...]:
    settings: dict[str, Any] = lookup(read_blocks(), name)
    own = settings.get("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2").split()
    shared = settings.get("globalknownhostsfile", _GLOBAL).split()
    files = [Path(path).expanduser() for path in (*own, *shared)]
    return tuple(str(path) for path in files if path.is_file())


async def untrusted(name: str) -> HostKeyRefused:
    """Which host on the way shows a key that is not trusted, its fingerprint, and what to do."""
    for hop in route(name):
        try:
            key = await shown_key(hop)
        except Exception as error:  # noqa: BLE001  asyncssh may raise anything; the refusal stands anyway
            return HostKeyRefused(f"The key of {hop.name} is not trusted ({error})", field="hostname")
        if key is not None:
            return _refusal(key)
    return HostKeyRefused(f"A key on the way to {name} is not trusted", field="hostname")


def _refusal(key: ShownKey) -> HostKeyRefused:
    place = key.host.hostname if key.host.port == 22 else f"[{key.host.hostname}]:{key.host.port}"
    by_hand = f"ssh {key.host.name}"
    if not key.known:
        detail = f"The key of {key.host.name} ({place}) is not in known_hosts: {key.fingerprint}"
        hint = f"Compare it with what the computing centre publishes; if it is the same: {by_hand}"
        return HostKeyRefused(detail, field="hostname", hint=hint)
    detail = f"{key.host.name} ({place}) shows another key than known_hosts has: {key.fingerprint}"
    remove = f"ssh-keygen -R '{place}' -f {key.files[0]}"
    hint = f"Somebody may stand between. If the centre announced a new key: {remove} && {by_hand}"
    return HostKeyRefused(detail, field="hostname", hint=hint)
