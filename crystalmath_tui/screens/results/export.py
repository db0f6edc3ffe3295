"""Results: what is shown becomes a file: images, tables and structures; asks for the path."""

from dataclasses import replace
from typing import cast, get_args

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.exports import (
    JOBS_PLOT,
    STRUCTURES_EXPORT,
    ExportedStructure,
    ExportStructureParams,
    PlotParams,
    StructureFormat,
    WrittenFile,
)
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.series import JOBS_SERIES, JobSeries, SeriesKind, SeriesParams
from crystalmath_tui.core.effects import Ask, Call, Effect, FindPath, Say, Tagged, WriteFile
from crystalmath_tui.core.messages import Message, Pasted
from crystalmath_tui.core.path_field import PathField, completed, path_of, press, put_in
from crystalmath_tui.core.tabular import json_of, text_of
from crystalmath_tui.core.words import error_words, file_size
from crystalmath_tui.screens.results.model import Slice, Tab, structure_pk

CALL_KEY = "results export"
MOST_POINTS = 10_000
_TABLES = ("csv", "json")
_IMAGES = ("png", "svg", "pdf")
_STRUCTURES: tuple[str, ...] = get_args(StructureFormat)
ENDINGS: dict[Tab, tuple[str, ...]] = {
    "numbers": _TABLES,
    "plots": (*_IMAGES, *_TABLES),
    "document": (),
    "structure": _STRUCTURES,
}
"""Page → what a file of it may end in; the first is proposed."""


@record
class PathsListed(Message):
    """Paths that begin with what was typed came."""

    typed: str
    names: tuple[str, ...]


@record
class PathFound(Message):
    """The typed path from the root; `about` is the pk."""

    about: int
    path: str


@record
class CurvesCame(Message):
    """Curves in full came; `about` is the path that they go to."""

    about: str
    series: JobSeries


@record
class FileMade(Message):
    """The server wrote a file."""

    about: str
    made: WrittenFile | ExportedStructure


@record
class ExportFailed(Message):
    """The server refused."""

    about: str
    error: RpcError


@record
class Written(Message):
    """A file was written here, or there is one already, or why not; `about` is path and text."""

    about: tuple[str, str]
    outcome: str


Update = tuple[Slice, tuple[Effect, ...]]


def asked(found: Slice) -> Update:
    """Ask where the page that is shown goes."""
    endings = ENDINGS[found.tab]
    if not endings:
        return found, (
            Say("The document is among the files of the job: J, then D on its page files.", "warn"),
        )
    if found.results is None:
        return found, (Say("The results are not loaded yet.", "warn"),)
    return replace(found, path=path_of(f"{found.last_folder}{_proposed(found, endings[0])}")), ()


def _proposed(found: Slice, ending: str) -> str:
    name = found.kind if found.tab == "plots" else found.tab
    return f"job-{found.pk}-{name}.{ending}"


def typed(found: Slice, path: PathField, key: str) -> Update:
    """The path after a key; its ending says what is written."""
    path, effects, outcome = press(path, key, PathsListed)
    if outcome == "closed":
        return replace(found, path=None), ()
    if outcome == "typing":
        return replace(found, path=path), effects
    endings = ENDINGS[found.tab]
    if _ending(path.text) not in endings:
        return found, (Say(f"End the path in .{', .'.join(endings)}.", "warn"),)
    folder = path.text.rpartition("/")[0]
    kept = f"{folder}/" if folder else ""
    return replace(found, path=None, last_folder=kept), (FindPath(path.text, Tagged(PathFound, found.pk)),)


def answered(found: Slice, message: Message) -> Update:
    """Follow the path, what was fetched for it, and what became of the file."""
    match message:
        case Pasted(text) if found.path is not None:
            return replace(found, path=put_in(found.path, text)), ()
        case PathsListed(typed, names) if found.path is not None and typed == found.path.text:
            return replace(found, path=completed(found.path, names)), ()
        case PathFound(about, path) if about == found.pk:
            return found, _made(found, path)
        case CurvesCame(path, series):
            return found, (_write(path, _text(path, series)),)
        case FileMade(path, made):
            left = getattr(made, "left_out", "")
            more = f" Not all: {left}." if left else ""
            return found, (Say(f"Wrote {path}, {file_size(made.size)}.{more}", "warn" if left else "info"),)
        case ExportFailed(path, error):
            return found, (Say(f"{path} was not written: {error_words(error)}", "error"),)
        case Written(about, outcome):
            return found, told(about, outcome)
        case _:
            return found, ()


def _made(found: Slice, path: str) -> tuple[Effect, ...]:
    """Curves in full and images come from the server, what is on the screen in full is written at once."""
    ending, pk = _ending(path), structure_pk(found)
    failed = Tagged(ExportFailed, path)
    x, y = found.axes if found.kind == "steps" else ("", "")
    kind = cast("SeriesKind", found.kind)
    if found.tab == "numbers" and found.results is not None:
        return (_write(path, _text(path, found.results)),)
    if found.tab == "plots" and kind and ending in _IMAGES:
        params = PlotParams(found.pk, kind, path, x, y)
        return (Call(JOBS_PLOT, params, Tagged(FileMade, path), failed, key=CALL_KEY),)
    if found.tab == "plots" and kind:
        whole = SeriesParams(found.pk, kind, x, y, points=MOST_POINTS)
        return (Call(JOBS_SERIES, whole, Tagged(CurvesCame, path), failed, key=CALL_KEY),)
    if found.tab == "structure" and pk:
        wanted = ExportStructureParams(pk, cast("StructureFormat", ending), path)
        return (Call(STRUCTURES_EXPORT, wanted, Tagged(FileMade, path), failed, key=CALL_KEY),)
    return (Say("There is nothing to write on this page.", "warn"),)


def _text(path: str, result: object) -> str:
    return text_of(result) if _ending(path) == "csv" else json_of(result)


def _ending(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower()


def _write(path: str, text: str, *, over: bool = False) -> WriteFile:
    return WriteFile(path, text, Tagged(Written, (path, text)), over=over)


def told(about: tuple[str, str], outcome: str) -> tuple[Effect, ...]:
    """What became of a file; one that is there is written over only after a yes."""
    path, text = about
    if outcome == "written":
        return (Say(f"Wrote {path}."),)
    if outcome == "exists":
        return (Ask(f"Write over {path}?", (), (_write(path, text, over=True),)),)
    return (Say(f"{path} was not written: {outcome}", "error"),)
