"""The queue of a cluster, read by AiiDA's scheduler plugin; runs on the connection's thread."""

from collections.abc import Sequence
from typing import Any

from crystalmath_server.adapters.aiida.cluster_store import ClusterFacts
from crystalmath_server.adapters.remote.connections import BlockingTransport
from crystalmath_server.domain.clusters import slurm
from crystalmath_server.protocol.clusters import Partition, QueueJob
from crystalmath_server.protocol.errors import SchedulerRejected

_WAITING = frozenset({"queued", "queued held"})


def jobs_of(connection: BlockingTransport, facts: ClusterFacts, **which: object) -> list[Any]:
    """AiiDA's JobInfo rows; raises SchedulerRejected with the scheduler's message."""
    from aiida.schedulers import SchedulerError

    facts.scheduler.set_transport(connection)
    try:
        return list(facts.scheduler.get_jobs(**which))
    except SchedulerError as error:
        raise rejection(str(error), facts) from error


def rejection(message: str, facts: ClusterFacts) -> SchedulerRejected:
    """The error for a scheduler's message, or for missing scheduler commands."""
    short = " ".join(message.replace("\\n", " ").split())[:600]
    if "command not found" in message or "retval=127" in message or "No such file or directory" in message:
        hint = (
            "Load them in ~/.bash_profile on the cluster, or re-create the cluster with the right scheduler."
        )
        detail = f"The {facts.scheduler_type} commands are not found on {facts.target.name}: {short}"
        return SchedulerRejected(detail, field="scheduler", hint=hint)
    return SchedulerRejected(f"{facts.scheduler_type} on {facts.target.name}: {short}")


def own_jobs(connection: BlockingTransport, facts: ClusterFacts, user: str) -> tuple[QueueJob, ...]:
    """The user's jobs; reads SLURM's whole queue once to find their positions."""
    if facts.scheduler_type not in slurm.NAMES:
        return tuple(_job(row, None) for row in jobs_of(connection, facts, user=user))
    rows = jobs_of(connection, facts)
    places = _places(rows)
    return tuple(_job(row, places.get(row.job_id)) for row in rows if row.job_owner == user)


def _places(rows: Sequence[Any]) -> dict[str, int]:
    """Job id → queue position; squeue lists waiting jobs of a partition by decreasing priority."""
    counts: dict[str, int] = {}
    places: dict[str, int] = {}
    for row in rows:
        if _state(row) in _WAITING:
            counts[row.queue_name] = counts.get(row.queue_name, 0) + 1
            places[row.job_id] = counts[row.queue_name]
    return places


def _state(row: Any) -> str:
    return str(row.job_state.value) if row.job_state is not None else "undetermined"


def _job(row: Any, position: int | None) -> QueueJob:
    reason = row.annotation or ""
    return QueueJob(
        job_id=str(row.job_id),
        name=row.title or "",
        state=_state(row),
        partition=row.queue_name or "",
        reason="" if reason == "None" else reason,
        place=position,
        nodes=row.num_machines,
        cores=row.num_cpus or row.num_mpiprocs,
        walltime_s=row.requested_wallclock_time_seconds,
        used_s=row.wallclock_time_seconds,
    )


def partitions(
    connection: BlockingTransport, facts: ClusterFacts
) -> tuple[tuple[Partition, ...], tuple[str, ...]]:
    """Partitions, and a note if they cannot be read."""
    if facts.scheduler_type not in slurm.NAMES:
        return (), (f"Partitions are read from SLURM only, not from {facts.scheduler_type}.",)
    status, out, err = connection.exec_command_wait(slurm.SINFO)
    if status:
        return (), (f"sinfo failed: {' '.join(err.split())[:300]}",)
    return slurm.partitions(out), ()


def accounts(connection: BlockingTransport, facts: ClusterFacts) -> tuple[str, ...]:
    """Accounts of the user; empty if the cluster has no accounting."""
    if facts.scheduler_type not in slurm.NAMES:
        return ()
    status, out, _ = connection.exec_command_wait(f"timeout 10 {slurm.ACCOUNTS}")
    return slurm.accounts(out)[0] if status == 0 else ()


def whoami(connection: BlockingTransport) -> str:
    """The user name on the cluster."""
    return str(connection.do(connection.transport.whoami_async())).strip()
