"""The script that runs on the computer, without an engine."""

import json
import os
from pathlib import Path

import pytest

from crystalmath_server.plugins import jobflow_run


def test_progress_line() -> None:
    line = jobflow_run.progress_line(3, -1.5, [[3.0, 4.0, 0.0], [1.0, 0.0, 0.0]], 0.12345)
    assert json.loads(line) == {"step": 3, "energy_ev": -1.5, "max_force_ev_a": 5.0, "time_s": 0.123}
    assert json.loads(jobflow_run.progress_line(0, 0, [], 0))["max_force_ev_a"] == 0.0


@pytest.mark.parametrize(
    "error,kind",
    [
        (ModuleNotFoundError("No module named 'chgnet'"), "missing_engine"),
        (jobflow_run.MissingEngineError("x"), "missing_engine"),
        (jobflow_run.NotOneJobError("x"), "not_one_job"),
        (ZeroDivisionError("x"), "raised"),
    ],
)
def test_kinds_of_failure(error: Exception, kind: str) -> None:
    found = jobflow_run.failure(error)
    assert found["kind"] == kind
    assert found["error"] == f"{type(error).__name__}: {error}"


def test_a_failure_is_answered_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(jobflow_run, "end_with_script", lambda: None)
    assert jobflow_run.main() == 1
    response = json.loads(Path("response.json").read_text())
    assert response["kind"] == "raised"
    assert "maker.json" in response["error"]
    assert response["versions"]["python"]
    assert response["elapsed_s"] >= 0
    assert not Path("document.json.gz").exists()


def test_a_file_is_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    jobflow_run.write_whole("x", b"1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]


def test_versions_are_of_what_was_loaded() -> None:
    found = jobflow_run.versions()
    assert "python" in found
    assert "torch" not in found


@pytest.mark.parametrize(
    "meta,given,expected",
    [("gpaw.GPAW", None, "1"), ("gpaw.GPAW", "4", "4"), ("MLFF.CHGNet", None, None), (None, None, None)],
)
def test_gpaw_takes_one_thread_unless_the_user_says_more(
    monkeypatch: pytest.MonkeyPatch, meta: str | None, given: str | None, expected: str | None
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", given or "")
    if given is None:
        monkeypatch.delenv("OMP_NUM_THREADS")
    jobflow_run.limit_threads({"calculator_meta": meta})
    assert os.environ.get("OMP_NUM_THREADS") == expected
