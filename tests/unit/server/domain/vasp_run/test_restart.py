"""Looks at the folder of an earlier job, and checks of what was copied from it, run by a real shell."""

import gzip
import subprocess
from pathlib import Path

import pytest

from crystalmath_server.domain.vasp_run.restart import (
    ABSENT,
    ABSENT_STATUS,
    CLOSED,
    check,
    list_names,
    look_script,
)
from crystalmath_server.protocol.errors import FileUnreadable, InvalidForm


def sh(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)


def look(folder: Path) -> tuple[str, ...]:
    said = sh(look_script(str(folder)), folder.parent)
    assert said.returncode == 0, said.stderr
    return list_names(7, "hpc", str(folder), said.stdout)


def test_files_that_are_not_empty_are_seen(tmp_path: Path) -> None:
    folder = tmp_path / "it's here"
    folder.mkdir()
    for name, text in {"CHGCAR": "x", "WAVECAR": "", "two words": "x"}.items():
        (folder / name).write_text(text)
    (folder / "sub").mkdir()
    assert look(folder) == ("CHGCAR", "two words")


def test_a_folder_that_is_gone_or_empty(tmp_path: Path) -> None:
    with pytest.raises(InvalidForm, match="no longer exists") as caught:
        look(tmp_path / "gone")
    assert caught.value.data.field == "restart_pk"
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidForm, match="is empty"):
        look(tmp_path / "empty")


def test_a_folder_that_may_not_be_read() -> None:
    with pytest.raises(FileUnreadable, match="cannot be read"):
        list_names(7, "hpc", "/there", CLOSED + "\n")


def test_what_was_not_copied_ends_the_job(tmp_path: Path) -> None:
    done = sh(check(["CHGCAR"], "/scratch/7"), tmp_path)
    assert done.returncode == ABSENT_STATUS
    assert done.stderr == f"{ABSENT} CHGCAR in /scratch/7\n"


def test_what_was_packed_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "CHGCAR.gz").write_bytes(gzip.compress(b"density"))
    assert sh(check(["CHGCAR.gz"], "/scratch/7"), tmp_path).returncode == 0
    assert (tmp_path / "CHGCAR").read_bytes() == b"density"
