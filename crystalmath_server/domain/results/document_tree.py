"""A JSON document as a tree that is read branch by branch, each answer bounded; pure functions."""

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
    """The value at a path of names and places, joined by "/"; in a name ~1 stands for "/", ~0 for "~".

    Raises
    ------
    NotFound
        With the part of the path that is there.
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


def joined(path: str, name: str) -> str:
    """The path of a child."""
    step = name.replace("~", "~0").replace("/", "~1")
    return f"{path.strip('/')}/{step}".strip("/")


def children_of(value: Json, path: str, offset: int, limit: int) -> tuple[DocumentChild, ...]:
    """Some of the children of an object or an array, in their order."""
    rows = list(_pairs(value))[offset : offset + limit]
    return tuple(
        DocumentChild(name, joined(path, name), kind_of(child), size_of(child), preview(child))
        for name, child in rows
    )


def kind_of(value: Json) -> ValueKind:
    """What a JSON value is."""
    return _KINDS.get(type(value), "null")


def size_of(value: Json) -> int:
    """Children of an object or an array, characters of a text; else 0."""
    return len(cast("Any", value)) if isinstance(value, (dict, list, str)) else 0


def preview(value: Json, most: int = PREVIEW) -> str:
    """A value in a few characters; of a branch, what kind of things are in it."""
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
    """What is there instead."""
    if not children:
        return "That value has no parts."
    alike = [name for name in children if step.lower() in name.lower()] or list(children)
    return f"There are {', '.join(alike[:8])}{' …' if len(alike) > 8 else ''}."
