"""templates.*: recipes, their forms and what they render to."""

from dataclasses import replace

from crystalmath_server.domain.inputs.edits import tasks_of
from crystalmath_server.domain.inputs.neb import pks_of
from crystalmath_server.domain.jobs.plans import JobPlan
from crystalmath_server.domain.jobs.templates import with_codes
from crystalmath_server.handlers.fields import fields
from crystalmath_server.handlers.inputs import options_of, recipe_of
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.codes import CodeRow, ListCodesParams
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.templates import (
    ListTemplatesParams,
    Rendered,
    RenderParams,
    ShowTemplateParams,
    TemplateDetail,
    TemplateList,
)


async def list_templates(ports: Ports, params: ListTemplatesParams) -> TemplateList:
    """All recipes, or those of one engine; those of VASP run where a computer has it."""
    found = await ports.workbench.list_templates(params.engine)
    return replace(found, rows=with_codes(found.rows, await _codes(ports)))


async def show(ports: Ports, params: ShowTemplateParams) -> TemplateDetail:
    """One recipe with its form."""
    found = await ports.workbench.show_template(params.name)
    return replace(found, row=with_codes([found.row], await _codes(ports))[0])


async def _codes(ports: Ports) -> tuple[CodeRow, ...]:
    """Codes of all computers; none where AiiDA does not answer, for recipes can be read without it."""
    try:
        return (await ports.codes.list_codes(ListCodesParams())).rows
    except RpcError:
        return ()


async def render(ports: Ports, params: RenderParams) -> Rendered:
    """The input files of a recipe for a stored structure; for a cluster its batch script too."""
    options = await options_of(ports, params) if params.cluster else dict[str, object]()
    with fields(pk="structure_pk", template="name"):
        recipe = await recipe_of(ports, params.name, params, tasks_of(options))
    if not params.cluster:
        return recipe.rendered
    plan = JobPlan(
        recipe=recipe,
        structure_pk=params.structure_pk,
        key="",
        label="",
        cluster=params.cluster,
        code=params.code,
        options=options,
        restart_pk=params.restart_pk,
        image_pks=pks_of(params.values),
    )
    ports.server.progress("writing the batch script")
    return replace(recipe.rendered, script=await ports.launcher.script(plan))
