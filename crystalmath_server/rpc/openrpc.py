"""OpenRPC document from METHODS, using the same types as the server's validation."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from crystalmath_server import __version__
from crystalmath_server.protocol.error_codes import EVERY_METHOD
from crystalmath_server.protocol.errors import ERRORS
from crystalmath_server.protocol.method import PROTOCOL_VERSION, Json, Method, Notification
from crystalmath_server.protocol.methods import METHODS, NOTIFICATIONS

OPENRPC_VERSION = "1.3.2"

Schema = dict[str, Any]


@cache
def document() -> dict[str, Json]:
    """The OpenRPC document of this server version."""
    schemas, definitions = _schemas()
    return {
        "openrpc": OPENRPC_VERSION,
        "info": {
            "title": "crystalmath-server",
            "version": __version__,
            "description": f"JSON-RPC 2.0 over a Unix socket; protocol {PROTOCOL_VERSION}.",
            "license": {"name": "MIT"},
        },
        "methods": [_method(row, schemas, definitions) for row in METHODS.values()],
        "components": {
            "schemas": definitions,
            "errors": {cls.__name__: _error(code) for code, cls in ERRORS.items()},
        },
        "x-notifications": [_notification(row, schemas, definitions) for row in NOTIFICATIONS.values()],
    }


def _schemas() -> tuple[dict[Any, Schema], Schema]:
    """(name, mode) → schema of parameters and results, and the referenced definitions."""
    inputs = [
        ((row.name, "validation"), "validation", TypeAdapter[Any](row.params))
        for row in (*METHODS.values(), *NOTIFICATIONS.values())
    ]
    outputs = [
        ((row.name, "serialization"), "serialization", TypeAdapter[Any](row.result))
        for row in METHODS.values()
    ]
    schemas, top = TypeAdapter.json_schemas([*inputs, *outputs], ref_template="#/components/schemas/{model}")  # pyright: ignore[reportArgumentType]
    return {key[0]: schema for key, schema in schemas.items()}, top.get("$defs", {})


def _method(row: Method[Any, Any], schemas: dict[Any, Schema], definitions: Schema) -> Schema:
    return {
        "name": row.name,
        "summary": row.summary,
        "tags": [{"name": row.name.partition(".")[0]}],
        "paramStructure": "either",
        "params": _params(row.name, schemas, definitions),
        "result": {"name": row.result.__name__, "schema": schemas[row.name, "serialization"]},
        "errors": [_error(code) for code in dict.fromkeys((*row.errors, *EVERY_METHOD))],
        "examples": [
            {
                "name": f"{row.name} example",
                "params": [{"name": name, "value": value} for name, value in row.example.params.items()],
            }
        ],
        "x-effect": row.effect,
        "x-timeout-s": row.timeout_s,
    }


def _notification(row: Notification[Any], schemas: dict[Any, Schema], definitions: Schema) -> Schema:
    return {
        "name": row.name,
        "summary": row.summary,
        "sender": row.sender,
        "params": _params(row.name, schemas, definitions),
    }


def _params(name: str, schemas: dict[Any, Schema], definitions: Schema) -> list[Schema]:
    """One content descriptor per field, required fields first, in the order of `by_position`."""
    schema = schemas[name, "validation"]
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    required = schema.get("required", [])
    rows = sorted(schema.get("properties", {}).items(), key=lambda row: row[0] not in required)
    return [_descriptor(field, found, required) for field, found in rows]


def _descriptor(field: str, schema: Schema, required: list[str]) -> Schema:
    described = {"description": schema["description"]} if "description" in schema else {}
    return {"name": field, **described, "required": field in required, "schema": schema}


def _error(code: int) -> Schema:
    cls = ERRORS[int(code)]
    return {
        "code": int(code),
        "message": cls.message,
        "data": {"kind": cls.__name__, "hint": cls.hint, "retryable": cls.retryable},
    }
