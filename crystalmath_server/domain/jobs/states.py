"""(process state, paused, exit status, transport state, scheduler state) → JobState; tables."""

from crystalmath_server.protocol.jobs import JobState

_BY_PROCESS = {
    "excepted": JobState.EXCEPTED,
    "killed": JobState.KILLED,
}
_BY_TRANSPORT = {
    "unstashing": JobState.PREPARING,
    "uploading": JobState.PREPARING,
    "submitting": JobState.PREPARING,
    "stashing": JobState.COLLECTING,
    "retrieving": JobState.COLLECTING,
    "parsing": JobState.COLLECTING,
}
_BY_SCHEDULER = {
    "running": JobState.RUNNING,
    "undetermined": JobState.RUNNING,  # e.g. SLURM's CONFIGURING and COMPLETING
    "done": JobState.COLLECTING,
}
CREATED_PROCESS = "created"
ACTIVE_PROCESS = (CREATED_PROCESS, "running", "waiting")
"""AiiDA states of a process that has not ended."""
ENDED_PROCESS = ("finished", "excepted", "killed")
"""Final AiiDA process states."""
WITH_SCHEDULER = "withscheduler"


def job_state(
    *,
    process_state: str | None,
    paused: bool,
    exit_status: int | None,
    transport_state: str | None,
    scheduler_state: str | None,
    on_computer: bool = True,
) -> JobState:
    """The state of a job; defined for every combination of inputs.

    Parameters
    ----------
    process_state, paused, exit_status
        AiiDA's attributes of any process node.
    transport_state
        Attribute `state` of a CalcJob: uploading, submitting, withscheduler, retrieving, parsing …
    scheduler_state
        Attribute `scheduler_state` of a CalcJob.
    on_computer
        Whether it is a CalcJob; a workflow has no inputs to upload.
    """
    if process_state == "finished":
        return JobState.FINISHED if exit_status == 0 else JobState.FAILED
    if process_state in _BY_PROCESS:
        return _BY_PROCESS[process_state]
    if paused:
        return JobState.PAUSED
    if process_state not in ACTIVE_PROCESS[1:]:
        return JobState.CREATED
    if transport_state == WITH_SCHEDULER:
        return _BY_SCHEDULER.get(scheduler_state or "", JobState.QUEUED)
    unknown = JobState.PREPARING if on_computer and transport_state is None else JobState.RUNNING
    return _BY_TRANSPORT.get(transport_state or "", unknown)
