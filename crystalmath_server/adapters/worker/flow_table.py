"""The table of flow templates: atomate2's flow Makers with the Makers of their steps; runs in the worker."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from crystalmath_server.adapters.worker.template_table import Step, TemplateSpec, templates

_EMT = "crystalmath_server.plugins.makers.EmtStepMaker"
_FORCE_FIELD = "atomate2.forcefields.jobs.ForceFieldRelaxMaker"
_ELASTIC = "atomate2.forcefields.flows.elastic.ElasticMaker"
_EOS = "atomate2.forcefields.flows.eos.ForceFieldEosMaker"
_DOUBLE_RELAX = "atomate2.vasp.flows.core.DoubleRelaxMaker"

_ENGINES: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "chgnet": ("CHGNet", _FORCE_FIELD, {"force_field_name": "CHGNet"}),
    "emt": ("EMT", _EMT, {}),
}
"""Engine → its title, Maker of a step, and settings of the Maker."""
_FIXED_OF_STEP = (
    "name", "tags", "force_field_name", "calculator_meta", "store_trajectory", "task_document_kwargs",
    "relax_cell", "relax_shape", "ionic_step_data",
)  # fmt: skip
_FIXED = (
    "name", "task_document_kwargs", "socket", "generate_elastic_deformations_kwargs",
    "fit_elastic_tensor_kwargs", "static_maker", "postprocessor",
)  # fmt: skip
_Kind = tuple[str, str, str, Mapping[str, Mapping[str, Any]], tuple[str, ...]]
_KINDS: tuple[_Kind, ...] = (
    (
        "elastic",
        "Elastic tensor",
        _ELASTIC,
        {
            "bulk_relax_maker": {"relax_kwargs": {"fmax": 1e-5}, "fix_symmetry": True},
            "elastic_relax_maker": {
                "relax_kwargs": {"fmax": 1e-5},
                "fix_symmetry": True,
                "relax_cell": False,
            },
        },
        ("bulk_relax_maker.relax_kwargs.fmax", "elastic_relax_maker.relax_kwargs.fmax", "sym_reduce"),
    ),
    (
        "eos",
        "Equation of state",
        _EOS,
        {
            "initial_relax_maker": {"relax_kwargs": {"fmax": 1e-4}},
            "eos_relax_maker": {"relax_kwargs": {"fmax": 1e-4}, "relax_cell": False},
        },
        (
            "number_of_frames",
            "linear_strain",
            "initial_relax_maker.relax_kwargs.fmax",
            "eos_relax_maker.relax_kwargs.fmax",
        ),
    ),
    (
        "double_relax",
        "Relax twice",
        _DOUBLE_RELAX,
        {
            "relax_maker1": {"relax_kwargs": {"fmax": 0.05}},
            "relax_maker2": {"relax_kwargs": {"fmax": 0.01}},
        },
        ("relax_maker1.relax_kwargs.fmax", "relax_maker2.relax_kwargs.fmax"),
    ),
)
"""Kind, title, Maker, settings of each step, settings shown first."""


def _spec(engine: str, row: _Kind) -> TemplateSpec:
    kind, title, maker, steps, shown = row
    title_of_engine, path, settings = _ENGINES[engine]
    fixed = {*_FIXED, *(f"{step}.{name}" for step in steps for name in _FIXED_OF_STEP)}
    return TemplateSpec(
        engine,
        kind,
        f"{title} with {title_of_engine}",
        maker,
        fixed=frozenset(fixed),
        shown=shown,
        steps={name: Step(path, {**settings, **own}) for name, own in steps.items()},
    )


FLOWS: tuple[TemplateSpec, ...] = tuple(_spec(engine, row) for engine in _ENGINES for row in _KINDS)
"""Templates of flows; add a row to _KINDS to add one for each engine."""


@cache
def all_templates() -> dict[str, TemplateSpec]:
    """All templates by name, of single jobs and of flows."""
    return templates() | {spec.name: spec for spec in FLOWS}
