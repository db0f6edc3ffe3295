"""potcars.*: VASP potentials on clusters."""

from typing import cast

from crystalmath_server.domain.potcars.locations import DEFAULT_FUNCTIONAL, FOLDERS
from crystalmath_server.handlers.fields import fields
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.potcars import CheckPotcarsParams, PotcarCheck
from crystalmath_server.protocol.templates import TEMPLATES_LIST


async def check(ports: Ports, params: CheckPotcarsParams) -> PotcarCheck:
    """Look for given symbols, those a template needs for a structure, or all symbols."""
    if params.functional and params.functional not in FOLDERS:
        detail = f"There is no functional {params.functional!r}: {', '.join(FOLDERS)}"
        raise InvalidForm(detail, field="functional")
    symbols, functional = params.symbols, params.functional or DEFAULT_FUNCTIONAL
    if not symbols and params.structure_pk is not None:
        symbols, own = await _required_potentials(ports, params, params.structure_pk)
        functional = params.functional or own
    ports.server.progress(f"searching {params.cluster}")
    with fields(label="cluster", hostname="cluster"):
        return await ports.potcars.check(params.cluster, functional, tuple(dict.fromkeys(symbols)))


async def _required_potentials(
    ports: Ports, params: CheckPotcarsParams, structure_pk: int
) -> tuple[tuple[str, ...], str]:
    """Symbols and functional that a template needs for a structure."""
    with fields(pk="structure_pk", structures="structure_pk", name="template", restart_pk="template"):
        document = await ports.structures.document(structure_pk)
        spec = JobSpec(params.template, (structure_pk,), params.values)
        ports.server.progress("asking the template")
        prepared = await ports.workbench.render(spec, [document])
    if not prepared.potcar:
        hint = f"Choose a VASP template: {command(TEMPLATES_LIST, engine='vasp')}"
        raise InvalidForm(f"{prepared.rendered.template} needs no POTCAR", field="template", hint=hint)
    return tuple(cast("list[str]", prepared.potcar["symbols"])), str(prepared.potcar["functional"])
