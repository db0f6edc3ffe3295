"""@record: a frozen dataclass with slots that is cheap to define.

A command defines fifty of them and instantiates five. Compiling the dataclass methods takes half a
millisecond per class, half of a command's startup time; @record compiles each method on its first call.
"""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, make_dataclass
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

_COMPILED = ("__init__", "__repr__", "__eq__", "__hash__")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Turn a class into the equivalent of `dataclass(frozen=True, slots=True)`."""
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    for name in _COMPILED:
        if name not in cls.__dict__:
            setattr(made, name, _on_first_call(made, name))
    made.__setattr__, made.__delattr__ = _refuse_to_set, _refuse_to_delete
    made.__getstate__, made.__setstate__ = _state, _set_state
    return made


def _on_first_call(cls: Any, name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        compiled = getattr(_twin(cls, name), name)
        setattr(cls, name, compiled)
        return compiled(self, *args, **kwargs)

    method.__name__ = name
    return method


def _twin(cls: Any, name: str) -> type:
    """An ordinary dataclass with the same fields and the named method."""
    rows = [(row.name, row.type, row) for row in fields(cls)]
    held = {"__doc__": cls.__name__}  # without one, dataclass writes the signature, which imports inspect
    if name == "__init__":
        return make_dataclass(cls.__name__, rows, namespace=held, repr=False, eq=False, frozen=True)
    return make_dataclass(
        cls.__name__, rows, namespace=held, init=False, repr=name == "__repr__", unsafe_hash=True
    )


def _refuse_to_set(self: object, name: str, value: object) -> None:  # noqa: ARG001  the signature is Python's
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:  # noqa: ARG001
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, row.name) for row in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for row, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, row.name, value)
