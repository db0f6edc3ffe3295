"""Quantities of the final documents of flows."""

from typing import Any

from crystalmath_server.domain.results.flow_documents import quantities

TENSOR = [[1.0] * 6] * 6
ELASTIC: dict[str, Any] = {
    "elastic_tensor": {"ieee_format": TENSOR},
    "derived_properties": {"k_vrh": 134.5, "g_vrh": 50.0, "y_mod": 1.3e11, "k_reuss": None},
}
FIT = {"v0": 46.2, "e0": -0.03, "b0 GPa": 134.0, "b0": 0.84, "b1": 5.0}


def test_elastic_moduli_are_in_gpa() -> None:
    found = quantities(ELASTIC)
    assert [*found] == ["elastic_tensor", "young_modulus", "k_vrh", "g_vrh"]
    assert {row["unit"] for row in found.values()} == {"GPa"}
    assert found["young_modulus"]["value"] == 130
    assert found["elastic_tensor"]["value"] == TENSOR


def test_each_model_of_an_equation_of_state_is_told() -> None:
    fits = {"birch_murnaghan": FIT, "vinet": {"exception": "no minimum"}}
    found = quantities({"relax": {"EOS": fits}})
    assert {name: (row["value"], row["unit"]) for name, row in found.items()} == {
        "v0_birch_murnaghan": (46.2, "Å³"),
        "e0_birch_murnaghan": (-0.03, "eV"),
        "b_birch_murnaghan": (134.0, "GPa"),
        "b1_birch_murnaghan": (5.0, ""),
    }
    assert found["b_birch_murnaghan"]["title"] == "bulk modulus, Birch–Murnaghan"


def test_static_energies_count_before_relaxed_ones() -> None:
    other = {**FIT, "v0": 47.0}
    found = quantities({"relax": {"EOS": {"vinet": FIT}}, "static": {"EOS": {"vinet": other}}})
    assert found["v0_vinet"]["value"] == 47


def test_other_documents_are_read_like_those_of_single_jobs() -> None:
    found = quantities({"output": {"energy": -1.5, "energy_per_atom": -0.5}})
    assert found["energy"] == {"value": -1.5, "unit": "eV", "title": "total energy"}
    assert quantities({"anything": 1}) == {}


def test_poirier_is_spelled_as_it_should_be() -> None:
    found = quantities({"relax": {"EOS": {"pourier_tarantola": FIT}}})
    assert found["v0_pourier_tarantola"]["title"] == "equilibrium volume, Poirier–Tarantola"
