"""A JobSpec in which each option has another value than its default; what is new is found by its type."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from crystalmath_server.protocol.job_spec import JobSpec, default_of
from crystalmath_server.protocol.resources import Resources

_CHOSEN: Mapping[str, Any] = {
    "template": "vasp.relax",
    "structures": (3,),
    "values": {"steps": 7},
    "edits": {"INCAR": "NSW = 0\n"},
    "resources": Resources(partition="short", walltime_s=3600),
}


def another(name: str) -> Any:
    """A value of an option that is not its default."""
    hint = get_type_hints(JobSpec)[name]
    value = default_of(name)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{name}-x"
    if isinstance(value, tuple):
        return (f"{name}-x", f"{name}-y")
    assert int in get_args(hint), f"{name}: say here what another value of {hint} is"
    return 42


OTHERS: Mapping[str, Any] = {
    row.name: _CHOSEN[row.name] if row.name in _CHOSEN else another(row.name) for row in fields(JobSpec)
}
"""Option → another value than its default."""
SPEC = JobSpec(**OTHERS)
