"""What the command line prints: tables that cut nothing, a terminal that nobody steers."""

import io
import json
from dataclasses import dataclass

import pytest

from crystalmath_server.protocol.clusters import ClusterQueue, Partition
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.files import FileRange
from crystalmath_server.protocol.jobs import JobRow, JobsPage, JobState, ListJobsParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.structures import Lattice
from crystalmath_tui.cli import output
from crystalmath_tui.cli.methods import more

ROW = JobRow(7, "u-u-i-d", "silicon", JobState.RUNNING, "emt.relax", "Si2", "localhost", 0.0, 0.0)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_page_is_an_aligned_table_without_empty_columns() -> None:
    page = JobsPage(
        1, (ROW, JobRow(12, "u", "鉄 bulk", JobState.QUEUED, "t", "Fe", "c", 0.0, 0.0)), 2, {}, ""
    )
    assert output.lines_of(page) == [
        "PK  LABEL    STATE    TEMPLATE   FORMULA  CLUSTER",
        "7   silicon  running  emt.relax  Si2      localhost",
        "12  鉄 bulk  queued   t          Fe       c",
    ]


def test_an_empty_page_prints_nothing() -> None:
    assert output.lines_of(JobsPage(1, (), 0, {}, "")) == []


def test_a_record_names_its_values() -> None:
    assert output.lines_of(Lattice(1.0, 1.0, 1.0, 90.0, 90.0, 120.5, 1 / 3))[4:] == [
        "beta    90",
        "gamma   120.5",
        "volume  0.33333333",
    ]


@dataclass(frozen=True, slots=True)
class Nested:
    """What a detail looks like."""

    row: JobRow
    cell: Lattice
    values: dict[str, object]
    names: tuple[str, ...]
    children: tuple[Lattice, ...]
    poscar: str


def test_nested_values_are_dotted_tables_indented_and_text_kept() -> None:
    cell = Lattice(1.0, 1.0, 1.0, 90.0, 90.0, 90.0, 1.0)
    lines = output.lines_of(Nested(ROW, cell, {"fmax": 0.1}, ("a", "b"), (cell,), "Si2\n1.0\n"))
    text = "\n".join(lines)
    for expected in ("pk           7", "cell.volume  1", "values.fmax  0.1", "names        a, b"):
        assert expected in text
    assert lines[-4:] == ["", "poscar:", "  Si2", "  1.0"]
    assert "children:\n  A  B  C" in text


def test_spans_are_numbers_and_moments_are_dates() -> None:
    assert [line.split() for line in output.lines_of(Resources(walltime_s=600))] == [["walltime_s", "600"]]
    partition = Partition("debug", True, True, 60, {"idle": 3, "down": 1}, 2, 2000)
    queue = ClusterQueue("hpc", "me", 1_700_000_000.0, (partition,), ())
    lines = output.lines_of(queue)
    assert lines[2].startswith("at     2023-11-1")
    assert "idle 3, down 1" in lines[-1]


def test_a_label_cannot_steer_the_terminal_even_in_a_pipe() -> None:
    evil = JobRow(1, "u", "\x1b]0;owned\x07\nrow", JobState.RUNNING, "t", "f", "c", 0.0, 0.0)
    assert not any(char in "\n".join(output.table((evil,))) for char in "\x1b\x07")
    assert len(output.table((evil,))) == 2


def test_a_terminal_gets_no_escape_and_a_pipe_gets_all() -> None:
    text = "a\x1b[2Jb\tc\n\x9b31m"
    assert output.safe(text, Terminal()) == "a[2Jb        c\n31m"
    assert output.safe(text, io.StringIO()) == text


def test_an_error_is_one_line_with_its_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    output.say_error(InvalidForm("fmax is below 0", field="fmax"), as_json=False)
    assert capsys.readouterr().err == (
        "error: Invalid form field: fmax is below 0 (fmax) — Correct the field and try again.\n"
    )


def test_an_error_may_be_json(capsys: pytest.CaptureFixture[str]) -> None:
    output.say_error(InvalidForm("fmax is below 0", field="fmax"), as_json=True)
    printed = capsys.readouterr()
    assert (json.loads(printed.err)["data"]["field"], printed.out) == ("fmax", "")


@pytest.mark.parametrize(
    "result,words",
    [
        (JobsPage(1, (ROW,), 40, {}, "c9"), "1 of 40 shown; more: --cursor c9, or --limit up to 500"),
        (JobsPage(1, (ROW,), 1, {}, ""), ""),
        (JobsPage(1, (), 0, {}, ""), "none that fits"),
        (FileRange("f", 0, 50, 20, "utf-8", ""), "bytes 0 to 20 of 50; more: --offset 20"),
        (FileRange("f", 20, 50, 50, "utf-8", ""), ""),
    ],
)
def test_truncation_is_never_silent(result: object, words: str) -> None:
    assert more(ListJobsParams(label="x"), result) == words
