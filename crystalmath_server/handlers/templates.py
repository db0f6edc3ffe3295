"""templates.*: recipes, their forms and what they render to."""

from crystalmath_server.handlers.fields import fields
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.templates import (
    ListTemplatesParams,
    Rendered,
    RenderParams,
    ShowTemplateParams,
    TemplateDetail,
    TemplateList,
)


async def list_templates(ports: Ports, params: ListTemplatesParams) -> TemplateList:
    """All recipes, or those of one engine."""
    return await ports.workbench.list_templates(params.engine)


async def show(ports: Ports, params: ShowTemplateParams) -> TemplateDetail:
    """One recipe with its form."""
    return await ports.workbench.show_template(params.name)


async def render(ports: Ports, params: RenderParams) -> Rendered:
    """The input files of a recipe for a stored structure."""
    with fields(pk="structure_pk", template="name"):
        document = await ports.structures.document(params.structure_pk)
        ports.server.progress("writing the input files")
        recipe = await ports.workbench.render(params.name, document, params.values)
    return recipe.rendered
