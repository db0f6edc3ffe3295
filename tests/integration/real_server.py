"""A home of its own with a real server in it, and what tests ask of that server."""

import os
import sys
import time
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.errors import CallTimeout, RpcError
from crystalmath_server.protocol.jobs import (
    ENDED,
    JOBS_LIST,
    JOBS_SHOW,
    JOBS_SUBMIT,
    JobDetail,
    JobPk,
    JobState,
    ListJobsParams,
    SubmitJobParams,
)
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.system import STATUS, PartState
from crystalmath_tui.client import Client
from tests.home import end_all_in
from tests.integration.server_process import wait_until

_READ_ANYWAY_S = 5.0
_PLACES = ("HOME", "AIIDA_PATH", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME")


@contextmanager
def home_of_its_own(folder: Path) -> Generator[Path]:
    """The environment of a user whose home this is; what still runs in it at the end is killed."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _PLACES:
            patch.setenv(name, str(folder))
        patch.delenv("CRYSTALMATH_PROFILE", raising=False)
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        try:
            yield folder
        finally:
            end_all_in(folder)


def until_ready(server: Client) -> None:
    """Wait until AiiDA and atomate2 are loaded: a call has a limit, and a machine may be busy."""

    def is_ready() -> bool:
        try:
            told = server.call(STATUS, NoParams())
        except CallTimeout:
            return False
        return told.storage.state is told.worker.state is PartState.READY

    wait_until(is_ready, 60, "the server never got ready", pause_s=0.2)


def submit(server: Client, structure_pk: int, key: str, template: str = "emt.relax", **given: Any) -> int:
    """The pk of the job."""
    return server.call(JOBS_SUBMIT, SubmitJobParams(template, (structure_pk,), key=key, **given)).pk


def wait_for_job(
    server: Client, pk: int, holds: Callable[[JobDetail], bool], timeout_s: float, why: str
) -> JobDetail:
    """Wait until something holds of a job, and return the job. For its state, `in_state` costs less."""

    def job() -> JobDetail | None:
        found = server.call(JOBS_SHOW, JobPk(pk))
        return found if holds(found) else None

    return wait_until(job, timeout_s, why, pause_s=0.5)


def in_state(server: Client, pk: int, states: Collection[JobState], timeout_s: float) -> JobDetail:
    """Wait until a job is in one of these states, and return the job.

    Each `jobs.show` costs dozens of queries, which would slow down the very job that is waited for. A list
    comes from memory, so the job is read when it is listed in such a state, and otherwise now and then.
    """
    listed = ListJobsParams(states=tuple(sorted(states)), limit=500)
    read_at = -_READ_ANYWAY_S

    def job() -> JobDetail | None:
        nonlocal read_at
        is_listed = pk in {row.pk for row in server.call(JOBS_LIST, listed).rows}
        if not is_listed and time.monotonic() - read_at < _READ_ANYWAY_S:
            return None
        read_at = time.monotonic()
        found = server.call(JOBS_SHOW, JobPk(pk))
        return found if found.row.state in states else None

    return wait_until(job, timeout_s, f"job {pk} was never {', '.join(states)}", pause_s=0.1)


def ended(server: Client, pk: int, timeout_s: float = 90) -> JobState:
    """Wait for the end of a job; its state."""
    return in_state(server, pk, ENDED, timeout_s).row.state


def until_state(server: Client, pk: int, state: JobState, timeout_s: float = 60) -> JobDetail:
    """Wait until a job is in this state."""
    return in_state(server, pk, (state,), timeout_s)


def refused(server: Client, method: Any, params: Any) -> RpcError:
    """The error of a call, which tells what happened and the way out."""
    with pytest.raises(RpcError) as caught:
        server.call(method, params)
    assert caught.value.data.detail
    assert caught.value.data.hint
    return caught.value
