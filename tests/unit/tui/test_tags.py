"""Questions and answers find each other by their tags, which pyright does not compare."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3] / "crystalmath_tui"
TAG_AT = {
    "Call": 2,
    "NewKey": 0,
    "ListFolder": 1,
    "FindPath": 1,
    "WriteFile": 2,
    "LookAtPart": 1,
    "EditOutside": 2,
    "save": 0,
}
"""Which argument is the tag, where it is given by position."""
SILENT = {"jobs trends"}
"""Questions that no person asked: their refusal is dropped."""


class Tags(ast.NodeVisitor):
    """The tags of one module: asked for, asked for with a refusal, answered and refused in patterns."""

    def __init__(self, tree: ast.Module) -> None:
        self.asked: set[str] = set()
        self.refusable: set[str] = set()
        self.matched: dict[str, set[str]] = {"Answered": set(), "Refused": set()}
        self.constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        }
        self.visit(tree)

    def text(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant):
            return str(node.value)
        return self.constants.get(node.id, "") if isinstance(node, ast.Name) else ""

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name):
            place = TAG_AT.get(node.func.id, len(node.args))
            named = [word.value for word in node.keywords if word.arg == "tag"]
            tags = {self.text(each) for each in (*named, *node.args[place : place + 1])} - {""}
            self.asked |= tags
            self.refusable |= tags if any(word.arg == "handles_refusal" for word in node.keywords) else set()
        self.generic_visit(node)

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        if isinstance(node.cls, ast.Name) and node.cls.id in self.matched:
            values = (each.value for each in ast.walk(node.patterns[0]) if isinstance(each, ast.Constant))
            self.matched[node.cls.id] |= {value for value in values if isinstance(value, str)}
        self.generic_visit(node)


@pytest.fixture(scope="module")
def modules() -> list[Tags]:
    return [Tags(ast.parse(path.read_text(encoding="utf-8"))) for path in ROOT.rglob("*.py")]


def test_every_question_is_answered_and_every_answer_asked_for(modules: list[Tags]) -> None:
    answered = {tag for each in modules for tag in each.matched["Answered"]}
    assert {tag for each in modules for tag in each.asked} == answered
    assert len(answered) > 40


def test_every_refusal_that_a_screen_takes_is_matched(modules: list[Tags]) -> None:
    from crystalmath_tui.screens.new.calls import STEP_OF

    refused = {tag for each in modules for tag in each.matched["Refused"]}
    refusable = {tag for each in modules for tag in each.refusable}
    assert refusable == refused | set(STEP_OF) | SILENT
