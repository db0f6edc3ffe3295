"""A one-second job, submitted and polled by AiiDA's scheduler plugin; runs on a connection's thread."""

import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crystalmath_server.adapters.aiida.cluster_store import ClusterFacts
from crystalmath_server.adapters.clusters.queue import jobs_of, rejection
from crystalmath_server.adapters.remote.connections import BlockingTransport
from crystalmath_server.domain.clusters.resources import options
from crystalmath_server.protocol.errors import SchedulerRejected
from crystalmath_server.protocol.resources import Resources

SCRIPT = "_aiidasubmit.sh"
DONE = "done.txt"
WALLTIME_S = 60


@dataclass(frozen=True, slots=True)
class Sent:
    """A job accepted by the scheduler.

    Attributes
    ----------
    token
        Random text that the job writes before the name of its node, to prove that the job wrote the line.
    """

    job_id: str
    folder: str
    token: str


def send(connection: BlockingTransport, facts: ClusterFacts, work_dir: str) -> Sent:
    """Write the script and submit it; raises SchedulerRejected."""
    from aiida.schedulers import SchedulerError

    token = uuid.uuid4().hex
    folder = f"{work_dir.rstrip('/')}/crystalmath-test-{token[:8]}"
    put_text(connection, folder, SCRIPT, facts.scheduler.get_submit_script(_template(facts, token)))
    facts.scheduler.set_transport(connection)
    try:
        answer = facts.scheduler.submit_job(folder, SCRIPT)
    except SchedulerError as error:
        sweep(connection, folder)
        raise rejection(str(error), facts) from error
    if not isinstance(answer, str):
        sweep(connection, folder)
        raise SchedulerRejected(f"{facts.scheduler_type}: {answer.message}", field="account")
    return Sent(answer, folder, token)


def _template(facts: ClusterFacts, token: str) -> Any:
    """AiiDA's JobTemplate with the cluster's defaults and minimal resources."""
    from aiida.common.datastructures import CodeRunMode
    from aiida.schedulers.datastructures import JobTemplate, JobTemplateCodeInfo

    defaults = facts.defaults
    wanted = Resources(
        partition=defaults.partition, account=defaults.account, qos=defaults.qos, walltime_s=WALLTIME_S
    )
    found: dict[str, Any] = options(wanted, facts.scheduler_type)
    template = JobTemplate()
    template.job_name = "crystalmath-test"
    template.shebang = "#!/bin/bash"
    template.sched_output_path, template.sched_error_path = "_scheduler-stdout.txt", "_scheduler-stderr.txt"
    for name in ("queue_name", "account", "qos", "max_wallclock_seconds"):
        setattr(template, name, found.get(name))
    template.job_resource = facts.scheduler.create_job_resource(**found["resources"])
    template.codes_run_mode = CodeRunMode.SERIAL
    template.codes_info = [JobTemplateCodeInfo(cmdline_params=["sleep", "1"])]
    template.append_text = f'echo "{token} $(hostname)" > {DONE}'
    return template


def put_text(connection: BlockingTransport, folder: str, name: str, text: str) -> None:
    """Write a file, creating its folder."""
    connection.do(connection.transport.makedirs_async(folder, ignore_existing=True))
    with tempfile.TemporaryDirectory() as local:
        path = Path(local) / name
        path.write_text(text, encoding="utf-8")
        connection.do(connection.transport.put_async(str(path), f"{folder}/{name}"))


def get_text(connection: BlockingTransport, path: str) -> str:
    """Read a file; raises OSError."""
    with tempfile.TemporaryDirectory() as local:
        copy = Path(local) / "copy"
        connection.do(connection.transport.getfile_async(path, str(copy)))
        return copy.read_text("utf-8", errors="replace")


def waits_for(connection: BlockingTransport, facts: ClusterFacts, sent: Sent) -> str | None:
    """The job's state and reason, or None once it has left the queue."""
    by_user = facts.scheduler.get_feature("can_query_by_user")
    which: dict[str, object] = {"user": "$USER"} if by_user else {"jobs": [sent.job_id]}
    for row in jobs_of(connection, facts, **which):
        if row.job_id == sent.job_id and row.job_state is not None and row.job_state.value != "done":
            return f"{row.job_state.value}{f' ({row.annotation})' if row.annotation else ''}"
    return None


def outcome(connection: BlockingTransport, sent: Sent) -> tuple[bool, str]:
    """Whether the job ran, and where; otherwise the output that it left."""
    try:
        written = get_text(connection, f"{sent.folder}/{DONE}").split()
    except OSError:
        written = []
    if written[:1] == [sent.token]:
        return True, f"job {sent.job_id} ran on {' '.join(written[1:]) or 'a node'}"
    left: list[str] = []
    for name in ("_scheduler-stderr.txt", "_scheduler-stdout.txt"):
        try:
            left.append(" ".join(get_text(connection, f"{sent.folder}/{name}").split()))
        except OSError:
            continue
    words = " ".join(left)[:400] or "it left no output"
    return False, f"job {sent.job_id} ended without its result: {words}"


def withdraw(connection: BlockingTransport, facts: ClusterFacts, sent: Sent) -> None:
    """Cancel a job that is still waiting."""
    facts.scheduler.set_transport(connection)
    facts.scheduler.kill_job(sent.job_id)


def sweep(connection: BlockingTransport, folder: str) -> None:
    """Remove the test folder."""
    connection.do(connection.transport.rmtree_async(folder))
