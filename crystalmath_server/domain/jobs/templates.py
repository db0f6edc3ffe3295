"""Templates: names, form values and their validation; pure."""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from crystalmath_server.domain.jobs import nodes
from crystalmath_server.protocol.codes import CODES_CREATE, CodeKind, CodeRow
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import InvalidForm, InvalidTemplate, NotFound
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.templates import FieldType, FormField, Restart, TemplateRow

EMT_ELEMENTS = ("Ag", "Al", "Au", "Cu", "Ni", "Pd", "Pt")
"""Elements that EMT describes; ASE's additional parameters (H, C, N, O) are "not for any serious use"."""

ENGINE_ORDER = ("chgnet", "emt")
"""Engines to try if only a kind is given, best first."""

GPAW = "gpaw"
VASP = "vasp"
VASP_KINDS = (CodeKind.VASP_STD, CodeKind.VASP_GAM, CodeKind.VASP_NCL)
_CREATE_CODE = command(CODES_CREATE, cluster="CLUSTER", label="LABEL", path="PATH", kind="KIND")
_NO_VASP = f"no cluster with VASP is set up: {_CREATE_CODE}; you can still render the inputs"


def runs_vasp(process_type: str, template: str) -> bool:
    """Whether a job runs VASP, according to its process type or template."""
    return process_type.endswith(nodes.VASP_CALCULATION) or template.startswith(VASP)


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint with the most similar of `names`, or all of them if none is similar."""
    known = sorted(names)
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"Choose from: {', '.join(known)}"


def resolve(name: str, rows: Sequence[TemplateRow]) -> TemplateRow:
    """The row with this full name, or of this kind with the best engine that runs here.

    Raises
    ------
    NotFound
        No template has this name (field: name).
    """
    found = [row for row in rows if row.name == name] or sorted(
        (row for row in rows if row.kind == name and row.engine in ENGINE_ORDER and row.runnable),
        key=lambda row: ENGINE_ORDER.index(row.engine),
    )
    if not found:
        detail = f"there is no template {name!r}"
        raise NotFound(detail, field="name", hint=nearest(name, [row.name for row in rows]))
    return found[0]


def with_codes(rows: Sequence[TemplateRow], codes: Sequence[CodeRow]) -> tuple[TemplateRow, ...]:
    """The templates marked as runnable or not: VASP templates need a cluster with VASP."""
    if any(code.kind in VASP_KINDS for code in codes):
        return tuple(rows)
    return tuple(
        replace(row, runnable=False, reason=row.reason or _NO_VASP) if row.engine == VASP else row
        for row in rows
    )


def check_restart(name: str, restart: Restart, *, continues: bool) -> None:
    """Reject a missing earlier job that the template needs, or one that it cannot use.

    Raises
    ------
    InvalidForm
        Field: restart_pk.
    """
    if restart is Restart.REQUIRED and not continues:
        hint = "Choose an ended VASP job on the same structure that wrote CHGCAR, e.g. from vasp.static."
        raise InvalidForm(f"{name} continues from an earlier VASP job", field="restart_pk", hint=hint)
    if restart is Restart.NO and continues:
        hint = "Leave restart_pk out, or choose a VASP template."
        raise InvalidForm(f"{name} cannot continue from an earlier job", field="restart_pk", hint=hint)


def check_elements(engine: str, elements: Sequence[str], known: Sequence[str], others: Sequence[str]) -> None:
    """Reject elements that an engine does not support.

    Parameters
    ----------
    known
        Elements that the engine supports.
    others
        Templates that would work.

    Raises
    ------
    InvalidTemplate
        Lists the unsupported elements and the templates that support them.
    """
    missing = sorted(set(elements) - set(known))
    if missing:
        detail = f"{engine} does not know {', '.join(missing)}"
        way_out = f"These templates do: {', '.join(others)}" if others else "No template installed here does"
        raise InvalidTemplate(detail, field="structures", hint=way_out)


def check_values(fields: Sequence[FormField], values: Mapping[str, Json]) -> dict[str, Json]:
    """The effective values of a form: the given values, validated, over the defaults.

    Raises
    ------
    InvalidForm
        Unknown field, wrong type, out of bounds (field: values.<name>).
    """
    by_name = {field.name: field for field in fields}
    for name in values:
        if name not in by_name:
            detail = f"the template has no setting {name!r}"
            raise InvalidForm(detail, field=f"values.{name}", hint=nearest(name, by_name))
    return {
        field.name: check_value(field, values[field.name]) if field.name in values else field.default
        for field in fields
    }


def check_value(field: FormField, value: Json) -> Json:
    """The value in the form that the Maker takes; raises InvalidForm."""
    if value is None and field.optional:
        return None
    problem = _CHECKS[field.type](field, value)
    if problem:
        detail = f"{field.title}: {problem}"
        raise InvalidForm(detail, field=f"values.{field.name}", hint=expectation(field))
    return float(cast("float", value)) if field.type is FieldType.NUMBER else value


def without_replaced(values: Mapping[str, Json], exclusive: Sequence[tuple[str, str]]) -> dict[str, Json]:
    """The values; where the first setting of an exclusive pair is given, the second one is null.

    Raises
    ------
    InvalidForm
        Both are given (field: values.<first>).
    """
    cleared: dict[str, Json] = {}
    for first, second in exclusive:
        if values.get(first) is None:
            continue
        if values.get(second) is not None:
            detail = f"{first} and {second} exclude each other"
            raise InvalidForm(detail, field=f"values.{first}", hint=f"Leave out {first} or {second}.")
        cleared[second] = None
    return {**values, **cleared}


def expectation(field: FormField) -> str:
    """A sentence that describes what a field accepts."""
    words = {
        FieldType.INTEGER: "a whole number",
        FieldType.NUMBER: "a number",
        FieldType.BOOLEAN: "true or false",
        FieldType.TEXT: "a text",
        FieldType.CHOICE: "one of " + ", ".join(field.choices),
        FieldType.JSON: f"JSON of the kind of {field.default!r}",
    }[field.type]
    if field.minimum is not None:
        words += f", at least {field.minimum:g}"
    if field.maximum is not None:
        words += f", at most {field.maximum:g}"
    unit = f" [{field.unit}]" if field.unit else ""
    return f"Give {words}{unit}" + (" or null" if field.optional else "")


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _bounds(field: FormField, value: Json) -> str:
    number = cast("float", value)
    if field.minimum is not None and number < field.minimum:
        return f"{number:g} is below {field.minimum:g}"
    if field.maximum is not None and number > field.maximum:
        return f"{number:g} is above {field.maximum:g}"
    return ""


def _integer(field: FormField, value: Json) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"{value!r} is not a whole number"
    return _bounds(field, value)


def _number(field: FormField, value: Json) -> str:
    return _bounds(field, value) if _is_number(value) else f"{value!r} is not a number"


def _choice(field: FormField, value: Json) -> str:
    return "" if value in field.choices else f"{value!r} is none of {', '.join(field.choices)}"


def _json(field: FormField, value: Json) -> str:
    if field.default is None or isinstance(value, type(field.default)):
        return ""
    return f"{value!r} is not of the kind of {field.default!r}"


_CHECKS: dict[FieldType, Callable[[FormField, Json], str]] = {
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: lambda _, value: "" if isinstance(value, bool) else f"{value!r} is not true or false",
    FieldType.TEXT: lambda _, value: "" if isinstance(value, str) else f"{value!r} is not a text",
    FieldType.CHOICE: _choice,
    FieldType.JSON: _json,
}


def nest(values: Mapping[str, Json]) -> dict[str, Json]:
    """Convert dotted names to nested mappings: {"a.b": 1} → {"a": {"b": 1}}."""
    tree: dict[str, Json] = {}
    for name, value in sorted(values.items()):
        *parents, leaf = name.split(".")
        branch = tree
        for parent in parents:
            branch = cast("dict[str, Json]", branch.setdefault(parent, {}))
        branch[leaf] = value
    return tree
