"""Quantities, steps and convergence of atomate2's task documents."""

import math
from typing import Any

import pytest

from crystalmath_server.domain.results import task_document as task


def relaxation(**changes: Any) -> dict[str, Any]:
    """Two steps of two atoms, as atomate2's AseStructureTaskDoc has them."""
    document: dict[str, Any] = {
        "input": {"steps": 500, "relax_kwargs": {"fmax": 0.05}},
        "output": {
            "energy": -10.0,
            "energy_per_atom": -5.0,
            "forces": [[0.03, 0.0, 0.04], [0.0, 0.0, 0.0]],
            "stress": [[3.0, 0.1, 0.0], [0.1, 6.0, 0.0], [0.0, 0.0, 9.0]],
            "ionic_steps": [
                {"energy": -9.0, "forces": [[3.0, 4.0, 0.0], [0.0, 0.0, 0.0]], "magmoms": [1.0, 1.0]},
                {"energy": -10.0, "forces": [[0.03, 0.0, 0.04], [0.0, 0.0, 0.0]], "magmoms": [0.5, 0.25]},
            ],
        },
        "structure": {"lattice": {"volume": 40.0}},
        "state": "successful",
        "is_force_converged": True,
    }
    return document | changes


def values(document: dict[str, Any]) -> dict[str, object]:
    return {name: row["value"] for name, row in task.quantities(document, 2, 1.5).items()}


def test_quantities() -> None:
    found = values(relaxation())
    assert found["energy"] == -10.0
    assert found["energy_per_atom"] == -5.0
    assert found["max_force"] == pytest.approx(0.05)
    assert found["pressure"] == pytest.approx(0.6)
    assert found["magnetic_moment"] == 0.75
    assert found["volume"] == 40.0
    assert found["converged"] is True
    assert (found["n_steps"], found["elapsed_time"]) == (2, 1.5)


def test_every_quantity_has_a_title() -> None:
    assert all(row["title"] and "unit" in row for row in task.quantities(relaxation(), 2, 1.5).values())


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, None, "x", True])
def test_what_is_no_number_is_left_out(bad: object) -> None:
    document = relaxation()
    document["output"] |= {"energy": bad, "stress": [[math.nan] * 3] * 3}
    assert not {"energy", "stress", "pressure"} & set(values(document))


def test_an_empty_document_gives_what_was_measured_outside() -> None:
    assert set(task.quantities({}, 0, 1.5)) == {"elapsed_time"}
    assert task.quantities({"output": None, "input": 3, "structure": []}, 0, None) == {}


def test_steps_of_the_document() -> None:
    first, last = task.steps_of(relaxation(), [])
    assert first == task.Step(-9.0, 5.0)
    assert (last.energy, last.max_force) == (-10.0, pytest.approx(0.05))


def test_the_last_step_is_written_twice_and_counted_once() -> None:
    document = relaxation()
    document["output"]["ionic_steps"].append(document["output"]["ionic_steps"][-1])
    assert len(task.steps_of(document, [])) == 2


def test_steps_of_the_progress_where_the_document_has_none() -> None:
    document = relaxation()
    document["output"]["ionic_steps"] = None
    lines = [{"energy_ev": -1.0, "max_force_ev_a": 0.5}, {"energy_ev": math.nan}, {"energy_ev": -2.0}]
    assert task.steps_of(document, lines) == (task.Step(-1.0, 0.5), task.Step(-2.0, None))


@pytest.mark.parametrize(
    "changes,expected",
    [
        ({}, True),
        ({"state": "failed"}, False),
        ({"is_force_converged": False}, False),
        ({"state": None}, None),
        ({"input": {"steps": 1}}, None),
        ({"input": {}}, None),
    ],
)
def test_convergence(changes: dict[str, Any], expected: object) -> None:
    assert task.is_converged(relaxation(**changes)) is expected


def test_why_it_did_not_converge() -> None:
    document = relaxation()
    assert "the cell is not relaxed" in task.why_not_converged(document | {"input": {"steps": 9}}, 9)
    document["output"]["forces"] = [[1.0, 0.0, 0.0]]
    assert task.why_not_converged(document, 9) == "largest force 1 eV/Å after 9 steps, wanted below 0.05 eV/Å"
