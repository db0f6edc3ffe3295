"""Builders of self-correcting jobs; runs on the AiiDA thread."""

from typing import Any

from crystalmath_server.domain.jobs import nodes


def restart_builder(run: Any, corrections: int) -> Any:
    """The builder of a self-correcting job, from the builder of its first run."""
    from aiida import orm
    from aiida.plugins import WorkflowFactory

    workflow: Any = WorkflowFactory(nodes.VASP_RESTART)
    builder = workflow.get_builder()
    given = run._inputs(prune=True)  # noqa: SLF001  a builder has no public access to its inputs
    metadata = given.pop("metadata")
    for name, node in given.items():
        setattr(builder, name, node)
    builder[nodes.MOST_RUNS] = orm.Int(corrections + 1)
    for name in ("label", "description", "options"):
        setattr(builder.metadata, name, metadata.get(name, ""))
    return builder
