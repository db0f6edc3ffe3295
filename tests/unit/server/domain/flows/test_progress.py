"""How far a flow is, in words."""

from jobflow import Flow

from crystalmath_server.domain.flows.progress import failures, progress_of, words_of
from crystalmath_server.domain.flows.run import FlowRun, Outcome
from tests import flow_jobs as do
from tests.flow_runs import document_of
from tests.small_flows import parents_failed


def test_progress_counts_jobs_and_marks_what_may_be_added() -> None:
    first = do.number(1)
    run = FlowRun(document_of(Flow([first, do.number(first.output)])))
    assert words_of(progress_of(run)) == "0 of 2+ jobs"
    (job,) = run.ready()
    run.start(job.key)
    assert words_of(progress_of(run)) == "0 of 2+ jobs, 1 running"
    run.end(job.key, Outcome())
    (job,) = run.ready()
    run.end(job.key, Outcome())
    assert words_of(progress_of(run)) == "2 of 2 jobs"
    assert words_of({}) == ""


def test_failures_are_named() -> None:
    run = FlowRun(document_of(parents_failed()))
    while ready := run.ready():
        for job in ready:
            run.end(job.key, Outcome(is_ok=job.name != "fails"))
    assert failures(run) == "fails; 2 not run because of it"
    assert words_of(progress_of(run)) == "3 of 6 jobs, 1 failed, 2 blocked"
    many = FlowRun(document_of([do.fails() for _ in range(7)]))
    for job in many.ready():
        many.end(job.key, Outcome(is_ok=False))
    assert failures(many) == "fails, fails, fails, fails, fails and 2 more"
