"""The table of templates: engines and the atomate2 Makers that use them; runs in the worker."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import atomate2.vasp.jobs as vasp_jobs
from atomate2.vasp.jobs.base import BaseVaspMaker
from pymatgen.core import Structure

from crystalmath_server.adapters.worker import gpaw_inputs
from crystalmath_server.domain.jobs.takes import STRUCTURE, TAKES
from crystalmath_server.domain.jobs.templates import EMT_ELEMENTS
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.templates import Restart, Takes


@dataclasses.dataclass(frozen=True, slots=True)
class Engine:
    """A calculation engine.

    Attributes
    ----------
    install
        Command that installs the packages.
    exclusive
        Pairs of settings; giving the first one clears the default of the second.
    check
        Rejects settings and structures that the engine cannot compute; returns warnings.
    """

    title: str
    packages: tuple[str, ...]
    elements: tuple[str, ...] = ()
    install: str = ""
    exclusive: tuple[tuple[str, str], ...] = ()
    check: Callable[[Mapping[str, Json], Structure], tuple[str, ...]] = lambda _values, _structure: ()


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """The Maker of a step of a flow, with the settings that the template fixes or prefers."""

    maker: str
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])

    def made(self) -> Any:
        """The Maker."""
        return maker_class(self.maker)(**self.settings)


@dataclasses.dataclass(frozen=True, slots=True)
class TemplateSpec:
    """One template: a Maker with the settings that the template fixes or prefers.

    Attributes
    ----------
    steps
        For a flow: field of the Maker → Maker of a step.
    """

    engine: str
    kind: str
    title: str
    maker: str
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    fixed: frozenset[str] = frozenset()
    shown: tuple[str, ...] = ()
    restart: Restart = Restart.NO
    takes: Takes = STRUCTURE
    steps: Mapping[str, Step] = dataclasses.field(default_factory=dict[str, Step])

    @property
    def is_flow(self) -> bool:
        """Whether the Maker makes a flow."""
        return bool(self.steps)

    @property
    def name(self) -> str:
        """The full name, engine.kind."""
        return f"{self.engine}.{self.kind}"


_FIXED = frozenset(
    {"name", "tags", "force_field_name", "calculator_meta", "store_trajectory", "task_document_kwargs"}
)
_RELAX = ("relax_kwargs.fmax", "steps", "relax_cell", "fix_symmetry")
_MD = ("n_steps", "time_step", "temperature", "ensemble", "pressure", "mb_velocity_seed")
_VASP = ("input_set_generator.user_incar_settings", "input_set_generator.user_kpoints_settings")
_VASP_FIXED = _FIXED | {
    "copy_vasp_kwargs", "input_set_generator.prev_incar", "input_set_generator.prev_kpoints",
    "input_set_generator.config_dict", "run_vasp_kwargs", "stop_children_kwargs", "write_additional_data",
    "input_set_generator.num_images", "input_set_generator.structure", "write_input_set_kwargs",
}  # fmt: skip
MODE = "input_set_generator.mode"
"""A setting that some Makers pass to `make`, overriding the input set's value."""
_TIGHT: dict[str, Any] = {"relax_kwargs": {"fmax": 0.01}}
_CHGNET: dict[str, Any] = {"force_field_name": "CHGNet"}
_GPAW: dict[str, Any] = {
    "force_field_name": {"@module": "gpaw", "@callable": "GPAW"},
    "calculator_kwargs": gpaw_inputs.DEFAULTS,
}
_STATIC: dict[str, Any] = {"relax_cell": False, "steps": 1}
_STATIC_FIXED = _FIXED | {
    "relax_cell", "relax_shape", "fix_symmetry", "symprec", "steps", "relax_kwargs", "optimizer_kwargs",
}  # fmt: skip
_GPAW_FIXED = _FIXED | {"calculator_kwargs"}

ENGINES: dict[str, Engine] = {
    "emt": Engine("EMT (ASE)", ("ase",), EMT_ELEMENTS),
    "chgnet": Engine("CHGNet", ("chgnet", "torch"), install="pip install 'crystalmath[ml]'"),
    "gpaw": Engine(
        "GPAW",
        ("gpaw", "gpaw_data", "torch"),  # atomate2's force-field Makers import torch for any calculator
        install="scripts/setup --gpaw",
        exclusive=((gpaw_inputs.SIZE, gpaw_inputs.DENSITY),),
        check=gpaw_inputs.check,
    ),
    "vasp": Engine("VASP", ()),
}
LICENCE_FREE: tuple[TemplateSpec, ...] = (
    TemplateSpec("chgnet", "relax", "Relax with CHGNet", "atomate2.forcefields.jobs.ForceFieldRelaxMaker",
               _CHGNET | _TIGHT, _FIXED, _RELAX),
    TemplateSpec("chgnet", "static", "Energy and forces with CHGNet",
               "atomate2.forcefields.jobs.ForceFieldStaticMaker", _CHGNET, _STATIC_FIXED),
    TemplateSpec("chgnet", "md", "Molecular dynamics with CHGNet",
               "atomate2.forcefields.md.ForceFieldMDMaker", _CHGNET, _FIXED, _MD),
    TemplateSpec("emt", "relax", "Relax with EMT", "atomate2.ase.jobs.EmtRelaxMaker", _TIGHT, _FIXED, _RELAX),
    TemplateSpec("emt", "static", "Energy and forces with EMT", "atomate2.ase.jobs.EmtRelaxMaker",
               _STATIC | {"name": "EMT static"}, _STATIC_FIXED),
    TemplateSpec("emt", "md", "Molecular dynamics with EMT", "crystalmath_server.plugins.makers.EmtMDMaker",
               {}, _FIXED, _MD),
    TemplateSpec("gpaw", "relax", "Relax with GPAW (DFT)", "atomate2.forcefields.jobs.ForceFieldRelaxMaker",
               _GPAW | _TIGHT | {"name": "GPAW relax", "optimizer_kwargs": {"optimizer": "BFGS"}},
               _GPAW_FIXED, (*gpaw_inputs.SHOWN, *_RELAX)),
    TemplateSpec("gpaw", "static", "Energy and forces with GPAW (DFT)",
               "atomate2.forcefields.jobs.ForceFieldStaticMaker", _GPAW | {"name": "GPAW static"},
               _GPAW_FIXED | _STATIC_FIXED, gpaw_inputs.SHOWN),
    TemplateSpec("gpaw", "md", "Molecular dynamics with GPAW (DFT)",
               "atomate2.forcefields.md.ForceFieldMDMaker",
               _GPAW | {"name": "GPAW MD", "n_steps": 100, "calculator_kwargs": gpaw_inputs.DEFAULTS_OF_MD},
               _GPAW_FIXED, (*gpaw_inputs.SHOWN, *_MD)),
)  # fmt: skip
"""Templates that need no license; add a row to add a template."""


@cache
def templates() -> dict[str, TemplateSpec]:
    """All templates of single jobs by name: those in the table, and atomate2's single-job VASP Makers."""
    vasp = [_vasp_template(maker) for maker in _vasp_makers()]
    return {spec.name: spec for spec in (*LICENCE_FREE, *vasp)}


@cache
def maker_class(path: str) -> Any:
    """The class with a dotted name."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _vasp_makers() -> list[type]:
    """Single-job VASP Makers, core ones first; modules with missing optional packages are skipped."""
    found: list[type] = []
    for module in pkgutil.walk_packages(vasp_jobs.__path__, f"{vasp_jobs.__name__}."):
        try:
            names = vars(importlib.import_module(module.name))
        except ImportError:
            continue
        found += [
            value
            for value in names.values()
            if inspect.isclass(value) and issubclass(value, BaseVaspMaker) and value.__module__ == module.name
        ]
    return sorted(found, key=lambda maker: maker.__module__ != f"{vasp_jobs.__name__}.core")


def _vasp_template(maker: type) -> TemplateSpec:
    words = re.sub(
        r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", maker.__name__.removesuffix("Maker")
    )
    kind = words.lower().replace(" ", "_")
    path = f"{maker.__module__}.{maker.__name__}"
    _, first, *others = inspect.signature(maker.make).parameters.values()
    given = {parameter.name: parameter.default for parameter in others}
    takes = TAKES.get(first.name, Takes(first.name))
    required = given["prev_dir"] is inspect.Parameter.empty
    restart = Restart.REQUIRED if required else Restart.OPTIONAL
    settings = {MODE: given["mode"]} if "mode" in given else {}
    shown = (*_VASP, *settings)
    return TemplateSpec(
        "vasp", kind, f"{words} with VASP", path, settings, _VASP_FIXED, shown, restart, takes
    )
