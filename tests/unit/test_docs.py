"""The documents and the project's files say the same."""

import ast
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.methods import METHODS
from crystalmath_tui.cli import main as cli

ROOT = Path(__file__).resolve().parents[2]
RECORDS = sorted(path for path in (ROOT / "adr").glob("*.md") if path.name != "template.md")
SECTIONS = ["Context and problem", "Considered options", "Decision", "Consequences", "Confirmation"]
DOCUMENTS = [*ROOT.glob("*.md"), *RECORDS]
PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
LONGEST_README = 150
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


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.stem[:4] for path in RECORDS]
    assert len(set(numbers)) == len(numbers)


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


def test_torch_and_gpaw_are_pinned_alike_in_all_places() -> None:
    extras = project()["optional-dependencies"]
    for extra, name in (("ml", "torch"), ("gpaw", "torch"), ("gpaw", "gpaw")):
        pinned = next(row for row in extras[extra] if row.startswith(f"{name}=="))
        assert f"{name.upper()}={pinned.removeprefix(f'{name}==')}\n" in read("scripts/setup")


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


def test_the_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) <= LONGEST_README


def blocks(path: Path, language: str) -> list[str]:
    """The blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


def commands(path: Path) -> Iterator[list[str]]:
    """The words of every crystalmath command on a page, in blocks and in running text."""
    text = path.read_text(encoding="utf-8")
    lines = "\n".join(blocks(path, "sh")).replace("\\\n", " ").splitlines()
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    inline = [found.replace("\n", " ") for found in re.findall(r"`(crystalmath [^`]+)`", prose)]
    for line in (*lines, *inline):
        for control, words in groupby(words_of(line), key=lambda word: word[0] in "|;&<>()"):
            if not control and (found := list(words))[0] == "crystalmath":
                yield found[1:]


def words_of(line: str) -> list[str]:
    """The words of a line of shell, its control operators among them."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(lexer)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_commands_on_a_page_exist_with_their_options(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in commands(path):
        if any(word.isupper() for word in words[:2]):  # FAMILY METHOD, SHELL
            continue
        named = [*takewhile(lambda word: not word.startswith("-"), words)][:2]
        status = cli.run([*named, "--help"])
        helped = capsys.readouterr().out
        assert status == 0, words
        assert named[:1] == [] or f"crystalmath {' '.join(known(named))}" in helped, words
        for flag in (word for word in words if word.startswith("--")):
            assert re.search(rf"{re.escape(flag.partition('=')[0])}\b", helped), words


def known(words: list[str]) -> list[str]:
    """The words that name a command: two of a method, one of others."""
    return words if words[0] in {name.partition(".")[0] for name in METHODS} else words[:1]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_python_on_a_page_imports_what_there_is(path: Path) -> None:
    for block in blocks(path, "python"):
        lines = ast.parse(block).body
        imports: list[ast.stmt] = [line for line in lines if isinstance(line, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), str(path), "exec"), {})


def test_the_method_that_contributing_adds_can_be_added(tmp_path: Path) -> None:
    (diff,) = blocks(ROOT / "CONTRIBUTING.md", "diff")
    patch = tmp_path / "method.diff"
    patch.write_text(diff, encoding="utf-8")
    command = ["git", "apply", "--check", "-p0", str(patch)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
