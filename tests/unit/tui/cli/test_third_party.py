"""A method of somebody else gets its command, help, completion, question and output without an edit here."""

import sys
from dataclasses import field
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import pytest

from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.families import FAMILIES, Family
from crystalmath_server.protocol.files import FileRange
from crystalmath_server.protocol.method import (
    Bound,
    Confirm,
    Doc,
    FileText,
    Key,
    LocalPath,
    Method,
    Notification,
    Params,
    Uuid,
)
from crystalmath_server.protocol.record import record
from crystalmath_tui.cli import main as cli
from crystalmath_tui.cli.session import Session
from crystalmath_tui.client.connection import Connection, Notice


@record
class PhononsPk(Params):
    """Which phonons."""

    pk: Annotated[int, Bound(1), Doc("pk of the phonons")]


@record
class Mode:
    """One mode."""

    uuid: Uuid
    name: str
    frequency: Annotated[float, Doc("frequency", "THz")]


@record
class Modes:
    """Modes by frequency."""

    label: str
    rows: tuple[Mode, ...]


@record
class SoftenParams(Params):
    """What to do to which phonons."""

    pk: Annotated[int, Bound(1), Doc("pk of the phonons")]
    mesh: Annotated[str, LocalPath(), Doc("file of q-points")]
    key: Key = field(kw_only=True)
    style: Literal["gentle", "rough"] = "gentle"
    files: dict[str, Annotated[str, FileText()]] = field(default_factory=dict[str, str])


@record
class Mark:
    """A column."""

    title: str
    unit: str = ""


@record
class Line:
    """A row of values."""

    pk: int
    label: str
    values: tuple[Any, ...]


@record
class Grid:
    """Values in columns."""

    columns: tuple[Mark, ...]
    rows: tuple[Line, ...]


MODES = Method("phonons.modes", PhononsPk, Modes, "List the modes.")
SOFTEN = Method(
    "phonons.soften",
    SoftenParams,
    PhononsPk,
    "Soften the modes.",
    effect="write",
    confirm=Confirm("Soften {label}, pk {pk}, in a {style} way?", about=MODES),
)
GRID = Method("phonons.grid", PhononsPk, Grid, "Show the grid.", layout="columns")
RAW = Method("phonons.raw", PhononsPk, FileRange, "Show the file.", layout="content")
SHAKEN = Notification("phonons.shaken", PhononsPk, "They were shaken.", "server")

MODULE = "somebodys_phonons"
ANSWERS: dict[str, Any] = {
    "phonons.modes": Modes("NaCl", (Mode("u-u-i-d", "TO", 4.9), Mode("u-u-i-e", "LO", 7.8))),
    "phonons.soften": PhononsPk(8),
    "phonons.grid": Grid((Mark("gap", "eV"),), (Line(1, "a", (1.5,)),)),
    "phonons.raw": FileRange("f", 0, 5, 5, "utf-8", "q 0 0\n"),
}


@pytest.fixture(autouse=True)
def family(monkeypatch: pytest.MonkeyPatch) -> None:
    """The family in the table, as a plugin would put it there."""
    module = ModuleType(MODULE)
    vars(module).update(METHODS=(MODES, SOFTEN, GRID, RAW), NOTIFICATIONS=(SHAKEN,))
    monkeypatch.setitem(sys.modules, MODULE, module)
    monkeypatch.setitem(FAMILIES, "phonons", Family("vibrations of crystals", (MODULE,)))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What the server was asked for."""
    asked: list[tuple[str, Any]] = []

    def call(_session: Session, method: Method[Any, Any], params: Any) -> Any:
        asked.append((method.name, params))
        return ANSWERS[method.name]

    monkeypatch.setattr(Session, "call", call)
    return asked


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = cli.run(words)
    out, err = capsys.readouterr()
    return status, out, err


def test_its_rows_are_a_table_without_what_json_alone_has(
    capsys: pytest.CaptureFixture[str], calls: list[Any]
) -> None:
    assert run(capsys, "phonons", "modes", "7") == (0, "NAME  FREQUENCY\nTO    4.9\nLO    7.8\n", "")
    assert calls == [("phonons.modes", PhononsPk(7))]
    assert "u-u-i-d" in run(capsys, "phonons", "modes", "7", "--json")[1]


def test_its_layouts_are_printed(capsys: pytest.CaptureFixture[str], calls: list[Any]) -> None:
    assert run(capsys, "phonons", "grid", "7")[1] == "PK  LABEL  gap [eV]\n1   a      1.5\n"
    assert run(capsys, "phonons", "grid", "7", "--csv")[1] == "pk,label,gap [eV]\n1,a,1.5\n"
    assert run(capsys, "phonons", "raw", "7")[1] == "q 0 0\n"


def test_its_marks_make_paths_keys_and_texts(
    capsys: pytest.CaptureFixture[str],
    calls: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "BORN").write_text("charges")
    words = ("phonons", "soften", "7", "mesh.dat", "--files", "BORN", "--yes")
    status, _, said = run(capsys, *words)
    (name, params) = calls[-1]
    assert (status, name, params.mesh, params.files) == (
        0,
        "phonons.soften",
        str(tmp_path / "mesh.dat"),
        {"BORN": "charges"},
    )
    assert f"key {params.key}" in said
    run(capsys, *words, "--key", "my-own-key")
    assert calls[-1][1].key == "my-own-key"


def test_its_question_is_asked_and_names_what_it_is_about(
    capsys: pytest.CaptureFixture[str], calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Session, "consent", lambda _session, _name, question: asked.append(question()))
    run(capsys, "phonons", "soften", "7", "mesh.dat", "--style", "rough")
    assert asked == ["Soften NaCl, pk 7, in a rough way?"]
    assert [name for name, _ in calls] == ["phonons.modes", "phonons.soften"]


def test_without_a_terminal_its_question_refuses(
    capsys: pytest.CaptureFixture[str], calls: list[Any]
) -> None:
    status, _, said = run(capsys, "phonons", "soften", "7", "mesh.dat")
    assert (status, calls) == (1, [])
    assert "Add --yes" in said
    assert "phonons.soften" in run(capsys, "call", "phonons.soften", "{}")[2]


def test_its_help_and_completion(capsys: pytest.CaptureFixture[str]) -> None:
    assert "vibrations of crystals" in run(capsys, "--help")[1]
    assert "Soften the modes." in run(capsys, "phonons", "--help")[1]
    helped = run(capsys, "phonons", "soften", "--help")[1]
    for words in ("phonons soften PK FILE", "file of q-points", "one of gentle, rough", "--key KEY"):
        assert words in helped
    script = cli.completion_text("bash")
    for words in ("phonons_soften___style_choices", "gentle", "phonons_soften___files_COMPGEN"):
        assert words in script


def test_its_mistakes_are_named(capsys: pytest.CaptureFixture[str], calls: list[Any]) -> None:
    assert "at least 1" in run(capsys, "phonons", "modes", "0")[2]
    assert "there are modes, soften, grid, raw" in run(capsys, "phonons", "mods", "1")[2]
    assert calls == []


def test_its_hints_and_notifications() -> None:
    assert (
        command(SOFTEN, pk=7, mesh="FILE", style="rough") == "crystalmath phonons soften 7 FILE --style rough"
    )
    received = Connection().receive(b'{"jsonrpc":"2.0","method":"phonons.shaken","params":{"pk":3}}\n')
    assert received == [Notice("phonons.shaken", PhononsPk(3))]
