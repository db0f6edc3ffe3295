"""Results, trees and curves from job documents; runs in the reading process."""

import gzip
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from crystalmath_server.adapters.processes.written_files import check_new_path, new_file
from crystalmath_server.adapters.reader import vasprun_curves
from crystalmath_server.adapters.reader.figures import format_of, image
from crystalmath_server.adapters.reader.vasprun_stream import steps_of
from crystalmath_server.domain.results import document_tree as tree
from crystalmath_server.domain.results import series as job_series
from crystalmath_server.domain.results import task_document as task
from crystalmath_server.domain.results import vasp
from crystalmath_server.domain.results.sites import MAX_SITES, is_vasp, sites_of
from crystalmath_server.domain.results.step_columns import Column, columns_of
from crystalmath_server.protocol.codec import from_json
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.document import DocumentParams, DocumentPart
from crystalmath_server.protocol.errors import FileUnreadable, NotFound
from crystalmath_server.protocol.exports import WrittenFile
from crystalmath_server.protocol.files import JOBS_FILES
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.series import JobSeries, SeriesParams

NEEDS_VASPRUN = "vasprun.xml is needed"
"""Returned in place of curves if the document alone lacks their data."""


@lru_cache(maxsize=1)  # the pages of one job request the same document
def load(path: str) -> Json:
    """The JSON content of a file, gzipped or not.

    Raises
    ------
    FileUnreadable
        The file is broken or not JSON.
    """
    try:
        data = Path(path).read_bytes()
        return json.loads(gzip.decompress(data) if path.endswith(".gz") else data)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        detail = f"the document of this job is broken: {error}"
        raise FileUnreadable(
            detail, field="pk", hint=f"Check the job's files: {command(JOBS_FILES, pk='PK')}"
        ) from None


def results(argument: Mapping[str, Any]) -> dict[str, object]:
    """Quantities, sites and available kinds of curves in a document."""
    document = _document(argument["path"])
    columns = columns_of(document)
    sites = sites_of(document)
    count = len(columns["step"].values) if columns else 0
    rows = vasp.quantities(document, count) if is_vasp(document) else task.quantities(document, count, None)
    return {
        "quantities": rows if section_of_task(document) else {},
        "sites": sites[:MAX_SITES],
        "n_sites": len(sites),
        "series": job_series.kinds_of(document),
        "steps": {name: columns[name].values for name in ("energy", "max_force") if name in columns},
    }


def section_of_task(document: Mapping[str, Any]) -> bool:
    """Whether a document is a task document."""
    return isinstance(document.get("output"), dict)


def part(argument: Mapping[str, Any]) -> DocumentPart:
    """A branch of a document."""
    params = from_json(DocumentParams, argument["params"])
    value = tree.value_at(load(argument["path"]), params.path)
    rows = tree.children_of(value, params.path, params.offset, params.limit)
    text = "" if isinstance(value, (dict, list)) else tree.preview(value, tree.LONGEST_TEXT)
    kind, size = tree.kind_of(value), tree.size_of(value)
    return DocumentPart(params.pk, params.path, kind, size, text, rows, params.offset, argument["source"])


def series(argument: Mapping[str, Any]) -> JobSeries | str:
    """Curves of a job, or NEEDS_VASPRUN."""
    params = from_json(SeriesParams, argument["params"])
    vasprun = Path(argument["vasprun"]) if argument.get("vasprun") else None
    if params.kind == "eos":
        drawn = vasprun_curves.equation_of_state([_document(path) for path in argument["paths"]])
    else:
        drawn = _read_curves(params, _document(argument["paths"][0]), vasprun)
    if drawn is None:
        return NEEDS_VASPRUN
    made = job_series.series(params, drawn, argument["source"])
    return replace(made, source=argument["vasprun_source"]) if vasprun else made


def plot(argument: Mapping[str, Any]) -> WrittenFile | str:
    """Write the curves of a job as an image, or NEEDS_VASPRUN."""
    path = argument["file"]
    kind = format_of(path)
    check_new_path(path)
    found = series(argument)
    if isinstance(found, str):
        return found
    return WrittenFile(path, new_file(path, image(found, kind)), found.left_out)


def _read_curves(
    params: SeriesParams, document: Mapping[str, Any], vasprun: Path | None
) -> job_series.Drawn | None:
    """Curves before thinning, or None if vasprun.xml is needed but missing."""
    if params.kind in _ELECTRONIC:
        return _electronic(params.kind, document, vasprun)
    columns = columns_of(document)
    if "energy" not in columns and is_vasp(document):  # no steps, or energies that VASP wrote incorrectly
        if vasprun is None:
            return None
        columns = _merge(columns, columns_of({}, steps_of(vasprun)))
    return _stepwise(params, document, columns)


def _merge(known: Mapping[str, Column], read: Mapping[str, Column]) -> Mapping[str, Column]:
    """Columns from vasprun.xml, plus those only in the document if both have the same steps."""
    same = bool(known and read) and len(known["step"].values) == len(read["step"].values)
    return {**known, **read} if same else read or known


def _stepwise(
    params: SeriesParams, document: Mapping[str, Any], columns: Mapping[str, Column]
) -> job_series.Drawn:
    match params.kind:
        case "steps":
            return job_series.steps_curves(columns, params)
        case "trajectory":
            return job_series.trajectory_curves(columns)
        case _:
            return job_series.convergence_curves(document, columns)


def _electronic(kind: str, document: Mapping[str, Any], vasprun: Path | None) -> job_series.Drawn | None:
    """A band structure or density of states, from the task document or else from vasprun.xml."""
    name, draw = _ELECTRONIC[kind]
    found = job_series.stored_document(document, name)
    if found is not None:
        return draw(found)
    if not is_vasp(document):
        detail = f"this job's engine does not compute electrons, so it has no {name}"
        raise NotFound(detail, field="kind", hint=_kinds(job_series.kinds_of(document)))
    return draw(vasprun_curves.READ[kind](vasprun)) if vasprun else None


_ELECTRONIC: dict[str, tuple[str, Callable[[Mapping[str, Any]], job_series.Drawn]]] = {
    "bands": ("bandstructure", job_series.bands_curves),
    "dos": ("dos", job_series.density_curves),
    "dos_element": ("dos", partial(job_series.partial_curves, orbitals=False)),
    "dos_orbital": ("dos", partial(job_series.partial_curves, orbitals=True)),
}


def _kinds(kinds: Sequence[str]) -> str:
    return f"This job has {', '.join(kinds)}." if kinds else "This job has no curves."


def _document(path: str) -> Mapping[str, Any]:
    found = load(path)
    return found if isinstance(found, dict) else {}
