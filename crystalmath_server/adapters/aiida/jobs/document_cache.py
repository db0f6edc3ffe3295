"""Job documents copied out of AiiDA's repository for the reading process; runs on the AiiDA threads."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from crystalmath_server.adapters.aiida.jobs.job_record import read_job
from crystalmath_server.adapters.aiida.jobs.node_record import NodeRecord
from crystalmath_server.adapters.aiida.jobs.runs import load_job
from crystalmath_server.adapters.aiida.jobs.tables import read_links
from crystalmath_server.adapters.aiida.object_store import object_store
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import FileUnreadable, NotFound
from crystalmath_server.protocol.exports import JOBS_DUMP
from crystalmath_server.protocol.files import JOBS_FILES
from crystalmath_server.protocol.jobs import JOBS_SHOW

KEPT = 6
"""Number of node folders to keep; the reading process returns to the same few."""
LARGEST = 256 * 1024 * 1024
_VASPRUN = ("vasprun.xml", "vasprun.xml.gz")


@dataclass(frozen=True, slots=True)
class CachedDocument:
    """A file and the node it was copied from."""

    path: str
    source: str


def hold_document(pk: int, folder: Path, field: str = "pk") -> CachedDocument:
    """The document of a job; for a job of another plugin, its outputs as one JSON object.

    Raises
    ------
    NotFound
        The job does not exist or has no document.
    FileUnreadable
        The document is too large to read.
    """
    outputs = read_job(pk).last_run.outputs
    node = outputs.get(nodes.DOCUMENT)
    if node is not None and "filename" in node.attributes:
        filename = str(node.attributes["filename"])
        name = "document.json.gz" if filename.endswith(".gz") else "document.json"
        return _copy_once(node, filename, name, folder)
    held = {label: one.plain for label, one in sorted(outputs.items()) if one.plain is not None}
    if not held:
        detail = f"Job {pk} has no document"
        raise NotFound(detail, field=field, hint=f"Its state: {command(JOBS_SHOW, pk=pk)}")
    path = folder / f"job-{pk}.json"
    path.write_text(json.dumps(held, default=str))
    return CachedDocument(str(path), "")


def hold_vasprun(pk: int, folder: Path) -> CachedDocument:
    """The retrieved vasprun.xml, with KPOINTS in the same folder; raises NotFound, FileUnreadable."""
    run = read_job(pk).last_run
    node = run.outputs.get("retrieved")
    name = next((name for name in _VASPRUN if node is not None and name in node.files), "")
    if node is None or not name:
        detail = f"Job {pk} retrieved no vasprun.xml, which these curves need"
        raise NotFound(detail, field="kind", hint=f"See: {command(JOBS_FILES, pk=pk)}")
    held = _copy_once(node, name, name, folder)
    for place in (run.inputs.get(nodes.FILES), node):
        if place is not None and "KPOINTS" in place.files:
            _copy_once(place, "KPOINTS", "KPOINTS", folder, Path(held.path).parent)
            break
    return held


def children_with_documents(pk: int) -> list[int]:
    """The crystalmath jobs below a workflow at any depth; for a calculation, the job itself."""
    if read_job(pk).runs:
        return [pk]
    below = [node.pk for node in getattr(load_job(pk), "called_descendants", ())]
    links = read_links(below)
    found = {link.near for link in links if not link.incoming and link.label == nodes.DOCUMENT}
    return sorted(found) or [pk]


def _copy_once(
    node: NodeRecord, name: str, as_name: str, folder: Path, cache_folder: Path | None = None
) -> CachedDocument:
    """A copy of a node's file, made only once because nodes never change."""
    home = cache_folder or folder / node.uuid
    target = home / as_name
    if not target.exists():
        _make_room(folder)
        home.mkdir(exist_ok=True)
        part = target.with_name(target.name + ".part")
        with object_store().stream(node.files[name]) as (source, _size), part.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        part.rename(target)
    size = target.stat().st_size
    if size > LARGEST:
        detail = f"{name} is {size / 1e6:.0f} MB; the limit is {LARGEST / 1e6:.0f} MB"
        raise FileUnreadable(
            detail, field="pk", hint=f"Copy it: {command(JOBS_DUMP, pk='PK', path='FOLDER')}"
        )
    return CachedDocument(str(target), node.uuid)


def _make_room(folder: Path) -> None:
    places = sorted((place for place in folder.iterdir()), key=lambda place: place.stat().st_mtime)
    for place in places[: max(0, len(places) - KEPT)]:
        if place.is_file():
            place.unlink(missing_ok=True)
        else:
            shutil.rmtree(place, ignore_errors=True)
