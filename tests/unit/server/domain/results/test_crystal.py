"""pymatgen's JSON and AiiDA's attributes, there and back."""

from typing import Any

import pytest

from crystalmath_server.domain.results.crystal import formula_of, plain_crystal, structure_document

CELL = ((0.0, 2.7, 2.7), (2.7, 0.0, 2.7), (2.7, 2.7, 0.0))


def site(symbol: str, abc: tuple[float, float, float], **more: Any) -> dict[str, Any]:
    return {"species": [{"element": symbol, "occu": 1, **more}], "abc": list(abc)}


def document(*sites: dict[str, Any]) -> dict[str, Any]:
    return {
        "lattice": {"matrix": [list(row) for row in CELL], "pbc": [True, True, False]},
        "sites": list(sites),
    }


def test_cell_and_positions() -> None:
    crystal = plain_crystal(document(site("Si", (0, 0, 0)), site("Si", (0.25, 0.25, 0.25))))
    assert crystal.cell == CELL
    assert crystal.pbc == (True, True, False)
    assert crystal.sites == (("Si", (0, 0, 0)), ("Si", (1.35, 1.35, 1.35)))


def test_oxidation_spin_and_isotopes_are_stripped() -> None:
    crystal = plain_crystal(document(site("Fe", (0, 0, 0), oxidation_state=2, spin=5), site("D", (0, 0, 0))))
    assert [symbol for symbol, _ in crystal.sites] == ["Fe", "H"]


def test_molecules_and_disorder_are_refused() -> None:
    with pytest.raises(ValueError, match="no cell"):
        plain_crystal({"sites": []})
    mixed = {"species": [{"element": "Ga", "occu": 0.5}, {"element": "In", "occu": 0.5}], "abc": [0, 0, 0]}
    with pytest.raises(ValueError, match=r"disordered: Ga:0\.5 In:0\.5"):
        plain_crystal(document(mixed))
    vacancy = {"species": [{"element": "Ga", "occu": 0.9}], "abc": [0, 0, 0]}
    with pytest.raises(ValueError, match="disordered"):
        plain_crystal(document(vacancy))


def test_document_of_foreign_structures() -> None:
    kinds = [{"name": "Si1", "symbols": ["Si"], "weights": [1.0]}]
    sites = [{"kind_name": "Si1", "position": [1.35, 1.35, 1.35]}]
    made = structure_document(CELL, (True, True, True), kinds, sites)
    assert plain_crystal(made).sites[0] == ("Si", pytest.approx((1.35, 1.35, 1.35)))


def test_formula() -> None:
    assert formula_of(["Na", "Cl", "Na", "Cl"]) == "Na2Cl2"
