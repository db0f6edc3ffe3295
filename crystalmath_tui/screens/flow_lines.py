"""Jobs of a workflow as lines: pk, name, state and why a job failed."""

from collections.abc import Iterator, Sequence

from crystalmath_server.protocol.jobs import FlowJob, FlowJobState
from crystalmath_tui.core.cells import fit, wrap
from crystalmath_tui.core.lines import Line, Span, line

_STYLES = {
    FlowJobState.DONE: "ok",
    FlowJobState.RUNNING: "accent",
    FlowJobState.FAILED: "error",
    FlowJobState.BLOCKED: "warn",
}
_NAME = 40


def flow_lines(jobs: Sequence[FlowJob], cols: int) -> tuple[Line, ...]:
    """A heading and all jobs; empty for a job that is not a workflow."""
    if not jobs:
        return ()
    return ((), line(("heading", " jobs")), *(row for job in jobs for row in _job(job, cols)))


def _job(job: FlowJob, cols: int) -> Iterator[Line]:
    pk = "" if job.pk is None else str(job.pk)
    yield (
        Span("number", f" {pk:>8}  "),
        Span("", f"{fit(job.name, _NAME)}  "),
        Span(_STYLES.get(job.state, "dim"), job.state.value),
    )
    yield from (line(("error", f"     {each}")) for each in wrap(job.reason, max(8, cols - 6)) if job.reason)
