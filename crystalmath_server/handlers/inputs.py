"""Inputs of a recipe for a stored structure, where wanted from an earlier job; for jobs.* and templates.*."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from crystalmath_server.domain.inputs.neb import FIELD as IMAGES
from crystalmath_server.domain.inputs.neb import check_first, pks_of
from crystalmath_server.domain.jobs.plans import Recipe
from crystalmath_server.handlers.fields import fields
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.jobs import SubmitJobParams
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.templates import RenderParams


async def recipe_of(
    ports: Ports, name: str, params: SubmitJobParams | RenderParams, tasks: int | None
) -> Recipe:
    """The recipe `name` with the structure, values, earlier job and edited files of `params`."""
    async with AsyncExitStack() as stack:
        document = await ports.structures.document(params.structure_pk)
        images = await _images(ports, params)
        earlier = None
        if params.restart_pk is not None:
            ports.server.progress(f"looking at job {params.restart_pk}")
            runs = ports.earlier.laid_out(params.restart_pk, params.cluster)
            earlier = await stack.enter_async_context(runs)
        ports.server.progress("writing the input files")
        return await ports.workbench.render(
            name, document, params.values, earlier, params.edits, tasks, images
        )


async def _images(ports: Ports, params: SubmitJobParams | RenderParams) -> tuple[Mapping[str, Json], ...]:
    """Structures of the band that the values name; none where they name none."""
    pks = pks_of(params.values)
    check_first(pks, params.structure_pk)
    with fields(pk=IMAGES):
        return tuple([await ports.structures.document(pk) for pk in pks])


async def options_of(ports: Ports, params: SubmitJobParams | RenderParams) -> Mapping[str, Json]:
    """AiiDA's options of a job on the cluster of `params`."""
    with fields(label="cluster"):
        return await ports.clusters.options(params.cluster, params.resources)
