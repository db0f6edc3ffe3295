"""Every command line in a hint is one that the command line of the client takes."""

import ast
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.families import FAMILIES
from crystalmath_server.protocol.jobs import JOBS_LIST, JOBS_SHOW
from crystalmath_server.protocol.method import Method
from crystalmath_server.protocol.methods import METHODS
from crystalmath_tui.cli.main import COMMANDS, SERVER_COMMANDS, read
from crystalmath_tui.cli.methods import options_of
from crystalmath_tui.cli.options import Option, UsageError
from crystalmath_tui.cli.parser import parse

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for name in ("server", "tui")
    for path in sorted((ROOT / f"crystalmath_{name}").rglob("*.py"))
    if re.search(r"crystalmath |command\(", path.read_text("utf-8"))
]
BELOW_THE_TABLE = ROOT / "crystalmath_server/protocol/errors.py"
"""The rows of methods name errors, so errors cannot name rows; what it says is held here all the same."""
ROWS: dict[str, Method[Any, Any]] = {
    name: row
    for family in FAMILIES.values()
    for module in family.modules
    for name, row in vars(import_module(module)).items()
    if isinstance(row, Method)
}
"""Name in the source → row, as JOBS_SHOW."""
LINE = re.compile(rf"\bcrystalmath(?: --[\w-]+ \w+)*(?: (?:{'|'.join((*FAMILIES, *COMMANDS))})\b[\w /.=-]*)?")


def checked(line: str) -> None:
    """Have the real parser read a command line."""
    asked = read(shlex.split(line)[1:])
    if not asked.arguments:
        return
    first, *rest = asked.arguments
    if first == "server":
        assert rest == [] or rest[0] in SERVER_COMMANDS, line
        return
    options = (
        COMMANDS[first].load()[0] if first in COMMANDS else options_of(METHODS[f"{first}.{rest.pop(0)}"])
    )
    parse([with_placeholder(option) for option in options], rest)


def with_placeholder(option: Option) -> Option:
    """The same option, but a word in capitals may stand where the reader puts a value."""
    convert = option.convert
    return (
        replace(option, convert=lambda text: text if text.isupper() else convert(text)) if convert else option
    )


def texts(tree: ast.Module) -> Iterator[str]:
    """The strings of a module but for docstrings; a 7 for each value in an f-string."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


@cache
def written(path: Path) -> list[str]:
    """Command lines that are written out in a module."""
    tree = ast.parse(path.read_text("utf-8"))
    return [line for text in texts(tree) for line in LINE.findall(text) if line != "crystalmath"]


@cache
def made(path: Path) -> list[str]:
    """Command lines that a module makes of rows, each with values as its call names them."""
    return [
        command(ROWS[row.id], **values(ROWS[row.id], node.keywords))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "command"
        for row in node.args[:1]
        if isinstance(row, ast.Name) and row.id in ROWS
    ]


def values(row: Method[Any, Any], keywords: list[ast.keyword]) -> dict[str, object]:
    """A value for each parameter that is named; for the required ones too where ** hides the names."""
    named = {each.arg: each.value for each in keywords}
    constants = {name: node.value for name, node in named.items() if isinstance(node, ast.Constant)}
    hidden = None in named
    options = [option for option in options_of(row) if option.name in named or (hidden and option.required)]
    return {option.name: constants.get(option.name, sample(option)) for option in options} | {
        name: "" for name in named if name and name not in {option.name for option in options}
    }


def sample(option: Option) -> object:
    for text in (*option.choices, "7", "name"):
        with suppress(ValueError):
            return option.convert(text) if option.convert else True
    raise AssertionError(option)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_command_lines_of_a_module_can_be_typed(path: Path) -> None:
    for line in (*written(path), *made(path)):
        checked(line)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_command_of_a_method_is_made_of_its_row(path: Path) -> None:
    methods = [line for line in written(path) if line.split()[1] in FAMILIES]
    assert methods == [] or path == BELOW_THE_TABLE


def test_these_tests_see_the_hints() -> None:
    assert sum(len(made(path)) for path in SOURCES) > 50
    assert "crystalmath clusters update LABEL --work-dir FOLDER" in written(BELOW_THE_TABLE)


@pytest.mark.parametrize("line", ["jobs shw 7", "jobs show seven", "jobs show", "wait", "jobs list --stat x"])
def test_a_command_line_that_is_wrong_is_seen(line: str) -> None:
    with pytest.raises((UsageError, KeyError)):
        checked(f"crystalmath {line}")


def test_another_name_of_a_method_is_another_command() -> None:
    assert command(JOBS_SHOW, pk=7) == "crystalmath jobs show 7"
    assert command(replace(JOBS_SHOW, name="runs.show"), pk=7) == "crystalmath runs show 7"


def test_options_follow_the_arguments() -> None:
    line = command(JOBS_LIST, label="my job", descending=False, regex=True, limit=3)
    assert line == "crystalmath jobs list --label 'my job' --regex --no-descending --limit 3"


@pytest.mark.parametrize("given", [{}, {"pk": 1, "name": 2}])
def test_parameters_that_do_not_fit_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"jobs\.show"):
        command(JOBS_SHOW, **given)
