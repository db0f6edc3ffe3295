"""Job: actions of keys that lead beyond the job's pages."""

from collections.abc import Callable

from crystalmath_server.protocol.jobs import JobRow
from crystalmath_tui.core import control
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Copy, Effect, Open, Say
from crystalmath_tui.core.keymap import Action
from crystalmath_tui.screens.job.model import Slice, Update, chosen_file


def _on_job(effects: Callable[[JobRow], tuple[Effect, ...]]) -> Action[Slice]:
    """An action that needs the job to be loaded."""

    def act(job: Slice, _: Context) -> Update:
        return job, effects(job.detail.row) if job.detail else (Say("The job is not loaded yet.", "warn"),)

    return act


def _copy(text: str) -> tuple[Effect, ...]:
    return Copy(text), Say(f"Copied {text}")


clone = _on_job(lambda row: (Open("new", ("like", str(row.pk))),))
diagnose = _on_job(lambda row: (Open("diagnose", (str(row.pk),)),))
stop = _on_job(control.stop)
cancel = _on_job(lambda row: control.cancel((row,)))
retry = _on_job(lambda row: control.retry((row,)))
pause = _on_job(lambda row: control.pause_or_play((row,)))
copy_pk = _on_job(lambda row: _copy(str(row.pk)))
copy_uuid = _on_job(lambda row: _copy(row.uuid))


def download(job: Slice, _: Context) -> Update:
    """Download the selected file."""
    file = chosen_file(job)
    if file is None:
        return job, (Say("Select a file on the files page first; A downloads all files.", "warn"),)
    return job, (Open("download", (str(job.pk), file.source, file.path.rstrip("/"))),)


def download_all(job: Slice, _: Context) -> Update:
    """Download the job's folder from the cluster."""
    return job, (Open("download", (str(job.pk),)),)
