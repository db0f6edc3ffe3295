"""Hosts in ~/.ssh/config as `ssh -G` resolves them, with jump-host routes and host keys."""

import glob
import os
import pwd
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from crystalmath_server.domain.clusters import ssh_config
from crystalmath_server.protocol.clusters import HostList, SshHost
from crystalmath_server.protocol.errors import FileUnreadable, HostKeyRefused

KEY_S = 15.0
RESOLVE_S = 10.0
"""Time limit for `ssh -G`, since the configuration may run programs (Match exec)."""
AT_ONCE = 8
MOST_JUMPS = 8


def config_path() -> Path:
    """The path where OpenSSH and asyncssh look for the configuration."""
    return Path.home() / ".ssh" / "config"


def _included_texts(pattern: str) -> list[str]:
    """The texts of files in an Include line; relative paths start at ~/.ssh."""
    path = Path(pattern).expanduser()
    whole = path if path.is_absolute() else config_path().parent / path
    return [Path(name).read_text("utf-8", errors="replace") for name in sorted(glob.glob(str(whole)))]  # noqa: PTH207  the pattern may be absolute


def _names() -> tuple[str, ...]:
    path = config_path()
    try:
        return ssh_config.names(path.read_text("utf-8", errors="replace"), _included_texts)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise FileUnreadable(f"cannot read {error.filename or path}: {error.strerror}") from error


async def read_hosts() -> HostList:
    """The hosts that the configuration names without wildcards.

    Raises
    ------
    FileUnreadable
        The configuration cannot be read, or ssh refuses it or is not installed.
    """
    names = await to_thread.run_sync(_names)
    rows: dict[str, SshHost] = {}
    limit = anyio.CapacityLimiter(AT_ONCE)
    failed: list[FileUnreadable] = []

    async def look(name: str) -> None:
        async with limit:
            if failed:
                return
            try:
                rows[name] = ssh_config.host(await settings_of(name), name)
            except FileUnreadable as error:
                failed.append(error)

    async with anyio.create_task_group() as tasks:
        for name in names:
            tasks.start_soon(look, name)
    if failed:
        raise failed[0]
    return HostList(tuple(rows[name] for name in names), str(config_path()))


async def settings_of(destination: str) -> dict[str, str]:
    """Setting → value for a connection; ssh itself resolves Match, Include, tokens and defaults.

    Raises
    ------
    FileUnreadable
        ssh refuses the configuration or the name, takes too long, or is not installed.
    """
    try:
        with anyio.fail_after(RESOLVE_S):
            done = await anyio.run_process(
                ["ssh", "-T", *_which_file(), "-G", "--", destination], check=False, stdin=subprocess.DEVNULL
            )
    except FileNotFoundError as error:
        hint = "Install OpenSSH's client, for example: apt install openssh-client"
        raise FileUnreadable("ssh is not installed; it is needed to read ~/.ssh/config", hint=hint) from error
    except TimeoutError as error:
        hint = f"Check the Match exec lines in ~/.ssh/config: ssh -G {destination}"
        detail = f"ssh did not resolve {destination} within {RESOLVE_S:g} s"
        raise FileUnreadable(detail, hint=hint) from error
    if done.returncode:
        words = " ".join(done.stderr.decode(errors="replace").split())
        hint = f"Correct ~/.ssh/config until this works: ssh -G {destination}"
        raise FileUnreadable(f"ssh cannot resolve {destination}: {words}", hint=hint)
    return ssh_config.settings(done.stdout.decode(errors="replace"))


def _which_file() -> tuple[str, ...]:
    """The -F option: ssh uses the system's home directory, but asyncssh and this program use $HOME."""
    if _system_home() == Path.home():
        return ()
    return ("-F", str(config_path()) if config_path().is_file() else "none")


def _system_home() -> Path:
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:  # a container may run a uid without a name
        return Path.home()


async def route(name: str) -> tuple[SshHost, ...]:
    """The hosts on the route to `name`, in connection order; `name` is the last."""
    return await _route(name, MOST_JUMPS)


async def _route(destination: str, most: int) -> tuple[SshHost, ...]:
    target = await _host(destination)
    if not target.proxy_jump or most == 0:
        return (target,)
    first, *others = ssh_config.jumps(target.proxy_jump)
    return (*await _route(first, most - 1), *[await _host(each) for each in others], target)


async def _host(destination: str) -> SshHost:
    return ssh_config.host(await settings_of(destination), ssh_config.name_of(destination))


async def uses_proxy_command(name: str) -> bool:
    """Whether a ProxyCommand makes the connection, so the route is unknown."""
    return (await settings_of(name)).get("proxycommand", "none").lower() != "none"


async def accepts_any_key(name: str) -> bool:
    """Whether OpenSSH accepts unknown keys without asking; it reports no and off as `false`."""
    return (await settings_of(name)).get("stricthostkeychecking") in {"false", "accept-new"}


def resolve(name: str, port: int) -> str:
    """The address of a host; raises OSError."""
    return str(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0][4][0])


@dataclass(frozen=True, slots=True)
class ShownKey:
    """The key that a host presents, and whether it is in known_hosts."""

    host: SshHost
    fingerprint: str
    files: tuple[str, ...]
    known: bool


async def fetch_key(hop: SshHost) -> ShownKey | None:
    """Ask a host for its key; None if it presents none."""
    import asyncssh

    key = await asyncssh.get_server_host_key(hop.name)
    if key is None:
        return None
    files = await _known_hosts(hop.name)
    trusted = asyncssh.match_known_hosts(list(files), hop.hostname, "", hop.port)[0] if files else ()
    algorithm = key.algorithm.decode()
    if any(each.public_data == key.public_data for each in trusted):
        return None
    return ShownKey(hop, f"{algorithm} {key.get_fingerprint()}", files, known=bool(trusted))


async def _known_hosts(name: str) -> tuple[str, ...]:
    found = await settings_of(name)
    paths = f"{found.get('userknownhostsfile', '')} {found.get('globalknownhostsfile', '')}".split()
    files = (Path.home() / _below_home(path) for path in paths)
    return tuple(str(path) for path in files if path.is_file())


def _below_home(path: str) -> Path:
    """A path below $HOME, for a path that ssh reported below the system's home directory."""
    home = _system_home()
    return Path(path).relative_to(home) if Path(path).is_relative_to(home) else Path(path)


async def untrusted_key_error(name: str) -> HostKeyRefused:
    """The error for the first host on the route with an untrusted key, with its fingerprint and a fix."""
    for hop in await route(name):
        try:
            key = await fetch_key(hop)
        except Exception as error:  # noqa: BLE001  asyncssh may raise anything; the key is refused anyway
            return HostKeyRefused(f"The key of {hop.name} is not trusted ({error})", field="hostname")
        if key is not None:
            return _refusal(key)
    return HostKeyRefused(f"A host key on the route to {name} is not trusted", field="hostname")


def _refusal(key: ShownKey) -> HostKeyRefused:
    place = key.host.hostname if key.host.port == 22 else f"[{key.host.hostname}]:{key.host.port}"
    by_hand = f"ssh {key.host.name}"
    if not key.known:
        detail = f"The key of {key.host.name} ({place}) is not in known_hosts: {key.fingerprint}"
        hint = f"Compare it with the fingerprint published by the computing center; if they match: {by_hand}"
        return HostKeyRefused(detail, field="hostname", hint=hint)
    detail = f"{key.host.name} ({place}) presents a key that differs from known_hosts: {key.fingerprint}"
    remove = f"ssh-keygen -R '{place}' -f {key.files[0]}"
    hint = f"This may be an attack. If the center announced a new key: {remove} && {by_hand}"
    return HostKeyRefused(detail, field="hostname", hint=hint)
