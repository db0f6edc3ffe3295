"""Templates for atomate2 Makers: forms, checks and rendered inputs; runs in the worker."""

import dataclasses
import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

import orjson
from monty.json import MontyEncoder
from pymatgen.core import Structure

from crystalmath_server.adapters.worker.flow_jobs import flow_of
from crystalmath_server.adapters.worker.flow_table import all_templates
from crystalmath_server.adapters.worker.forms import form, value_of
from crystalmath_server.adapters.worker.rendering import render_inputs
from crystalmath_server.adapters.worker.structures import digest_of, from_document, poscar_of
from crystalmath_server.adapters.worker.template_table import (
    ENGINES,
    Engine,
    TemplateSpec,
    maker_class,
)
from crystalmath_server.adapters.worker.vasp_inputs import Written, potcar_of, sentences, vasp_files
from crystalmath_server.domain.inputs.edits import warnings_of
from crystalmath_server.domain.jobs.plans import PreparedInputs
from crystalmath_server.domain.jobs.takes import TAKES, check_structures
from crystalmath_server.domain.jobs.templates import (
    check_elements,
    check_restart,
    check_values,
    nest,
    resolve,
    without_replaced,
)
from crystalmath_server.domain.vasp_run.restart import PreviousRun
from crystalmath_server.protocol.errors import EngineUnavailable, InvalidForm, InvalidTemplate
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.templates import (
    FormField,
    InputFile,
    Rendered,
    TemplateDetail,
    TemplateList,
    TemplateRow,
)


def load() -> None:
    """Import every Maker up front, so that calls do not have to."""
    for spec in all_templates().values():
        maker_class(spec.maker)
        for step in spec.steps.values():
            maker_class(step.maker)


def list_templates() -> TemplateList:
    """All templates, runnable ones first."""
    rows = [_row(spec) for spec in all_templates().values()]
    return TemplateList(tuple(sorted(rows, key=lambda row: not row.runnable)))


def show_template(name: str) -> TemplateDetail:
    """One template with its form; raises NotFound."""
    spec = _spec(name)
    return TemplateDetail(_row(spec), _fields(spec))


def render(
    job_spec: JobSpec,
    documents: Sequence[Mapping[str, Json]],
    earlier: PreviousRun | None = None,
    tasks: int | None = None,
) -> PreparedInputs:
    """Check a template's values against structures, and write its input files.

    Parameters
    ----------
    documents
        The pymatgen JSON of each structure.
    earlier
        A VASP job to continue from.
    tasks
        Number of MPI tasks of the job.

    Raises
    ------
    NotFound, InvalidForm, InvalidTemplate, InvalidStructure, EngineUnavailable
        With the field and a hint.
    """
    spec = _spec(job_spec.template)
    vasp = spec.engine == "vasp"
    if job_spec.edits and not vasp:
        detail = f"{spec.name} has no editable input files; only VASP templates do"
        raise InvalidForm(detail, field="edits", hint="Change the template settings instead.")
    if _needs(spec):
        raise InvalidTemplate(f"{spec.name}: {_needs(spec)}", field="template")
    given = _structures(spec, documents)
    check_restart(spec.name, spec.restart, continues=earlier is not None)
    fields = _fields(spec)
    maker = default_maker(spec, _chosen(spec, job_spec.values))
    effective = {field.name: value_of(maker, field.name) for field in fields}
    notes = tuple(note for each in given for note in ENGINES[spec.engine].check(effective, each))
    maker_json = cast("dict[str, Json]", orjson.loads(MontyEncoder().encode(maker)))
    written = (
        vasp_files(maker, _argument(spec, given), earlier) if vasp else _engine_inputs(given[0], maker_json)
    )
    flow = flow_of(maker, given[0]) if spec.is_flow else {}
    versions = versions_of(spec.engine)
    before = [[earlier.uuid, *written.copied]] if earlier else []
    digest = _digest(spec.name, maker_json, [digest_of(each) for each in documents], versions, *before)
    rendered = Rendered(spec.name, written.files, (*written.warnings, *notes), digest, written.copied)
    engine = _engine_words(spec, versions)
    prepared = PreparedInputs(rendered, maker_json, engine, versions, effective, flow=flow)
    return _with_inputs(prepared, maker, job_spec.edits, tasks) if vasp else prepared


def _structures(spec: TemplateSpec, documents: Sequence[Mapping[str, Json]]) -> list[Structure]:
    """The structures that the template takes; raises InvalidForm, InvalidStructure, InvalidTemplate."""
    structures = [from_document(document) for document in documents]
    check_structures(spec.name, spec.takes, [[site.species_string for site in each] for each in structures])
    for each in structures:
        _check_engine(spec, each)
    return structures


def _chosen(spec: TemplateSpec, values: Mapping[str, Json]) -> dict[str, Json]:
    """The user's settings, checked; raises InvalidForm."""
    checked = check_values(_fields(spec), values)
    return without_replaced({name: checked[name] for name in values}, ENGINES[spec.engine].exclusive)


def _argument(spec: TemplateSpec, structures: list[Structure]) -> Structure | list[Structure]:
    """The argument for the Maker's `make`."""
    return structures if spec.takes.most > 1 else structures[0]


def _with_inputs(
    prepared: PreparedInputs, maker: Any, edits: Mapping[str, str], tasks: int | None
) -> PreparedInputs:
    """A VASP template with its input files edited and checked."""
    own = prepared.rendered
    functional = str(potcar_of(maker, own.files)["functional"])
    vasp_inputs = render_inputs(own.files, edits, tasks, functional)
    rendered = dataclasses.replace(
        own,
        files=vasp_inputs.files,
        warnings=(*own.warnings, *warnings_of(vasp_inputs.report.problems)),
        digest=_with_edits(own.digest, {name: vasp_inputs.text(name) for name in vasp_inputs.diffs}),
        problems=vasp_inputs.report.problems,
        facts=vasp_inputs.report.facts,
        edits=vasp_inputs.diffs,
    )
    return dataclasses.replace(
        prepared,
        rendered=rendered,
        potcar=potcar_of(maker, vasp_inputs.files),
        structure=vasp_inputs.structure,
    )


def _with_edits(digest: str, edits: Mapping[str, str]) -> str:
    if not edits:
        return digest
    return hashlib.sha256(orjson.dumps([digest, edits], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _spec(name: str) -> TemplateSpec:
    return all_templates()[resolve(name, list_templates().rows).name]


@cache
def _fields_of(name: str) -> tuple[FormField, ...]:
    spec = all_templates()[name]
    return form(default_maker(spec, {}), spec.shown, spec.fixed)


def _fields(spec: TemplateSpec) -> tuple[FormField, ...]:
    return _fields_of(spec.name)


def _row(spec: TemplateSpec) -> TemplateRow:
    doc = inspect.cleandoc(maker_class(spec.maker).__doc__ or "").strip()
    summary = " ".join(doc.split("\n\n")[0].split())
    reason = _needs(spec) or _why_not(ENGINES[spec.engine])
    return TemplateRow(
        spec.name,
        spec.title,
        spec.engine,
        spec.kind,
        summary,
        spec.maker,
        not reason,
        reason,
        spec.restart,
        spec.takes,
        spec.is_flow,
    )


def _needs(spec: TemplateSpec) -> str:
    """Why a template cannot run if its Maker needs more than a structure; empty if it can."""
    return "" if spec.takes.what in TAKES else f"it needs {spec.takes.what}, not just a structure"


def _why_not(engine: Engine) -> str:
    missing = [name for name in engine.packages if importlib.util.find_spec(name) is None]
    if missing:
        return f"{' and '.join(missing)} is not installed: {engine.install}"
    return ""


def _check_engine(spec: TemplateSpec, structure: Structure) -> None:
    engine = ENGINES[spec.engine]
    missing = _why_not(engine)
    if missing:
        detail = f"{spec.name} cannot be used: {missing}"
        raise EngineUnavailable(detail, field="template", hint=f"{engine.install}, or use emt")
    if engine.elements:
        elements = [element.symbol for element in structure.composition.elements]
        others = [
            other.name
            for other in all_templates().values()
            if other.kind == spec.kind and other.engine != spec.engine
        ]
        check_elements(engine.title, elements, engine.elements, others)


def default_maker(spec: TemplateSpec, values: Mapping[str, Json]) -> Any:
    """The Maker with the template's settings, overridden by the user's."""
    cls = maker_class(spec.maker)
    steps = {name: step.made() for name, step in spec.steps.items()}
    maker = cls(**steps, **{name: value for name, value in spec.settings.items() if "." not in name})
    inner = {name: value for name, value in spec.settings.items() if "." in name}
    wanted = nest({**inner, **values})
    try:
        changes = {name: _merge(getattr(maker, name), value) for name, value in wanted.items()}
        return dataclasses.replace(maker, **changes)
    except (TypeError, ValueError) as error:
        detail = f"{cls.__name__} does not accept these settings: {error}"
        raise InvalidForm(detail, field="values") from error


def _merge(default: Any, value: Json) -> Any:
    """A nested dataclass or mapping with some of its values changed."""
    if isinstance(value, dict) and dataclasses.is_dataclass(default) and not isinstance(default, type):
        inner = cast("dict[str, Json]", value)
        changes = {name: _merge(getattr(default, name), each) for name, each in inner.items()}
        return dataclasses.replace(default, **changes)
    if isinstance(value, dict) and isinstance(default, dict):
        held = cast("dict[str, Any]", default)
        changes = cast("dict[str, Any]", value)
        return {**held, **{name: _merge(held.get(name), each) for name, each in changes.items()}}
    return value


def _engine_inputs(structure: Structure, maker_json: Mapping[str, Json]) -> Written:
    """The input files of a non-VASP engine."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        poscar = poscar_of(structure)
    text = orjson.dumps(maker_json, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"
    return Written((InputFile("POSCAR", poscar), InputFile("maker.json", text)), sentences(caught))


def versions_of(engine: str) -> dict[str, str]:
    """Package → version for all packages that affect an engine's results."""
    names = ("ase", "atomate2", "jobflow", "pymatgen", *ENGINES[engine].packages)
    return {name: importlib.metadata.version(name) for name in sorted(set(names))}


def _engine_words(spec: TemplateSpec, versions: Mapping[str, str]) -> str:
    if spec.engine == "vasp":
        return "VASP"
    if spec.engine == "emt":
        return f"EMT (ASE {versions['ase']})"
    return f"{ENGINES[spec.engine].title} {versions[spec.engine]}"


def _digest(*parts: Json) -> str:
    return hashlib.sha256(orjson.dumps(list(parts), option=orjson.OPT_SORT_KEYS)).hexdigest()
