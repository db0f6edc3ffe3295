"""The house rules that no other tool holds: budgets, names, docstrings, laziness."""

import ast
import json
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("crystalmath_server", "crystalmath_tui")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
BANNED = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}
HEAVY = {
    "aiida",
    "ase",
    "atomate2",
    "chgnet",
    "emmet",
    "jobflow",
    "matplotlib",
    "pandas",
    "pymatgen",
    "scipy",
    "torch",
}
SERVER_ONLY = {"anyio", "jsonrpcserver", "numpy", "orjson", "platformdirs", "psutil", "pydantic"}
OTHER_LOOPS = {"gi", "tornado", "trio", "twisted", "zmq"}

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
P90_FUNCTION = 30
MEDIAN_FUNCTION = 8


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and lines of code of each function; a docstring is not a code."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name_of(path)}:{node.lineno} {node.name}", lines_of(node)


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    doc = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
    doc_lines = (doc.end_lineno or doc.lineno) - doc.lineno + 1 if doc else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - doc_lines


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_are_short(package: str) -> None:
    sizes = dict(pair for path in MODULES if path.is_relative_to(ROOT / package) for pair in functions(path))
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_FUNCTION} == {}
    assert statistics.median(sizes.values()) <= MEDIAN_FUNCTION
    assert statistics.quantiles(sizes.values(), n=10)[-1] <= P90_FUNCTION


def test_modules_are_short() -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_MODULE} == {}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_names_say_what_a_thing_is(path: Path) -> None:
    words = [word for part in path.relative_to(ROOT).with_suffix("").parts for word in part.split("_")]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef):
            words += [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", node.name)]
    assert BANNED.intersection(words) == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_opens_with_its_row_in_the_map(path: Path) -> None:
    first = (ast.get_docstring(tree(path)) or "").partition("\n")[0]
    assert len(first) > 10
    assert first.endswith((".", ";", ":")) or first[-1].isalnum() or first[-1] in ")`»", first


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=name_of)
def test_no_test_is_left_out(path: Path) -> None:
    """A test that cannot run fails and says what it needs."""
    left_out = {"skip", "skipif", "importorskip", "xfail", "SkipTest"}
    used = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    assert used & left_out == set()


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=name_of)
def test_no_test_is_imported(path: Path) -> None:
    """What tests share is a plain module."""
    origins = {node.module or "" for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)}
    assert [name for name in origins if name.startswith("tests.") and ".test_" in name] == []


def test_the_contract_on_the_client_names_every_room_of_the_server() -> None:
    """import-linter cannot say "all but the protocol"."""
    contracts: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]["contracts"]
    named = next(row["forbidden_modules"] for row in contracts if row["id"] == "tui-sees-protocol")
    rooms = {
        path.parent if path.name == "__init__.py" else path
        for path in ROOT.glob("crystalmath_server/*/__init__.py")
    }
    rooms |= {
        path.with_suffix("") for path in ROOT.glob("crystalmath_server/*.py") if path.name != "__init__.py"
    }
    assert {f"crystalmath_server.{path.name}" for path in rooms} - {"crystalmath_server.protocol"} == set(
        named
    )


ASYNCIO = {
    "crystalmath_server/adapters/processes/single_thread_executor.py",  # futures of threads of our own
    "crystalmath_server/adapters/remote/connections.py",  # the loop of asyncssh, and an idle timer
    "crystalmath_server/bootstrap.py",  # which of asyncio's loops anyio runs on
    "crystalmath_server/plugins/broker_tolerant_process.py",  # runs in AiiDA's daemon, on its loop
}
"""Where asyncio does what anyio cannot (adr/0047)."""


def test_the_server_waits_with_anyio() -> None:
    users = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Import) and "asyncio" in {alias.name for alias in node.names})
        or (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "asyncio")
    }
    assert users == ASYNCIO


def loaded_after(*statements: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after some statements."""
    code = "\n".join(
        (
            *statements,
            "import json, sys",
            "print(json.dumps([name for name, module in sys.modules.items() if module]))",
        )
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize(
    "module", ["crystalmath_tui.runtime", "crystalmath_tui.cli", "crystalmath_tui.client"]
)
def test_the_client_starts_light(module: str) -> None:
    assert loaded_after(f"import {module}") & (HEAVY | SERVER_ONLY | OTHER_LOOPS) == set()


def test_the_command_line_loads_no_screen() -> None:
    assert "urwid" not in loaded_after("import crystalmath_tui.cli", "import crystalmath_tui.__main__")


@pytest.mark.parametrize("module", ["crystalmath_server.__main__", "crystalmath_server.bootstrap"])
def test_the_server_starts_light(module: str) -> None:
    assert loaded_after(f"import {module}") & HEAVY == set()


def imported(*folders: str) -> set[str]:
    """Top-level packages of others that the modules of some folders import, lazily or not."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    own = {path.stem for path in paths} | {"crystalmath_server", "crystalmath_tui", "tests"}
    names: set[str] = set()
    for node in (node for path in paths for node in ast.walk(tree(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names - set(sys.stdlib_module_names) - own


def declared(*extras: str) -> set[str]:
    """Distributions that pyproject.toml names for everybody and in some extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    rows = [*project["dependencies"]]
    for extra in extras:
        rows += project["optional-dependencies"][extra]
    return {normal(re.split(r"[^\w.-]", row)[0]) for row in rows} - {"crystalmath"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


PARTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("crystalmath_tui", "crystalmath_server/protocol"): (),
    ("crystalmath_server",): ("server",),
    ("tests", "scripts"): ("server", "ml", "dev"),
}
"""Folders → the extras whose packages they may import."""

OPTIONAL = {"shtab": "a tool of builds; without it, completion says how to get it (adr/0036)"}
"""Imported where it is there."""

NOT_IMPORTED = {
    "chgnet": "atomate2's Makers load it",
    "torch": "CHGNet runs on it; setup chooses the build",
}


@pytest.mark.parametrize("folders", PARTS)
def test_what_is_imported_is_declared(folders: tuple[str, ...]) -> None:
    provided = packages_distributions()
    known = declared(*PARTS[folders])
    missing = {
        name: provided.get(name, [])
        for name in imported(*folders) - OPTIONAL.keys()
        if not {normal(each) for each in provided.get(name, [])} & known
    }
    assert missing == {}


@pytest.mark.parametrize(
    "extras, folders",
    [((), ("crystalmath_tui",)), (("server", "ml"), ("crystalmath_tui", "crystalmath_server"))],
)
def test_what_is_declared_is_imported(extras: tuple[str, ...], folders: tuple[str, ...]) -> None:
    provided = packages_distributions()
    used = {normal(each) for name in imported(*folders) for each in provided.get(name, [])}
    assert declared(*extras) - used == NOT_IMPORTED.keys() & declared(*extras)


def test_the_contract_needs_the_standard_library_only() -> None:
    command = [sys.executable, "-S", "-c", "import crystalmath_server.protocol.methods"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
