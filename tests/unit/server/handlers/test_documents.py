"""Trees, steps and curves of documents: pure rules on small documents."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.adapters.reader.vasprun_stream import steps_of
from crystalmath_server.domain.results import document_tree as tree
from crystalmath_server.domain.results import series as job_series
from crystalmath_server.domain.results.band_curves import band_curves, path_of, point_name, ticks_of
from crystalmath_server.domain.results.completed import complete
from crystalmath_server.domain.results.sites import sites_of
from crystalmath_server.domain.results.step_columns import columns_of
from crystalmath_server.protocol.errors import InvalidForm, NotFound
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.results import IonicStep, JobResults, Quantity
from crystalmath_server.protocol.series import SeriesParams
from tests.fake_documents import relaxation

VECTORS = "<v> 2.0 0.0 0.0 </v><v> 0.0 3.0 0.0 </v><v> 0.0 0.0 4.0 </v>"
STEP = f"""<calculation><scstep><energy><i name="e_fr_energy"> 9 </i></energy></scstep>
<structure><crystal><varray name="basis">{VECTORS}</varray></crystal></structure>
<varray name="forces"><v> 3.0 4.0 0.0 </v><v> 0 0 ******** </v></varray>
<varray name="stress"><v>10 0 0</v><v>0 20 0</v><v>0 0 30</v></varray>
<energy><i name="e_fr_energy"> -1.5 </i><i name="e_wo_entrp"> *** </i>
<i name="e_0_energy"> -1.25 </i></energy>
</calculation>
"""
BANDS: dict[str, Any] = {
    "lattice_rec": {"matrix": [[2.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]]},
    "kpoints": [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0]],
    "bands": {"1": [[-1.0, 0.0, 1.0, 2.0], [8.0, 8.0, 8.0, 8.0]]},
    "efermi": 1.0,
    "branches": [
        {"start_index": 0, "end_index": 1, "name": "\\Gamma-X_1"},
        {"start_index": 2, "end_index": 3, "name": "Y-\\Gamma"},
    ],
}


def test_a_tree_is_read_by_paths() -> None:
    document = {"a/b": {"~": [1, "two", None]}, "empty": {}}
    (slashed, _) = tree.children_of(document, "", 0, 9)
    assert (slashed.name, slashed.path, slashed.kind, slashed.size) == ("a/b", "a~1b", "object", 1)
    (deeper,) = tree.children_of(tree.value_at(document, slashed.path), slashed.path, 0, 9)
    rows = tree.children_of(tree.value_at(document, deeper.path), deeper.path, 0, 9)
    assert [(row.kind, row.preview) for row in rows] == [("number", "1"), ("string", "two"), ("null", "null")]
    assert [tree.value_at(document, row.path) for row in rows] == [1, "two", None]
    with pytest.raises(NotFound) as caught:
        tree.value_at(document, "A")
    assert (caught.value.data.field, "a/b" in caught.value.data.hint) == ("path", True)


def test_previews_are_short() -> None:
    big = {"name" * 100: [{"x": 1}] * 1000, "text": "y" * 10_000}
    assert all(len(row.preview) <= tree.PREVIEW for row in tree.children_of(big, "", 0, 10))
    assert tree.children_of(list(range(50)), "", 10, 5)[0].name == "10"


def test_steps_are_columns() -> None:
    columns = columns_of(relaxation(4))
    assert list(columns) == ["step", "energy", "energy_per_atom", "max_force", "volume"]
    assert columns["max_force"].values == (0.5, 0.25, 0.125, 0.0625)
    assert (columns["volume"].unit, columns["volume"].values[0]) == ("Å³", pytest.approx(46.656))
    assert columns_of({}) == {}


def test_one_column_over_another_is_in_order() -> None:
    columns = columns_of(relaxation(4))
    drawn = job_series.steps_curves(columns, SeriesParams(1, "steps", x="max_force", y="energy"))
    assert list(drawn.x) == sorted(drawn.x)
    assert drawn.curves[0].y[0] == -13.875
    with pytest.raises(InvalidForm) as caught:
        job_series.steps_curves(columns, SeriesParams(1, "steps", x="nonsense"))
    assert "energy_per_atom" in caught.value.data.hint


def test_sites_tell_their_forces() -> None:
    sites = sites_of(relaxation(1))
    assert [(site.index, site.species, site.force_ev_a) for site in sites[:1]] == [(1, "Cu", (0.5, 0.0, 0.0))]
    assert sites_of({}) == sites_of({"structure": {"sites": [{}]}}) == ()


def test_bands_lie_along_their_path() -> None:
    path = path_of(BANDS)
    assert path == [0.0, 1.0, 1.0, 1.5]  # no step from one branch to the next
    assert [(tick.x, tick.label) for tick in ticks_of(BANDS, path)] == [(0.0, "Γ"), (1.0, "X₁|Y"), (1.5, "Γ")]
    curves, left_out = band_curves(BANDS)
    assert [curve.y for curve in curves] == [(-2.0, -1.0, 0.0, 1.0), (7.0, 7.0, 7.0, 7.0)]
    assert left_out == 0
    assert point_name("\\Sigma_{1}") == "Σ₁"


def test_bands_near_the_fermi_energy_are_kept() -> None:
    many = BANDS | {"bands": {"1": [[float(i)] * 4 for i in range(200)]}}
    curves, left_out = band_curves(many)
    assert (len(curves), left_out) == (60, 140)
    assert curves[0].name == "band 1"


def told(**changes: Any) -> dict[str, Any]:
    row = {"title": "total energy", "value": -1.0, "unit": "eV"}
    found: dict[str, Any] = {
        "quantities": {"energy": row},
        "sites": [{"index": 1, "species": "Cu", "force_ev_a": [0.0, 0.0, 1.0]}],
        "n_sites": 1,
        "series": ["steps"],
        "steps": {"energy": [-1.0, None, -2.0], "max_force": [0.1, 0.2, None]},
    }
    return found | changes


def test_a_summary_is_made_whole() -> None:
    summary = (Quantity("energy", "old", -9.0, "eV", "s"), Quantity("elapsed_time", "time", 2.0, "s", "s"))
    found = complete(JobResults(1, JobState.FINISHED, "EMT", summary, ()), told(), "document")
    assert [(row.name, row.value, row.source) for row in found.quantities] == [
        ("energy", -1.0, "document"),
        ("elapsed_time", 2.0, "s"),
    ]
    assert found.steps == (IonicStep(0, -1.0, 0.1), IonicStep(2, -2.0, None))
    assert (found.n_steps, found.n_sites, found.document) == (2, 1, "document")
    kept = JobResults(1, JobState.FINISHED, "EMT", (), (IonicStep(0, -5.0),), n_steps=7)
    assert complete(kept, told(), "document").steps == kept.steps


@pytest.mark.parametrize("end", ["</modeling>", "<calculation><energy>"], ids=["whole", "broken off"])
@pytest.mark.parametrize("packed", [False, True])
def test_steps_of_a_vasprun_are_streamed(tmp_path: Path, end: str, *, packed: bool) -> None:
    path = tmp_path / ("vasprun.xml.gz" if packed else "vasprun.xml")
    text = f"<modeling>{STEP}{STEP}{end}".encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    first, _second = steps_of(path)
    assert (first["e_0_energy"], first["e_fr_energy"], first["e_wo_entrp"]) == (-1.25, -1.5, None)
    assert (first["n_atoms"], first["cell"][2]) == (2, [0.0, 0.0, 4.0])
    columns = columns_of({"calcs_reversed": []}, [first])
    assert columns["pressure"].values == (2.0,)
    assert columns["volume"].values == (24.0,)
