"""A JSON document as a tree, read branch by branch in answers of limited size; pure functions."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from crystalmath_server.protocol.document import DocumentChild, ValueKind
from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.method import Json

PREVIEW = 80
LONGEST_TEXT = 4000
_KINDS: dict[type, ValueKind] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
}


def value_at(document: Json, path: str) -> Json:
    """The value at a "/"-separated path of names and indices; in names, ~1 stands for "/" and ~0 for "~".

    Raises
    ------
    NotFound
        The message contains the part of the path that exists.
    """
    found = document
    for place, step in enumerate(steps := split(path)):
        children = dict(_pairs(found))
        if step not in children:
            before = "/".join(steps[:place]) or "the top"
            detail = f"The document has no {step!r} at {before}"
            raise NotFound(detail, field="path", hint=_near(step, children))
        found = children[step]
    return found


def split(path: str) -> list[str]:
    """The steps of a path."""
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/") if step]


def join(path: str, name: str) -> str:
    """The path of a child."""
    step = name.replace("~", "~0").replace("/", "~1")
    return f"{path.strip('/')}/{step}".strip("/")


def children_of(value: Json, path: str, offset: int, limit: int) -> tuple[DocumentChild, ...]:
    """A slice of the children of an object or array, in order."""
    rows = list(_pairs(value))[offset : offset + limit]
    return tuple(
        DocumentChild(name, join(path, name), kind_of(child), size_of(child), preview(child))
        for name, child in rows
    )


def kind_of(value: Json) -> ValueKind:
    """The kind of a JSON value."""
    return _KINDS.get(type(value), "null")


def size_of(value: Json) -> int:
    """Number of children of an object or array, or characters of a string; else 0."""
    return len(cast("Any", value)) if isinstance(value, (dict, list, str)) else 0


def preview(value: Json, most: int = PREVIEW) -> str:
    """A short preview of a value; for an object its names, for an array its plain values."""
    if isinstance(value, str):
        return value[:most]
    if isinstance(value, dict):
        return ", ".join(cast("dict[str, Json]", value))[:most]
    if isinstance(value, list):
        rows = cast("list[Json]", value)
        plain = len(rows) <= most and not any(isinstance(row, (dict, list)) for row in rows)
        return json.dumps(rows, ensure_ascii=False)[:most] if plain else ""
    return json.dumps(value)


def _pairs(value: Json) -> Iterable[tuple[str, Json]]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Json]", value).items()
    rows = cast("list[Json]", value) if isinstance(value, list) else []
    return ((str(place), row) for place, row in enumerate(rows))


def _near(step: str, children: Mapping[str, Json]) -> str:
    """A hint that lists similar or available names."""
    if not children:
        return "This value has no children."
    alike = [name for name in children if step.lower() in name.lower()] or list(children)
    return f"Available: {', '.join(alike[:8])}{' …' if len(alike) > 8 else ''}."
