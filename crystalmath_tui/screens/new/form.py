"""Form fields as text: parsing, formatting and validation."""

import json
import math
from collections.abc import Mapping, Sequence

from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.templates import FieldType, FormField

_YES = frozenset({"yes", "y", "true", "t", "1", "on"})
_NO = frozenset({"no", "n", "false", "f", "0", "off"})
NOTHING = "none"


class WrongTextError(Exception):
    """The text is not a valid value of the field; the message says what is expected."""


def text_of(value: Json) -> str:
    """A value as the user would type it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value)


def value_of(field: FormField, text: str) -> Json:
    """The value of a text; raises WrongTextError."""
    bare = text.strip()
    if bare.lower() in {"", NOTHING} and field.optional:
        return None
    match field.type:
        case FieldType.BOOLEAN:
            return _boolean(bare)
        case FieldType.INTEGER | FieldType.NUMBER:
            return _within(field, _number(field.type, bare))
        case FieldType.CHOICE if bare not in field.choices:
            raise WrongTextError("one of " + ", ".join(field.choices))
        case FieldType.JSON:
            return _json(field, bare)
        case _:
            return bare


def _boolean(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise WrongTextError("yes or no")
    return text.lower() in _YES


def _number(kind: FieldType, text: str) -> float:
    try:
        number = int(text) if kind is FieldType.INTEGER else float(text)
    except (ValueError, OverflowError):
        raise WrongTextError("a whole number" if kind is FieldType.INTEGER else "a number") from None
    if not math.isfinite(number):
        raise WrongTextError("a finite number")
    return number


def _within(field: FormField, number: float) -> float:
    if field.minimum is not None and number < field.minimum:
        raise WrongTextError(f"at least {field.minimum:g}")
    if field.maximum is not None and number > field.maximum:
        raise WrongTextError(f"at most {field.maximum:g}")
    return number


def _json(field: FormField, text: str) -> Json:
    """Parse JSON; a bare word is accepted as text if the default is text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if isinstance(field.default, str):
            return text
        raise WrongTextError('JSON, such as {"ENCUT": 520}') from None


def next_choice(field: FormField, text: str) -> str:
    """The next choice of a field with few values; other fields keep their text."""
    choices = ("yes", "no") if field.type is FieldType.BOOLEAN else field.choices
    if field.optional and choices:
        choices = (*choices, NOTHING)
    if not choices:
        return text
    place = choices.index(text) if text in choices else -1
    return choices[(place + 1) % len(choices)]


def has_choices(field: FormField) -> bool:
    """Whether the field cycles through choices on a key press."""
    return field.type in {FieldType.BOOLEAN, FieldType.CHOICE}


def problems(fields: Sequence[FormField], texts: Mapping[str, str]) -> dict[str, str]:
    """The expected value for each field with an invalid text."""
    found: dict[str, str] = {}
    for field in fields:
        if field.name in texts:
            try:
                value_of(field, texts[field.name])
            except WrongTextError as wrong:
                found[field.name] = f"give {wrong}"
    return found


def values(fields: Sequence[FormField], texts: Mapping[str, str]) -> dict[str, Json]:
    """The changed values; all texts must be valid."""
    return {field.name: value_of(field, texts[field.name]) for field in fields if field.name in texts}


def bounds_words(field: FormField) -> str:
    """A description of the values that the field accepts."""
    words = {
        FieldType.INTEGER: "whole number",
        FieldType.NUMBER: "number",
        FieldType.BOOLEAN: "yes or no",
        FieldType.TEXT: "text",
        FieldType.CHOICE: ", ".join(field.choices),
        FieldType.JSON: "JSON",
    }[field.type]
    low = f" from {field.minimum:g}" if field.minimum is not None else ""
    high = f" to {field.maximum:g}" if field.maximum is not None else ""
    unit = f" {field.unit}" if field.unit else ""
    return f"{words}{low}{high}{unit}" + (f" or {NOTHING}" if field.optional else "")
