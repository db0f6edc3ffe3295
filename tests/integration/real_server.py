"""A home of its own with a real server in it, and what tests ask of that server."""

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.errors import RpcError
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
from crystalmath_tui.client import Client
from tests.home import end_all_in
from tests.integration.server_process import wait_until

_READ_ANYWAY_S = 1.0
_PLACES = ("HOME", "AIIDA_PATH", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME")


@contextmanager
def home_of_its_own(folder: Path) -> Generator[Path]:
    """The environment of a user whose home this is; what still runs in it at the end is killed."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _PLACES:
            patch.setenv(name, str(folder))
        patch.delenv("CRYSTALMATH_PROFILE", raising=False)
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield folder
    end_all_in(folder)


def submit(server: Client, structure_pk: int, key: str, template: str = "emt.relax", **given: Any) -> int:
    """The pk of the job."""
    return server.call(JOBS_SUBMIT, SubmitJobParams(template, (structure_pk,), key=key, **given)).pk


def wait_for_job(
    server: Client, pk: int, holds: Callable[[JobDetail], bool], timeout_s: float, why: str
) -> JobDetail:
    """Wait until something holds of a job, and return the job.

    Each `jobs.show` costs dozens of queries, which would slow down the very job that is waited for. The
    revision of the list costs none, so the job is read when that has moved, and otherwise once a second:
    what the scheduler says of a queued job, for one, is in no row.
    """
    read_at, read_revision = 0.0, -1

    def job() -> JobDetail | None:
        nonlocal read_at, read_revision
        revision = server.call(JOBS_LIST, ListJobsParams(limit=1)).revision
        if revision == read_revision and time.monotonic() - read_at < _READ_ANYWAY_S:
            return None
        read_at, read_revision = time.monotonic(), revision
        found = server.call(JOBS_SHOW, JobPk(pk))
        return found if holds(found) else None

    return wait_until(job, timeout_s, why, pause_s=0.05)


def ended(server: Client, pk: int, timeout_s: float = 90) -> JobState:
    """Wait for the end of a job; its state."""
    job = wait_for_job(server, pk, lambda job: job.row.state in ENDED, timeout_s, f"job {pk} did not end")
    return job.row.state


def until_state(server: Client, pk: int, state: JobState, timeout_s: float = 60) -> JobDetail:
    """Wait until a job is in this state."""
    return wait_for_job(
        server, pk, lambda job: job.row.state is state, timeout_s, f"job {pk} was never {state}"
    )


def refused(server: Client, method: Any, params: Any) -> RpcError:
    """The error of a call, which tells what happened and the way out."""
    with pytest.raises(RpcError) as caught:
        server.call(method, params)
    assert caught.value.data.detail
    assert caught.value.data.hint
    return caught.value
