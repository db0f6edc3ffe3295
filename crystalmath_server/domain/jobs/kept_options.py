"""Job options stored in the settings node, and how to read them back; pure."""

from collections.abc import Mapping
from dataclasses import fields

from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.job_spec import JobSpec, changed_options
from crystalmath_server.protocol.method import Json

PLACED = frozenset(
    {
        "template", "structures", "values", "label", "description", "cluster", "code", "resources",
        "restart_pk", "corrections", "edits",
    }
)  # fmt: skip
"""Options stored elsewhere in AiiDA (link, attribute, file). All others are stored by name."""

SHOWN = frozenset({"code", "restart_pk", "corrections"})
"""Options in PLACED without a field of their own in the job details."""


def stored_options(spec: JobSpec) -> dict[str, Json]:
    """Option → plain value for the settings node.

    Defaults are left out: AiiDA's caching compares the node, and a new option must not change the hash of
    jobs that do not use it.
    """
    return {name: to_json(value) for name, value in changed_options(spec).items() if name not in PLACED}


def read_kept(settings: Mapping[str, Json]) -> JobSpec:
    """A JobSpec with the options stored in a settings node and defaults for all others."""
    names = [row.name for row in fields(JobSpec) if row.name not in PLACED and row.name in settings]
    return from_json(JobSpec, {"template": "", "structures": [], **{name: settings[name] for name in names}})


def shown_options(spec: JobSpec) -> dict[str, Json]:
    """Option → plain value, for options without a field of their own in the job details."""
    return {
        name: to_json(value) for name, value in changed_options(spec).items() if name not in PLACED - SHOWN
    }
