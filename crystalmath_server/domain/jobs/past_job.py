"""The specification of a past job, and what a new job can reuse of it; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crystalmath_server.domain.clusters.resources import parts_of_script
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.templates import VASP, check_value
from crystalmath_server.protocol.again import JOBS_CLONE, JOBS_RETRY, JobDraft, LeftOut
from crystalmath_server.protocol.clusters import ClusterRow
from crystalmath_server.protocol.codes import CodeRow
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import ENDED, JOBS_CANCEL, JobState
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.templates import TemplateDetail

_GPUS = re.compile(r"#SBATCH --gpus-per-node=(\d+)")


@dataclass(frozen=True, slots=True)
class PastJob:
    """The specification of a past job.

    Attributes
    ----------
    spec
        The specification with all template values; without a template for a job of another plugin. The code
        is empty unless jobs.submit accepts it.
    options
        AiiDA's metadata.options as stored.
    """

    pk: int
    uuid: str
    state: JobState
    spec: JobSpec
    formula: str = ""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


def no_retry(job: PastJob) -> tuple[str, str]:
    """Why a job cannot be run again, and what to do instead; empty if it can."""
    if job.spec.template == nodes.IMPORTED:
        way_out = f"Prepare a new job on its structure: {command(JOBS_CLONE, pk=job.pk)}"
        return f"Job {job.pk} was imported: nothing was run", way_out
    if not job.spec.template:
        return f"Job {job.pk} belongs to another plugin", "Submit it again with the plugin that created it."
    if job.state not in ENDED:
        way_out = f"Cancel it first ({command(JOBS_CANCEL, pk=job.pk)}), or clone it."
        return f"Job {job.pk} has not ended: it is {job.state}", way_out
    return "", ""


def no_restart(job: PastJob) -> tuple[str, str]:
    """Why a job cannot be continued, and what to do instead; empty if it can."""
    why_not, way_out = no_retry(job)
    if not why_not and len(job.spec.structures) > 1:
        way_out = f"Its final images are outputs: use them in a new job ({command(JOBS_CLONE, pk=job.pk)})."
        return f"Job {job.pk} is a band of images, which cannot be continued automatically", way_out
    if why_not or job.spec.template.startswith(f"{VASP}."):
        return why_not, way_out
    way_out = f"Run it again: {command(JOBS_RETRY, pk=job.pk)}"
    return f"Job {job.pk} uses {job.spec.template}: only VASP jobs can be continued", way_out


def draft(
    job: PastJob,
    template: TemplateDetail | None,
    clusters: Sequence[ClusterRow],
    codes: Sequence[CodeRow],
) -> JobDraft:
    """A draft for jobs.submit; `template` is the current template, None if it no longer exists."""
    values, odd = _values(job.spec, template)
    resources, lost = resources_of(job.options)
    asked = job.spec
    code_known = any((row.cluster, row.label) == (asked.cluster, asked.code) for row in codes)
    spec = replace(
        asked,
        template=template.row.name if template else "",
        values=values,
        label="" if asked.label == f"{job.formula} {asked.template}" else asked.label,
        code=asked.code if code_known else "",
        resources=resources,
        edits=asked.edits if template and template.row.engine == VASP else {},
    )
    left_out = (
        *_about_template(job, template),
        *odd,
        *_about_cluster(asked, clusters),
        *([] if code_known or not asked.code else [_missing_code(asked)]),
        *lost,
    )
    return JobDraft(job.pk, spec, left_out)


def _about_template(job: PastJob, template: TemplateDetail | None) -> list[LeftOut]:
    found: list[LeftOut] = []
    if not job.spec.structures:
        found.append(LeftOut("structures", f"Job {job.pk} has no structure: choose one."))
    if job.spec.template == nodes.IMPORTED:
        found.append(LeftOut("template", f"Job {job.pk} was imported and has no template: choose one."))
    elif not job.spec.template:
        found.append(LeftOut("template", f"Job {job.pk} belongs to another plugin: choose a template."))
    elif template is None:
        found.append(LeftOut("template", f"Template {job.spec.template} no longer exists: choose another."))
    elif not template.row.runnable:
        found.append(LeftOut("template", f"{template.row.name} cannot run: {template.row.reason}"))
    return found


def _values(spec: JobSpec, template: TemplateDetail | None) -> tuple[dict[str, Json], list[LeftOut]]:
    """Values that differ from the defaults, and values that the form no longer accepts."""
    if template is None:
        return {}, []
    fields = {row.name: row for row in template.fields}
    kept: dict[str, Json] = {}
    odd: list[LeftOut] = []
    for name, value in spec.values.items():
        if name not in fields:
            odd.append(LeftOut(f"values.{name}", f"{template.row.name} no longer has a setting {name}."))
        elif value != fields[name].default:
            try:
                kept[name] = check_value(fields[name], value)
            except InvalidForm as wrong:
                odd.append(LeftOut(f"values.{name}", f"{wrong.data.detail}: the default is used."))
    return kept, odd


def _about_cluster(spec: JobSpec, clusters: Sequence[ClusterRow]) -> list[LeftOut]:
    found = next((row for row in clusters if row.label == spec.cluster), None)
    if found is None and spec.cluster:
        return [LeftOut("cluster", f"Cluster {spec.cluster} no longer exists: choose another.")]
    if found is not None and not found.enabled:
        return [LeftOut("cluster", f"{spec.cluster} is disabled: enable it, or choose another.")]
    return []


def _missing_code(spec: JobSpec) -> LeftOut:
    return LeftOut("code", f"{spec.cluster} no longer has code {spec.code}: a suitable code is used.")


def resources_of(options: Mapping[str, Any]) -> tuple[Resources, list[LeftOut]]:
    """The resources in metadata.options, and the options that have no matching resource."""
    machines: Mapping[str, Any] = options.get("resources") or {}
    modules, prepend = parts_of_script(str(options.get("prepend_text") or ""))
    commands = str(options.get("custom_scheduler_commands") or "")
    gpus = _GPUS.fullmatch(commands.strip())
    lost: list[LeftOut] = []
    if commands.strip() and not gpus:
        lost.append(
            LeftOut("resources", f"Custom scheduler commands are not carried over: {commands.strip()}")
        )
    total = machines.get("tot_num_mpiprocs")
    if total and not machines.get("num_machines"):
        words = f"The number of nodes for the {total} tasks is unknown: enter it again."
        lost.append(LeftOut("resources.nodes", words))
    threads = machines.get("num_cores_per_mpiproc") or _threads(options)
    memory = options.get("max_memory_kb")
    return Resources(
        partition=options.get("queue_name") or None,
        account=options.get("account") or None,
        qos=options.get("qos") or None,
        walltime_s=options.get("max_wallclock_seconds") or None,
        nodes=machines.get("num_machines") or None,
        tasks_per_node=machines.get("num_mpiprocs_per_machine") or total or None,
        threads=int(threads) if threads else None,
        memory_mb=int(memory) // 1024 if memory else None,
        gpus=int(gpus[1]) if gpus else None,
        modules=modules or None,
        prepend_text=prepend or None,
        append_text=options.get("append_text") or None,
    ), lost


def _threads(options: Mapping[str, Any]) -> str:
    """The thread count stored for schedulers that count only tasks."""
    variables: Mapping[str, Any] = options.get("environment_variables") or {}
    return str(variables.get("OPENBLAS_NUM_THREADS") or "")
