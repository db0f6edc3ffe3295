"""Real DFT by GPAW, through the server and AiiDA's daemon; the same numbers as atomate2 alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.files import JOBS_FILE, JOBS_FILES, ListFilesParams, ReadFileParams
from crystalmath_server.protocol.jobs import JOBS_SHOW, JOBS_SUBMIT, JobPk, JobState, SubmitJobParams
from crystalmath_server.protocol.progress import JOBS_PROGRESS, ProgressOfJobParams
from crystalmath_server.protocol.results import JOBS_RESULTS, JobResults
from crystalmath_server.protocol.structures import SI_POSCAR, STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, home_of_its_own, refused, submit, until_ready

pytestmark = pytest.mark.needs("GPAW and AiiDA's daemon")
CUTOFF, SIZE = "calculator_kwargs.mode.ecut", "calculator_kwargs.kpts.size"
QUICK: dict[str, Any] = {CUTOFF: 300, SIZE: [4, 4, 4]}
LITERATURE_A = 5.47
"""Lattice constant of silicon with PBE [Å]; a plane-wave cutoff of 300 eV adds 0.015."""
ALONE = """
import json, sys
from atomate2.forcefields.jobs import ForceFieldRelaxMaker, ForceFieldStaticMaker
from jobflow import run_locally
from pymatgen.core import Structure
from pymatgen.io.vasp import Poscar

given = dict(
    force_field_name={"@module": "gpaw", "@callable": "GPAW"},
    calculator_kwargs=dict(
        mode={"name": "pw", "ecut": 300}, kpts={"size": [4, 4, 4], "gamma": True}, xc="PBE",
        occupations={"name": "fermi-dirac", "width": 0.05}, txt="gpaw.txt",
    ),
)
relax = dict(relax_kwargs={"fmax": 0.01}, optimizer_kwargs={"optimizer": "BFGS"})
structure = Poscar.from_str(sys.argv[1]).structure
for maker in ForceFieldStaticMaker(**given), ForceFieldRelaxMaker(**given, **relax):
    outputs = run_locally(maker.make(structure), ensure_success=True, log=False, create_folders=True)
    (document,) = [response.output for tries in outputs.values() for response in tries.values()]
    print(json.dumps({"energy": document.output.energy, "volume": document.structure.volume}))
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A silicon structure with a static job and a relaxation."""

    structure_pk: int
    static: int
    relax: int


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with home_of_its_own(tmp_path_factory.mktemp("g")), connect() as server:
        until_ready(server)
        silicon = server.call(STRUCTURES_IMPORT, ImportStructureParams(text=SI_POSCAR)).row.pk
        static = submit(server, silicon, "static-of-silicon", "gpaw.static", values=QUICK)
        relax = submit(server, silicon, "relaxed-silicon", "gpaw.relax", values=QUICK)
        for pk in (static, relax):
            assert ended(server, pk, 300) is JobState.FINISHED, server.call(JOBS_SHOW, JobPk(pk))
        yield Place(silicon, static, relax)


@pytest.fixture
def server(place: Place) -> Iterator[Client]:
    with connect() as client:
        yield client


def value(results: JobResults, name: str) -> float:
    found = next(row for row in results.quantities if row.name == name)
    assert isinstance(found.value, float)
    return found.value


def test_the_numbers_are_those_of_atomate2_alone(place: Place, server: Client, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ALONE, SI_POSCAR],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for row, pk in zip(rows, (place.static, place.relax), strict=True):
        results = server.call(JOBS_RESULTS, JobPk(pk))
        assert value(results, "energy") == pytest.approx(row["energy"], rel=1e-10)
        assert value(results, "volume") == pytest.approx(row["volume"], rel=1e-8)


def test_the_relaxed_crystal(place: Place, server: Client) -> None:
    results = server.call(JOBS_RESULTS, JobPk(place.relax))
    units = {row.name: row.unit for row in results.quantities}
    assert (units["energy"], units["max_force"], units["stress"]) == ("eV", "eV/Å", "GPa")
    assert results.lattice_after
    lattice_constant = (4 * results.lattice_after.volume) ** (1 / 3)
    assert lattice_constant == pytest.approx(5.485, abs=0.003)
    assert lattice_constant == pytest.approx(LITERATURE_A, rel=0.005)
    assert abs(value(results, "pressure")) < 0.2
    assert value(server.call(JOBS_RESULTS, JobPk(place.static)), "pressure") > 3, "compressed: it expands"
    assert results.engine == "GPAW 26.7.0"


def test_its_log_and_its_electronic_steps_are_kept(place: Place, server: Client) -> None:
    rows = server.call(JOBS_FILES, ListFilesParams(place.relax)).rows
    assert ("retrieved", "gpaw.txt") in {(row.source, row.path) for row in rows}
    text = server.call(JOBS_FILE, ReadFileParams(place.relax, "gpaw.txt")).content
    assert "Si.PBE.gz" in text, "the PAW dataset is named, with its digest"
    assert "id:      ee77bee481871cc2cb65ac61239ccafa" in text
    progress = server.call(JOBS_PROGRESS, ProgressOfJobParams(place.relax))
    assert progress.electronic_step
    assert progress.most_electronic_steps == 333
    assert progress.electronic_energy_ev == pytest.approx(progress.energy_ev, abs=1e-4)


def test_bad_input_is_refused(place: Place, server: Client) -> None:
    uranium = server.call(STRUCTURES_IMPORT, ImportStructureParams(text=SI_POSCAR.replace("Si", "U"))).row.pk
    cases: list[tuple[int, dict[str, Any], ErrorCode, str]] = [
        (place.structure_pk, {CUTOFF: -300}, ErrorCode.INVALID_FORM, f"values.{CUTOFF}"),
        (place.structure_pk, {SIZE: [4, 4]}, ErrorCode.INVALID_FORM, f"values.{SIZE}"),
        (
            place.structure_pk,
            {"calculator_kwargs.xc": "PBE0000"},
            ErrorCode.INVALID_FORM,
            "values.calculator_kwargs.xc",
        ),
        (uranium, {}, ErrorCode.INVALID_TEMPLATE, "structures"),
    ]
    for structure, values, code, field in cases:
        params = SubmitJobParams("gpaw.static", (structure,), key="bad-input-of-gpaw", values=values)
        error = refused(server, JOBS_SUBMIT, params)
        assert (error.code, error.data.field) == (code, field), error.data
