"""jobs.progress, jobs.trends, jobs.stop: progress of runs, and stopping them gracefully."""

from crystalmath_server.domain.jobs.templates import runs_vasp
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import NotAllowed
from crystalmath_server.protocol.jobs import JOBS_CANCEL, JobDetail, JobState
from crystalmath_server.protocol.progress import (
    JobProgress,
    ProgressOfJobParams,
    StopAsked,
    StopJobParams,
    Trends,
    TrendsParams,
)

STOPCAR = "STOPCAR"
_TAGS = {"ionic": "LSTOP", "electronic": "LABORT"}


async def progress(ports: Ports, params: ProgressOfJobParams) -> JobProgress:
    """Progress of a run."""
    return await ports.progress.look(params.pk, params.points)


async def trends(ports: Ports, params: TrendsParams) -> Trends:
    """The last known steps of jobs."""
    return Trends(ports.progress.trends(params.pks))


async def stop(ports: Ports, params: StopJobParams) -> StopAsked:
    """Write STOPCAR to the work folder, where VASP looks for it after each step."""
    detail = await ports.jobs.show(params.pk)
    _refuse(detail)
    text = f"{_TAGS[params.after]} = .TRUE.\n"
    await ports.work.write(params.pk, STOPCAR, text)
    words = f"VASP ends after its current {params.after} step; its results are then retrieved."
    return StopAsked(params.pk, text, detail.remote_work_dir, words)


def _refuse(detail: JobDetail) -> None:
    """Raise if no running program would read the file."""
    pk, state = detail.row.pk, detail.row.state
    if not runs_vasp(detail.process_type, detail.row.template):
        hint = f"Kill it without results: {command(JOBS_CANCEL, pk=pk)}"
        what = detail.engine or detail.row.template
        raise NotAllowed(f"{what} cannot end after a step on request; only VASP does", field="pk", hint=hint)
    if state is not JobState.RUNNING:
        hint = f"To kill a job that has not started: {command(JOBS_CANCEL, pk=pk)}"
        raise NotAllowed(f"Job {pk} does not run: it is {state}", field="pk", hint=hint)
