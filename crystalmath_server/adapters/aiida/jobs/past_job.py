"""A stored job as it was asked for; on the AiiDA thread."""

from collections.abc import Iterable
from typing import Any

from crystalmath_server.adapters.aiida.jobs.results import input_nodes, input_structure
from crystalmath_server.adapters.aiida.jobs.rows import read_row
from crystalmath_server.adapters.aiida.jobs.runs import job_of, load_job
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.past_job import PastJob
from crystalmath_server.protocol.errors import Conflict

POTCAR_SPEC = "POTCAR.spec"


def recall(pk: int) -> PastJob:
    """What a job was made of; raises NotFound."""
    node, row = load_job(pk), read_row(pk)
    assert row is not None  # noqa: S101  load_job has found it
    template = node.base.attributes.get(nodes.TEMPLATE, "") or ""
    structure = input_structure(node)
    inputs = input_nodes(node)
    found = inputs.get(nodes.SETTINGS)
    settings: dict[str, Any] = found.get_dict() if template and found is not None else {}
    earlier = inputs.get(nodes.RESTART)
    code = inputs.get("code")
    by_name = template and nodes.FILES in inputs  # a job of jobflow has the one Python there
    return PastJob(
        pk=pk,
        uuid=node.uuid,
        state=row.state,
        template=template,
        formula=row.formula,
        structure_pk=structure.pk if structure is not None else None,
        values=settings.get(nodes.VALUES, {}),
        label=row.label,
        description=node.description or "",
        cluster=row.cluster,
        code=code.label if by_name and code is not None else "",
        options=options_of(node) if template else {},
        restart_pk=_job_of(earlier) if earlier is not None else None,
        retrieve=tuple(settings.get(nodes.RETRIEVE, ())),
        retrieve_mb=float(settings.get(nodes.MOST_MB, 50.0)),
        corrections=corrections_of(inputs) if template else 0,
        edits=_edited(inputs, settings.get(nodes.EDITS, {})),
    )


def _edited(inputs: Any, names: Iterable[str]) -> dict[str, str]:
    """Texts of the files that were edited; one that is not there was left out."""
    if nodes.FILES not in inputs:
        return {}
    repository = inputs[nodes.FILES].base.repository
    there = repository.list_object_names()
    texts = {name: repository.get_object_content(name) if name in there else "" for name in names}
    if POTCAR_SPEC in texts and POTCAR_SPEC not in there:  # its symbols are a node of their own
        texts[POTCAR_SPEC] = "\n".join(inputs[nodes.POTCAR]["symbols"]) + "\n"
    return texts


def _job_of(folder: Any) -> int | None:
    """The job that ran in a folder, or that was imported from it."""
    if folder.creator is not None:
        return job_of(folder.creator).pk
    imported = folder.base.links.get_outgoing(link_label_filter=nodes.SOURCE).first()
    return imported.node.pk if imported else None


def corrections_of(inputs: dict[str, Any]) -> int:
    """How many corrections a job may make, of its input nodes; 0 of any other job."""
    found = inputs.get(nodes.MOST_RUNS)
    return found.value - 1 if found is not None else 0


def options_of(node: Any) -> dict[str, Any]:
    """metadata.options of a job, or of each run of one that corrects itself."""
    if node.process_type != nodes.MEND_PROCESS:
        return node.get_options()
    return dict(node.get_metadata_inputs()["metadata"]["options"])


def retried(node: Any) -> int | None:
    """The job that a job is a retry of; None where it is none, or the earlier one was deleted."""
    from aiida import orm

    settings = input_nodes(node).get(nodes.SETTINGS)
    uuid = settings.base.extras.get(nodes.RETRY_OF, None) if settings is not None else None
    if uuid is None:
        return None
    return orm.QueryBuilder().append(orm.ProcessNode, filters={"uuid": uuid}, project="id").first(flat=True)


def check_retry(pk: int, job: PastJob) -> None:
    """Refuse a key that is another job's; raises Conflict."""
    if retried(load_job(pk)) != job.pk:
        hint = "Send a new key for a new job."
        raise Conflict(f"The key belongs to job {pk}, which is no retry of {job.pk}", field="key", hint=hint)
