"""Stores a JobPlan as a process node exactly once; runs on the AiiDA thread."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from crystalmath_server.adapters.aiida.daemon.broker_recovery import own_inputs, remove_unfinished
from crystalmath_server.adapters.aiida.jobs.past_job import check_retry
from crystalmath_server.adapters.aiida.submit.builders import builder_of
from crystalmath_server.adapters.aiida.submit.pending_jobs import submit_or_hold
from crystalmath_server.adapters.aiida.submit.resubmit import builder_again
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.past_job import PastJob
from crystalmath_server.domain.jobs.plans import JobPlan
from crystalmath_server.domain.jobs.states import CREATED_PROCESS
from crystalmath_server.domain.vasp_run.continuation import NextInputs
from crystalmath_server.protocol.errors import Conflict


@dataclass(frozen=True, slots=True)
class StoredJob:
    """The stored job of an idempotency key."""

    pk: int
    uuid: str
    digest: str
    template: str


@dataclass(frozen=True, slots=True)
class StoreOrder:
    """A process to store exactly once, under its key."""

    key: str
    digest: str
    template: str
    reuse: bool
    builder: Callable[[], Any]


def find_job(key: str, digest: str) -> StoredJob | None:
    """The job of an idempotency key.

    The settings node of each job carries the key as its label, since AiiDA indexes labels: a search through
    the attributes of a million jobs takes seconds. A job attribute would also defeat AiiDA's
    caching, since no two jobs would be equal.

    Raises
    ------
    Conflict
        The key was used with another digest.
    """
    from aiida import orm

    query = orm.QueryBuilder().append(orm.Dict, filters={"label": key}, tag="settings")
    project = ["id", "uuid", f"attributes.{nodes.DIGEST}", f"attributes.{nodes.TEMPLATE}"]
    edge = {"label": nodes.SETTINGS}
    kinds = (orm.CalcJobNode, orm.WorkChainNode)
    query.append(kinds, with_incoming="settings", edge_filters=edge, project=project, tag="job")
    row = query.order_by({"job": {"id": "asc"}}).first()
    if row is None:
        return None
    if digest and row[2] != digest:
        raise Conflict(
            f"Key {key!r} belongs to job {row[0]}, which was made from another template or folder",
            field="key",
            hint="Use a new key for a new job.",
        )
    return StoredJob(row[0], row[1], row[2] or "", row[3] or "")


def make_job(plan: JobPlan, why_held: str = "") -> tuple[StoredJob, bool]:
    """The job of `plan.key`, and whether it already existed; a job with a reason is stored and held.

    A job that a dying server stored only in part is removed and rebuilt; one that cannot be handed to the
    broker is removed, so that a refused submit leaves no node.
    """
    rendered = plan.prepared.rendered
    order = StoreOrder(plan.key, rendered.digest, rendered.template, plan.reuse, lambda: builder_of(plan))
    return _make_once(order, why_held)


def make_again(
    job: PastJob, key: str, label: str, why_held: str = "", vasp_inputs: NextInputs | None = None
) -> tuple[StoredJob, bool]:
    """The job of a key with another job's inputs, and whether it already existed; never cached."""
    digest = str(job.options.get(nodes.DIGEST, ""))
    order = StoreOrder(
        key, digest, job.spec.template, False, lambda: builder_again(job, key, label, vasp_inputs)
    )
    made, reused = _make_once(order, why_held)
    if reused:
        check_retry(made.pk, job)
    return made, reused


def _make_once(order: StoreOrder, why_held: str) -> tuple[StoredJob, bool]:
    found = find_job(order.key, order.digest)
    if found is not None and not _remove_if_unfinished(found.pk):
        return found, True
    builder = order.builder()
    try:
        with use_caching(order.reuse):
            node = submit_or_hold(builder, why_held)
    except BaseException:
        _remove_refused(order.key)
        raise
    return StoredJob(node.pk, node.uuid, order.digest, order.template), False


@contextmanager
def use_caching(wanted: bool) -> Generator[None]:  # noqa: FBT001
    """Turn AiiDA caching for crystalmath jobs on or off, overriding the profile's configuration."""
    from aiida.manage.caching import disable_caching, enable_caching

    with ExitStack() as stack:
        for process_type in nodes.PROCESS_TYPES:
            stack.enter_context(
                enable_caching(identifier=process_type)
                if wanted
                else disable_caching(identifier=process_type)
            )
        yield


def _remove_if_unfinished(pk: int) -> bool:
    from aiida import orm

    node: Any = orm.load_node(pk)
    if node.checkpoint is not None or node.process_state.value != CREATED_PROCESS:
        return False
    remove_unfinished(node)
    return True


def _remove_refused(key: str) -> None:
    """Delete nodes stored by a failed submit; they never reached the broker, so no worker has them."""
    from aiida import orm
    from aiida.tools import delete_nodes

    found = find_job(key, "")
    if found is None:
        return
    node: Any = orm.load_node(found.pk)
    delete_nodes([node.pk, *own_inputs(node)], dry_run=False)
