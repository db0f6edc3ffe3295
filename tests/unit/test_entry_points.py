"""Entry points of pyproject.toml name what is there: AiiDA would find out only when a job is submitted."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
GROUPS = [PROJECT["scripts"], *PROJECT["entry-points"].values()]
TARGETS = [target for group in GROUPS for target in group.values()]


@pytest.mark.parametrize("target", TARGETS)
def test_an_entry_point_names_what_is_there(target: str) -> None:
    module, _, name = target.partition(":")
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8")
    defined = [
        node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef | ast.FunctionDef)
    ]
    assert name in defined
