"""Builders for jobs that repeat or continue an earlier one; runs on the AiiDA thread."""

from typing import Any

from crystalmath_server.adapters.aiida.computers import computer_of
from crystalmath_server.adapters.aiida.jobs.flows import done_outputs
from crystalmath_server.adapters.aiida.jobs.previous_run import folder_of
from crystalmath_server.adapters.aiida.jobs.runs import load_job
from crystalmath_server.adapters.aiida.submit.builders import folder
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.past_job import PastJob
from crystalmath_server.domain.vasp_run.continuation import NextInputs


def builder_again(job: PastJob, key: str, label: str, vasp_inputs: NextInputs | None = None) -> Any:
    """The builder of a job that repeats another, or continues it with different input files.

    Copies inputs that belong to one job alone: removing a partially stored job also removes such inputs,
    and must not remove those of the earlier job.
    """
    computer_of(job.spec.cluster)  # raises if the computer is disabled
    node = load_job(job.pk)
    builder: Any = node.get_builder_restart()
    for name in nodes.OWN_INPUTS:
        if name in node.inputs:
            setattr(builder, name, node.inputs[name].clone())
    if node.process_type == nodes.FLOW_PROCESS and not node.is_finished_ok:
        builder[nodes.EARLIER] = done_outputs(node)
    if vasp_inputs is not None:
        _go_on(builder, job, vasp_inputs)
    builder.settings.label = key
    builder.settings.base.extras.set(nodes.RETRY_OF, job.uuid)
    builder.metadata.label = label
    builder.metadata.description = job.spec.description
    return builder


def _go_on(builder: Any, job: PastJob, vasp_inputs: NextInputs) -> None:
    """Set the input files, the large files to copy, and the differences from the previous run."""
    builder.files = folder({name: text.encode() for name, text in vasp_inputs.files.items()})
    settings = {
        **builder.settings.get_dict(),
        nodes.EDITS: dict(vasp_inputs.diffs),
        nodes.COPIED: list(vasp_inputs.copied),
    }
    builder.settings.set_dict(settings)
    builder[nodes.RESTART] = folder_of(job.pk)
