"""Conversion between frames and JSON-RPC 2.0 objects, with strict parsing."""

import json
from dataclasses import asdict, dataclass

import orjson
from pydantic_core import SchemaValidator, core_schema

from crystalmath_server.protocol.errors import InvalidRequest, ParseError, RpcError

Id = str | int | None

_SMALL = 4096
"""Bytes up to which counting keys is faster than writing the value again."""

_MAX_DEPTH = 254
"""Nesting that orjson can write; deeper values could not be answered."""

MAX_BATCH = 1000
"""Maximum number of requests in a batch."""


def _field(schema: core_schema.CoreSchema, *, required: bool = False) -> core_schema.TypedDictField:
    return core_schema.typed_dict_field(schema, required=required)


_REQUEST = SchemaValidator(
    core_schema.typed_dict_schema(
        {
            "jsonrpc": _field(core_schema.literal_schema(["2.0"]), required=True),
            "method": _field(core_schema.str_schema(), required=True),
            "params": _field(
                core_schema.union_schema([core_schema.dict_schema(), core_schema.list_schema()])
            ),
            "id": _field(
                core_schema.nullable_schema(
                    core_schema.union_schema([core_schema.int_schema(), core_schema.str_schema()])
                )
            ),
        },
        extra_behavior="forbid",
    )
)


def check_request(item: object) -> None:
    """Raise pydantic's ValidationError unless `item` is a JSON-RPC 2.0 request object."""
    _REQUEST.validate_python(item, strict=True)


def parse(payload: bytes) -> object:
    """Parse the JSON value of a frame.

    Raises
    ------
    ParseError
        Invalid JSON, nesting too deep, or an object with a duplicate key.
    """
    try:
        value = orjson.loads(payload)
        if _may_repeat_keys(payload, value):
            json.loads(payload, object_pairs_hook=_without_twins)
    except (RecursionError, orjson.JSONEncodeError):
        raise ParseError("The JSON is nested too deeply.") from None
    except ValueError as error:
        raise ParseError(_depth(error)) from None
    return value


def _may_repeat_keys(payload: bytes, value: object) -> bool:
    """Whether orjson may have dropped a duplicate key.

    Every key needs a colon, so as many keys as colons prove that none was dropped. For large values, written
    without spaces, an equal length is the faster proof.
    """
    if len(payload) > _SMALL and len(orjson.dumps(value)) == len(payload):
        return False
    return payload.count(b":") != _n_keys(value)


def _n_keys(value: object, depth: int = 0) -> int:
    """The number of keys of all objects in a JSON value."""
    if depth > _MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        return len(value) + sum(_n_keys(each, depth + 1) for each in value.values())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return sum(_n_keys(each, depth + 1) for each in value) if isinstance(value, list) else 0  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _depth(error: ValueError) -> str:
    return "The JSON is nested too deeply." if "depth" in str(error) else ""


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The key {twin!r} appears twice in one object.")
    return found


@dataclass(frozen=True, slots=True)
class Single:
    """A frame with a single value that is not an array."""

    value: object


def items(payload: bytes) -> Single | list[object]:
    """The request of a frame, or the requests of a batch.

    Raises
    ------
    ParseError, InvalidRequest
        The frame as a whole cannot be read.
    """
    value = parse(payload)
    if not isinstance(value, list):
        return Single(value)
    found: list[object] = value  # pyright: ignore[reportUnknownVariableType]
    if not found:
        raise InvalidRequest
    if len(found) > MAX_BATCH:
        raise InvalidRequest(f"A batch of {len(found)} requests; the limit is {MAX_BATCH}.")
    return found


def why_invalid(item: object) -> InvalidRequest:
    """The error for a request that `check_request` rejects, with details if the cause is not obvious."""
    if isinstance(item, dict) and isinstance(item.get("id"), float):  # pyright: ignore[reportUnknownMemberType]
        return InvalidRequest("The id must be a string, a whole number of 64 bits or null.", field="id")
    return InvalidRequest()


def success(result: object, id_: Id) -> bytes:
    """A response with a result."""
    value = {"jsonrpc": "2.0", "result": result, "id": id_}
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)  # for StrEnum keys


def failure(error: RpcError, id_: Id) -> bytes:
    """A response with an error."""
    return orjson.dumps({"jsonrpc": "2.0", "error": error_object(error), "id": id_})


def error_object(error: RpcError) -> dict[str, object]:
    """The error object; `data` is omitted if it adds nothing to the code."""
    data = error.data
    if data.detail or data.field or data.reference:
        return {"code": int(error.code), "message": error.message, "data": asdict(data)}
    return {"code": int(error.code), "message": error.message}


def notification(method: str, params: object) -> bytes:
    """A notification message."""
    return orjson.dumps({"jsonrpc": "2.0", "method": method, "params": params})


def batch(answers: list[bytes]) -> bytes:
    """Responses of a batch as one payload; empty if there are none."""
    return b"[" + b",".join(answers) + b"]" if answers else b""
