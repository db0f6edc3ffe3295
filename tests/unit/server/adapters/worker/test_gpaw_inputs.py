"""What GPAW would refuse or compute wrongly is found before submission."""

from typing import Any

import pytest
from pymatgen.core import Lattice, Structure

from crystalmath_server.adapters.worker import gpaw_inputs
from crystalmath_server.adapters.worker.gpaw_inputs import DENSITY, MOMENTS, SIZE, SPIN, XC, check
from crystalmath_server.protocol.errors import RpcError

SI, IRON = (
    Structure(Lattice.cubic(3), [symbol] * 2, [[0, 0, 0], [0.5, 0.5, 0.5]]) for symbol in ("Si", "Fe")
)
GIVEN: dict[str, Any] = {SIZE: None, DENSITY: 3.5, XC: "PBE", SPIN: None, MOMENTS: None}


@pytest.fixture(autouse=True)
def datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"PBE": ("Fe", "Si"), "RPBE": ("Si",)}
    monkeypatch.setattr(gpaw_inputs, "elements_with_data", known.__getitem__)


@pytest.mark.parametrize(
    "structure,values,field",
    [
        (SI, {DENSITY: None}, f"values.{DENSITY}"),
        (SI, {SIZE: [4, 4]}, f"values.{SIZE}"),
        (SI, {SIZE: [4, 4, 0]}, f"values.{SIZE}"),
        (SI, {SIZE: [4, 4, True]}, f"values.{SIZE}"),
        (SI, {SIZE: "444"}, f"values.{SIZE}"),
        (IRON, {XC: "RPBE"}, "structures"),
        (IRON, {SPIN: True}, f"values.{SPIN}"),
        (IRON, {SPIN: True, MOMENTS: [0, 0]}, f"values.{SPIN}"),
        (IRON, {MOMENTS: [2.2]}, f"values.{MOMENTS}"),
        (IRON, {MOMENTS: ["up", "up"]}, f"values.{MOMENTS}"),
    ],
)
def test_what_is_refused(structure: Structure, values: dict[str, Any], field: str) -> None:
    with pytest.raises(RpcError) as caught:
        check(GIVEN | values, structure)
    assert caught.value.data.field == field
    assert caught.value.data.hint


def test_iron_without_moments_comes_with_a_warning() -> None:
    assert check(GIVEN, SI) == ()
    assert "Fe: computed as nonmagnetic" in check(GIVEN, IRON)[0]
    assert "Fe: computed as nonmagnetic" in check(GIVEN | {MOMENTS: [2, 2], SPIN: False}, IRON)[0]
    assert check(GIVEN | {MOMENTS: [2.2, 2.2]}, IRON) == ()
    with_moments = IRON.copy(site_properties={"magmom": [2.2, 2.2]})
    assert check(GIVEN | {SPIN: True}, with_moments) == ()
