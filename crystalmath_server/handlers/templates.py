"""templates.*: templates, their forms and the rendered inputs."""

from dataclasses import replace

from crystalmath_server.domain.inputs.edits import tasks_of
from crystalmath_server.domain.jobs.plans import JobPlan
from crystalmath_server.domain.jobs.templates import with_codes
from crystalmath_server.handlers.rendering import options_of, template_of
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.codes import CodeRow, ListCodesParams
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.templates import (
    ListTemplatesParams,
    Rendered,
    ShowTemplateParams,
    TemplateDetail,
    TemplateList,
)


async def list_templates(ports: Ports, params: ListTemplatesParams) -> TemplateList:
    """All templates, or those of one engine; VASP templates are runnable if a cluster has a VASP code."""
    found = await ports.workbench.list_templates(params.engine)
    return replace(found, rows=with_codes(found.rows, await _codes(ports)))


async def show(ports: Ports, params: ShowTemplateParams) -> TemplateDetail:
    """One template with its form."""
    found = await ports.workbench.show_template(params.name)
    return replace(found, row=with_codes([found.row], await _codes(ports))[0])


async def _codes(ports: Ports) -> tuple[CodeRow, ...]:
    """Codes of all clusters; none if AiiDA is unavailable, since listing templates does not need it."""
    try:
        return (await ports.codes.list_codes(ListCodesParams())).rows
    except RpcError:
        return ()


async def render(ports: Ports, params: JobSpec) -> Rendered:
    """The input files of a template for stored structures, and the batch script for a cluster."""
    options = await options_of(ports, params) if params.cluster else dict[str, object]()
    prepared = await template_of(ports, params, tasks_of(options))
    if not params.cluster:
        return prepared.rendered
    ports.server.progress("writing the batch script")
    script = await ports.launcher.script(JobPlan(params, prepared, options=options))
    return replace(prepared.rendered, script=script)
