"""Two sshd daemons on loopback with key login: a cluster, and a jump host."""

import getpass
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from processes import (
    SYSTEM_PATH,
    Daemon,
    descendants,
    end,
    environment,
    not_installed,
    run,
    stop,
    wait_until,
    which,
)
from service import Place, Service, ServiceError

SIDES = ("cluster", "gate")
CLIENTS = ("ssh", "scp", "sftp")

_SSHD_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_{side}
PidFile {folder}/{side}.pid
AuthorizedKeysFile {folder}/authorized_keys
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
UseDNS no
PrintMotd no
PrintLastLog no
MaxStartups 100:30:200
MaxSessions 100
Subsystem sftp internal-sftp -d {home}
SetEnv "HOME={home}" "PATH={path}" "SLURM_CONF={slurm_conf}"
LogLevel VERBOSE
"""

_SSH_CONFIG = """\
Host cm-cluster cm-cluster-via-gate
  HostName 127.0.0.1
  Port {cluster}
Host cm-gate
  HostName 127.0.0.1
  Port {gate}
Host cm-cluster-via-gate
  ProxyJump cm-gate
Host cm-cluster cm-cluster-via-gate cm-gate
  User {user}
  IdentityFile {folder}/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
"""

# A login shell resets PATH, and a session starts in the user's true home.
_PROFILE = 'export PATH={path}\nexport SLURM_CONF={slurm_conf}\n[ "$PWD" != {true_home} ] || cd\n'


def daemons(place: Place) -> tuple[Daemon, ...]:
    """Both sshd."""
    return tuple(Daemon(f"sshd-{side}", place.folder / f"{side}.pid", place.folder) for side in SIDES)


def _make_key(path: Path, words: str) -> None:
    if not path.exists():
        command = [which("ssh-keygen") or "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", words]
        made = run([*command, "-f", str(path)], environment(path.parent))
        if made.returncode:
            raise ServiceError(made.stdout)


def _write_keys(place: Place) -> None:
    folder = place.folder
    _make_key(folder / "id_ed25519", "crystalmath tests")
    known: list[str] = []
    for side in SIDES:
        _make_key(folder / f"host_{side}", side)
        kind, key = (folder / f"host_{side}.pub").read_text(encoding="utf-8").split()[:2]
        known.append(f"[127.0.0.1]:{place.ports[side]} {kind} {key}\n")
    (folder / "known_hosts").write_text("".join(known), encoding="utf-8")
    public = (folder / "id_ed25519.pub").read_text(encoding="utf-8")
    (folder / "authorized_keys").write_text(public, encoding="utf-8")


def _write_home(place: Place, path: str, slurm_conf: Path) -> None:
    home = place.folder / "home"
    home.mkdir(exist_ok=True)
    text = _PROFILE.format(
        path=shlex.quote(path),
        slurm_conf=shlex.quote(str(slurm_conf)),
        true_home=shlex.quote(str(Path("~" + getpass.getuser()).expanduser())),
    )
    for name in (".bashrc", ".bash_profile", ".profile"):
        (home / name).write_text(text, encoding="utf-8")


def _write_clients(place: Place) -> None:
    """Write `ssh`, `scp` and `sftp` wrappers that use $CM_SSH_CONFIG or the generated settings only."""
    folder = place.folder / "bin"
    folder.mkdir(exist_ok=True)
    for name in CLIENTS:
        client = folder / name
        config = f"${{CM_SSH_CONFIG:-{place.folder / 'ssh_config'}}}"
        client.write_text(f'#!/bin/sh\nexec {which(name)} -F "{config}" "$@"\n', encoding="utf-8")
        client.chmod(0o755)


def _write_configs(place: Place) -> None:
    slurm = place.all_services / "slurm"
    path = f"{slurm}/bin:{SYSTEM_PATH}"
    _write_home(place, path, slurm / "slurm.conf")
    _write_clients(place)
    texts = {
        f"sshd_{side}": _SSHD_CONFIG.format(
            port=place.ports[side],
            folder=place.folder,
            side=side,
            home=place.folder / "home",
            path=path,
            slurm_conf=slurm / "slurm.conf",
        )
        for side in SIDES
    }
    texts["ssh_config"] = _SSH_CONFIG.format(**place.ports, user=getpass.getuser(), folder=place.folder)
    for name, text in texts.items():
        (place.folder / name).write_text(text, encoding="utf-8")


def up(place: Place) -> None:
    """Start daemons that are not running; return when both accept logins."""
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    place.folder.mkdir(exist_ok=True)
    _write_keys(place)
    _write_configs(place)
    for side, daemon in zip(SIDES, daemons(place), strict=True):
        if daemon.pid is None:
            _start(place, side, daemon)
    for host in ("cm-cluster", "cm-gate"):
        if not wait_until(lambda host=host: _logs_in(place, host), 10):
            raise ServiceError(f"no login to {host}; see {place.folder}/*.log")


def _start(place: Place, side: str, daemon: Daemon) -> None:
    log = place.folder / f"{side}.log"
    command = [which("sshd") or "sshd", "-f", str(place.folder / f"sshd_{side}"), "-E", str(log)]
    made = run(command, environment(place.folder))
    if made.returncode or not wait_until(lambda: daemon.pid, 10):
        raise ServiceError(f"sshd did not start: {made.stdout.strip()} (see {log})")


def _logs_in(place: Place, host: str) -> bool:
    command = [str(place.folder / "bin" / "ssh"), "-o", "ConnectTimeout=5", host, "true"]
    return run(command, environment(place.folder), 10).returncode == 0


def down(place: Place) -> None:
    """Stop both sshd daemons and their sessions, which outlive the listener."""
    for daemon in daemons(place):
        pid = daemon.pid
        sessions = descendants([pid]) if pid else set[int]()
        stop(daemon)
        end(sessions)


def address(place: Place) -> str:
    """The host names in the generated settings."""
    ports = place.ports
    return f"cm-cluster 127.0.0.1:{ports['cluster']}, cm-gate 127.0.0.1:{ports['gate']}"


def env(place: Place) -> Mapping[str, str]:
    """The folder of the clients, and their settings."""
    return {"CM_SSH_CONFIG": str(place.folder / "ssh_config"), "CM_SSH_BIN": str(place.folder / "bin")}


SSHD = Service(
    name="sshd",
    port_names=SIDES,
    packages=("openssh-server", "openssh-client"),
    up=up,
    down=down,
    daemons=daemons,
    address=address,
    env=env,
    missing=lambda: not_installed(("sshd", "ssh-keygen", *CLIENTS)),
)
