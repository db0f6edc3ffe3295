"""Builds `crystalmath.jobflow` or `crystalmath.vasp` inputs from a JobPlan; on the AiiDA thread."""

import io
import os
from collections.abc import Mapping
from typing import Any

from crystalmath_server.adapters.aiida.cluster_store import potcar_dir_of
from crystalmath_server.adapters.aiida.codes import codes_on
from crystalmath_server.adapters.aiida.computers import computer_of, python_of
from crystalmath_server.adapters.aiida.jobs.previous_run import folder_of
from crystalmath_server.adapters.aiida.submit.self_correction import restart_builder
from crystalmath_server.domain.inputs.neb import label_of
from crystalmath_server.domain.inputs.vasp_program import choose, program
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.kept_options import stored_options
from crystalmath_server.domain.jobs.plans import JobPlan
from crystalmath_server.domain.results.packing import pack_json
from crystalmath_server.domain.vasp_run.run_folder import RunFolder, symbols_of
from crystalmath_server.protocol.clusters import CLUSTERS_UPDATE
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import MissingPotential, NotFound

MAX_THREADS = 4
FLOW_FILE = "flow.json.gz"
NOT_SENT = "POTCAR.spec"
"""The file that lists the symbols; VASP needs the POTCAR itself."""


def builder_of(plan: JobPlan) -> Any:
    """The builder for a plan; stores nothing.

    Raises
    ------
    RpcError
        NOT_FOUND, INVALID_FORM, COMPUTER_DISABLED, STORAGE_FULL with the field of jobs.submit.
    """
    if plan.source is not None:
        return _import_builder(plan, plan.source)
    if plan.prepared.flow:
        return _flow(plan)
    return _vasp(plan) if plan.prepared.potcar else _jobflow(plan)


def _jobflow(plan: JobPlan) -> Any:
    builder = _common(nodes.CALCULATION, plan, _threads())
    builder.code = python_of(computer_of(plan.spec.cluster))
    return builder


def _flow(plan: JobPlan) -> Any:
    from aiida import orm

    builder = _common(nodes.FLOW_WORKFLOW, plan, _threads())
    builder.code = python_of(computer_of(plan.spec.cluster))
    builder.flow = orm.SinglefileData(io.BytesIO(pack_json(plan.prepared.flow)), FLOW_FILE)
    return builder


def _threads() -> str:
    return str(max(1, min(MAX_THREADS, (os.cpu_count() or 1) // 2)))


def _vasp(plan: JobPlan) -> Any:
    from aiida import orm

    builder = _common(nodes.VASP_CALCULATION, plan, "1")
    files = {file.name: file.text for file in plan.prepared.rendered.files if file.name != NOT_SENT}
    computer = computer_of(plan.spec.cluster)
    row = choose(codes_on(computer), program(files), plan.spec.code, computer.label)
    builder.code = orm.load_node(row.pk)
    builder.files = folder({name: text.encode() for name, text in files.items()})
    builder.potcar = orm.Dict({**plan.prepared.potcar, "directory": _potcar_dir(computer)})
    builder.metadata.options.withmpi = True
    if len(plan.spec.structures) > 1:
        images = [_structure(pk) for pk in plan.spec.structures]
        builder[nodes.IMAGES] = {label_of(number): image for number, image in enumerate(images)}
    if plan.spec.restart_pk is not None:
        builder[nodes.RESTART] = folder_of(plan.spec.restart_pk)
    return restart_builder(builder, plan.spec.corrections) if plan.spec.corrections else builder


def _import_builder(plan: JobPlan, source: RunFolder) -> Any:
    """AiiDA's immigration of finished runs: with a `remote_folder`, nothing runs and no code is needed.

    A code is linked only if the user names the one that ran the job; provenance must not claim unknowns.
    """
    from aiida import orm

    builder = _common(nodes.VASP_CALCULATION, plan, "1")
    computer = computer_of(plan.spec.cluster)
    if plan.spec.code:
        builder.code = orm.load_node(choose(codes_on(computer), "", plan.spec.code, computer.label).pk)
    builder.files = folder(source.files)
    builder.potcar = orm.Dict(_potential_ids(source))
    builder.remote_folder = orm.RemoteData(computer=computer, remote_path=source.path)
    builder.metadata.computer = computer
    builder.metadata.disable_cache = True
    return builder


def _potential_ids(source: RunFolder) -> dict[str, Any]:
    """The potentials of a run by name and hash, without their text."""
    found: dict[str, Any] = {
        "symbols": symbols_of(source.titel_lines),
        "titel_lines": list(source.titel_lines),
    }
    if source.potcar_specs:
        found |= {nodes.SPECS: list(source.potcar_specs), nodes.SPECS_OF_ORIG: source.same_potcar}
    return found


def _common(entry_point: str, plan: JobPlan, threads: str) -> Any:
    """A builder with the inputs common to all jobs: structure, Maker, settings, names."""
    from aiida import orm
    from aiida.plugins import CalculationFactory, WorkflowFactory

    structure = _structure(plan.spec.structures[0])
    factory = WorkflowFactory if entry_point == nodes.FLOW_WORKFLOW else CalculationFactory
    process: Any = factory(entry_point)
    builder = process.get_builder()
    options = _options(plan, structure, threads)
    builder.metadata.options = options
    builder.structure = structure
    builder.maker = orm.Dict(dict(plan.prepared.maker))
    builder.settings = orm.Dict(_settings(plan))
    builder.settings.label = plan.key
    builder.metadata.label = (
        plan.spec.label or f"{options[nodes.FORMULA]} {plan.prepared.rendered.template}"[:255]
    )
    builder.metadata.description = plan.spec.description
    return builder


def _settings(plan: JobPlan) -> dict[str, Any]:
    """Form values, options that AiiDA stores nowhere else, and diffs of edited files."""
    found: dict[str, Any] = {**stored_options(plan.spec), nodes.VALUES: dict(plan.prepared.values)}
    if plan.prepared.rendered.edits:
        found[nodes.EDITS] = dict(plan.prepared.rendered.edits)
    if plan.edited_from is not None:
        found[nodes.EDITED_FROM] = _structure(plan.edited_from).uuid
    if plan.spec.restart_pk is not None:
        found[nodes.COPIED] = list(plan.prepared.rendered.copied)
    if plan.source is not None and plan.source.times:
        found[nodes.TIMES] = dict(plan.source.times)
    return found


def _options(plan: JobPlan, structure: Any, threads: str) -> dict[str, Any]:
    rendered = plan.prepared.rendered
    formula = structure.base.extras.get(nodes.FORMULA, "") or structure.get_formula("hill", separator="")
    return {
        "resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1},
        "withmpi": False,
        "environment_variables": {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
        nodes.DIGEST: rendered.digest,
        nodes.TEMPLATE: rendered.template,
        nodes.FORMULA: formula,
        nodes.ENGINE: plan.prepared.engine,
        **plan.options,
    }


def _structure(pk: int) -> Any:
    from aiida import orm

    found = orm.QueryBuilder().append(orm.StructureData, filters={"id": pk}).first(flat=True)
    if found is None:
        raise NotFound(f"There is no structure {pk}", field="structures", hint="See: structures.list")
    return found


def folder(files: Mapping[str, bytes]) -> Any:
    """An unstored FolderData with these files."""
    from aiida import orm

    made: Any = orm.FolderData()
    for name, content in files.items():
        made.base.repository.put_object_from_bytes(content, name)
    return made


def _potcar_dir(computer: Any) -> str:
    found = potcar_dir_of(computer)
    if not found:
        hint = command(CLUSTERS_UPDATE, label=computer.label, potcar_dir=f"/path/on/{computer.label}")
        detail = f"The folder of VASP potentials on {computer.label!r} is not set"
        raise MissingPotential(detail, field="cluster", hint=hint)
    return found
