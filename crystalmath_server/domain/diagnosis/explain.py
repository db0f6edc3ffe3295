"""Explanations of job states: what a job waits for or why it ended, and how to fix it."""

import re
import time
from dataclasses import dataclass

from crystalmath_server.domain.clusters.slurm_reasons import why
from crystalmath_server.domain.exit_status import ExitStatus
from crystalmath_server.protocol.clusters import CLUSTERS_TEST
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.files import JOBS_LOG
from crystalmath_server.protocol.jobs import JOBS_CANCEL, JOBS_PLAY, JobState

REASON_LENGTH = 200
ASKS = "Waits for you: "
"""Prefix of the process status of a job that waits for its user's decision."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts about an AiiDA process that the explanations use."""

    pk: int
    state: JobState
    cluster: str = ""
    transport_state: str = ""
    scheduler_state: str = ""
    scheduler_job_id: str = ""
    process_status: str = ""
    exit_status: int | None = None
    exit_message: str = ""
    exception: str = ""
    cause: str = ""  # title of the diagnosis, if the job failed
    queue_reason: str = ""  # as reported by the scheduler
    same_as: int = 0  # pk of the job whose cached results were used
    trouble: str = ""  # exception of the last failed attempt on the cluster
    retry_at: float = 0.0  # UNIX time [s] before which the cluster is not contacted again
    progress: str = ""  # of a flow: how many of its jobs are done
    held: bool = False  # not yet given to a worker because the cluster accepts no more jobs now


@dataclass(frozen=True, slots=True)
class Explanation:
    """An explanation and a hint; the hint is empty if there is nothing to do."""

    explanation: str
    hint: str = ""


_STEPS = {
    "unstashing": "preparing its folder",
    "uploading": "uploading the inputs",
    "submitting": "submitting the job to the scheduler",
    "stashing": "stashing files",
    "retrieving": "retrieving the results",
    "parsing": "parsing the results",
}
_TASK = re.compile(r"failed transport task: (\w+) failed")
_TASKS = {
    "upload_calculation": "uploading",
    "submit_calculation": "submitting",
    "retrieve_calculation": "retrieving",
}
_NOT_WRITTEN = "the cluster could not write the file; perhaps a disk is full or a quota is used up"
_TROUBLES = (
    ("SFTPNoSuchFile", "a folder on the cluster is missing or cannot be created; is the work folder right?"),
    ("SFTPPermissionDenied", "no permission to write to a folder on the cluster; is the work folder right?"),
    ("SFTPFailure", _NOT_WRITTEN),
    ("Error while uploading file", _NOT_WRITTEN),  # AiiDA's message for an SFTP failure
    ("HostKeyNotVerifiable", "the host key differs from the one in known_hosts, or is missing there"),
    ("asyncssh.misc.PermissionDenied", "the host refused the login"),
)
"""Part of a transport error → its meaning."""
_HELD = {
    "queued held": (
        "it is held in the queue",
        "Release it on the cluster, for example with: scontrol release",
    ),
    "suspended": ("the scheduler suspended it", "The job continues when the scheduler resumes it."),
}
_EXIT_HINTS: dict[int, str] = {
    ExitStatus.NO_OUTPUT: "The output is missing. Read the log and the scheduler's messages.",
    ExitStatus.OUT_OF_MEMORY: "Request more memory, or use a smaller structure.",
    ExitStatus.OUT_OF_WALLTIME: "Request a longer walltime, or continue from the last structure.",
    ExitStatus.INVALID_ACCOUNT: "Read the scheduler's messages and correct the resources.",
    ExitStatus.REFUSED: "Correct the resources that the scheduler refused, then submit it again.",
    ExitStatus.NODE_FAILURE: "This is not the job's fault: submit it again.",
    ExitStatus.CANCELLED: "Submit the job again if the cancellation was unintended.",
    ExitStatus.RESTART_MISSING: "Choose a job whose folder is still there, or run the earlier job again.",
    ExitStatus.PREEMPTED: "Submit the job again, or choose a partition without preemption.",
    ExitStatus.STOPPED_BY_MONITOR: "A monitor stopped the job. Read the log.",
}


def explain(facts: Facts) -> Explanation:
    """The full explanation of a job's state."""
    return _EXPLAIN[facts.state](facts)


def reason(facts: Facts) -> str:
    """The explanation on one line, for a table; empty if the state alone is enough."""
    if facts.state in {JobState.FINISHED, JobState.RUNNING}:
        return facts.progress
    words = facts.cause or facts.exit_message if facts.state is JobState.FAILED else ""
    return " ".join((words or explain(facts).explanation).split())[:REASON_LENGTH]


def _progress(facts: Facts) -> str:
    return f": {facts.progress}" if facts.progress else ""


def _on(facts: Facts) -> str:
    return f" on {facts.cluster}" if facts.cluster else ""


def _job(facts: Facts) -> str:
    return f" as job {facts.scheduler_job_id}" if facts.scheduler_job_id else ""


def _explain_created(facts: Facts) -> Explanation:
    if facts.held:
        return Explanation(facts.process_status, f"Start it now: {command(JOBS_PLAY, pk=facts.pk)}")
    return Explanation(
        "Stored; waiting for a worker of AiiDA's daemon",
        "If this persists, check that AiiDA's daemon is running: crystalmath server status",
    )


def _explain_working(facts: Facts) -> Explanation:
    step = _STEPS.get(facts.transport_state, "AiiDA is processing the job")
    status = f": {facts.process_status}" if "failed" in facts.process_status.lower() else ""
    hint = "AiiDA retries automatically; test the connection with: verdi computer test" if status else ""
    return Explanation(f"{step[0].upper()}{step[1:]}{_on(facts)}{status}", hint)


def _explain_queued(facts: Facts) -> Explanation:
    held = _HELD.get(facts.scheduler_state)
    if held is not None:
        return Explanation(f"Submitted to the scheduler{_on(facts)}{_job(facts)}; {held[0]}", held[1])
    reason = why(facts.queue_reason)
    return Explanation(f"Waits in the queue{_on(facts)}{_job(facts)}{': ' if reason else ''}{reason}")


def _explain_running(facts: Facts) -> Explanation:
    return Explanation(f"Runs{_on(facts)}{_job(facts)}{_progress(facts)}")


def _explain_paused(facts: Facts) -> Explanation:
    play = f"let it go on: {command(JOBS_PLAY, pk=facts.pk)}"
    if facts.process_status.startswith(ASKS):
        end = f"or end it: {command(JOBS_CANCEL, pk=facts.pk)}"
        return Explanation(
            facts.process_status,
            f"Run it once more from that point: {command(JOBS_PLAY, pk=facts.pk)}; {end}",
        )
    if "failed" in facts.process_status.lower():
        found = _TASK.search(facts.process_status)
        state = _TASKS.get(found[1] if found else "", facts.transport_state)
        step = _STEPS.get(state, "talking to the cluster")
        what = _trouble(facts.trouble)
        text = f"Paused: {step}{_on(facts)} failed again and again{what} ({facts.process_status})"
        until = time.strftime(" after %H:%M:%S", time.localtime(facts.retry_at)) if facts.retry_at else ""
        goes_on = f"It continues by itself when {facts.cluster} answers, retried{until}; or {play}"
        return Explanation(
            text, f"{goes_on}. Test the connection: {command(CLUSTERS_TEST, label=facts.cluster)}"
        )
    status = f" ({facts.process_status})" if facts.process_status else ""
    return Explanation(f"Paused{status}", f"{play[0].upper()}{play[1:]}")


def _trouble(raised: str) -> str:
    meaning = next((f": {words}" for sign, words in _TROUBLES if sign in raised), "")
    return f"{meaning}: {raised}" if raised else ""


def _explain_finished(facts: Facts) -> Explanation:
    if facts.same_as:
        return Explanation(
            f"Finished from cache: the results are those of job {facts.same_as}, which had the same inputs"
        )
    return Explanation(f"Finished successfully{_progress(facts)}")


def _explain_failed(facts: Facts) -> Explanation:
    if facts.exit_status is None:
        return Explanation("Ended without an exit status", f"See: verdi process report {facts.pk}")
    message = facts.exit_message or "no message was left"
    hint = _EXIT_HINTS.get(facts.exit_status, f"Read its log: {command(JOBS_LOG, pk=facts.pk)}")
    return Explanation(f"Failed with exit status {facts.exit_status}: {message}", hint)


def _explain_excepted(facts: Facts) -> Explanation:
    lines = [line for line in facts.exception.splitlines() if line.strip()]
    what = lines[-1].strip() if lines else "the exception is in the log"
    return Explanation(f"AiiDA or a plugin raised: {what}", f"Read its log: {command(JOBS_LOG, pk=facts.pk)}")


def _explain_killed(facts: Facts) -> Explanation:
    return Explanation(f"Killed: {facts.process_status}" if facts.process_status else "Killed on request")


_EXPLAIN = {
    JobState.CREATED: _explain_created,
    JobState.PREPARING: _explain_working,
    JobState.QUEUED: _explain_queued,
    JobState.RUNNING: _explain_running,
    JobState.COLLECTING: _explain_working,
    JobState.PAUSED: _explain_paused,
    JobState.FINISHED: _explain_finished,
    JobState.FAILED: _explain_failed,
    JobState.EXCEPTED: _explain_excepted,
    JobState.KILLED: _explain_killed,
}
