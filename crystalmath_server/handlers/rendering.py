"""Inputs of a template for stored structures, optionally from an earlier job; for jobs.* and templates.*."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from crystalmath_server.domain.jobs.plans import PreparedInputs
from crystalmath_server.handlers.fields import fields
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.method import Json


async def template_of(ports: Ports, spec: JobSpec, tasks: int | None) -> PreparedInputs:
    """Render the template with the structures, values, earlier job and edited files of `spec`."""
    async with AsyncExitStack() as stack:
        with fields(pk="structures"):
            structures = [await ports.structures.document(pk) for pk in spec.structures]
        earlier = None
        if spec.restart_pk is not None:
            ports.server.progress(f"looking at job {spec.restart_pk}")
            runs = ports.earlier.open_folder(spec.restart_pk, spec.cluster)
            earlier = await stack.enter_async_context(runs)
        ports.server.progress("writing the input files")
        with fields(name="template"):
            return await ports.workbench.render(spec, structures, earlier, tasks)


async def options_of(ports: Ports, spec: JobSpec) -> Mapping[str, Json]:
    """AiiDA's options for a job on the cluster of `spec`."""
    with fields(label="cluster"):
        return await ports.clusters.options(spec.cluster, spec.resources)
