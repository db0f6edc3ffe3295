"""The services of `scripts/services` for tests: a set for each test process, ended with it."""

import contextlib
import getpass
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.home import RUN
from tests.patience import patience_s

SCRIPT = Path(__file__).parents[1] / "scripts" / "services"
DIRECT, BY_GATE, GATE = "cm-cluster", "cm-cluster-via-gate", "cm-gate"
"""Host names in the ssh settings: the cluster, the same over a jump host, the jump host."""

_PREFIX = "cm-services-"
# Not $TMPDIR: a socket's path must be short, and PostgreSQL's user must be able to go there.
_SHARED_TEMP = Path("/tmp")


@dataclass(frozen=True, slots=True)
class SbatchCall:
    """One call of sbatch, whoever made it."""

    at_s: float
    folder: Path
    arguments: str


@dataclass(frozen=True, slots=True)
class Services:
    """The services below one folder."""

    base: Path

    def _run(self, verb: str, *names: str) -> str:
        command = [str(SCRIPT), verb, *names, "--base", str(self.base)]
        made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        assert made.returncode == 0, f"scripts/services {verb} {' '.join(names)}: {made.stderr.strip()}"
        return made.stdout

    def up(self, *names: str) -> None:
        """Start these, or repair them; harmless when they run."""
        self._run("up", *names)

    def down(self, *names: str) -> None:
        self._run("down", *names)

    def wipe(self) -> None:
        """End all and remove every trace."""
        self._run("down")
        shutil.rmtree(self.base, ignore_errors=True)

    def env(self, *names: str) -> dict[str, str]:
        """What the services ask of the environment, without PATH."""
        lines = self._run("env", *names).splitlines()
        pairs = (line.removeprefix("export ").partition("=") for line in lines)
        return {name: shlex.split(value)[0] for name, _, value in pairs if name != "PATH"}

    @property
    def bins(self) -> str:
        """Beginning of PATH: the sbatch that counts, the ssh that reads the settings of tests."""
        return os.pathsep.join(str(self.base / folder / "bin") for folder in ("slurm", "sshd"))


@dataclass(frozen=True, slots=True)
class Cluster:
    """SLURM behind sshd, and what can befall it."""

    services: Services

    @property
    def _slurm(self) -> Path:
        return self.services.base / "slurm"

    @property
    def ssh_config(self) -> Path:
        return self.services.base / "sshd" / "ssh_config"

    @property
    def home(self) -> Path:
        """The home of whoever comes in by ssh."""
        return self.services.base / "sshd" / "home"

    # --- asking

    def call(self, program: str, *arguments: str) -> str:
        """What a command of SLURM says."""
        env = {**os.environ, "SLURM_CONF": str(self._slurm / "slurm.conf")}
        made = subprocess.run(
            [program, *arguments], env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert made.returncode == 0, f"{program} {' '.join(arguments)}: {made.stderr.strip()}"
        return made.stdout

    def job_ids(self) -> list[int]:
        """Jobs that wait or run."""
        return [int(word) for word in self.call("squeue", "-h", "-o", "%i").split()]

    def jobs(self) -> dict[int, str]:
        """State of every job that SLURM remembers."""
        shown = self.call("scontrol", "show", "job", "--oneliner")
        found = re.findall(r"^JobId=(\d+) .*?JobState=(\S+)", shown, re.MULTILINE)
        return {int(number): state for number, state in found}

    def node_states(self) -> list[str]:
        """State of each node, with a star where it does not answer."""
        return self.call("sinfo", "-h", "-N", "-p", "debug", "-o", "%T").split()

    def sbatch_calls(self, folder: Path | str | None = None) -> list[SbatchCall]:
        """All calls of sbatch so far, or those from one folder."""
        log = self._slurm / "sbatch.log"
        rows = (line.split("\t") for line in (log.read_text().splitlines() if log.exists() else []))
        calls = [SbatchCall(float(at), Path(where), words) for at, where, words in rows]
        return [call for call in calls if folder is None or call.folder == Path(folder)]

    def ssh(self, command: str, host: str = DIRECT) -> str:
        """What a command says over ssh."""
        line = ["ssh", "-F", str(self.ssh_config), host, command]
        made = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
        assert made.returncode == 0, f"ssh {host} {command}: {made.stderr.strip()}"
        return made.stdout

    # --- what can befall it

    @contextlib.contextmanager
    def held_sbatch(self, moment: Literal["before", "after"]) -> Generator[None, None, None]:
        """Hold every sbatch "before" SLURM takes the job, or "after" it and before the caller hears."""
        hold = self._slurm / f"hold-{moment}-sbatch"
        hold.touch()
        try:
            yield
        finally:
            hold.unlink(missing_ok=True)

    def _controller(self) -> int:
        return int((self._slurm / "slurmctld.pid").read_text().split()[0])

    def stop_controller(self, number: int = signal.SIGTERM) -> None:
        """End slurmctld, by default as an administrator would, and wait until it is gone."""
        pid = self._controller()
        os.kill(pid, number)
        _wait(lambda: not is_alive(pid))

    def start_controller(self) -> None:
        self.services.up("slurm")

    def close_network(self) -> None:
        """End sshd and every session that it serves."""
        self.services.down("sshd")

    def open_network(self) -> None:
        self.services.up("sshd")

    def close_partition(self, name: str, state: str = "DOWN") -> None:
        """DOWN takes jobs and starts none; INACTIVE takes none."""
        self.call("scontrol", "update", f"PartitionName={name}", f"State={state}")

    def open_partition(self, name: str) -> None:
        self.close_partition(name, "UP")

    def drain(self, node: str, reason: str = "test") -> None:
        self.call("scontrol", "update", f"NodeName={node}", "State=DRAIN", f"Reason={reason}")

    def fail_node(self, node: str, reason: str = "test") -> None:
        """The node is down at once, and with it what runs there."""
        self.call("scontrol", "update", f"NodeName={node}", "State=DOWN", f"Reason={reason}")

    def resume(self, node: str) -> None:
        self.call("scontrol", "update", f"NodeName={node}", "State=RESUME")

    def cancel(self, *job_ids: int) -> None:
        self.call("scancel", *map(str, job_ids))

    def mend(self) -> None:
        """Everything as it was at the start; no job is left."""
        for moment in ("before", "after"):
            (self._slurm / f"hold-{moment}-sbatch").unlink(missing_ok=True)
        self.services.up("slurm", "sshd")
        self.call("scancel", "-u", getpass.getuser())
        for name in ("debug", "short"):
            self.open_partition(name)
        for node in self.call("sinfo", "-h", "-N", "-p", "debug", "-t", "drain,down", "-o", "%N").split():
            self.resume(node)
        # jobs take a moment to go, and on a busy machine a node may answer late, which is `idle*`
        _wait(lambda: not self.job_ids() and set(self.node_states()) == {"idle"}, 90)


def is_alive(pid: int) -> bool:
    """A zombie is not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    return False


def _wait(holds: Callable[[], object], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + patience_s(timeout_s)
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s"
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Base:
    """A folder of services, the test process that made it, and the run that this process was part of."""

    folder: Path
    owner: int
    run: str


def bases(temp: Path = _SHARED_TEMP) -> list[Base]:
    """All that this user's tests have made and not removed."""
    found = list[Base]()
    for folder in temp.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            owner, _, run = (folder / "owner").read_text().strip().partition(" ")
            if folder.stat().st_uid == os.getuid():
                found.append(Base(folder, int(owner), run))
    return found


def daemons_of(services: Services) -> dict[str, int]:
    """Daemons that run and their pids, as `status` tells them."""
    command = [str(SCRIPT), "status", "--base", str(services.base)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found: dict[str, int] = {}
    for line in said.splitlines():
        if "(" in line:
            pairs = line.partition("(")[2].partition(")")[0].split(", ")
            found |= {name: int(pid) for name, pid in (pair.split() for pair in pairs) if pid != "down"}
    return found


def processes_naming(base: Path) -> list[int]:
    """Pids of processes that name the folder in their command or environment."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            found += [int(entry.name)] if str(base).encode() in text else []
    return found


def sweep(temp: Path = _SHARED_TEMP) -> None:
    """End what test processes that were killed have left."""
    for base in bases(temp):
        if not is_alive(base.owner):
            Services(base.folder).wipe()


def new_services(temp: Path = _SHARED_TEMP) -> Services:
    """A folder for services of this test process's own."""
    base = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=temp))
    (base / "owner").write_text(f"{os.getpid()} {os.environ.get(RUN, '')}\n")
    base.chmod(0o755)
    return Services(base)


def write_ssh_config(cluster: Cluster, home: Path) -> Path:
    """The hosts of the tests as `~/.ssh/config` of this home, with its known hosts; the file."""
    folder = home / ".ssh"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = folder / "config"
    config.write_text(cluster.ssh_config.read_text())
    shutil.copy(cluster.services.base / "sshd" / "known_hosts", folder / "known_hosts")
    return config


def make_quick(computer: Any, **options: Any) -> Any:
    """Configure a stored AiiDA computer so that nothing waits out of politeness to a real cluster."""
    computer.set_minimum_job_poll_interval(0.2)
    computer.configure(**{"safe_interval": 0, "use_login_shell": False, **options})
    return computer


def add_computer(
    cluster: Cluster, label: str, transport: str = "core.ssh_async", host: str = DIRECT, **options: Any
) -> Any:
    """Store a quick AiiDA computer for the cluster, over `core.ssh_async` or `core.local`."""
    from aiida import orm

    over_ssh = transport == "core.ssh_async"
    computer: Any = orm.Computer(
        label=label,
        hostname=host if over_ssh else "localhost",
        transport_type=transport,
        scheduler_type="core.slurm",
        workdir=str(cluster.home / "work"),
    ).store()
    computer.set_default_mpiprocs_per_machine(1)
    computer.set_use_double_quotes(False)
    if not over_ssh:  # a daemon that was started before the cluster finds it in a login shell
        exports = [f"export {name}={os.environ[name]!r}" for name in ("PATH", "SLURM_CONF")]
        Path(os.environ["HOME"], ".bash_profile").write_text("\n".join(exports) + "\n")
        options = {"use_login_shell": True, **options}
    else:
        options = {"host": host, "backend": "asyncssh", **options}
    return make_quick(computer, **options)


# --- fixtures ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Nothing runs yet; whatever a test starts here is ended with the session."""
    sweep()
    made = new_services()
    yield made
    made.wipe()


@pytest.fixture(scope="session")
def cluster(services: Services) -> Iterator[Cluster]:
    """SLURM behind sshd; this process and its children find them by PATH, SLURM_CONF and ~/.ssh/config."""
    services.up("slurm", "sshd")
    made = Cluster(services)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in services.env("slurm", "sshd").items():
            patch.setenv(name, value)
        patch.setenv("PATH", f"{services.bins}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("CM_SSH_CONFIG", str(write_ssh_config(made, Path(os.environ["HOME"]))))
        yield made


@pytest.fixture
def mended_cluster(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, for a test that breaks it."""
    cluster.mend()
    yield cluster
    cluster.mend()


@pytest.fixture(scope="session")
def postgres(services: Services) -> dict[str, str]:
    """PGHOST, PGPORT, PGUSER and PGDATABASE of a running PostgreSQL."""
    services.up("postgres")
    return services.env("postgres")


@pytest.fixture(scope="session")
def amqp(services: Services) -> str:
    """Address of a running RabbitMQ."""
    services.up("rabbitmq")
    return services.env("rabbitmq")["CM_AMQP"]
