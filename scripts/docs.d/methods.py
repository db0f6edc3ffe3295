"""Reference of the JSON-RPC methods, generated from the OpenRPC document and answers to its examples."""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from markup import page, table, toctree

from crystalmath_server.protocol.families import FAMILIES
from crystalmath_server.protocol.methods import METHODS
from crystalmath_server.rpc.openrpc import document
from tests.method_examples import ask

LONGEST_ANSWER = 60
"""Number of lines of an answer that are shown."""

Schema = Mapping[str, Any]


def openrpc() -> str:
    """The OpenRPC document."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def overview() -> str:
    """One line for each method, and the rules common to all methods."""
    rows = ((link(row["name"]), row["x-effect"], row["summary"]) for row in methods())
    notes = ((f"`{row['name']}`", row["sender"], row["summary"]) for row in described()["x-notifications"])
    return page(
        "Methods",
        "The server speaks JSON-RPC 2.0 over a Unix socket. "
        "[How to use it from nc and Node](../../howto/json-rpc.md) explains the framing. "
        "[Types](types.md) lists all records, [Errors](../errors.md) all errors. "
        "[openrpc.json](../openrpc.json) describes the same for programs.",
        "A method whose effect is *read* changes nothing and may be repeated. Any method may also answer "
        "`InvalidParams`, `InternalError`, `Overloaded`, `ShuttingDown` or `RequestCancelled`.",
        table(("method", "effect", "what it does"), rows),
        f"## Notifications\n\n{table(('notification', 'sender', 'what it says'), notes)}",
        *(f"### {row['name']}\n\n{parameters(row['params'])}" for row in described()["x-notifications"]),
        toctree(*families(), "types"),
    )


def families() -> dict[str, Callable[[], str]]:
    """A page for each family of methods."""
    names = dict.fromkeys(name.partition(".")[0] for name in METHODS)
    return {name: lambda name=name: family(name) for name in names}


def family(name: str) -> str:
    """The methods of a family."""
    return page(
        f"{name}.*",
        f"{FAMILIES[name].summary}.".capitalize(),
        *(method(row) for row in methods() if row["name"].partition(".")[0] == name),
    )


def method(row: Schema) -> str:
    """One method with its parameters, result, errors and example."""
    errors = ", ".join(f"`{each['data']['kind']}`" for each in row["errors"][: own_errors(row)])
    parts = (
        f"({row['name']})=\n## {row['name']}",
        row["summary"],
        f"Effect: {row['x-effect']}. Clients wait {row['x-timeout-s']:g} s for the answer.",
        parameters(row["params"]),
        f"**Result:** {type_of(row['result']['schema'])}",
        f"**[Errors](../errors.md):** {errors}" if errors else "",
        example(row["name"]),
    )
    return "\n\n".join(part for part in parts if part)


def own_errors(row: Schema) -> int:
    """The number of errors specific to the method; errors common to all methods follow."""
    return len(dict.fromkeys(METHODS[row["name"]].errors))


def parameters(rows: Iterable[Schema]) -> str:
    """The parameters of a method."""
    shown = [
        (
            f"`{row['name']}`",
            type_of(row["schema"]),
            "required" if row["required"] else default_of(row["schema"]),
            row.get("description", ""),
        )
        for row in rows
    ]
    return table(("parameter", "type", "default", ""), shown) if shown else "This method takes no parameters."


def default_of(schema: Schema) -> str:
    """The default of a field as JSON."""
    return f"`{json.dumps(schema['default'], ensure_ascii=False)}`" if "default" in schema else ""


def type_of(schema: Schema) -> str:
    """A description of a schema, with links to the records that it names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{target(name)})"
    if options := schema.get("anyOf"):
        return " or ".join(type_of(option) for option in options)
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"array of {type_of(schema.get('items', {}))}{bounds(schema)}"
        case "object":
            return f"object of {type_of(values)}" if (values := values_of(schema)) else "object"
        case str(name):
            return name + bounds(schema)
        case _:
            return "any JSON"


def values_of(schema: Schema) -> Schema:
    """The schema of an object's values, empty if any value is allowed."""
    values = schema.get("additionalProperties")
    return values if isinstance(values, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def bounds(schema: Schema) -> str:
    """The bounds of a number, or of the length of a text or an array."""
    for lowest, highest, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
    ):
        low, high = schema.get(lowest), schema.get(highest)
        if high is not None:
            return f" ({low or 0:g} to {high:g}{unit})"
        if low is not None:
            return f" (at least {low:g}{unit})"
    return ""


def example(name: str) -> str:
    """The example of a method, and the answer of the conformance tests' in-memory server."""
    request = {"jsonrpc": "2.0", "id": "x", "method": name, "params": dict(METHODS[name].example.params)}
    asked = json.dumps(request, ensure_ascii=False)
    lines = json.dumps(ask(name, "lines"), ensure_ascii=False, indent=2).splitlines()
    language = "json"
    if len(lines) > LONGEST_ANSWER:
        lines = [*lines[:LONGEST_ANSWER], f"… {len(lines) - LONGEST_ANSWER} more lines"]
        language = "text"
    answer = "\n".join((f"```{language}", *lines, "```"))
    return (
        f"<details><summary>Request and answer</summary>\n\n```json\n{asked}\n```\n\n{answer}\n\n</details>"
    )


def types() -> str:
    """Every record that methods take and return."""
    schemas = described()["components"]["schemas"]
    return page(
        "Types",
        "Records that methods take and return. A name that ends in `-Input` or `-Output` is the same record "
        "as a parameter and as a result.",
        *(record(name, schema) for name, schema in sorted(schemas.items())),
    )


def record(name: str, schema: Schema) -> str:
    """One record with its fields, or one enumeration with its values."""
    head = f"({target(name)})=\n## {name}\n\n{schema.get('description', '').partition(chr(10) * 2)[0]}"
    if "properties" not in schema:
        return f"{head}\n\n{type_of(schema)}"
    required = schema.get("required", [])
    rows = (
        (
            f"`{field}`",
            type_of(found),
            "always" if field in required else default_of(found),
            found.get("description", ""),
        )
        for field, found in schema["properties"].items()
    )
    return f"{head}\n\n{table(('field', 'type', 'default', ''), rows)}"


def link(name: str) -> str:
    """A link to a method."""
    return f"[`{name}`](#{name})"


def target(name: str) -> str:
    """The anchor of a record, unique across all pages."""
    return f"type-{name.lower()}"


def methods() -> list[Schema]:
    """The methods of the OpenRPC document."""
    return described()["methods"]


@cache
def described() -> dict[str, Any]:
    """The OpenRPC document."""
    return dict(document())
