"""Job: what its keys do beyond its own pages."""

from crystalmath_server.protocol.files import JobFile
from crystalmath_server.protocol.jobs import JobDetail
from crystalmath_tui.core import control
from crystalmath_tui.core.effects import Copy, Effect, Open, Say

ACTIONS = frozenset(
    {
        "clone",
        "diagnose",
        "stop",
        "cancel",
        "retry",
        "pause",
        "copy pk",
        "copy uuid",
        "download",
        "download all",
    }
)


def effects(pk: int, detail: JobDetail | None, file: JobFile | None, action: str) -> tuple[Effect, ...]:
    """What an action on the job, or on the file that is chosen, asks for."""
    if action.startswith("download"):
        return _download(pk, file, action)
    if detail is None:
        return (Say("The job is not loaded yet.", "warn"),)
    row = detail.row
    match action:
        case "clone":
            return (Open("new", ("like", str(row.pk))),)
        case "diagnose":
            return (Open("diagnose", (str(row.pk),)),)
        case "stop":
            return control.stop(row)
        case "cancel":
            return control.cancel((row,))
        case "retry":
            return control.retry((row,))
        case "pause":
            return control.pause_or_play((row,))
        case _:
            words = str(row.pk) if action == "copy pk" else row.uuid
            return (Copy(words), Say(f"Copied {words}"))


def _download(pk: int, file: JobFile | None, action: str) -> tuple[Effect, ...]:
    """Bring one file here, or the folder of the job as it is on the computer."""
    if action == "download all":
        return (Open("download", (str(pk),)),)
    if file is None:
        return (Say("Select a file on the page files first; A brings all.", "warn"),)
    return (Open("download", (str(pk), file.source, file.path.rstrip("/"))),)
