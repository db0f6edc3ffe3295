"""Job documents copied out of AiiDA's repository for the reading process; runs on the AiiDA thread."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crystalmath_server.adapters.aiida.jobs.results import output_nodes
from crystalmath_server.adapters.aiida.jobs.runs import last_run, load_job, load_run
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
    outputs = output_nodes(load_run(pk))
    node = outputs.get(nodes.DOCUMENT)
    if node is not None and hasattr(node, "filename"):
        name = "document.json.gz" if str(node.filename).endswith(".gz") else "document.json"
        return _copy_once(node, str(node.filename), name, folder)
    held = {label: value for label, one in sorted(outputs.items()) if (value := _plain(one)) is not None}
    if not held:
        detail = f"Job {pk} has no document"
        raise NotFound(detail, field=field, hint=f"Its state: {command(JOBS_SHOW, pk=pk)}")
    path = folder / f"job-{pk}.json"
    path.write_text(json.dumps(held, default=str))
    return CachedDocument(str(path), "")


def hold_vasprun(pk: int, folder: Path) -> CachedDocument:
    """The retrieved vasprun.xml, with KPOINTS in the same folder; raises NotFound, FileUnreadable."""
    job = load_run(pk)
    node = output_nodes(job).get("retrieved")
    names = node.base.repository.list_object_names() if node is not None else []
    name = next((name for name in _VASPRUN if name in names), "")
    if not name:
        detail = f"Job {pk} retrieved no vasprun.xml, which these curves need"
        raise NotFound(detail, field="kind", hint=f"See: {command(JOBS_FILES, pk=pk)}")
    held = _copy_once(node, name, name, folder)
    given: Any = job.base.links.get_incoming(link_label_filter=nodes.FILES).first()
    for place in (given.node if given else None, node):
        if place is not None and "KPOINTS" in place.base.repository.list_object_names():
            _copy_once(place, "KPOINTS", "KPOINTS", folder, Path(held.path).parent)
            break
    return held


def children_with_documents(pk: int) -> list[int]:
    """The crystalmath jobs below a workflow at any depth; for a calculation, the job itself."""
    job = load_job(pk)
    if last_run(job) is not job:
        return [pk]
    found = [node for node in getattr(job, "called_descendants", ()) if nodes.DOCUMENT in output_nodes(node)]
    return sorted(node.pk for node in found) or [pk]


def _plain(node: Any) -> object:
    from aiida import orm

    if isinstance(node, orm.Dict):
        return node.get_dict()
    if isinstance(node, orm.List):
        return node.get_list()
    return node.value if isinstance(node, orm.Bool | orm.Int | orm.Float | orm.Str) else None


def _copy_once(
    node: Any, name: str, as_name: str, folder: Path, cache_folder: Path | None = None
) -> CachedDocument:
    """A copy of a node's file, made only once because nodes never change."""
    home = cache_folder or folder / node.uuid
    target = home / as_name
    if not target.exists():
        _make_room(folder)
        home.mkdir(exist_ok=True)
        part = target.with_name(target.name + ".part")
        with node.base.repository.open(name, "rb") as source, part.open("wb") as copy:
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
