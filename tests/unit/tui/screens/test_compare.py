"""The table of jobs side by side: columns, order, the file that is written."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from crystalmath_server.protocol.compare import CompareColumn, CompareParams, CompareRow, Comparison
from crystalmath_server.protocol.errors import NotFound
from crystalmath_tui.client.folders import write
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Ask, Back, Open, Say, WriteFile
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, Pasted, Refused
from crystalmath_tui.screens.compare.update import Slice, displayed_table
from crystalmath_tui.screens.compare.view import SCREEN
from crystalmath_tui.screens.jobs import update as jobs

CONTEXT = Context(Size(21, 80), now=1000.0)
TABLE = Comparison(
    (
        CompareColumn("state", "state"),
        CompareColumn("energy", "energy", "eV"),
        CompareColumn("values.steps", "steps"),
    ),
    (
        CompareRow(3, "three", ("finished", -1.23456789012, 5)),
        CompareRow(1, "one", ("running", None, 7)),
        CompareRow(2, "two, too", ("finished", -2.5, None)),
    ),
)


def told(compare: Slice, *messages: Any) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for message in messages:
        compare, effects = SCREEN.update(compare, message, CONTEXT)
    return compare, effects


def ready(*keys: str) -> tuple[Slice, tuple[Any, ...]]:
    came = (Entered("compare", ("3", "1", "2")), Answered("compare", TABLE, (3, 1, 2)))
    return told(Slice(), *came, *map(KeyPressed, keys))


def words(compare: Slice) -> str:
    return "\n".join("".join(span.text for span in line) for line in SCREEN.view(compare, CONTEXT))


def test_the_marked_jobs_are_compared() -> None:
    marked = replace(jobs.Slice(), marked=frozenset({3, 1}))
    assert jobs.update(marked, KeyPressed("v"), CONTEXT)[1] == (Open("compare", ("1", "3")),)
    _, (call,) = told(Slice(), Entered("compare", ("3", "1")))
    assert call.params == CompareParams((3, 1))
    assert told(Slice(), Entered("compare", ("x",)))[1] == (Say("x is not a pk of a job.", "warn"), Back())


def test_units_stand_in_the_headings_and_columns_are_chosen() -> None:
    compare, _ = ready()
    assert "energy [eV]" in words(compare)
    assert "-1.23457" in words(compare)
    assert "state" not in words(compare).splitlines()[2], "state is shown when asked for"
    compare, _ = ready("a", " ", "esc")
    assert "state" in words(compare).splitlines()[2]
    compare, _ = ready(" ")
    assert "energy" not in words(compare)
    assert "2 of 3 columns" not in words(compare)


def test_rows_are_sorted_by_the_selected_column_with_what_lacks_last() -> None:
    assert [row.pk for row in displayed_table(ready("s")[0]).rows] == [2, 3, 1]
    assert [row.pk for row in displayed_table(ready("s", "s")[0]).rows] == [3, 2, 1]
    assert [row.pk for row in displayed_table(ready("l", "s")[0]).rows] == [3, 1, 2]
    assert ready("s", "j", "enter")[1] == (Open("job", ("3",)),)


def test_the_table_is_written_as_it_is_shown() -> None:
    compare, effects = told(ready("s", "w")[0], Pasted("out.txt"), KeyPressed("enter"))
    assert "ends in .csv or .json" in effects[0].text
    assert SCREEN.typing(compare)
    _, (wrote,) = told(ready("s", "w")[0], Pasted("out.csv"), KeyPressed("enter"))
    assert isinstance(wrote, WriteFile)
    rows = list(csv.reader(io.StringIO(wrote.text)))
    assert rows[0] == ["pk", "label", "energy [eV]", "steps"]
    assert rows[1:] == [
        ["2", "two, too", "-2.5", ""],
        ["3", "three", "-1.23456789012", "5"],
        ["1", "one", "", "7"],
    ]
    _, (wrote,) = told(ready("w")[0], Pasted("out.json"), KeyPressed("enter"))
    found = json.loads(wrote.text)
    assert found["columns"][0] == {"name": "energy", "title": "energy", "unit": "eV"}
    assert found["jobs"][0] == {"pk": 3, "label": "three", "energy": -1.23456789012, "values.steps": 5}


def test_a_file_that_is_there_is_asked_about() -> None:
    _, (ask,) = told(ready()[0], Answered("compare file", "exists", ("out.csv", "text")))
    assert isinstance(ask, Ask)
    (wrote,) = ask.yes
    assert isinstance(wrote, WriteFile)
    assert (wrote.path, wrote.text, wrote.over) == ("out.csv", "text", True)
    assert told(ready()[0], Answered("compare file", "written", ("out.csv", "")))[1] == (
        Say("Wrote out.csv."),
    )
    assert "no room" in told(ready()[0], Answered("compare file", "no room", ("out.csv", "")))[1][0].text


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "out.csv"
    assert write(str(place), "one", over=False) == "written"
    assert write(str(place), "two", over=False) == "exists"
    assert place.read_text() == "one"
    assert write(str(place), "two", over=True) == "written"
    assert write(str(tmp_path), "x", over=True) == "it is a folder"
    assert "No such file" in write(str(tmp_path / "none" / "out.csv"), "x", over=False)
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert place.read_text() == "two"


def test_an_error_is_shown() -> None:
    compare, _ = told(ready()[0], Refused("compare", NotFound("There is no job 3", hint="Look."), (3, 1, 2)))
    assert "There is no job 3. Look." in words(compare)
