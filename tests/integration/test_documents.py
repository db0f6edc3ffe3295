"""Results and curves of real task documents of VASP, number by number, with pymatgen as the judge."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.electronic_structure.bandstructure import BandStructureSymmLine
from pymatgen.io.vasp import Vasprun

from crystalmath_server.adapters.reader import documents as reading
from crystalmath_server.adapters.reader.vasprun_curves import equation_of_state
from crystalmath_server.adapters.reader.vasprun_fragment import fragment_of
from crystalmath_server.adapters.reader.vasprun_stream import steps_of
from crystalmath_server.adapters.worker.structure_export import export
from crystalmath_server.domain.results import vasp
from crystalmath_server.domain.results.completed import complete
from crystalmath_server.domain.results.step_columns import columns_of
from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.errors import Conflict, FileUnreadable, InvalidForm, NotFound
from crystalmath_server.protocol.exports import ExportStructureParams
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.results import JobResults, SiteResult
from crystalmath_server.protocol.series import JobSeries
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.lines import Size
from crystalmath_tui.screens.results import pages as results_pages
from crystalmath_tui.screens.results.model import Slice

ROOT = Path(__file__).parents[2]
LAST = "calcs_reversed/0/output"
PLACES: dict[str, tuple[str, str, float]] = {
    "energy": ("output/energy", "eV", 1),
    "energy_per_atom": ("output/energy_per_atom", "eV/atom", 1),
    "stress": ("output/stress", "GPa", 10),
    "volume": ("output/structure/lattice/volume", "Å³", 1),
    "bandgap": (f"{LAST}/bandgap", "eV", 1),
    "is_gap_direct": (f"{LAST}/is_gap_direct", "", 1),
    "direct_gap": (f"{LAST}/direct_gap", "eV", 1),
    "vbm": (f"{LAST}/vbm", "eV", 1),
    "cbm": (f"{LAST}/cbm", "eV", 1),
    "efermi": (f"{LAST}/efermi", "eV", 1),
    "magnetic_moment": (f"{LAST}/outcar/total_magnetization", "μB", 1),
    "n_electrons": (f"{LAST}/outcar/nelect", "", 1),
    "n_kpoints": ("input/nkpoints", "", 1),
    "run_type": ("run_type", "", 1),
    "elapsed_time": (f"{LAST}/run_stats/elapsed_time", "s", 1),
    "cpu_time": (f"{LAST}/run_stats/total_time", "s", 1),
    "max_memory": (f"{LAST}/run_stats/max_memory", "kB", 1),
    "n_cores": (f"{LAST}/run_stats/cores", "", 1),
}
"""Quantity → where the document has it, the unit it is told in, and the units of the document in it."""
MADE = {"max_force", "pressure", "converged", "n_steps"}
"""Quantities that are made of several numbers of the document."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    command = [sys.executable, "-W", "ignore", "-m", "tests.vasp_standin.standin_documents", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def document(root: Path, name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((root / f"{name}.json.gz").read_bytes()))


def at(found: Any, path: str) -> Any:
    for step in path.split("/"):
        found = found[int(step) if isinstance(found, list) else step]
    return found


def results(root: Path, name: str) -> Any:
    return to_json(reading.results({"path": str(root / f"{name}.json.gz")}))


def series(path: Path, vasprun: Path | None = None, **params: Any) -> JobSeries:
    found = reading.series(
        {
            "paths": [str(path)],
            "source": "document",
            "vasprun": str(vasprun) if vasprun else None,
            "vasprun_source": "retrieved",
            "params": {"pk": 1, **params},
        }
    )
    assert isinstance(found, JobSeries), found
    return from_json(JobSeries, to_json(found))


def without(root: Path, name: str, part: str, folder: Path) -> Path:
    """The same document without the objects that the task stored."""
    path = folder / f"{name}-{part}.json"
    path.write_text(json.dumps(document(root, name) | {part: {}}))
    return path


def divided(value: Any, by: float) -> Any:
    if isinstance(value, list):
        return [divided(one, by) for one in value]
    return value / by if by != 1 else value


@pytest.mark.parametrize("name", ["dos", "bands", "relax", "md"])
def test_every_quantity_is_that_of_the_document(root: Path, name: str) -> None:
    source, told = document(root, name), results(root, name)
    quantities = told["quantities"]
    assert quantities.keys() <= PLACES.keys() | MADE
    assert {"energy", "stress", "efermi", "n_kpoints", "run_type", "elapsed_time"} <= quantities.keys()
    for key in quantities.keys() & PLACES.keys():
        path, unit, by = PLACES[key]
        assert quantities[key]["value"] == divided(at(source, path), by), key
        assert quantities[key]["unit"] == unit, key
    stress = source["output"]["stress"]
    assert quantities["pressure"]["value"] == pytest.approx(sum(stress[i][i] for i in range(3)) / 30)


@pytest.mark.parametrize("name", ["dos", "relax", "md"])
def test_every_site_is_that_of_the_document(root: Path, name: str) -> None:
    source, told = document(root, name), results(root, name)
    outcar, forces = at(source, f"{LAST}/outcar"), source["output"]["forces"]
    sites = [from_json(SiteResult, row) for row in told["sites"]]
    assert len(sites) == told["n_sites"] == len(source["output"]["structure"]["sites"])
    for i, site in enumerate(sites):
        assert site.force_ev_a == tuple(forces[i])
        assert site.magmom_mub == outcar["magnetization"][i]["tot"]
        assert site.charge_e == outcar["charge"][i]["tot"]


@pytest.mark.parametrize("name", ["dos", "bands", "relax", "md"])
@pytest.mark.parametrize("cols", [80, 200])
def test_every_number_of_the_screen_is_that_of_the_document(root: Path, name: str, cols: int) -> None:
    source = document(root, name)
    found = complete(
        JobResults(pk=1, state=JobState.FINISHED, engine="VASP", quantities=(), steps=()),
        results(root, name),
        "node-of-it",
    )
    page = results_pages.lines(Slice(1, results=found), Context(Size(24, cols)))
    shown = ["".join(span.text for span in row)[:cols] for row in page]
    names = min(44, max(len(row.title) for row in found.quantities))
    for row in found.quantities:
        place = next(i for i, text in enumerate(shown) if text.startswith(f" {row.title[:40]}"))
        if row.name == "stress":
            printed = [list(map(float, text.split())) for text in shown[place + 1 : place + 4]]
            assert np.allclose(printed, np.array(source["output"]["stress"]) / 10, rtol=1e-9, atol=0)
            assert shown[place].endswith("[GPa]")
        elif row.name in PLACES:
            path, unit, by = PLACES[row.name]
            agrees(shown[place][names + 3 :].split(), at(source, path), unit, by)
    sites_agree(source, shown)
    assert any("node-of-it" in text for text in shown)


def agrees(printed: list[str], told: Any, unit: str, by: float) -> None:
    """A value and its unit as they are printed are those of the document."""
    if isinstance(told, bool | str):
        assert printed == [{True: "yes", False: "no"}.get(told, told)]  # type: ignore[arg-type]
    else:
        assert float(printed[0]) == pytest.approx(told / by, rel=1e-9)
        assert printed[1:] == ([unit] if unit else [])


def sites_agree(source: Any, shown: list[str]) -> None:
    """The table of sites is that of the document, number by number."""
    forces, outcar = source["output"]["forces"], at(source, f"{LAST}/outcar")
    head = next(i for i, text in enumerate(shown) if "force [eV/Å]" in text and "site" in text)
    assert all(title in shown[head] for title in ("moment [μB]", "charge [e]"))
    for i, text in enumerate(shown[head + 1 : head + 1 + len(forces)]):
        moment, charge = outcar["magnetization"][i]["tot"], outcar["charge"][i]["tot"]
        assert list(map(float, text.split()[2:])) == pytest.approx([*forces[i], moment, charge], rel=1e-5)


def test_molecular_dynamics_has_steps_and_temperatures(root: Path) -> None:
    whole = Vasprun(root / "md/vasprun.xml", parse_potcar_file=False, parse_dos=False, parse_eigen=False)
    told = results(root, "md")
    assert told["steps"]["energy"] == pytest.approx([step["e_0_energy"] for step in whole.ionic_steps])
    assert at(document(root, "md"), LAST)["ionic_steps"] is None
    found = series(root / "md.json.gz", kind="trajectory")
    assert {"K", "eV", "eV/Å", "Å³", "GPa"} == {curve.unit for curve in found.curves}
    assert len(found.x) == len(whole.ionic_steps) == 30


def test_steps_that_are_in_no_document_come_from_vasprun(root: Path, tmp_path: Path) -> None:
    bare = without(root, "md", "vasp_objects", tmp_path)
    found = series(bare, root / "md/vasprun.xml", kind="trajectory")
    stored = series(root / "md.json.gz", kind="trajectory")
    assert found.source == "retrieved"
    by_name = {curve.name: curve for curve in stored.curves}
    for curve in found.curves:
        assert curve.y == pytest.approx(by_name[curve.name].y, rel=1e-6), curve.name


def test_the_stream_reads_what_pymatgen_reads(root: Path) -> None:
    whole = Vasprun(root / "relax/vasprun.xml", parse_potcar_file=False)
    columns = columns_of({"calcs_reversed": []}, steps_of(root / "relax/vasprun.xml"))
    assert columns["energy"].values == pytest.approx([step["e_0_energy"] for step in whole.ionic_steps])
    volumes = [Structure.from_dict(step["structure"].as_dict()).volume for step in whole.ionic_steps]
    assert columns["volume"].values == pytest.approx(volumes)


@pytest.mark.filterwarnings("ignore:XML is malformed")
@pytest.mark.parametrize("cut", [False, True])
def test_a_faulty_energy_of_ionic_steps_is_corrected_as_pymatgen_does(
    root: Path, tmp_path: Path, *, cut: bool
) -> None:
    """VASP 5.3.5 writes -0.0 as e_0_energy of each ionic step."""
    text = (root / "relax/vasprun.xml").read_text()
    head, *steps = re.split(r"(?=<calculation>)", text)
    faulty = [re.sub(_LAST_E_0, r"\1  -0.00000000 ", step, count=1, flags=re.DOTALL) for step in steps]
    kept = faulty[:-1] if cut else faulty
    (tmp_path / "vasprun.xml").write_text(head + "".join(kept) + ("<calculation>" if cut else ""))
    whole = Vasprun(root / "relax/vasprun.xml", parse_potcar_file=False)
    right = [step["e_0_energy"] for step in whole.ionic_steps][: len(kept)]
    wrong = Vasprun(tmp_path / "vasprun.xml", parse_potcar_file=False, exception_on_bad_xml=False)
    assert {step["e_0_energy"] for step in wrong.ionic_steps} == {0.0}
    assert [step["e_0_energy"] for step in steps_of(tmp_path / "vasprun.xml")] == pytest.approx(right)
    fragment = fragment_of(tmp_path)
    assert [step.energy for step in vasp.steps_of(fragment)] == pytest.approx(right)
    told = vasp.quantities(fragment, len(kept))
    assert told["energy"]["value"] == pytest.approx(wrong.final_energy) == pytest.approx(right[-1])
    assert told["energy_per_atom"]["value"] == pytest.approx(right[-1] / len(wrong.final_structure))


_LAST_E_0 = r"(.*<i name=\"e_0_energy\">)[^<]*"


@pytest.mark.parametrize("stored", [True, False])
def test_bands_are_pymatgens(root: Path, tmp_path: Path, *, stored: bool) -> None:
    source = document(root, "bands")["vasp_objects"]["bandstructure"]
    judge = BandStructureSymmLine.from_dict(source)
    path = root / "bands.json.gz" if stored else without(root, "bands", "vasp_objects", tmp_path)
    found = series(path, None if stored else root / "bands/vasprun.xml", kind="bands")
    assert found.x == pytest.approx(judge.distance, abs=1e-9)
    assert (found.x_unit, {curve.unit for curve in found.curves}) == ("1/Å", {"eV"})
    told = {row.name: (row.value, row.unit) for row in found.quantities}
    assert told["bandgap"] == (pytest.approx(judge.get_band_gap()["energy"]), "eV")
    assert {"Γ", "X", "W", "L"} <= {tick.label for tick in found.ticks}
    up = next(curve for curve in found.curves if curve.name == "band 32 up")
    spins = {spin.value: rows for spin, rows in judge.bands.items()}
    assert up.y == pytest.approx(spins[1][31] - judge.efermi)
    assert "far from the Fermi energy" in found.left_out


@pytest.mark.parametrize("stored", [True, False])
def test_the_density_of_states_is_pymatgens(root: Path, tmp_path: Path, *, stored: bool) -> None:
    judge: Any = Vasprun(root / "dos/vasprun.xml", parse_potcar_file=False).complete_dos
    path = root / "dos.json.gz" if stored else without(root, "dos", "vasp_objects", tmp_path)
    found = series(path, None if stored else root / "dos/vasprun.xml", kind="dos")
    assert found.x == pytest.approx(judge.energies - judge.efermi)
    densities = {spin.value: values for spin, values in judge.densities.items()}
    assert found.curves[0].y == pytest.approx(densities[1])
    assert found.curves[1].y == pytest.approx(densities[-1])


def test_convergence_counts_every_electronic_step(root: Path) -> None:
    found = series(root / "relax.json.gz", kind="convergence")
    counts = at(document(root, "relax"), LAST)["num_electronic_steps"]
    assert len(found.x) == sum(counts)
    assert [tick.x for tick in found.ticks] == [sum(counts[:i]) for i in range(len(counts))]
    assert [curve.unit for curve in found.curves] == ["eV", "eV"]


def murnaghan(volume: float) -> float:
    """E0 -3 eV, V0 12 Å³, B0 100 GPa, B1 4, as Birch and Murnaghan have it."""
    x = (12.0 / volume) ** (2 / 3) - 1
    return -3.0 + 9 * 12.0 * (100 / 160.21766208) / 16 * (x**3 * 4 + x**2 * (6 - 4 * (x + 1)))


def test_the_equation_of_state_finds_what_was_put_in() -> None:
    def one(volume: float) -> dict[str, Any]:
        structure = {"lattice": {"volume": 2 * volume}, "sites": [{}, {}]}
        return {"structure": structure, "output": {"energy_per_atom": murnaghan(volume)}}

    drawn = equation_of_state([one(v) for v in (10.8, 11.4, 12.1, 12.6, 13.2)])
    told = {row.name: (row.value, row.unit) for row in drawn.quantities}
    assert told["volume_0"] == (pytest.approx(12.0, rel=1e-4), "Å³/atom")
    assert told["bulk_modulus"] == (pytest.approx(100.0, rel=1e-3), "GPa")
    assert sum(y is not None for y in drawn.curves[1].y) == 5
    few = equation_of_state([one(12.0), one(12.5)])
    assert few.quantities == ()
    assert "4 volumes" in few.left_out


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_images_hold_every_panel(root: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"md.{kind}"
    argument = {
        "paths": [str(root / "md.json.gz")],
        "source": "document",
        "params": {"pk": 1, "kind": "trajectory"},
        "file": str(path),
    }
    reading.plot(argument)
    data = path.read_bytes()
    assert data.startswith({"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[kind])
    if kind == "svg":
        assert data.count(b'id="axes_') == 5
    with pytest.raises(Conflict):
        reading.plot(argument)
    assert path.read_bytes() == data


def test_structures_come_back_from_what_was_written(tmp_path: Path) -> None:
    rock = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.6), ["Na", "Cl"], [[0, 0, 0], [0.5] * 3])
    document: Any = rock.as_dict()
    for kind in ("cif", "poscar", "json", "xsf", "yaml"):
        found = export(document, ExportStructureParams(1, kind))
        assert rock.matches(Structure.from_str(found.text, fmt=kind)), kind
    path = tmp_path / "rock.cif"
    written = export(document, ExportStructureParams(1, "cif", str(path)))
    assert (written.text, written.size) == ("", path.stat().st_size)
    for bad, error in ((str(path), Conflict), ("/nowhere/x.cif", InvalidForm), ("rock.cif", InvalidForm)):
        with pytest.raises(error) as caught:
            export(document, ExportStructureParams(1, "cif", bad))
        assert caught.value.data.field == "path"


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("kind", ["dos_element", "dos_orbital"])
def test_partial_densities_are_pymatgens(root: Path, tmp_path: Path, kind: str, *, stored: bool) -> None:
    judge: Any = Vasprun(root / "dos/vasprun.xml", parse_potcar_file=False).complete_dos
    path = root / "dos.json.gz" if stored else without(root, "dos", "vasp_objects", tmp_path)
    found = series(path, None if stored else root / "dos/vasprun.xml", kind=kind)
    spins = {1: "up", -1: "down"}
    wanted: dict[str, Any] = {}
    for element, whole in judge.get_element_dos().items():
        shells = {"": whole} if kind == "dos_element" else judge.get_element_spd_dos(element)
        for shell, dos in shells.items():
            for spin, values in dos.densities.items():
                name = " ".join(filter(None, (str(element), str(shell), spins[spin.value])))
                wanted[name] = values
    assert {curve.name for curve in found.curves} == set(wanted)
    assert len(wanted) == 4 * (1 if kind == "dos_element" else 3)
    for curve in found.curves:
        assert curve.y == pytest.approx(wanted[curve.name]), curve.name
        assert curve.unit == "states/eV"
    assert found.x == pytest.approx(judge.energies - judge.efermi)
    assert kind in results(root, "dos")["series"]


def test_shells_and_runs_that_are_not_projected(root: Path, tmp_path: Path) -> None:
    text = (root / "dos/vasprun.xml").read_text()
    start, end = text.index("   <partial>"), text.index("   </partial>\n") + len("   </partial>\n")
    bare = without(root, "dos", "vasp_objects", tmp_path)
    (tmp_path / "vasprun.xml").write_text(text[:start] + text[end:])
    with pytest.raises(NotFound) as refused:
        series(bare, tmp_path / "vasprun.xml", kind="dos_element")
    assert "LORBIT" in refused.value.data.hint
    (tmp_path / "vasprun.xml").write_text(text[: start + 5000])
    with pytest.raises(FileUnreadable):
        series(bare, tmp_path / "vasprun.xml", kind="dos_orbital")
