"""What comes back of a run and what is left, by the shell lines of the job itself."""

import subprocess
from pathlib import Path

import pytest

from crystalmath_server.domain.vasp_run.retrieval import FOLDER, LISTING, check, remaining_files, script
from crystalmath_server.protocol.errors import InvalidForm

FILES = {"OUTCAR": 10, "CHGCAR": 5000, "DOSCAR": 500, "EIGENVAL": 400, "POTCAR": 90, "INCAR": 5, "empty": 0}


def run(folder: Path, patterns: tuple[str, ...], most_mb: float) -> set[str]:
    """Names of the files that come back."""
    for name, size in FILES.items():
        (folder / name).write_text("x" * size)
    (folder / "folder").mkdir()
    lines = script(patterns, most_mb)
    subprocess.run(["sh", "-c", lines], cwd=folder, capture_output=True, check=True)
    back = folder / FOLDER
    return {path.name for path in back.iterdir()} if back.exists() else set()


def test_nothing_more_than_what_is_needed(tmp_path: Path) -> None:
    assert run(tmp_path, (), 1) == set()
    listing = (tmp_path / LISTING).read_text()
    assert remaining_files(listing, ["OUTCAR", "INCAR", LISTING]) == {
        "CHGCAR": 5000,
        "DOSCAR": 500,
        "EIGENVAL": 400,
    }


def test_what_is_small(tmp_path: Path) -> None:
    assert run(tmp_path, ("*",), 0.001) == {"DOSCAR", "EIGENVAL"}


def test_what_is_named(tmp_path: Path) -> None:
    assert run(tmp_path, ("CHGCAR", "WAVECAR", "POTCAR", "D*"), 1) == {"CHGCAR", "DOSCAR"}


@pytest.mark.parametrize("pattern", ["", "a b", "$(id)", "../x", "a;b", "-rf", "`id`", "a\nb"])
def test_what_is_no_name(pattern: str) -> None:
    with pytest.raises(InvalidForm) as caught:
        check((pattern,))
    assert caught.value.data.field == "retrieve"


def test_a_listing_that_breaks_off() -> None:
    assert remaining_files("12\tCHGCAR\n34", ()) == {"CHGCAR": 12}


@pytest.mark.parametrize("status", [0, 3])
def test_the_status_of_the_program_is_that_of_the_job(tmp_path: Path, status: int) -> None:
    lines = f"sh -c 'exit {status}'\n\n{script(('*',), 1)}"
    assert subprocess.run(["sh", "-c", lines], cwd=tmp_path, check=False).returncode == status
