"""Results: export of plots, tables and structures to files."""

from dataclasses import replace
from typing import cast, get_args

from crystalmath_server.protocol.exports import (
    JOBS_PLOT,
    STRUCTURES_EXPORT,
    ExportedStructure,
    ExportStructureParams,
    PlotParams,
    StructureFormat,
    WrittenFile,
)
from crystalmath_server.protocol.series import JOBS_SERIES, JobSeries, SeriesKind, SeriesParams
from crystalmath_tui.core import path_prompt
from crystalmath_tui.core.effects import Call, Effect, FindPath, Say
from crystalmath_tui.core.formatting import error_text, file_size
from crystalmath_tui.core.messages import Answered, Message, Refused
from crystalmath_tui.core.path_prompt import PathPrompt, prompt_of
from crystalmath_tui.core.saving import report, save
from crystalmath_tui.core.tabular import json_of, text_of
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
"""Allowed file extensions by page; the first is the default."""


Update = tuple[Slice, tuple[Effect, ...]]


def ask_path(page: Slice) -> Update:
    """Ask for the path to export the current page to."""
    endings = ENDINGS[page.tab]
    if not endings:
        return page, (
            Say("The document is one of the job's files: press J, then D on its page files.", "warn"),
        )
    if page.results is None:
        return page, (Say("The results are not loaded yet.", "warn"),)
    return replace(
        page, path=prompt_of("results", f"{page.last_folder}{_default_path(page, endings[0])}")
    ), ()


def _default_path(page: Slice, ending: str) -> str:
    name = page.kind if page.tab == "plots" else page.tab
    return f"job-{page.pk}-{name}.{ending}"


def with_path(
    page: Slice, path: PathPrompt, effects: tuple[Effect, ...], outcome: path_prompt.Outcome
) -> Update:
    """Handle the path prompt; the file extension sets the format."""
    if outcome == "closed":
        return replace(page, path=None), ()
    if outcome == "typing":
        return replace(page, path=path), effects
    endings = ENDINGS[page.tab]
    if _extension(path.text) not in endings:
        return page, (Say(f"End the path in .{', .'.join(endings)}.", "warn"),)
    folder = path.text.rpartition("/")[0]
    kept = f"{folder}/" if folder else ""
    return replace(page, path=None, last_folder=kept), (FindPath(path.text, "results path", page.pk),)


def receive(page: Slice, message: Message) -> Update:
    """Handle the resolved path, fetched curves and the outcome of the export."""
    match message:
        case Answered("results path", str(path), about) if about == page.pk:
            return page, _export_effects(page, path)
        case Answered("results curves", JobSeries() as series, path):
            return page, (save("results file", path, _text(path, series)),)
        case Answered("results export", (WrittenFile() | ExportedStructure()) as made, path):
            left = getattr(made, "left_out", "")
            more = f" Not all: {left}." if left else ""
            return page, (Say(f"Wrote {path}, {file_size(made.size)}.{more}", "warn" if left else "info"),)
        case Refused("results export" | "results curves", error, path):
            return page, (Say(f"{path} was not written: {error_text(error)}", "error"),)
        case Answered("results file", str(outcome), about):
            return page, report("results file", about, outcome)
        case _:
            return page, ()


def _export_effects(page: Slice, path: str) -> tuple[Effect, ...]:
    """The effects of an export: numbers are written directly, all else comes from the server."""
    ending, pk = _extension(path), structure_pk(page)
    x, y = page.axes if page.kind == "steps" else ("", "")
    kind = cast("SeriesKind", page.kind)
    if page.tab == "numbers" and page.results is not None:
        return (save("results file", path, _text(path, page.results)),)
    if page.tab == "plots" and kind and ending in _IMAGES:
        params = PlotParams(page.pk, kind, path, x, y)
        return (Call(JOBS_PLOT, params, "results export", path, handles_refusal=True),)
    if page.tab == "plots" and kind:
        whole = SeriesParams(page.pk, kind, x, y, points=MOST_POINTS)
        return (Call(JOBS_SERIES, whole, "results curves", path, CALL_KEY, handles_refusal=True),)
    if page.tab == "structure" and pk:
        wanted = ExportStructureParams(pk, cast("StructureFormat", ending), path)
        return (Call(STRUCTURES_EXPORT, wanted, "results export", path, handles_refusal=True),)
    return (Say("This page has nothing to write.", "warn"),)


def _text(path: str, result: object) -> str:
    return text_of(result) if _extension(path) == "csv" else json_of(result)


def _extension(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower()
