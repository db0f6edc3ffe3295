"""The state machine of flows against jobflow's own run_locally."""

from typing import Any

import pytest
from jobflow import Flow
from monty.json import jsanitize

from crystalmath_server.domain.flows.documents import InvalidFlow, jobs_of, output_uuid
from crystalmath_server.domain.flows.run import Fate, FlowRun, Outcome, replay
from tests import flow_jobs as do
from tests.flow_runs import comparable, document_of, run, run_by_jobflow, shuffled
from tests.small_flows import FLOWS, parents_failed


@pytest.mark.parametrize("made", FLOWS)
def test_any_order_gives_what_jobflow_gives(made: Any) -> None:
    flow = made()
    told = document_of(flow)
    expected = run_by_jobflow(flow)
    for seed in range(4):
        state, outputs, outcomes = run(told, seed)
        assert comparable(outputs, flow) == comparable(expected, flow)
        assert state.is_over
        again = replay(told, shuffled(outcomes, seed))
        again.ready()
        assert again.fates == state.fates


def names(state: FlowRun, fate: Fate) -> list[str]:
    return [state.jobs[key].name for key, found in state.fates.items() if found is fate]


def test_a_failed_job_leaves_its_siblings_alone() -> None:
    state, _, _ = run(document_of(parents_failed()))
    assert names(state, Fate.FAILED) == ["fails"]
    assert names(state, Fate.BLOCKED) == ["total", "number"]
    assert names(state, Fate.DONE) == ["number", "total", "number"]


def test_nothing_starts_after_the_flow_is_stopped() -> None:
    stop = do.stops_flow(1)
    state = FlowRun(document_of([stop, do.number(stop.output), do.number(2)]))
    first, second = state.ready()
    state.start(first.key)
    state.start(second.key)
    state.end(first.key, Outcome(stop_jobflow=True))
    assert state.ready() == ()
    assert [*state.fates.values()] == [Fate.DONE, Fate.STOPPED, Fate.RUNNING]
    state.end(second.key, Outcome())
    assert state.is_over


def test_a_job_starts_as_soon_as_its_parents_are_done() -> None:
    slow, quick = do.number(1), do.number(2)
    state = FlowRun(document_of([slow, quick, do.number(slow.output), do.number(quick.output)]))
    for job in state.ready():
        state.start(job.key)
    done = next(key for key, job in state.jobs.items() if job.uuid == quick.uuid)
    state.end(done, Outcome())
    assert [job.references for job in state.ready()] == [{quick.uuid}]


def test_children_wait_for_what_a_detour_adds_to_itself() -> None:
    first = do.detours(1)
    flow = document_of([first, do.number(first.output)])
    inner = do.detours(2)
    state = FlowRun(flow)
    key = state.ready()[0].key
    state.end(key, Outcome(detour=document_of(inner)))
    (job,) = state.ready()
    state.end(job.key, Outcome(detour=document_of(do.number(3))))
    (last,) = state.ready()
    assert last.name == "number"
    assert not last.references
    state.end(last.key, Outcome())
    assert state.ready()[0].references == {first.uuid}


def test_a_detour_may_use_the_output_of_its_job() -> None:
    first = do.number(1)
    state = FlowRun(document_of([first, do.number(first.output)]))
    state.end(state.ready()[0].key, Outcome(detour=document_of(Flow([do.number(2)]))))
    inner = jsanitize(do.number(first.output).as_dict(), strict=True, enum_values=True)
    (job,) = state.ready()
    state.end(job.key, Outcome(detour=inner))
    assert [job.references for job in state.ready()] == [{first.uuid}]


@pytest.mark.parametrize("attribute", [None, "structure"])
def test_the_output_of_a_flow(attribute: str | None) -> None:
    job = do.number(1)
    output = getattr(job.output, attribute) if attribute else job.output
    assert output_uuid(document_of(Flow([job], output=output))) == ("" if attribute else job.uuid)


def test_what_is_no_flow_is_refused() -> None:
    with pytest.raises(InvalidFlow, match="expected a jobflow Flow, not Structure"):
        jobs_of({"@class": "Structure"})
    first, second = do.number(1), do.number(2)
    told = document_of([first, second])
    one, two = told["jobs"]
    one["function_args"] = [second.output.as_dict()]
    two["function_args"] = [first.output.as_dict()]
    with pytest.raises(InvalidFlow, match="in a circle"):
        jobs_of(told)
    told["jobs"] = [one, one]
    with pytest.raises(InvalidFlow, match="lists a job twice"):
        jobs_of(told)


def test_a_response_that_cannot_run_fails_its_job() -> None:
    told = document_of(do.number(1))
    state = FlowRun(told)
    (job,) = state.ready()
    state.end(job.key, Outcome(replace=told))
    assert state.fates == {job.key: Fate.FAILED}
    assert "already has the job 'number'" in state.faults[job.key]


def test_jobs_that_wait_for_each_other_are_given_up() -> None:
    first, second, one, two = do.number(1), do.number(2), do.number(3), do.number(4)
    state = FlowRun(document_of([first, second]))
    told = [document_of(one), document_of(two)]
    told[0]["jobs"][0]["function_args"] = [two.output.as_dict()]
    told[1]["jobs"][0]["function_args"] = [one.output.as_dict()]
    for job, addition in zip(state.ready(), told, strict=True):
        state.end(job.key, Outcome(addition=addition))
    assert state.ready() == ()
    assert not state.is_over
    state.give_up()
    assert state.is_over
    assert state.count(Fate.BLOCKED) == 2
