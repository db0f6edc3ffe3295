"""The jobs of a workflow as lines."""

from crystalmath_server.protocol.jobs import FlowJob, FlowJobState
from crystalmath_tui.screens.flow_lines import flow_lines


def test_jobs_are_listed_with_state_and_reason() -> None:
    jobs = (
        FlowJob("relax", FlowJobState.DONE, "engine", 12),
        FlowJob("fit", FlowJobState.FAILED, "light", 13, "the job raised ValueError"),
        FlowJob("plot", FlowJobState.WAITING, "light"),
    )
    texts = ["".join(span.text for span in row) for row in flow_lines(jobs, 80)]
    assert texts[1].strip() == "jobs"
    assert [row.split() for row in texts[2:]] == [
        ["12", "relax", "done"],
        ["13", "fit", "failed"],
        ["the", "job", "raised", "ValueError"],
        ["plot", "waiting"],
    ]
    assert flow_lines((), 80) == ()
