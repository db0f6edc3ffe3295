"""SLURM's accounting: slurmdbd on a small MariaDB; SLURM works without it."""

import getpass
import shutil
from pathlib import Path
from subprocess import CompletedProcess

from processes import Daemon, environment, not_installed, run, start, stop, wait_until, which
from service import Place, ServiceError

PACKAGES = ("slurmdbd", "mariadb-server-core", "mariadb-client-core")
PROGRAMS = ("slurmdbd", "mariadbd", "mariadb-install-db", "mariadb")
ACCOUNTS = ("project", "other")
QOS = "urgent"

_MY_CNF = """\
[mysqld]
datadir={folder}/data
socket={folder}/mariadb.sock
pid-file={folder}/mariadb.pid
log-error={folder}/mariadb.log
port={port}
bind-address=127.0.0.1
skip-name-resolve
innodb_buffer_pool_size=128M
innodb_log_file_size=32M
innodb_lock_wait_timeout=900
innodb_flush_log_at_trx_commit=0
innodb_use_native_aio=0
performance_schema=OFF
"""

_SQL = """\
create database if not exists slurm_acct;
create user if not exists 'slurm'@'127.0.0.1' identified by 'slurm';
grant all on slurm_acct.* to 'slurm'@'127.0.0.1';
"""

_DBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={dbd}
SlurmUser={user}
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
DebugLevel=info
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={mariadb}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct
CommitDelay=0
"""


def is_possible() -> bool:
    """Whether the programs for accounting are installed."""
    return not not_installed(PROGRAMS)


def daemons(place: Place) -> tuple[Daemon, ...]:
    """Database first."""
    folder = place.folder
    return (
        Daemon("mariadb", folder / "mariadb" / "mariadb.pid", folder),
        Daemon("slurmdbd", folder / "slurmdbd.pid", folder),
    )


def start_mariadb(place: Place) -> None:
    """Create the tables once, then start MariaDB; return when it accepts statements."""
    folder = place.folder / "mariadb"
    daemon = daemons(place)[0]
    if daemon.pid is not None:
        return
    folder.mkdir(exist_ok=True)
    settings = folder / "my.cnf"
    settings.write_text(_MY_CNF.format(folder=folder, port=place.ports["mariadb"]), encoding="utf-8")
    user = f"--user={getpass.getuser()}"
    if not (folder / "data" / "mysql").is_dir():
        _install(place, settings, user)
    daemon.pid_file.unlink(missing_ok=True)
    command = [which("mariadbd") or "mariadbd", f"--defaults-file={settings}", user]
    start(command, environment(place.folder), folder / "start.log")
    if not wait_until(lambda: _takes(place, _SQL), 60):
        raise ServiceError(f"MariaDB did not start; see {folder}/mariadb.log")


def _install(place: Place, settings: Path, user: str) -> None:
    command = [which("mariadb-install-db") or "", f"--defaults-file={settings}", user, "--skip-test-db"]
    made = run([*command, "--auth-root-authentication-method=normal"], environment(place.folder), 300)
    if made.returncode:
        shutil.rmtree(
            place.folder / "mariadb" / "data", ignore_errors=True
        )  # a partial database would pass for a complete one
        why = [line for line in made.stdout.splitlines() if "ERROR" in line or "FATAL" in line]
        raise ServiceError(f"mariadb-install-db: {' '.join(why) or made.stdout.strip()[-500:]}")


def _takes(place: Place, statements: str) -> bool:
    client = [which("mariadb") or "mariadb", "--no-defaults", "-uroot"]
    socket = place.folder / "mariadb" / "mariadb.sock"
    return run([*client, "-S", str(socket), "-e", statements], environment(place.folder)).returncode == 0


def start_slurmdbd(place: Place) -> None:
    """Start slurmdbd and register our cluster, account and user, so that SLURM accepts jobs."""
    folder = place.folder
    conf = folder / "slurmdbd.conf"
    text = _DBD_CONF.format(folder=folder, user=getpass.getuser(), **place.ports)
    conf.touch(mode=0o600)
    conf.write_text(text, encoding="utf-8")
    if daemons(place)[1].pid is None:
        made = run([which("slurmdbd") or "slurmdbd"], _environment(place))
        if made.returncode or not wait_until(lambda: not _sacctmgr(place, "show", "cluster").returncode, 40):
            raise ServiceError(f"slurmdbd did not start: {made.stdout.strip()} (see {folder}/slurmdbd.log)")
    _name_associations(place)


def _name_associations(place: Place) -> None:
    if "project" in _sacctmgr(place, "show", "account", "format=account%20").stdout:
        return
    user = getpass.getuser()
    orders = [
        ("add", "cluster", "cm"),
        ("add", "qos", QOS, "Priority=100"),
        *(("add", "account", account, "Description=tests", "Organization=tests") for account in ACCOUNTS),
        ("add", "user", user, f"Account={','.join(ACCOUNTS)}", f"DefaultAccount={ACCOUNTS[0]}"),
        ("modify", "user", user, "set", f"QOS=normal,{QOS}"),
    ]
    for order in orders:
        made = _sacctmgr(place, *order)
        if made.returncode and "Nothing" not in made.stdout:
            raise ServiceError(f"sacctmgr {' '.join(order)}: {made.stdout.strip()}")


def _environment(place: Place) -> dict[str, str]:
    return environment(place.folder, {"SLURM_CONF": str(place.folder / "slurm.conf")})


def _sacctmgr(place: Place, *order: str) -> CompletedProcess[str]:
    return run([which("sacctmgr") or "sacctmgr", "-i", "-n", *order], _environment(place))


def down(place: Place) -> None:
    """Stop slurmdbd, the writer, before MariaDB."""
    for daemon in reversed(daemons(place)):
        stop(daemon)
