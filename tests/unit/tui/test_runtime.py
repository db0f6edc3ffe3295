"""The runtime beside its loop: calls and their keys, folders, painting, unfit terminals."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.errors import CallTimeout, ConnectionLost
from crystalmath_server.protocol.jobs import JOBS_SHOW, JobPk
from crystalmath_server.protocol.system import PROGRESS, ProgressParams
from crystalmath_tui import runtime
from crystalmath_tui.client.calls import Calls
from crystalmath_tui.client.connection import Connection, Notice, Response
from crystalmath_tui.client.folders import folder_names
from crystalmath_tui.core.effects import Call
from crystalmath_tui.core.lines import line
from crystalmath_tui.core.messages import Answered, CallFailed, Progress
from crystalmath_tui.terminal import Frame


class FakeLink:
    """A link that remembers what it was asked."""

    def __init__(self) -> None:
        self.connection = Connection()
        self.sent: list[int] = []
        self.cancelled: list[int] = []

    def request(self, method: Any, params: Any) -> int:
        self.sent.append(params.pk)
        return self.connection.request(method, params)

    def cancel(self, number: int) -> None:
        self.cancelled.append(number)


def call(pk: int, key: str = "") -> Call[Any, Any]:
    return Call(JOBS_SHOW, JobPk(pk), "job page", pk, key=key or f"job {pk}")


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


@pytest.fixture
def calls(link: FakeLink) -> Calls:
    return Calls(link)  # type: ignore[arg-type]


def test_an_answer_becomes_the_message_of_its_call(calls: Calls) -> None:
    calls.start(call(7), 0.0)
    assert calls.take_response(Response(1, "detail"), 0.0) == Answered("job page", "detail", 7)
    assert calls.take_response(Response(1, "detail"), 0.0) is None


def test_a_later_call_of_the_same_key_supersedes(calls: Calls, link: FakeLink) -> None:
    calls.start(call(1, "page"), 0.0)
    calls.start(call(2, "page"), 0.0)
    assert link.cancelled == [1]
    assert calls.take_response(Response(1, "old"), 0.0) is None
    assert link.connection.pending == {2}


def test_no_more_than_sixteen_are_in_flight(calls: Calls, link: FakeLink) -> None:
    for pk in range(1, 21):
        calls.start(call(pk), 0.0)
    assert len(link.sent) == 16
    calls.take_response(Response(1, "x"), 0.0)
    assert link.sent[-1] == 17


def test_what_is_late_is_cancelled_and_told(calls: Calls, link: FakeLink) -> None:
    calls.start(call(1), 0.0)
    assert calls.expire(JOBS_SHOW.timeout_s - 1) == []
    (late,) = calls.expire(JOBS_SHOW.timeout_s + 1)
    assert isinstance(late, CallFailed)
    assert isinstance(late.error, CallTimeout)
    assert link.cancelled == [1]


def test_all_fail_with_the_link(calls: Calls) -> None:
    for pk in range(20):
        calls.start(call(pk + 1), 0.0)
    gone = ConnectionLost("gone")
    assert calls.fail_all(gone) == [CallFailed(gone)] * 20
    assert calls.fail_all(gone) == []


def progress(number: int, text: str, fraction: float | None = None) -> Notice:
    return Notice(PROGRESS.name, ProgressParams(number, text, fraction))


def test_progress_of_a_call_is_kept_until_its_answer(calls: Calls) -> None:
    for pk in (1, 2):
        calls.start(call(pk, f"job {pk}"), 0.0)
    calls.take_notice(progress(2, "reading"))
    calls.take_notice(progress(1, "writing", 0.5))
    calls.take_notice(progress(2, "storing"))
    assert calls.progress == (Progress("job 1", "writing", 0.5), Progress("job 2", "storing"))
    calls.take_response(Response(2, "detail"), 0.0)
    assert calls.progress == (Progress("job 1", "writing", 0.5),)
    calls.take_notice(progress(2, "late"))
    calls.take_notice(progress(99, "of nobody"))
    calls.take_notice(Notice(PROGRESS.name, {"id": "1"}))
    assert len(calls.progress) == 1
    calls.start(call(3, "job 1"), 0.0)
    assert calls.progress == ()


def test_progress_ends_with_the_time_limit_and_with_the_link(calls: Calls) -> None:
    calls.start(call(1), 0.0)
    calls.take_notice(progress(1, "reading"))
    calls.expire(1000.0)
    assert calls.progress == ()
    calls.start(call(2), 0.0)
    calls.take_notice(progress(2, "reading"))
    calls.fail_all(ConnectionLost("gone"))
    assert calls.progress == ()


def test_folders_complete_a_path(tmp_path: Path) -> None:
    (tmp_path / "silicon.cif").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").touch()
    assert folder_names(f"{tmp_path}/s") == (f"{tmp_path}/silicon.cif", f"{tmp_path}/sub/")
    assert folder_names(f"{tmp_path}/.h") == (f"{tmp_path}/.hidden",)
    assert folder_names(f"{tmp_path}/none/x") == ()
    assert folder_names("\0") == ()


def test_lines_become_a_canvas_with_the_cursor() -> None:
    canvas = Frame([line(("key", "é"), ("cursor", "x")), line("日")], 2)
    assert canvas.cursor == (1, 0)
    assert (canvas.cols(), canvas.rows()) == (2, 2)
    assert list(canvas.decoded_text) == ["éx", "日"]
    assert Frame([line("x")], 1).cursor is None


@pytest.mark.parametrize(
    "environ,terminal,fits",
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({}, True, False),
        ({"TERM": "xterm"}, False, False),
    ],
)
def test_a_terminal_that_does_not_fit_is_told_the_way_out(
    environ: dict[str, str], *, terminal: bool, fits: bool
) -> None:
    words = runtime.unfit(environ, terminal=terminal)
    assert (words == "") == fits
    assert fits or "crystalmath jobs list" in words


def test_the_interface_starts_light() -> None:
    code = "import sys, crystalmath_tui.runtime; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "aiida",
        "atomate2",
        "pymatgen",
        "pydantic",
        "anyio",
        "numpy",
        "zmq",
        "tornado",
        "trio",
    }
    assert not heavy & set(loaded)
