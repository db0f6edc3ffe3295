"""Job: model slice, pages and file selection."""

from dataclasses import field
from typing import Literal, get_args

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.files import JobFile, JobFiles, JobLog
from crystalmath_server.protocol.jobs import JobDetail
from crystalmath_server.protocol.progress import JobProgress
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.results import JobResults
from crystalmath_tui.core.effects import Effect
from crystalmath_tui.core.scroll import START, Scroll
from crystalmath_tui.screens.file_viewer import Viewer

Tab = Literal["summary", "inputs", "files", "log", "results", "run"]
TABS: tuple[Tab, ...] = get_args(Tab)

Page = JobDetail | JobFiles | JobLog | JobResults | JobProgress


@record
class Slice:
    """One job and the page shown."""

    pk: int = 0
    tab: Tab = "summary"
    detail: JobDetail | None = None
    files: JobFiles | None = None
    work: JobFiles | None = None
    run: JobProgress | None = None
    log: JobLog | None = None
    results: JobResults | None = None
    errors: dict[str, RpcError] = field(default_factory=dict[str, RpcError])
    revision: int = -1
    asked_at: float = 0.0
    tops: dict[str, int] = field(default_factory=dict[str, int])
    chosen: Scroll = START
    viewer: Viewer | None = None
    wrapped: bool = True
    times: bool = True
    follow: bool = False


Update = tuple[Slice, tuple[Effect, ...]]


def files_of(job: Slice) -> tuple[JobFile, ...]:
    """Stored files, then files on the cluster."""
    return (*(job.files.rows if job.files else ()), *(job.work.rows if job.work else ()))


def chosen_file(job: Slice) -> JobFile | None:
    """The file shown, or selected on the files page."""
    rows = files_of(job)
    here = job.tab == "files" and job.chosen.index < len(rows)
    return job.viewer.file if job.viewer else rows[job.chosen.index] if here else None
