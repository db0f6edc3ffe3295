"""The original request of a stored job; runs on the AiiDA thread."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from crystalmath_server.adapters.aiida.jobs.results import input_nodes, input_structure
from crystalmath_server.adapters.aiida.jobs.rows import read_row
from crystalmath_server.adapters.aiida.jobs.runs import job_of, load_job
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.kept_options import PLACED, read_kept
from crystalmath_server.domain.jobs.past_job import PastJob, resources_of
from crystalmath_server.protocol.errors import Conflict
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import JobRow

POTCAR_SPEC = "POTCAR.spec"


def recall(pk: int) -> PastJob:
    """The request and options of a stored job; raises NotFound."""
    node, row = load_job(pk), read_row(pk)
    assert row is not None  # noqa: S101  load_job found the job
    stored = Stored.of(node, row)
    options = options_of(node) if stored.template else {}
    return PastJob(pk, node.uuid, row.state, spec_of(stored), row.formula, options)


@dataclass(frozen=True, slots=True)
class Stored:
    """A job in AiiDA: node, row and input nodes; for a crystalmath job also settings and template."""

    node: Any
    row: JobRow
    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    template: str

    @staticmethod
    def of(node: Any, row: JobRow) -> "Stored":
        """Read the stored job of a node."""
        template = node.base.attributes.get(nodes.TEMPLATE, "") or ""
        inputs = input_nodes(node)
        found = inputs.get(nodes.SETTINGS) if template else None
        return Stored(node, row, inputs, found.get_dict() if found is not None else {}, template)


def spec_of(stored: Stored, placed: Collection[str] = PLACED) -> JobSpec:
    """The specification of a job; reads only those separately stored options that `placed` names."""
    found = {name: _READERS[name](stored) for name in placed}
    return replace(read_kept(stored.settings), **found)


def _structures(stored: Stored) -> tuple[int, ...]:
    """The pks of the NEB images in order, or of the single structure."""
    images = sorted(label for label in stored.inputs if label.startswith(f"{nodes.IMAGES}__"))
    if images:
        return tuple(stored.inputs[label].pk for label in images)
    structure = input_structure(stored.node)
    return () if structure is None else (structure.pk,)


def _code(stored: Stored) -> str:
    """The label of the code; empty for jobflow jobs, which use the cluster's one Python implicitly."""
    code = stored.inputs.get("code")
    by_name = stored.template and nodes.FILES in stored.inputs
    return code.label if by_name and code is not None else ""


def _restart(stored: Stored) -> int | None:
    earlier = stored.inputs.get(nodes.RESTART)
    return _job_of(earlier) if earlier is not None else None


def _corrections(stored: Stored) -> int:
    found = stored.inputs.get(nodes.MOST_RUNS) if stored.template else None
    return found.value - 1 if found is not None else 0


_READERS: Mapping[str, Callable[[Stored], Any]] = {
    "template": lambda stored: stored.template,
    "structures": _structures,
    "values": lambda stored: stored.settings.get(nodes.VALUES, {}),
    "label": lambda stored: stored.row.label,
    "description": lambda stored: stored.node.description or "",
    "cluster": lambda stored: stored.row.cluster,
    "code": _code,
    "resources": lambda stored: resources_of(options_of(stored.node) if stored.template else {})[0],
    "restart_pk": _restart,
    "corrections": _corrections,
    "edits": lambda stored: _edited_files(stored.inputs, stored.settings.get(nodes.EDITS, {})),
}
"""How to read each option in PLACED."""


def _edited_files(inputs: Mapping[str, Any], names: Collection[str]) -> dict[str, str]:
    """Texts of the edited files; a missing file was left out."""
    if nodes.FILES not in inputs:
        return {}
    repository = inputs[nodes.FILES].base.repository
    there = repository.list_object_names()
    texts = {name: repository.get_object_content(name) if name in there else "" for name in names}
    if POTCAR_SPEC in texts and POTCAR_SPEC not in there:  # its symbols have their own node
        texts[POTCAR_SPEC] = "\n".join(inputs[nodes.POTCAR]["symbols"]) + "\n"
    return texts


def _job_of(folder: Any) -> int | None:
    """The job that ran in a folder or was imported from it."""
    if folder.creator is not None:
        return job_of(folder.creator).pk
    imported = folder.base.links.get_outgoing(link_label_filter=nodes.SOURCE).first()
    return imported.node.pk if imported else None


def options_of(node: Any) -> dict[str, Any]:
    """metadata.options of a job; for a self-correcting job, those of each run."""
    if node.process_type != nodes.VASP_RESTART_PROCESS:
        return node.get_options()
    return dict(node.get_metadata_inputs()["metadata"]["options"])


def retry_source(node: Any) -> int | None:
    """The job that this one retries; None if it is not a retry or the earlier job was deleted."""
    from aiida import orm

    settings = input_nodes(node).get(nodes.SETTINGS)
    uuid = settings.base.extras.get(nodes.RETRY_OF, None) if settings is not None else None
    if uuid is None:
        return None
    return orm.QueryBuilder().append(orm.ProcessNode, filters={"uuid": uuid}, project="id").first(flat=True)


def check_retry(pk: int, job: PastJob) -> None:
    """Refuse a key that belongs to another job; raises Conflict."""
    if retry_source(load_job(pk)) != job.pk:
        hint = "Use a new key for a new job."
        raise Conflict(
            f"The key belongs to job {pk}, which is not a retry of {job.pk}", field="key", hint=hint
        )
