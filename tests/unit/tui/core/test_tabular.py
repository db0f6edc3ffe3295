"""Results as comma-separated values."""

import csv
from io import StringIO

import pytest

from crystalmath_server.protocol.files import JobFile, JobFiles
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.results import JobResults, Quantity
from crystalmath_server.protocol.series import Curve, JobSeries
from crystalmath_tui.core.tabular import NoTableError, text_of


def read(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text)))


def test_curves_share_their_x() -> None:
    curves = (Curve("energy", "eV", (-1.0, None)), Curve("force, largest", "", (0.5, 0.25)))
    series = JobSeries(1, "steps", "", "step", "", (0.0, 1.0), curves, (), (), "u", 2)
    assert read(text_of(series)) == [
        ["step", "energy [eV]", "force, largest"],
        ["0.0", "-1.0", "0.5"],
        ["1.0", "", "0.25"],
    ]


def test_quantities_keep_every_digit() -> None:
    energy = Quantity("energy", "total energy", -10.023870191234567, "eV", "u")
    stress = Quantity("stress", "stress", [[1.0]], "GPa", "u")
    found = read(text_of(JobResults(1, JobState.FINISHED, "EMT", (energy, stress), ())))
    assert found[0] == ["name", "title", "value", "unit", "source"]
    assert float(found[1][2]) == energy.value
    assert found[2][2] == "[[1.0]]"


def test_a_page_is_a_table() -> None:
    found = read(text_of(JobFiles((JobFile("inputs", 'a "b", c', 3),))))
    assert found == [
        ["source", "path", "size", "modified_at", "kind"],
        ["inputs", 'a "b", c', "3", "0.0", "file"],
    ]


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(NoTableError, match="JSON"):
        text_of(object())
