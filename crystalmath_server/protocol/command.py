"""command(JOBS_SHOW, pk=7) → "crystalmath jobs show 7": the command line of a method, for hints."""

import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_type_hints

from crystalmath_server.protocol.method import IdempotencyKey, Method, by_position, is_required

PROGRAM = "crystalmath"


def command(method: Method[Any, Any], **given: object) -> str:
    """The command line for calling a method.

    Parameters
    ----------
    given
        Parameters of the method: a value, or an uppercase placeholder, e.g. pk="PK".

    Raises
    ------
    TypeError
        A parameter is unknown, or a required parameter is missing.
    """
    arguments, optional = _parameters(method.params)
    unknown = given.keys() - {*arguments, *optional}
    missing = [name for name in arguments if name not in given]
    if unknown or missing:
        raise TypeError(f"{method.name}: unknown {sorted(unknown)}, missing {missing}")
    words = [str(given[name]) for name in arguments]
    words += [word for name in optional for word in _option(name, given)]
    return " ".join((PROGRAM, *method.name.split("."), *map(shlex.quote, words)))


@cache
def _parameters(kind: type[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Positional parameters, which have no default, and parameters that are options."""
    hints = get_type_hints(kind, include_extras=True)
    names = [row.name for row in by_position(kind)]
    needed = tuple(row.name for row in by_position(kind) if is_required(row) and not _is_key(hints[row.name]))
    return needed, tuple(name for name in names if name not in needed)


def _is_key(hint: Any) -> bool:
    """Whether the command line generates a missing value."""
    return any(isinstance(mark, IdempotencyKey) for mark in getattr(hint, "__metadata__", ()))


def _option(name: str, params: Mapping[str, object]) -> Iterator[str]:
    if name not in params:
        return
    flag, value = name.replace("_", "-"), params[name]
    if isinstance(value, bool):
        yield f"--{flag}" if value else f"--no-{flag}"
    else:
        yield from (f"--{flag}", str(value))
