"""Small flows, one for each way in which a job can change its flow."""

from typing import Any

from jobflow import Flow, JobOrder
from jobflow.core.reference import OnMissing

from tests import flow_jobs as do


def missing(job: Any, how: OnMissing) -> Any:
    job.config.on_missing_references = how
    return job


def replaced() -> Flow:
    fan = do.fans_out([1, 2, 3])
    return Flow([fan, do.total(fan.output)], output=fan.output)


def replaced_without_output() -> Flow:
    fan = do.fans_out([1, 2, 3], has_output=False)
    return Flow([fan, do.number(fan.output)])


def replaced_many_times() -> Flow:
    counting = do.counts_down(4, [])
    return Flow([counting, do.number(counting.output)])


def detoured() -> Flow:
    detour, failing = do.detours(5), do.detours(6, fail=True)
    return Flow([detour, failing, do.number(detour.output), do.number(failing.output)])


def added() -> Flow:
    adding = do.adds(2)
    return Flow([adding, do.number(adding.output)])


def children_stopped() -> Flow:
    stop = do.stops_children(1)
    child = do.number(stop.output)
    return Flow([stop, child, do.number(child.output), do.number(7)])


def parents_failed() -> Flow:
    fail, fine = do.fails(), do.number(1)
    strict = do.total([fail.output, fine.output])
    lenient = missing(do.total([fail.output, fine.output]), OnMissing.NONE)
    return Flow([fail, fine, strict, do.number(strict.output), lenient, do.number(lenient.output)])


def in_linear_order() -> Flow:
    inner = Flow([do.number(1), do.number(2)])
    return Flow([inner, do.number(3), do.fails(), Flow([do.number(4), do.number(5)])], order=JobOrder.LINEAR)


FLOWS = [
    replaced, replaced_without_output, replaced_many_times, detoured, added, children_stopped,
    parents_failed, in_linear_order,
]  # fmt: skip
