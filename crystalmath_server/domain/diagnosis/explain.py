"""What a job waits for or why it ended, in words, and what fixes it."""

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
"""How the process status of a job begins that its user must decide on."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What AiiDA knows of a process, as far as the words need it."""

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
    cause: str = ""  # title of the diagnosis of a job that failed
    queue_reason: str = ""  # as the scheduler gives it
    same_as: int = 0  # pk of the job whose results were taken
    trouble: str = ""  # what the last failed try on the cluster raised
    retry_at: float = 0.0  # UNIX time [s] until which the cluster is left alone
    held: bool = False  # not given to a worker yet, as the cluster takes no more jobs now


@dataclass(frozen=True, slots=True)
class Words:
    """An explanation and a way out; the hint is empty where nothing is to be done."""

    explanation: str
    hint: str = ""


_STEPS = {
    "unstashing": "preparing its folder",
    "uploading": "uploading the inputs",
    "submitting": "handing the job to the scheduler",
    "stashing": "tidying up",
    "retrieving": "bringing the results back",
    "parsing": "reading the results",
}
_TASK = re.compile(r"failed transport task: (\w+) failed")
_TASKS = {
    "upload_calculation": "uploading",
    "submit_calculation": "submitting",
    "retrieve_calculation": "retrieving",
}
_NOT_WRITTEN = "the cluster could not write, as where a disk is full or a quota is used up"
_TROUBLES = (
    ("SFTPNoSuchFile", "a folder is missing there or cannot be made; is the work folder right?"),
    ("SFTPPermissionDenied", "a folder there may not be written; is the work folder right?"),
    ("SFTPFailure", _NOT_WRITTEN),
    ("Error while uploading file", _NOT_WRITTEN),  # AiiDA's, for what sftp calls a failure
    ("HostKeyNotVerifiable", "the host key is not the one in known_hosts, or is not there"),
    ("asyncssh.misc.PermissionDenied", "the host refused the login"),
)
"""What a transport raised → what it means."""
_HELD = {
    "queued held": ("it is held in the queue", "Release it on the cluster, as with: scontrol release"),
    "suspended": ("the scheduler suspended it", "It continues when the scheduler resumes it."),
}
_EXIT_HINTS: dict[int, str] = {
    ExitStatus.NO_OUTPUT: "The output is missing: read the log and the scheduler's messages.",
    ExitStatus.OUT_OF_MEMORY: "Ask for more memory, or use a smaller structure.",
    ExitStatus.OUT_OF_WALLTIME: "Ask for a longer walltime, or begin from the last structure.",
    ExitStatus.INVALID_ACCOUNT: "Read the scheduler's messages and correct the resources.",
    ExitStatus.REFUSED: "Correct what the scheduler refused, and submit it again.",
    ExitStatus.NODE_FAILURE: "Submit it again.",
    ExitStatus.CANCELLED: "Submit it again if that was not meant.",
    ExitStatus.RESTART_MISSING: "Name a job whose folder is still there, or run that one again.",
    ExitStatus.PREEMPTED: "Submit it again, or to a partition where it is left alone.",
    ExitStatus.STOPPED_BY_MONITOR: "It was stopped by a monitor: read the log.",
}


def explain(facts: Facts) -> Words:
    """The whole explanation of a job's state."""
    return _EXPLAIN[facts.state](facts)


def reason(facts: Facts) -> str:
    """The explanation for one line of a table; empty where the state says it all."""
    if facts.state in {JobState.FINISHED, JobState.RUNNING}:
        return ""
    words = facts.cause or facts.exit_message if facts.state is JobState.FAILED else ""
    return " ".join((words or explain(facts).explanation).split())[:REASON_LENGTH]


def _on(facts: Facts) -> str:
    return f" on {facts.cluster}" if facts.cluster else ""


def _job(facts: Facts) -> str:
    return f" as job {facts.scheduler_job_id}" if facts.scheduler_job_id else ""


def _created(facts: Facts) -> Words:
    if facts.held:
        return Words(facts.process_status, f"Let it go at once: {command(JOBS_PLAY, pk=facts.pk)}")
    return Words(
        "Stored; waits for a worker of AiiDA's daemon",
        "If it stays so, see whether AiiDA's daemon runs: crystalmath server status",
    )


def _working(facts: Facts) -> Words:
    step = _STEPS.get(facts.transport_state, "AiiDA works on it")
    status = f": {facts.process_status}" if "failed" in facts.process_status.lower() else ""
    hint = "AiiDA tries again by itself; test the connection with: verdi computer test" if status else ""
    return Words(f"{step[0].upper()}{step[1:]}{_on(facts)}{status}", hint)


def _queued(facts: Facts) -> Words:
    held = _HELD.get(facts.scheduler_state)
    if held is not None:
        return Words(f"Handed to the scheduler{_on(facts)}{_job(facts)}; {held[0]}", held[1])
    reason = why(facts.queue_reason)
    return Words(f"Waits in the queue{_on(facts)}{_job(facts)}{': ' if reason else ''}{reason}")


def _running(facts: Facts) -> Words:
    return Words(f"Runs{_on(facts)}{_job(facts)}")


def _paused(facts: Facts) -> Words:
    play = f"let it go on: {command(JOBS_PLAY, pk=facts.pk)}"
    if facts.process_status.startswith(ASKS):
        end = f"or end it: {command(JOBS_CANCEL, pk=facts.pk)}"
        return Words(
            facts.process_status, f"Run it once more from there: {command(JOBS_PLAY, pk=facts.pk)}; {end}"
        )
    if "failed" in facts.process_status.lower():
        found = _TASK.search(facts.process_status)
        state = _TASKS.get(found[1] if found else "", facts.transport_state)
        step = _STEPS.get(state, "talking to the cluster")
        what = _trouble(facts.trouble)
        text = f"Paused: {step}{_on(facts)} failed again and again{what} ({facts.process_status})"
        until = time.strftime(" after %H:%M:%S", time.localtime(facts.retry_at)) if facts.retry_at else ""
        goes_on = f"It continues by itself when {facts.cluster} answers, tried{until}; or {play}"
        return Words(text, f"{goes_on}. What is wrong there: {command(CLUSTERS_TEST, label=facts.cluster)}")
    status = f" ({facts.process_status})" if facts.process_status else ""
    return Words(f"Paused{status}", f"{play[0].upper()}{play[1:]}")


def _trouble(raised: str) -> str:
    meaning = next((f": {words}" for sign, words in _TROUBLES if sign in raised), "")
    return f"{meaning}: {raised}" if raised else ""


def _finished(facts: Facts) -> Words:
    if facts.same_as:
        return Words(
            f"Finished at once: the results are those of job {facts.same_as}, which had the same inputs"
        )
    return Words("Finished successfully")


def _failed(facts: Facts) -> Words:
    if facts.exit_status is None:
        return Words("Ended without an exit status", f"See: verdi process report {facts.pk}")
    message = facts.exit_message or "no message was left"
    hint = _EXIT_HINTS.get(facts.exit_status, f"Read its log: {command(JOBS_LOG, pk=facts.pk)}")
    return Words(f"Failed with exit status {facts.exit_status}: {message}", hint)


def _excepted(facts: Facts) -> Words:
    lines = [line for line in facts.exception.splitlines() if line.strip()]
    what = lines[-1].strip() if lines else "the exception is in its log"
    return Words(f"AiiDA or a plugin raised: {what}", f"Read its log: {command(JOBS_LOG, pk=facts.pk)}")


def _killed(facts: Facts) -> Words:
    return Words(f"Killed: {facts.process_status}" if facts.process_status else "Killed on request")


_EXPLAIN = {
    JobState.CREATED: _created,
    JobState.PREPARING: _working,
    JobState.QUEUED: _queued,
    JobState.RUNNING: _running,
    JobState.COLLECTING: _working,
    JobState.PAUSED: _paused,
    JobState.FINISHED: _finished,
    JobState.FAILED: _failed,
    JobState.EXCEPTED: _excepted,
    JobState.KILLED: _killed,
}
