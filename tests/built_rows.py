"""Rows and states as the server answers them, for tests of the client: built by name, the rest as usual."""

from typing import Any

from crystalmath_server.protocol.jobs import JobRow, JobState
from crystalmath_server.protocol.method import PROTOCOL_VERSION
from crystalmath_server.protocol.system import Hello, Part, PartState, Status


def hello(**changes: Any) -> Hello:
    usual: dict[str, Any] = {
        "server": "crystalmath-server",
        "version": "0",
        "protocol": PROTOCOL_VERSION,
        "profile": "demo",
        "pid": 1,
        "capabilities": (),
    }
    return Hello(**(usual | changes))


def status(**changes: Any) -> Status:
    """A server whose parts are all ready."""
    part = Part(PartState.READY)
    usual: dict[str, Any] = {
        "profile": "demo",
        "pid": 1,
        "version": "0",
        "socket": "/s",
        "uptime_s": 1.0,
        "storage": part,
        "daemon": part,
        "worker": part,
        "clients": 1,
        "in_flight": 0,
        "jobs_revision": 1,
    }
    return Status(**(usual | changes))


def job_row(pk: int, state: JobState = JobState.RUNNING, **changes: Any) -> JobRow:
    usual: dict[str, Any] = {
        "pk": pk,
        "uuid": f"u{pk}",
        "label": f"job {pk}",
        "state": state,
        "template": "emt.relax",
        "formula": "Si2",
        "cluster": "localhost",
        "created_at": 0.0,
        "modified_at": 0.0,
    }
    return JobRow(**(usual | changes))
