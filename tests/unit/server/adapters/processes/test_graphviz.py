"""Graphs as files: text always, images by the program that is there, refused in words where it is not."""

from pathlib import Path

import anyio
import pytest

from crystalmath_server.adapters.processes import graphviz
from crystalmath_server.protocol.errors import (
    Conflict,
    EngineUnavailable,
    InvalidForm,
    WorkerCrashed,
    WorkerTimeout,
)

DOT = "digraph provenance {\n  n1 -> n2;\n}\n"


def program(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program `dot` that does what the text says."""
    made = folder / "bin" / "dot"
    made.parent.mkdir()
    made.write_text(f"#!/bin/sh\n{text}\n")
    made.chmod(0o755)
    monkeypatch.setenv("PATH", f"{made.parent}:/usr/bin:/bin")


def written(path: Path) -> int:
    return anyio.run(graphviz.write_graph, DOT, str(path))


def test_text_needs_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert written(tmp_path / "a.dot") == len(DOT)
    assert (tmp_path / "a.dot").read_text() == DOT
    with pytest.raises(Conflict):
        written(tmp_path / "a.dot")
    with pytest.raises(InvalidForm) as wrong:
        written(tmp_path / "a.doc")
    assert ".svg" in wrong.value.data.hint


def test_an_image_is_what_the_program_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, 'echo "$1"; cat', monkeypatch)
    written(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text() == f"-Tsvg\n{DOT}"


def test_without_the_program_dot_is_named_as_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnavailable) as missing:
        written(tmp_path / "a.svg")
    assert "apt install graphviz" in missing.value.data.hint
    assert ".dot" in missing.value.data.hint
    assert not (tmp_path / "a.svg").exists()


def test_a_program_that_fails_is_told_in_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "echo 'syntax error in line 1' >&2; exit 3", monkeypatch)
    with pytest.raises(WorkerCrashed, match="syntax error in line 1"):
        written(tmp_path / "a.png")


def test_a_program_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "exec sleep 60", monkeypatch)
    monkeypatch.setattr(graphviz, "LONGEST_S", 0.2)
    with pytest.raises(WorkerTimeout):
        written(tmp_path / "a.pdf")
