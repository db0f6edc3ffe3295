"""Inputs of every VASP Maker against atomate2's own writer: a program, since it imports atomate2."""

import contextlib
import json
import math
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from atomate2.common.utils import get_transformations
from atomate2.vasp.files import copy_vasp_outputs, write_vasp_input_set
from atomate2.vasp.jobs.core import StaticMaker, TransmuterMaker
from atomate2.vasp.jobs.elph import SupercellElectronPhononDisplacedStructureMaker
from pymatgen.alchemy.materials import TransformedStructure
from pymatgen.alchemy.transmuters import StandardTransmuter
from pymatgen.core import Lattice, Molecule, Structure
from pymatgen.core.surface import SlabGenerator
from pymatgen.io.vasp import Kpoints

from crystalmath_server.adapters.worker.input_check import check
from crystalmath_server.adapters.worker.template_table import TemplateSpec, maker_class, templates
from crystalmath_server.adapters.worker.templates import default_maker
from crystalmath_server.adapters.worker.vasp_split import written_inputs
from crystalmath_server.domain.inputs.problems import sentence
from crystalmath_server.protocol.inputs import Severity
from crystalmath_server.protocol.templates import Restart
from tests.vasp_standin.potmake import potcar
from tests.vasp_standin.standin_install import install

LARGE = ("CHGCAR", "WAVECAR", "WAVEDER", "AECCAR0")
"""What an earlier run left on the cluster: empty here."""


GO_ON = ("metal", "oxide", "decorated", "magnet", "slab", "molecule")
"""Structures whose potentials the stand-in has."""


def structures() -> dict[str, Structure]:
    """Ten of all sorts: metal, oxides, magnet, slab, molecules in boxes, hexagonal, layered, f electrons."""
    copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    oxide = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.2), ["Ni", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    decorated = oxide.copy()
    decorated.add_oxidation_state_by_element({"Ni": 2, "O": -2})
    iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    iron.add_site_property("magmom", [2.5, 2.5])
    water = Molecule(["O", "H", "H"], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
    slab = SlabGenerator(copper, (1, 1, 1), 5, 8).get_slab()
    return {
        "metal": copper,
        "oxide": oxide,
        "decorated": decorated,
        "magnet": iron,
        "slab": Structure.from_sites(slab.sites),
        "molecule": Structure.from_sites(water.get_boxed_structure(10, 10, 10).sites),
        "hexagonal": Structure(
            Lattice.hexagonal(2.95, 4.68), ["Ti", "Ti"], [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]
        ),
        "layers": Structure(
            Lattice.hexagonal(3.16, 12.3),
            ["Mo", "Mo", "S", "S", "S", "S"],
            [
                [1 / 3, 2 / 3, 0.25],
                [2 / 3, 1 / 3, 0.75],
                [1 / 3, 2 / 3, 0.62],
                [1 / 3, 2 / 3, 0.88],
                [2 / 3, 1 / 3, 0.12],
                [2 / 3, 1 / 3, 0.38],
            ],
        ),
        "rare_earth": Structure.from_spacegroup(
            "Fm-3m", Lattice.cubic(5.41), ["Ce", "O"], [[0, 0, 0], [0.25, 0.25, 0.25]]
        ),
        "triclinic": Structure(
            Lattice.from_parameters(5.1, 6.3, 7.4, 78, 83, 97),
            ["Na", "Si", "O", "O", "F"],
            [[0, 0, 0], [0.5, 0.5, 0.5], [0.4, 0.3, 0.6], [0.7, 0.6, 0.4], [0.1, 0.5, 0.1]],
        ),
    }


def atomate2_inputs(maker: Any, structure: Structure, earlier: Path | None = None) -> dict[str, str]:
    """What atomate2's writer makes of the Maker's input set, after what the Maker documents to do before."""
    if mode := signature(type(maker).make).parameters.get("mode"):
        maker.input_set_generator.mode = mode.default
    if isinstance(maker, SupercellElectronPhononDisplacedStructureMaker):
        repeats = [math.ceil(maker.min_supercell_length / length) for length in structure.lattice.abc]
        matrix = [[repeats[i] if i == j else 0 for j in range(3)] for i in range(3)]
        maker.transformation_params = ({"scaling_matrix": matrix},)
        maker.input_set_generator.temperatures = maker.temperatures
    if isinstance(maker, TransmuterMaker):
        steps = get_transformations(maker.transformations, maker.transformation_params)
        done = StandardTransmuter([TransformedStructure(structure)], steps).transformed_structures
        structure = done[-1].final_structure
    options: dict[str, Any] = {
        "from_prev": earlier is not None,
        **maker.write_input_set_kwargs,
        "potcar_spec": True,
    }
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        if earlier:
            copy_vasp_outputs(earlier, **{**maker.copy_vasp_kwargs, "additional_vasp_files": ()})
        write_vasp_input_set(structure, maker.input_set_generator, **options)
        names = {path.name for path in Path().iterdir()} - {"OUTCAR", "vasprun.xml"}
        return {name: Path(name).read_text() for name in sorted(names)}


def images_of(structure: Structure) -> list[Structure]:
    """Five images: the first site goes 0.4 Å along x."""
    return [structure.copy().translate_sites([0], [0.1 * i, 0, 0], frac_coords=False) for i in range(5)]


def atomate2_band(maker: Any, images: list[Structure]) -> dict[str, str]:
    """What atomate2's writer and pymatgen make of a band, as the Maker documents it."""
    maker.input_set_generator.num_images = len(images) - 2
    head = atomate2_inputs(maker, images[0])
    found = dict(head)
    with tempfile.TemporaryDirectory() as folder:
        for number, image in enumerate(images):
            image.to(f"{folder}/POSCAR")
            found[f"{number:02}/POSCAR"] = Path(folder, "POSCAR").read_text()
            if "KPOINTS" in head:
                found[f"{number:02}/KPOINTS"] = str(Kpoints.from_str(head["KPOINTS"]))
    return found


def bands(given: Mapping[str, Structure]) -> Iterator[tuple[str, str, dict[str, str], dict[str, str]]]:
    """Maker, structure, our inputs and atomate2's, of all bands; with KPOINTS and with KSPACING."""
    meshes: list[dict[str, Any]] = [
        {},
        {"input_set_generator.user_kpoints_settings": {"reciprocal_density": 20}},
    ]
    for spec in templates().values():
        if spec.takes.what == "images":
            for name, structure in given.items():
                images = images_of(structure)
                for mesh in meshes:
                    ours, _ = written_inputs(default_maker(spec, mesh), images)
                    yield spec.name, name, ours, atomate2_band(default_maker(spec, mesh), images)


def earlier_run(root: Path, name: str, structure: Structure) -> Path:
    """A static run of the stand-in as it is laid out to continue from: large files are empty."""
    folder, program = root / name, install(root / "bin")["vasp_std"]
    folder.mkdir()
    for file, text in atomate2_inputs(StaticMaker(), structure).items():
        (folder / file).write_text(text)
    symbols = (folder / "POTCAR.spec").read_text().split()
    (folder / "POTCAR").write_text("".join(map(potcar, symbols)))
    subprocess.run([program], cwd=folder, capture_output=True, check=True)
    (folder / "POTCAR").unlink()
    for file in LARGE:
        (folder / file).write_text("")
    return folder


def pairs(names: list[str], earlier: dict[str, Path]) -> Iterator[tuple[TemplateSpec, str, Path | None]]:
    """All Makers on all structures; after an earlier run on all where that is needed, else on one."""
    for spec in templates().values():
        if spec.engine == "vasp" and spec.takes.what == "structure":
            for index, name in enumerate(names):
                if spec.restart is not Restart.REQUIRED:
                    yield spec, name, None
                if name in earlier and (spec.restart is Restart.REQUIRED or not index):
                    yield spec, name, earlier[name]


def errors(files: Mapping[str, str]) -> list[str]:
    """What inputs.check calls an error."""
    return [sentence(row) for row in check(files).problems if row.severity is Severity.ERROR]


def compared(
    spec: TemplateSpec, structure: Structure, ours: Mapping[str, str], earlier: Path | None
) -> list[str]:
    """Files that differ."""
    theirs = atomate2_inputs(maker_class(spec.maker)(), structure, earlier)
    names = sorted((ours.keys() | theirs.keys()) - {"transformations.json"})
    return [file for file in names if ours.get(file) != theirs.get(file)]


def copied(earlier: Path, structure: Structure) -> dict[str, tuple[str, ...]]:
    """What Makers that continue from an earlier run have copied."""
    specs = [spec for spec in templates().values() if spec.restart is Restart.REQUIRED]
    return {spec.name: written_inputs(default_maker(spec, {}), structure, earlier)[1] for spec in specs}


def main() -> None:
    """Print {"pairs": [[maker, structure, after an earlier run], …], "different": …, …} as JSON."""
    warnings.simplefilter("ignore")
    given = structures()
    done: list[tuple[str, str, bool]] = []
    different: list[list[str]] = []
    wrong: list[list[str]] = []
    with tempfile.TemporaryDirectory() as root:
        earlier = {name: earlier_run(Path(root), name, given[name]) for name in GO_ON}
        for spec, name, folder in pairs(list(given), earlier):
            done.append((spec.name, name, folder is not None))
            ours, _ = written_inputs(default_maker(spec, {}), given[name], folder)
            different += [[spec.name, name, file] for file in compared(spec, given[name], ours, folder)]
            if folder is None:  # an earlier run with other potentials hands on too few bands
                wrong += [[spec.name, name, words] for words in errors(ours)]
        for maker, name, ours, theirs in bands(given):
            done.append((maker, name, False))
            names = sorted(ours.keys() | theirs.keys())
            different += [[maker, name, file] for file in names if ours.get(file) != theirs.get(file)]
            wrong += [[maker, name, words] for words in errors(ours)]
        taken = copied(earlier["metal"], given["metal"])
    json.dump({"pairs": done, "different": different, "wrong": wrong, "copied": taken}, sys.stdout)


if __name__ == "__main__":
    main()
