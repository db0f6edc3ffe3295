"""A home of its own with a real server in it, and what tests ask of that server."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import (
    ENDED,
    JOBS_SHOW,
    JOBS_SUBMIT,
    JobPk,
    JobState,
    SubmitJobParams,
)
from crystalmath_tui.client import Client
from tests.home import end_all_in
from tests.integration.server_process import wait_until

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


def ended(server: Client, pk: int, timeout_s: float = 90) -> JobState:
    """Wait for the end of a job; its state."""

    def state() -> JobState | None:
        seen = server.call(JOBS_SHOW, JobPk(pk)).row.state
        return seen if seen in ENDED else None

    return wait_until(state, timeout_s, f"job {pk} did not end")


def refused(server: Client, method: Any, params: Any) -> RpcError:
    """The error of a call, which tells what happened and the way out."""
    with pytest.raises(RpcError) as caught:
        server.call(method, params)
    assert caught.value.data.detail
    assert caught.value.data.hint
    return caught.value
