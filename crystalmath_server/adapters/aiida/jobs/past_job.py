"""The original request of a stored job; runs on the AiiDA thread."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from crystalmath_server.adapters.aiida.jobs.job_record import JobRecord, job_of_folder, read_job
from crystalmath_server.adapters.aiida.jobs.node_record import NodeRecord
from crystalmath_server.adapters.aiida.jobs.rows import row_and_facts
from crystalmath_server.adapters.aiida.jobs.runs import load_job
from crystalmath_server.adapters.aiida.jobs.tables import process_of
from crystalmath_server.adapters.aiida.object_store import object_store
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.kept_options import PLACED, read_kept
from crystalmath_server.domain.jobs.past_job import PastJob, resources_of
from crystalmath_server.protocol.errors import Conflict
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import JobRow

POTCAR_SPEC = "POTCAR.spec"


def recall(pk: int) -> PastJob:
    """The request and options of a stored job; raises NotFound."""
    job = read_job(pk)
    row, _facts = row_and_facts(job)
    stored = Stored.of(job, row)
    return PastJob(pk, job.node.uuid, row.state, spec_of(stored), row.formula, _options(stored))


@dataclass(frozen=True, slots=True)
class Stored:
    """A job in AiiDA with its row; for a crystalmath job also settings and template."""

    job: JobRecord
    row: JobRow
    settings: Mapping[str, Any]
    template: str

    @property
    def inputs(self) -> Mapping[str, NodeRecord]:
        """Input nodes by link label."""
        return self.job.inputs

    @staticmethod
    def of(job: JobRecord, row: JobRow) -> "Stored":
        """The stored job of a record."""
        template = job.node.attributes.get(nodes.TEMPLATE, "") or ""
        found = job.inputs.get(nodes.SETTINGS) if template else None
        return Stored(job, row, found.attributes if found is not None else {}, template)


def spec_of(stored: Stored, placed: Collection[str] = PLACED) -> JobSpec:
    """The specification of a job; reads only those separately stored options that `placed` names."""
    found = {name: _READERS[name](stored) for name in placed}
    return replace(read_kept(stored.settings), **found)


def _structures(stored: Stored) -> tuple[int, ...]:
    """The pks of the NEB images in order, or of the single structure."""
    images = sorted(label for label in stored.inputs if label.startswith(f"{nodes.IMAGES}__"))
    if images:
        return tuple(stored.inputs[label].pk for label in images)
    structure = stored.job.structure
    return () if structure is None else (structure.pk,)


def _code(stored: Stored) -> str:
    """The label of the code; empty for jobflow jobs, which use the cluster's one Python implicitly."""
    code = stored.inputs.get("code")
    by_name = stored.template and nodes.FILES in stored.inputs
    return code.label if by_name and code is not None else ""


def _restart(stored: Stored) -> int | None:
    earlier = stored.inputs.get(nodes.RESTART)
    return job_of_folder(earlier) if earlier is not None else None


def _corrections(stored: Stored) -> int:
    found = stored.inputs.get(nodes.MOST_RUNS) if stored.template else None
    return found.plain - 1 if found is not None else 0


_READERS: Mapping[str, Callable[[Stored], Any]] = {
    "template": lambda stored: stored.template,
    "structures": _structures,
    "values": lambda stored: stored.settings.get(nodes.VALUES, {}),
    "label": lambda stored: stored.row.label,
    "description": lambda stored: stored.job.node.description,
    "cluster": lambda stored: stored.row.cluster,
    "code": _code,
    "resources": lambda stored: resources_of(_options(stored))[0],
    "restart_pk": _restart,
    "corrections": _corrections,
    "edits": lambda stored: _edited_files(stored.inputs, stored.settings.get(nodes.EDITS, {})),
}
"""How to read each option in PLACED."""


def _edited_files(inputs: Mapping[str, NodeRecord], names: Collection[str]) -> dict[str, str]:
    """Texts of the edited files; a missing file was left out."""
    if nodes.FILES not in inputs:
        return {}
    keys = {name: key for name, key in inputs[nodes.FILES].files.items() if name in names}
    contents = object_store().contents(set(keys.values())) if keys else {}
    texts = {name: contents[keys[name]].decode() if name in keys else "" for name in names}
    if POTCAR_SPEC in texts and POTCAR_SPEC not in keys:  # its symbols have their own node
        texts[POTCAR_SPEC] = "\n".join(inputs[nodes.POTCAR].attributes["symbols"]) + "\n"
    return texts


def _options(stored: Stored) -> dict[str, Any]:
    return options_of(load_job(stored.job.pk)) if stored.template else {}


def options_of(node: Any) -> dict[str, Any]:
    """metadata.options of a job; for a workflow, those of each process that it calls."""
    if node.process_type not in nodes.CALLING_TYPES:
        return node.get_options()
    return dict(node.get_metadata_inputs()["metadata"]["options"])


def retry_source(job: JobRecord) -> int | None:
    """The job that this one retries; None if it is not a retry or the earlier job was deleted."""
    settings = job.inputs.get(nodes.SETTINGS)
    uuid = settings.extras.get(nodes.RETRY_OF) if settings is not None else None
    return process_of(uuid) if uuid is not None else None


def check_retry(pk: int, job: PastJob) -> None:
    """Refuse a key that belongs to another job; raises Conflict."""
    if retry_source(read_job(pk)) != job.pk:
        hint = "Use a new key for a new job."
        raise Conflict(
            f"The key belongs to job {pk}, which is not a retry of {job.pk}", field="key", hint=hint
        )
