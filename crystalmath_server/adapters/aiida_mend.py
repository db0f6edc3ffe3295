"""Builders of jobs that correct themselves; on the AiiDA thread."""

from typing import Any

from crystalmath_server.domain import nodes


def mending(run: Any, corrections: int) -> Any:
    """The builder of a job that corrects itself, of the builder of its first run."""
    from aiida import orm
    from aiida.plugins import WorkflowFactory

    workflow: Any = WorkflowFactory(nodes.MEND)
    builder = workflow.get_builder()
    given = run._inputs(prune=True)  # noqa: SLF001  a builder tells its inputs in no other way
    metadata = given.pop("metadata")
    for name, node in given.items():
        setattr(builder, name, node)
    builder[nodes.MOST_RUNS] = orm.Int(corrections + 1)
    for name in ("label", "description", "options"):
        setattr(builder.metadata, name, metadata.get(name, ""))
    return builder


def corrections_of(inputs: dict[str, Any]) -> int:
    """How many corrections a job may make, of its input nodes; 0 of any other job."""
    found = inputs.get(nodes.MOST_RUNS)
    return found.value - 1 if found is not None else 0


def options_of(node: Any) -> dict[str, Any]:
    """metadata.options of a job, or of each run of one that corrects itself."""
    if node.process_type != nodes.MEND_PROCESS:
        return node.get_options()
    return dict(node.get_metadata_inputs()["metadata"]["options"])
