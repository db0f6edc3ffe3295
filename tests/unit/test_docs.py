"""The documents and the project's files say the same."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORDS = sorted(path for path in (ROOT / "adr").glob("*.md") if path.name != "template.md")
SECTIONS = ["Context and problem", "Considered options", "Decision", "Consequences", "Confirmation"]
DOCUMENTS = [*ROOT.glob("*.md"), *RECORDS]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))["project"]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_decision_has_its_sections(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert text.startswith(f"# {int(path.stem[:4])}. ")


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.stem[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_the_tests_that_hold_a_decision_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8").partition("## Confirmation")[2]
    tests = "\n".join(found.read_text(encoding="utf-8") for found in (ROOT / "tests").rglob("test_*.py"))
    for name in re.findall(r"`(test_\w+)`", text):
        assert f"def {name}(" in tests, name
    for name in re.findall(r"`((?:tests|scripts)/[\w/.]+)", text):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_torch_and_uv_are_pinned_alike_in_all_places() -> None:
    pinned = next(row for row in project()["optional-dependencies"]["ml"] if row.startswith("torch=="))
    assert f"TORCH={pinned.removeprefix('torch==')}\n" in read("scripts/setup")


def test_the_lock_leaves_torch_and_its_libraries_out() -> None:
    names = re.findall(r"^([\w.-]+)==", read("requirements.lock"), re.MULTILINE)
    assert [name for name in names if re.match(r"(torch$|triton|nvidia-c|cuda-)", name)] == []
    assert "http" not in read("requirements.lock")


@pytest.mark.parametrize("path", [*SCRIPTS, ROOT / ".ci" / "run"], ids=lambda path: path.name)
def test_a_script_can_be_started(path: Path) -> None:
    assert path.stat().st_mode & 0o111
    assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_script_explains_itself(path: Path) -> None:
    assert f"usage: scripts/{path.name}" in path.read_text(encoding="utf-8")


def test_the_licence_is_what_the_project_says() -> None:
    assert project()["license"] == "MIT"
    assert read("LICENSE").startswith("MIT License")
