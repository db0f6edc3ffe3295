"""Form fields of an atomate2 Maker, built from its dataclass fields, annotations and docstrings."""

import ast
import dataclasses
import importlib
import inspect
import re
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

import orjson

from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.templates import FieldType, FormField


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """Details of a setting that annotations lack: unit, bounds, and the type if several are allowed."""

    title: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    type: FieldType | None = None
    help: str = ""
    optional: bool = False
    choices: tuple[str, ...] = ()


KNOWN: dict[str, Known] = {
    "relax_kwargs.fmax": Known(
        "force tolerance",
        "eV/Å",
        1e-6,
        10,
        FieldType.NUMBER,
        "The relaxation ends when no force, and no stress times the cell, is larger.",
    ),
    "steps": Known("most steps", "", 2, 100_000),
    "n_steps": Known("steps", "", 1, 10_000_000),
    "relax_cell": Known("relax the cell"),
    "relax_shape": Known("relax shape only"),
    "fix_symmetry": Known("preserve symmetry"),
    "symprec": Known("symmetry tolerance", "Å", 1e-6, 1),
    "number_of_frames": Known("strained structures", "", 4, 100),
    "linear_strain": Known(
        "first and last strain", type=FieldType.JSON, help="Relative change of the lattice parameters."
    ),
    "order": Known("order of the tensor", "", 2, 3),
    "sym_reduce": Known("use symmetry"),
    "time_step": Known("time step", "fs", 0.001, 100, FieldType.NUMBER),
    "temperature": Known("temperature", "K", 0, 100_000, FieldType.NUMBER, "Target temperature."),
    "pressure": Known("pressure", "kbar", -10_000, 100_000, FieldType.NUMBER, "Target pressure."),
    "traj_interval": Known("steps between frames", "", 1, 100_000),
    "mb_velocity_seed": Known("velocity seed", "", 0, 2**32 - 1),
    "dynamics": Known("thermostat or barostat", type=FieldType.TEXT),
    "calculator_kwargs.mode.ecut": Known(
        "plane-wave cutoff",
        "eV",
        50,
        5000,
        FieldType.NUMBER,
        "Raise it until the results no longer change; stresses and cells need a higher cutoff than energies.",
    ),
    "calculator_kwargs.kpts.density": Known(
        "k-point density",
        "Å",
        0.1,
        50,
        FieldType.NUMBER,
        "k-points per 1/Å along each reciprocal lattice vector; the mesh contains Γ.",
        optional=True,
    ),
    "calculator_kwargs.kpts.size": Known(
        "k-point mesh",
        type=FieldType.JSON,
        help="Three numbers, such as [4, 4, 4], in place of the density.",
        optional=True,
    ),
    "calculator_kwargs.xc": Known(
        "functional",
        type=FieldType.CHOICE,
        help="Exchange-correlation functional; each has its own PAW datasets.",
        choices=("PBE", "RPBE", "revPBE", "LDA"),
    ),
    "calculator_kwargs.occupations.width": Known(
        "smearing width",
        "eV",
        0,
        5,
        FieldType.NUMBER,
        "Width of the Fermi-Dirac distribution; energies are extrapolated to zero width.",
    ),
    "calculator_kwargs.spinpol": Known(
        "spin polarization",
        type=FieldType.BOOLEAN,
        help="null: if there are initial magnetic moments.",
        optional=True,
    ),
    "calculator_kwargs.magmoms": Known(
        "magnetic moments",
        "μB",
        type=FieldType.JSON,
        help="Initial moment of each site, as a list; null: those of the structure.",
        optional=True,
    ),
    "input_set_generator.user_incar_settings": Known("INCAR settings"),
    "input_set_generator.user_kpoints_settings": Known("k-point settings", type=FieldType.JSON),
    "input_set_generator.user_potcar_settings": Known("POTCAR settings"),
    "input_set_generator.user_potcar_functional": Known("POTCAR functional", type=FieldType.TEXT),
    "input_set_generator.sym_prec": Known("symmetry tolerance", "Å", 1e-6, 1),
    "input_set_generator.bandgap": Known("band gap", "eV", 0, 100),
    "input_set_generator.bandgap_tol": Known("band gap tolerance", "eV", 0, 10),
}

_PLAIN: dict[Any, FieldType] = {
    bool: FieldType.BOOLEAN,
    int: FieldType.INTEGER,
    float: FieldType.NUMBER,
    str: FieldType.TEXT,
}


def form(maker: Any, shown: tuple[str, ...], hidden: frozenset[str]) -> tuple[FormField, ...]:
    """Fields of a Maker: those in `shown` first, in that order; all others are advanced.

    Parameters
    ----------
    maker
        Instance with the template's own defaults.
    shown
        Dotted names; a name inside a mapping of the Maker (relax_kwargs.fmax) takes its default from there.
        A name whose default is an object (Kpoints in a molecule Maker) is omitted: forms cannot edit it.
    hidden
        Names of settings that the template fixes.
    """
    rows = {row.name: row for row in _rows(maker, "")}
    for name in shown:
        if name not in rows and (default := value_of(maker, name)) is not _NOT_PLAIN:
            rows[name] = _row(name, FieldType.JSON, optional=False, default=default, text="")
    first = [rows[name] for name in shown if name in rows]
    rest = [
        dataclasses.replace(row, advanced=True)
        for name, row in rows.items()
        if name not in shown and name.partition(".")[0] not in hidden and name not in hidden
    ]
    return (*first, *rest)


def _rows(owner: Any, prefix: str) -> list[FormField]:
    hints, texts = _annotations(type(owner)), _parameter_texts(type(owner))
    rows: list[FormField] = []
    for field in dataclasses.fields(owner):
        if not field.init or field.name.startswith("_"):
            continue
        value = getattr(owner, field.name)
        name = prefix + field.name
        if dataclasses.is_dataclass(value):
            rows += _rows(value, name + ".")
            continue
        plain = _plain_default(value)
        if plain is not _NOT_PLAIN:
            kind, optional, choices = _field_type(hints.get(field.name, Any), plain)
            row = _row(name, kind, optional=optional, default=plain, text=texts.get(field.name, ""))
            rows.append(dataclasses.replace(row, choices=choices or row.choices))
    return rows


_NOT_PLAIN = object()


def _plain_default(value: Any) -> Json:
    """The JSON value of a default, or _NOT_PLAIN for an object that forms cannot edit."""
    if isinstance(value, Enum):
        return value.value
    try:
        return orjson.loads(orjson.dumps(value))
    except TypeError:
        return _NOT_PLAIN


def _known_of_step(name: str) -> Known:
    """Details of a setting of a flow's step, e.g. bulk_relax_maker.steps, which single jobs have too."""
    step, _, own = name.partition(".")
    if not step.endswith(("_maker", "_maker1", "_maker2")):
        return Known()
    known = KNOWN.get(own, Known())
    title = known.title or own.rpartition(".")[2].replace("_", " ")
    words = step.replace("_maker", " ").replace("_", " ").strip()
    return dataclasses.replace(known, title=f"{title}, {words}")


def _row(name: str, kind: FieldType, *, optional: bool, default: Json, text: str) -> FormField:
    known = KNOWN.get(name) or _known_of_step(name)
    return FormField(
        name=name,
        type=known.type or kind,
        title=known.title or name.rpartition(".")[2].replace("_", " "),
        default=default,
        unit=known.unit,
        minimum=known.minimum,
        maximum=known.maximum,
        help=known.help or text,
        optional=optional or known.optional,
        choices=known.choices,
    )


def value_of(maker: Any, name: str) -> Json:
    """The plain value of a Maker setting, by dotted form name."""
    value = maker
    for part in name.split("."):
        value = value[part] if isinstance(value, Mapping) else getattr(value, part)
    return _plain_default(value)


def _field_type(hint: Any, default: Json) -> tuple[FieldType, bool, tuple[str, ...]]:
    """How to edit a value with this annotation: (type, optional, choices)."""
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    parts = typing.get_args(hint) if union else (hint,)
    kinds = [part for part in parts if part is not types.NoneType]
    optional = len(kinds) < len(parts) or default is None
    if len(kinds) != 1:
        return FieldType.JSON, optional, ()
    kind, choices = _one_type(kinds[0])
    return kind, optional, choices


def _one_type(kind: Any) -> tuple[FieldType, tuple[str, ...]]:
    if typing.get_origin(kind) is typing.Literal:
        choices = typing.get_args(kind)
        if all(isinstance(choice, str) for choice in choices):
            return FieldType.CHOICE, choices
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return FieldType.CHOICE, tuple(str(member.value) for member in kind)
    return _PLAIN.get(kind, FieldType.JSON), ()


@cache
def _annotations(cls: type) -> dict[str, Any]:
    """Field → annotation, including strings that need imports under TYPE_CHECKING."""
    found: dict[str, Any] = {}
    for owner in reversed(cls.__mro__):
        names = None
        for name, hint in vars(owner).get("__annotations__", {}).items():
            if isinstance(hint, str):
                names = names or _names_of(owner.__module__)
                found[name] = _evaluate(hint, names)
            else:
                found[name] = hint
    return found


def _evaluate(hint: str, names: dict[str, Any]) -> Any:
    try:
        return eval(hint, names)  # noqa: S307  annotations of installed packages, never of users
    except (NameError, TypeError, AttributeError, SyntaxError):
        return Any


def _names_of(module_name: str) -> dict[str, Any]:
    """Names in a module, including its imports under TYPE_CHECKING."""
    module = importlib.import_module(module_name)
    names = dict(vars(module))
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):
        return names
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for line in node.body:
                if isinstance(line, (ast.Import, ast.ImportFrom)):
                    _import(line, module_name, names)
    return names


def _import(line: ast.Import | ast.ImportFrom, module_name: str, names: dict[str, Any]) -> None:
    """Run one import; missing modules become Any."""
    try:
        exec(compile(ast.Module([line], []), module_name, "exec"), names)  # noqa: S102  an import, nothing else
    except ImportError:
        for alias in line.names:
            names.setdefault(alias.asname or alias.name, Any)


@cache
def _parameter_texts(cls: type) -> dict[str, str]:
    """Parameter → first sentence of its description, from numpydoc docstrings of the class and its bases."""
    texts: dict[str, str] = {}
    for owner in reversed(cls.__mro__):
        doc = inspect.cleandoc(owner.__doc__ or "")
        section = re.search(r"Parameters\n-+\n(.*?)(?:\n\n[A-Z][^\n]*\n-+\n|\Z)", doc, re.DOTALL)
        if not section:
            continue
        for entry in re.split(r"\n(?=\S)", section.group(1)):
            head, _, body = entry.partition("\n")
            texts[head.split(":")[0].strip().lstrip("*.")] = _first_sentence(body)
    return texts


def _first_sentence(body: str) -> str:
    text = " ".join(line.strip() for line in body.splitlines()).strip()
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]
