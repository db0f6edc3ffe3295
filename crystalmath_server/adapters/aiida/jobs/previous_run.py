"""Earlier VASP jobs, located and written out for restarts; runs on the AiiDA thread."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crystalmath_server.adapters.aiida.jobs.runs import last_run
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.vasp_run.retrieval import LISTING, remaining_files
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import InvalidForm, NotFound
from crystalmath_server.protocol.jobs import JOBS_LIST

FIELD = "restart_pk"
_NEEDED = ("CONTCAR", "OUTCAR", "vasprun.xml")
_PACKED = ("", ".gz")


@dataclass(frozen=True, slots=True)
class PreviousRunLocation:
    """An earlier job and the location of its files.

    Attributes
    ----------
    listed_files
        Files that the job listed when it ended; empty if it was cut off or not run by crystalmath.
    """

    uuid: str
    cluster: str
    path: str
    listed_files: tuple[str, ...] = ()


def lay_out(pk: int, cluster: str, folder: str) -> PreviousRunLocation:
    """Write the files of a run in AiiDA's repository to `folder`.

    Raises
    ------
    NotFound, InvalidForm
        Field: restart_pk; not a job to continue from, or not on this cluster (empty: any).
    """
    node = _job(pk)
    remote = _folder(node)
    label = remote.computer.label
    if cluster not in ("", label):
        hint = f"Submit to {label}, or choose a job on {cluster}: files are copied on the cluster itself."
        raise InvalidForm(f"Job {pk} ran on {label}, not on {cluster}", field=FIELD, hint=hint)
    _write(node, Path(folder))
    return PreviousRunLocation(node.uuid, label, remote.get_remote_path(), _listed_files(node))


def folder_of(pk: int) -> Any:
    """The RemoteData node of a job's folder; raises the same errors as `lay_out`."""
    return _folder(_job(pk))


def _job(pk: int) -> Any:
    from aiida import orm

    node: Any = orm.QueryBuilder().append(orm.ProcessNode, filters={"id": pk}).first(flat=True)
    if node is None:
        hint = f"See: {command(JOBS_LIST, template='vasp.static')}"
        raise NotFound(f"There is no job {pk}", field=FIELD, hint=hint)
    if node.process_type not in {nodes.VASP_PROCESS, nodes.VASP_RESTART_PROCESS}:
        detail = (
            f"Job {pk} is one of {node.base.attributes.get(nodes.TEMPLATE, node.process_label)}, not of VASP"
        )
        raise InvalidForm(detail, field=FIELD, hint=f"See: {command(JOBS_LIST, template='vasp.static')}")
    if not node.is_terminated:
        hint = f"Wait for it to end: crystalmath wait {pk}"
        raise InvalidForm(f"Job {pk} has not ended", field=FIELD, hint=hint)
    return last_run(node)


def _folder(node: Any) -> Any:
    """The folder where a job ran, or that an import was read from."""
    made = node.base.links.get_outgoing(link_label_filter="remote_folder").first()
    given = node.base.links.get_incoming(link_label_filter=nodes.SOURCE).first()
    found = (made or given).node if made or given else None
    if found is None or found.is_cleaned:
        words = "was cleaned" if found is not None else "was never created"
        hint = f"Choose another job, or run this one again: {command(JOBS_LIST)}"
        raise InvalidForm(f"The folder of job {node.pk} on its cluster {words}", field=FIELD, hint=hint)
    return found


def _listed_files(node: Any) -> tuple[str, ...]:
    files = node.base.links.get_outgoing(link_label_filter="retrieved").first()
    if files is None or LISTING not in files.node.base.repository.list_object_names():
        return ()
    listing = files.node.base.repository.get_object_content(LISTING, "rb").decode(errors="replace")
    return tuple(remaining_files(listing, ()))


def _write(node: Any, folder: Path) -> None:
    """Write the Maker's inputs and the retrieved outputs, with symbols in place of POTCAR."""
    inputs = node.inputs[nodes.FILES].base.repository
    outputs = node.base.links.get_outgoing(link_label_filter="retrieved").first()
    sources = [(inputs, name) for name in ("INCAR", "KPOINTS")]
    if outputs is not None:
        brought = outputs.node.base.repository
        sources += [(brought, f"{name}{end}") for name in _NEEDED for end in _PACKED]
    for repository, name in sources:
        if name in repository.list_object_names():
            with repository.open(name, "rb") as source, (folder / name).open("wb") as out:
                shutil.copyfileobj(source, out)
    (folder / "POTCAR.spec").write_text("\n".join(node.inputs[nodes.POTCAR]["symbols"]))
    missing = [name for name in _NEEDED if not any((folder / f"{name}{end}").exists() for end in _PACKED)]
    if missing:
        hint = "Choose a job in which VASP ended normally."
        raise InvalidForm(f"Job {node.pk} left no {', no '.join(missing)}", field=FIELD, hint=hint)
