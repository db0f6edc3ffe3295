"""The steps of clusters.test: what each step found, and how to fix failures."""

import contextlib
import shlex
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio import to_thread
from anyio.streams.buffered import BufferedByteReceiveStream

from crystalmath_server.adapters.aiida.cluster_store import ClusterFacts
from crystalmath_server.adapters.clusters import test_job as cluster_job
from crystalmath_server.adapters.clusters.code_test import look_at
from crystalmath_server.adapters.clusters.queue import own_jobs, whoami
from crystalmath_server.adapters.remote import ssh_hosts
from crystalmath_server.adapters.remote.connections import BlockingTransport, ClusterConnection
from crystalmath_server.domain.clusters.naming import DIRECT
from crystalmath_server.protocol.clusters import CLUSTERS_UPDATE, SSH_TRANSPORT, SshHost, StepName
from crystalmath_server.protocol.codes import CODES_CREATE, CodeKind, Outcome, Step
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import (
    AccessDenied,
    HostKeyRefused,
    RpcError,
    TransportFailed,
    WorkDirUnusable,
)

RESOLVE_S = 10.0
CONNECT_S = 10.0
LONGEST_BANNER = 1024
LONGEST_LOOK_S = 10.0
SHORTEST_LOOK_S = 0.25
_VASP = frozenset({CodeKind.VASP_STD, CodeKind.VASP_GAM, CodeKind.VASP_NCL})

TITLES = {
    StepName.RESOLVE: "The host name resolves",
    StepName.CONNECT: "The host responds",
    StepName.HOST_KEY: "The host key is trusted",
    StepName.LOGIN: "Login works",
    StepName.WORK_DIR: "The work folder is readable and writable",
    StepName.SCHEDULER: "The scheduler responds",
    StepName.JOB: "A job of one second runs",
    StepName.CODES: "VASP is installed",
    StepName.POTCARS: "The POTCARs are available",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The finding of a step."""

    outcome: Outcome
    detail: str
    hint: str = ""


def ok(detail: str) -> Seen:
    """The finding of a successful step."""
    return Seen(Outcome.OK, detail)


@dataclass(slots=True)
class ConnectionTest:
    """Runs the test steps of one cluster over its connection."""

    facts: ClusterFacts
    connection: ClusterConnection
    wait_s: float
    work_dir: str = ""
    _steps: dict[StepName, Callable[[], Awaitable[Seen]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Map each step name to its method."""
        self._steps = {
            StepName.RESOLVE: self._resolve,
            StepName.CONNECT: self._connect,
            StepName.HOST_KEY: self._host_key,
            StepName.LOGIN: self._login,
            StepName.WORK_DIR: self._work_dir,
            StepName.SCHEDULER: self._scheduler,
            StepName.JOB: self._job,
            StepName.CODES: self._codes,
            StepName.POTCARS: self._potcars,
        }

    async def run(self, name: StepName) -> Step:
        """Run one step; an exception becomes the finding."""
        start = time.monotonic()
        try:
            seen = await self._steps[name]()
        except RpcError as error:
            seen = Seen(Outcome.FAILED, error.data.detail or error.message, error.data.hint)
        except Exception as error:  # noqa: BLE001  third-party transports and schedulers may raise anything
            words = " ".join(str(error).split())[:500] or type(error).__name__
            seen = Seen(Outcome.FAILED, words, "For details, see the server log: crystalmath-server logs")
        return Step(name.value, TITLES[name], seen.outcome, seen.detail, seen.hint, time.monotonic() - start)

    async def _resolve(self) -> Seen:
        host = self.facts.target.host
        if not host:
            return ok("this machine")
        if await self._uses_proxy():
            return ok(f"{host} is reached through its ProxyCommand")
        first, *others = await self._route()
        try:
            with anyio.fail_after(RESOLVE_S):
                address = await to_thread.run_sync(
                    ssh_hosts.resolve, first.hostname, first.port, abandon_on_cancel=True
                )
        except OSError as error:
            hint = "Correct HostName in ~/.ssh/config or the cluster's host; some names need a VPN."
            return Seen(Outcome.FAILED, f"{first.hostname} cannot be resolved: {error}", hint)
        through = f", then {' → '.join(hop.name for hop in others)}" if others else ""
        return ok(f"{first.hostname} is {address}{through}")

    async def _connect(self) -> Seen:
        """Reach the first host on the route and read the banner of its SSH server."""
        if not self.facts.target.host:
            return ok("this machine")
        if await self._uses_proxy():
            return ok("handled by the ProxyCommand")
        first, *_ = await self._route()
        try:
            with anyio.fail_after(CONNECT_S):
                banner = await _banner(first.hostname, first.port)
        except TimeoutError:
            hint = "See whether the host is up, and whether network, VPN and port are right."
            return Seen(Outcome.FAILED, f"{first.hostname} port {first.port}: timed out", hint)
        except (OSError, EOFError) as error:
            words = str(error)
            hint = "See whether the host is up, and whether network, VPN and port are right."
            return Seen(Outcome.FAILED, f"{first.hostname} port {first.port}: {words}", hint)
        if not banner.startswith("SSH-"):
            hint = "Correct Port in ~/.ssh/config."
            return Seen(Outcome.FAILED, f"port {first.port} is not an SSH server: {banner[:60]!r}", hint)
        return ok(f"{first.hostname} port {first.port}: {banner}")

    async def _host_key(self) -> Seen:
        """Connect; this step fails only on an untrusted key, since the next step checks the login."""
        target = self.facts.target
        if not target.host:
            return ok("this machine")
        if careless := await _careless(target.transport(), target.host):
            return careless
        try:
            await self.connection.run(target, whoami)
        except AccessDenied:
            return ok("its key is in known_hosts")
        return ok("its key is in known_hosts")

    async def _login(self) -> Seen:
        user = await self.connection.run(self.facts.target, whoami)
        return ok(f"as {user}")

    async def _work_dir(self) -> Seen:
        path = await self.connection.run(self.facts.target, _use_work_dir, self.facts)
        return ok(path)

    async def _scheduler(self) -> Seen:
        def look(connection: BlockingTransport) -> int:
            return len(own_jobs(connection, self.facts, whoami(connection)))

        count = await self.connection.run(self.facts.target, look)
        words = f"; you have {count} job{'' if count == 1 else 's'} there"
        return ok(f"{self.facts.scheduler_type}{'' if self.facts.scheduler_type == DIRECT else words}")

    async def _job(self) -> Seen:
        """Submit a job and poll until it ends; the connection is free for others between polls."""
        target, facts = self.facts.target, self.facts
        work_dir = await self.connection.run(target, _work_dir_path, facts)
        sent = await self.connection.run(target, cluster_job.send, facts, work_dir)
        try:
            waiting = await self._watch(sent)
            if waiting is None:
                ran, detail = await self.connection.run(target, cluster_job.outcome, sent)
                hint = (
                    "" if ran else "Read the scheduler's message; the partition, account or QOS may be wrong."
                )
                return Seen(Outcome.OK if ran else Outcome.FAILED, detail, hint)
            await self.connection.run(target, cluster_job.withdraw, facts, sent)
        finally:
            with anyio.CancelScope(shield=True), contextlib.suppress(Exception):
                await self.connection.run(target, cluster_job.sweep, sent.folder)
        detail = (
            f"the scheduler accepted job {sent.job_id}, but after {self.wait_s:g} s it was still {waiting}"
        )
        hint = "The job was canceled. Test again later, or wait longer: --wait-s 600"
        return Seen(Outcome.NOT_REACHED, detail, hint)

    async def _watch(self, sent: cluster_job.Sent) -> str | None:
        deadline = time.monotonic() + self.wait_s
        pause_s = min(max(self.facts.poll_interval_s, SHORTEST_LOOK_S), LONGEST_LOOK_S)
        while True:
            await anyio.sleep(pause_s)
            waiting = await self.connection.run(self.facts.target, cluster_job.waits_for, self.facts, sent)
            if waiting is None or time.monotonic() > deadline:
                return waiting

    async def _codes(self) -> Seen:
        label = self.facts.target.name
        codes = [code for code in self.facts.codes if code.kind in _VASP]
        if not codes:
            hint = command(
                CODES_CREATE, cluster=label, label="vasp_std", path="/path/to/vasp_std", kind="vasp_std"
            )
            return Seen(Outcome.NOT_REACHED, "no VASP code is set up on this cluster yet", hint)
        for code in codes:
            for step in await self.connection.run(self.facts.target, look_at, code):
                if step.outcome is Outcome.FAILED:
                    return Seen(step.outcome, f"{code.label}: {step.detail}", step.hint)
        return ok(", ".join(f"{code.label} ({code.path})" for code in codes))

    async def _potcars(self) -> Seen:
        folder, label = self.facts.potcar_dir, self.facts.target.name
        hint = f"Set the folder: {command(CLUSTERS_UPDATE, label=label, potcar_dir='FOLDER')}"
        if not folder:
            return Seen(Outcome.NOT_REACHED, "no POTCAR folder is set", hint)
        status, out, _ = await self.connection.run(self.facts.target, _list, folder)
        if status:
            return Seen(Outcome.FAILED, f"{folder} on {label} is not a folder you can read", hint)
        if not out.strip():
            return Seen(Outcome.FAILED, f"{folder} on {label} is empty", hint)
        return ok(f"{folder}: {', '.join(out.split())}")

    async def _uses_proxy(self) -> bool:
        target = self.facts.target
        return target.kind == SSH_TRANSPORT and await ssh_hosts.uses_proxy_command(target.host)

    async def _route(self) -> tuple[SshHost, ...]:
        """The hosts on the route; core.ssh keeps its own settings in AiiDA."""
        target = self.facts.target
        if target.kind == SSH_TRANSPORT:
            return await ssh_hosts.route(target.host)
        settings: dict[str, Any] = getattr(target.transport(), "_connect_args", {})
        return (SshHost(target.host, target.host, "", int(settings.get("port") or 22)),)


async def _banner(host: str, port: int) -> str:
    """The first line that an SSH server sends."""
    try:
        async with await anyio.connect_tcp(host, port) as stream:
            line = await BufferedByteReceiveStream(stream).receive_until(b"\n", LONGEST_BANNER)
    except (anyio.EndOfStream, anyio.IncompleteRead) as error:
        raise EOFError("the host closed the connection immediately") from error
    except anyio.DelimiterNotFound:
        return f"more than {LONGEST_BANNER} bytes without a line break"
    except OSError as error:
        raise _first_cause(error) from error
    return line.decode("ascii", errors="replace").strip()


def _first_cause(error: OSError) -> OSError:
    """The error of the first address; anyio reports only that all addresses failed."""
    cause = error.__cause__
    if isinstance(cause, ExceptionGroup):
        cause = cause.exceptions[0]
    return cause if isinstance(cause, OSError) else error


async def _careless(transport: Any, host: str) -> Seen | None:
    """A failure if unknown host keys would be accepted silently, else None."""
    policy = getattr(transport, "_missing_key_policy", "")
    if "AutoAdd" in str(policy):
        hint = (
            "Add the host's key to known_hosts, then set key_policy to RejectPolicy: verdi computer configure"
        )
        return Seen(
            Outcome.FAILED, "AiiDA accepts any key from this host without checking (AutoAddPolicy)", hint
        )
    openssh = type(getattr(transport, "async_backend", None)).__name__ == "_OpenSSH"
    if openssh and await ssh_hosts.accepts_any_key(host):
        hint = "Set StrictHostKeyChecking to yes for this host in ~/.ssh/config."
        return Seen(
            Outcome.FAILED, "~/.ssh/config lets ssh accept any key from this host without checking", hint
        )
    return None


def _work_dir_path(connection: BlockingTransport, facts: ClusterFacts) -> str:
    return facts.work_dir.format(username=whoami(connection))


def _use_work_dir(connection: BlockingTransport, facts: ClusterFacts) -> str:
    """Write and read a file; raises WorkDirUnusable with the reason."""
    path = _work_dir_path(connection, facts)
    token, name = uuid.uuid4().hex, f"crystalmath-test-{uuid.uuid4().hex[:8]}"
    try:
        cluster_job.put_text(connection, path, name, token)
        came_back = cluster_job.get_text(connection, f"{path}/{name}")
        connection.do(connection.transport.remove_async(f"{path}/{name}"))
    except (TransportFailed, HostKeyRefused):
        raise
    except Exception as error:
        raise _unusable(connection, path, error) from error
    if came_back != token:
        raise WorkDirUnusable(f"A test file in {path} came back with different content", field="work_dir")
    return path


def _unusable(connection: BlockingTransport, path: str, error: Exception) -> WorkDirUnusable:
    """Ask the cluster for the reason, since SFTP reports most errors only as "Failure"."""
    quoted = shlex.quote(path)
    status, _, err = connection.exec_command_wait(f"mkdir -p {quoted} && test -w {quoted}")
    if status:
        words = " ".join(err.split()) or "you do not have write permission"
        return WorkDirUnusable(f"{path}: {words}", field="work_dir")
    _, out, _ = connection.exec_command_wait(f"df -Pk {quoted} | tail -n 1")
    free = out.split()[3:4]
    if free == ["0"]:
        another = command(CLUSTERS_UPDATE, label="LABEL", work_dir="FOLDER")
        hint = f"Free up space, or choose another folder: {another}"
        return WorkDirUnusable(f"{path}: the disk is full", field="work_dir", hint=hint)
    words = " ".join(str(error).split()) or type(error).__name__
    return WorkDirUnusable(f"{path}: {words}", field="work_dir")


def _list(connection: BlockingTransport, folder: str) -> tuple[int, str, str]:
    quoted = shlex.quote(folder)
    return connection.exec_command_wait(
        f"test -r {quoted} && ls {quoted}/ > /dev/null && ls {quoted}/ | head -n 5"
    )
