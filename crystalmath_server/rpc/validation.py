"""Validation of request parameters: the method's parameter type, or InvalidParams with the field."""

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from crystalmath_server.protocol.errors import InvalidParams
from crystalmath_server.protocol.method import by_position

P = TypeVar("P")

_SHOWN_ERRORS = 3
_SHOWN_INPUT = 60


class ParamsReader(Generic[P]):
    """Reads the parameters of one method strictly: "5" is not a number, and unknown names are errors."""

    def __init__(self, type_: type[P]) -> None:
        self._type = type_
        self.names = tuple(row.name for row in by_position(type_)) if is_dataclass(type_) else ()
        self._empty = None if self.names else type_()

    @cached_property
    def adapter(self) -> TypeAdapter[P]:
        """Pydantic's validator, built on first use; building all at startup delays the first response."""
        return TypeAdapter(self._type)

    def read(self, given: Sequence[object] | dict[str, object]) -> P:
        """Validate and convert; positional parameters follow `by_position`.

        Raises
        ------
        InvalidParams
            With the dotted name of the first invalid field.
        """
        if self._empty is not None and not given:
            return self._empty
        named = given if isinstance(given, dict) else self._by_name(given)
        try:
            return self.adapter.validate_json(orjson.dumps(named), strict=True)
        except ValidationError as error:
            raise _invalid(error.errors(include_url=False, include_context=False), self.names) from None

    def _by_name(self, args: Sequence[object]) -> Mapping[str, object]:
        if len(args) > len(self.names):
            detail = f"{len(args)} positional parameters are too many. {_list_names(self.names)}"
            raise InvalidParams(detail)
        return dict(zip(self.names, args, strict=False))


def _invalid(errors: Sequence[ErrorDetails], names: tuple[str, ...]) -> InvalidParams:
    shown = [_describe(error, names) for error in errors[:_SHOWN_ERRORS]]
    if len(errors) > _SHOWN_ERRORS:
        shown.append(f"and {len(errors) - _SHOWN_ERRORS} more")
    return InvalidParams("; ".join(shown), field=_dotted_name(errors[0]))


def _dotted_name(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"])


def _describe(error: ErrorDetails, names: tuple[str, ...]) -> str:
    field = _dotted_name(error)
    match error["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            return f"Unknown parameter {field!r}. {_list_names(names)}"
        case "missing":
            return f"Parameter {field!r} is missing"
        case "json_invalid":
            return "The parameters are nested too deeply"
        case _:
            return f"{field}: {error['msg']}, not {_short(error['input'])}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_INPUT else text[:_SHOWN_INPUT] + "…"


def _list_names(names: tuple[str, ...]) -> str:
    return f"Known: {', '.join(names)}" if names else "It takes none"
