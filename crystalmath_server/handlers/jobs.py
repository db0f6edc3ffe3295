"""jobs.*: calculations, listed, looked into, submitted once, steered."""

from collections.abc import Mapping

from crystalmath_server.domain import retrieval
from crystalmath_server.domain.recipes import VASP
from crystalmath_server.handlers.fields import fields
from crystalmath_server.handlers.inputs import options_of, recipe_of
from crystalmath_server.ports import JobPlan, Ports, Recipe
from crystalmath_server.protocol.errors import Conflict, InvalidForm
from crystalmath_server.protocol.jobs import (
    Control,
    ControlJobParams,
    JobDetail,
    JobPk,
    JobsPage,
    ListJobsParams,
    SubmitJobParams,
    Submitted,
)
from crystalmath_server.protocol.method import Json


async def list_jobs(ports: Ports, params: ListJobsParams) -> JobsPage:
    """A page of jobs."""
    return await ports.jobs.list_jobs(params)


async def show(ports: Ports, params: JobPk) -> JobDetail:
    """One job."""
    return await ports.jobs.show(params.pk)


async def submit(ports: Ports, params: SubmitJobParams) -> Submitted:
    """The job of the key: found, else rendered, checked against the digest and submitted.

    The launcher alone holds "one key, one job"; looking here first answers a repeated request at once.
    """
    if known := await ports.launcher.find(params.key, params.digest):
        return known
    retrieval.check(params.retrieve)
    options = await options_of(ports, params)
    with fields(pk="structure_pk", name="template"):
        recipe = await recipe_of(ports, params.template, params)
    if params.retrieve and not recipe.rendered.template.startswith(f"{VASP}."):
        hint = "Leave retrieve out: all that such a job writes comes back."
        raise InvalidForm("Further files come back of jobs of VASP only", field="retrieve", hint=hint)
    _check_digest(params, recipe)
    ports.server.progress("submitting")
    return await ports.launcher.submit(_plan(params, recipe, options))


def _check_digest(params: SubmitJobParams, recipe: Recipe) -> None:
    rendered = recipe.rendered
    if params.digest and params.digest != rendered.digest:
        detail = (
            f"What {rendered.template} gives for structure {params.structure_pk} with these settings is no "
            f"longer what was shown: its digest is {rendered.digest[:12]}…, not {params.digest[:12]}…"
        )
        hint = "The settings, the structure or an installed package changed; render again and compare."
        raise Conflict(detail, field="digest", hint=hint)


def _plan(params: SubmitJobParams, recipe: Recipe, options: Mapping[str, Json]) -> JobPlan:
    return JobPlan(
        recipe=recipe,
        structure_pk=params.structure_pk,
        key=params.key,
        label=params.label,
        cluster=params.cluster,
        description=params.description,
        code=params.code,
        reuse=params.reuse,
        options=options,
        restart_pk=params.restart_pk,
        retrieve=params.retrieve,
        retrieve_mb=params.retrieve_mb,
    )


async def cancel(ports: Ports, params: ControlJobParams) -> Control:
    """Kill a job and wait for its end."""
    return await ports.launcher.cancel(params.pk, params.wait_s)


async def pause(ports: Ports, params: ControlJobParams) -> Control:
    """Pause a job."""
    return await ports.launcher.pause(params.pk, params.wait_s)


async def play(ports: Ports, params: ControlJobParams) -> Control:
    """Let a paused job go on."""
    return await ports.launcher.play(params.pk, params.wait_s)
