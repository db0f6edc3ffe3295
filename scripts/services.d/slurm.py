"""SLURM on this machine: munge, slurmctld, three virtual nodes, two partitions, accounting if installed."""

import getpass
import os
import shlex
import socket
from collections.abc import Mapping
from pathlib import Path

import accounting
from processes import (
    SYSTEM_PATH,
    Daemon,
    descendants,
    end,
    environment,
    marked,
    not_installed,
    run,
    stop,
    wait_until,
    which,
)
from service import Place, Service, ServiceError

NODES = ("n1", "n2", "n3")
PROGRAMS = ("munged", "munge", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo", "scancel", "scontrol")

_CONF = """\
ClusterName=cm
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={slurmctld}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmctldDebug=info
SlurmdDebug=info
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=100
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,sched_interval=1,batch_sched_delay=0,bf_interval=1
EnforcePartLimits=ALL
ReturnToService=2
MinJobAge=300
KillWait=2
CompleteWait=0
InactiveLimit=0
SlurmctldTimeout=120
SlurmdTimeout=60
MessageTimeout=10
MailProg=/bin/true
SlurmdParameters=config_overrides
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobcomp.log
{accounting}{nodes}
PartitionName=debug Nodes=ALL Default=YES DefaultTime=10 MaxTime=1-00:00:00 State=UP
PartitionName=short Nodes=n1 MaxTime=1 OverTimeLimit=0 State=UP
"""

_WITH_ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={slurmdbd}
AccountingStoragePass={folder}/munge.sock
AccountingStorageEnforce=associations,limits,qos
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
"""

_WITHOUT_ACCOUNTING = """\
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
"""

# Counts calls, and can block before or after SLURM accepts the job, so that tests can simulate a crash at
# that moment.
_SBATCH = """\
#!/bin/sh
printf '%s\\t%s\\t%s\\n' "$(date +%s.%N)" "$PWD" "$*" >>{folder}/sbatch.log
wait_while() {{ while [ -e {folder}/"$1" ]; do sleep 0.05; done; }}
wait_while hold-before-sbatch
[ -e {folder}/hold-after-sbatch ] || exec {sbatch} "$@"
said=$({sbatch} "$@" 2>&1)
status=$?
wait_while hold-after-sbatch
printf '%s\\n' "$said"
exit $status
"""


def _environment(place: Place) -> dict[str, str]:
    return environment(place.folder, {"SLURM_CONF": str(place.folder / "slurm.conf")})


def daemons(place: Place) -> tuple[Daemon, ...]:
    """All daemons in starting order."""
    folder = place.folder
    names = ("slurmctld", *(f"slurmd-{node}" for node in NODES))
    own = tuple(Daemon(name, folder / f"{name}.pid", folder) for name in names)
    books = accounting.daemons(place) if accounting.is_possible() else ()
    return (Daemon("munged", folder / "munged.pid", folder), *books, *own)


def _daemon(place: Place, name: str) -> Daemon:
    return next(daemon for daemon in daemons(place) if daemon.name == name)


def _node_line(place: Place, node: str, host: str) -> str:
    return (
        f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={place.ports[node]} "
        "CPUs=2 RealMemory=2000 State=UNKNOWN"
    )


def _write_settings(place: Place) -> None:
    folder = place.folder
    for name in ("state", "spool", "bin"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    host = socket.gethostname().split(".", maxsplit=1)[0]
    books = _WITH_ACCOUNTING if accounting.is_possible() else _WITHOUT_ACCOUNTING
    text = _CONF.format(
        host=host,
        user=getpass.getuser(),
        folder=folder,
        slurmctld=place.ports["slurmctld"],
        accounting=books.format(folder=folder, slurmdbd=place.ports["dbd"]),
        nodes="\n".join(_node_line(place, node, host) for node in NODES),
    )
    (folder / "slurm.conf").write_text(text, encoding="utf-8")
    _write_sbatch(folder)


def _write_sbatch(folder: Path) -> None:
    script = folder / "bin" / "sbatch"
    script.write_text(
        _SBATCH.format(folder=shlex.quote(str(folder)), sbatch=which("sbatch")), encoding="utf-8"
    )
    script.chmod(0o755)


def _start_munged(place: Place) -> None:
    folder = place.folder
    key = folder / "munge.key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
    (folder / "munge.sock").unlink(missing_ok=True)
    files = {"key-file": key, "socket": folder / "munge.sock", "pid-file": folder / "munged.pid"}
    files |= {"log-file": folder / "munged.log", "seed-file": folder / "munge.seed"}
    options = [f"--{name}={path}" for name, path in files.items()]
    _start(place, "munged", ["--force", "--num-threads=2", *options])


def _start(place: Place, name: str, arguments: list[str]) -> None:
    program = name.split("-", maxsplit=1)[0]
    made = run([which(program) or program, *arguments], _environment(place))
    if made.returncode or not wait_until(lambda: _daemon(place, name).pid, 15):
        raise ServiceError(f"{name} did not start: {made.stdout.strip()} (see {place.folder}/{name}.log)")


def call(place: Place, program: str, *arguments: str) -> str:
    """The output of a SLURM command; empty if it failed."""
    made = run([which(program) or program, *arguments], _environment(place))
    return "" if made.returncode else made.stdout


def start_slurmctld(place: Place) -> None:
    """Start slurmctld and return when it answers."""
    _start(place, "slurmctld", ["-f", str(place.folder / "slurm.conf")])
    if not wait_until(lambda: " UP" in call(place, "scontrol", "ping"), 30):
        raise ServiceError(f"slurmctld does not answer; see {place.folder}/slurmctld.log")


def _start_node(place: Place, node: str) -> None:
    (place.folder / "spool" / node).mkdir(exist_ok=True)
    _start(place, f"slurmd-{node}", ["-N", node, "-f", str(place.folder / "slurm.conf")])


def up(place: Place) -> None:
    """Start daemons that are not running; return when every node accepts jobs."""
    place.folder.mkdir(exist_ok=True)
    place.folder.chmod(0o755)  # required by munge
    _write_settings(place)
    if _daemon(place, "munged").pid is None:
        _start_munged(place)
    if accounting.is_possible():
        accounting.start_mariadb(place)
        accounting.start_slurmdbd(place)
    if _daemon(place, "slurmctld").pid is None:
        start_slurmctld(place)
    for node in NODES:
        if _daemon(place, f"slurmd-{node}").pid is None:
            _start_node(place, node)
    if not wait_until(lambda: _nodes_in_use(place) == len(NODES), 40):
        raise ServiceError(f"not all nodes take jobs: {call(place, 'sinfo', '-N')}")


def _nodes_in_use(place: Place) -> int:
    states = call(place, "sinfo", "-h", "-N", "-p", "debug", "-o", "%T").split()
    return sum(
        state in {"idle", "mixed", "allocated", "completing", "drained", "draining"} for state in states
    )


def down(place: Place) -> None:
    """Cancel the jobs, then stop the daemons; leftover job processes are ended by pid."""
    if _daemon(place, "slurmctld").pid is not None:
        call(place, "scancel", "-u", getpass.getuser())
        wait_until(lambda: not call(place, "squeue", "-h").strip(), 5)
    steps = marked(place.folder)
    started = descendants(steps) | steps
    for daemon in reversed(daemons(place)):
        stop(daemon)
    end(started | marked(place.folder))


def address(place: Place) -> str:
    """The controller's address, and whether accounting is on."""
    missing = not_installed(accounting.PROGRAMS)
    books = "accounting by slurmdbd" if not missing else f"no accounting ({', '.join(missing)} not installed)"
    return f"127.0.0.1:{place.ports['slurmctld']}, partitions debug and short, {books}"


def env(place: Place) -> Mapping[str, str]:
    """SLURM's settings, and the folder of the counting sbatch wrapper."""
    return {
        "SLURM_CONF": str(place.folder / "slurm.conf"),
        "CM_SLURM_BIN": str(place.folder / "bin"),
        "CM_SYSTEM_PATH": SYSTEM_PATH,
    }


SLURM = Service(
    name="slurm",
    port_names=("slurmctld", "dbd", "mariadb", *NODES),
    packages=("slurm-wlm", "munge", *accounting.PACKAGES),
    up=up,
    down=down,
    daemons=daemons,
    address=address,
    env=env,
    missing=lambda: not_installed(PROGRAMS),
)
