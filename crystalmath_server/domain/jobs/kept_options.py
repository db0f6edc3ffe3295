"""Options of a job that its settings node keeps, and how they are read back; pure."""

from collections.abc import Mapping
from dataclasses import fields

from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.job_spec import JobSpec, changed
from crystalmath_server.protocol.method import Json

PLACED = frozenset(
    {
        "template", "structures", "values", "label", "description", "cluster", "code", "resources",
        "restart_pk", "corrections", "edits",
    }
)  # fmt: skip
"""Options that AiiDA has a place of its own for: a link, an attribute, a file. Any other is kept by name."""

SHOWN = frozenset({"code", "restart_pk", "corrections"})
"""Those of them that a detail of a job has no field of its own for."""


def kept(spec: JobSpec) -> dict[str, Json]:
    """Option → plain value for the settings node.

    Defaults are left out: the node is part of what AiiDA's caching compares, and a new option must not make
    jobs differ that never used it.
    """
    return {name: to_json(value) for name, value in changed(spec).items() if name not in PLACED}


def read_kept(settings: Mapping[str, Json]) -> JobSpec:
    """A JobSpec with the options that a settings node keeps; all others have their defaults."""
    names = [row.name for row in fields(JobSpec) if row.name not in PLACED and row.name in settings]
    return from_json(JobSpec, {"template": "", "structures": [], **{name: settings[name] for name in names}})


def shown_options(spec: JobSpec) -> dict[str, Json]:
    """Option → plain value, of those that a detail of a job has no field of its own for."""
    return {name: to_json(value) for name, value in changed(spec).items() if name not in PLACED - SHOWN}
