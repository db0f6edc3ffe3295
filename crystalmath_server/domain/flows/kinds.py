"""Where each job of a flow runs, by the module of its Maker or function."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from crystalmath_server.domain.flows.documents import FlowJob


class JobKind(StrEnum):
    """How a job is run."""

    ENGINE = "engine"  # by the job runner with Python on the cluster
    LIGHT = "light"  # in a process of the AiiDA worker
    NOT_OFFERED = "not offered"


_OF_MAKERS: Mapping[str, JobKind] = {
    "atomate2.ase": JobKind.ENGINE,
    "atomate2.forcefields": JobKind.ENGINE,
    "crystalmath_server.plugins.makers": JobKind.ENGINE,
    "atomate2.common": JobKind.LIGHT,
    "atomate2": JobKind.NOT_OFFERED,
}
"""Module of a Maker → kind of its jobs; the longest name that matches counts."""


def kind_of(job: FlowJob) -> JobKind:
    """The kind of a job; functions, which have no Maker, are light."""
    maker = maker_of(job)
    if not maker:
        return JobKind.LIGHT
    module = str(maker.get("@module", ""))
    found = [name for name in _OF_MAKERS if f"{module}.".startswith(f"{name}.")]
    return _OF_MAKERS[max(found, key=len)] if found else JobKind.LIGHT


def maker_of(job: FlowJob) -> Mapping[str, Any]:
    """The Maker whose method is the job, as JSON; empty for a function."""
    return job.document["function"].get("@bound") or {}


def why_not_offered(job: FlowJob) -> str:
    """Why a job cannot run; empty if it can."""
    if kind_of(job) is not JobKind.NOT_OFFERED:
        return ""
    maker = maker_of(job)
    return (
        f"its job {job.name!r} is made by {maker['@module']}.{maker['@class']}, whose code is not supported"
    )
