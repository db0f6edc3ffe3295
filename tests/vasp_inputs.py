"""Inputs of every VASP Maker against atomate2's own writer: a program, since it imports atomate2."""

import json
import math
import sys
import tempfile
import warnings
from inspect import signature
from pathlib import Path
from typing import Any

from atomate2.common.utils import get_transformations
from atomate2.vasp.files import write_vasp_input_set
from atomate2.vasp.jobs.core import HSEBSMaker, TransmuterMaker
from atomate2.vasp.jobs.elph import SupercellElectronPhononDisplacedStructureMaker
from pymatgen.alchemy.materials import TransformedStructure
from pymatgen.alchemy.transmuters import StandardTransmuter
from pymatgen.core import Lattice, Molecule, Structure
from pymatgen.core.surface import SlabGenerator

from crystalmath_server.adapters.atomate2_split import written_inputs
from crystalmath_server.adapters.atomate2_table import maker_class, recipes
from crystalmath_server.adapters.deck_check import check
from crystalmath_server.domain.deck_problem import sentence
from crystalmath_server.protocol.decks import Severity


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


def atomate2_inputs(maker: Any, structure: Structure) -> dict[str, str]:
    """What atomate2's writer makes of the Maker's input set, after what the Maker documents to do before."""
    if isinstance(maker, HSEBSMaker):
        generator: Any = maker.input_set_generator
        generator.mode = signature(type(maker).make).parameters["mode"].default
    if isinstance(maker, SupercellElectronPhononDisplacedStructureMaker):
        repeats = [math.ceil(maker.min_supercell_length / length) for length in structure.lattice.abc]
        matrix = [[repeats[i] if i == j else 0 for j in range(3)] for i in range(3)]
        maker.transformation_params = ({"scaling_matrix": matrix},)
        maker.input_set_generator.temperatures = maker.temperatures
    if isinstance(maker, TransmuterMaker):
        steps = get_transformations(maker.transformations, maker.transformation_params)
        done = StandardTransmuter([TransformedStructure(structure)], steps).transformed_structures
        structure = done[-1].final_structure
    with tempfile.TemporaryDirectory() as folder:
        options = {**maker.write_input_set_kwargs, "potcar_spec": True}
        write_vasp_input_set(structure, maker.input_set_generator, folder, **options)
        return {path.name: path.read_text() for path in sorted(Path(folder).iterdir())}


def main() -> None:
    """Print {"pairs": n, "makers": n, "different": [[maker, structure, file], …], "wrong": […]} as JSON."""
    warnings.simplefilter("ignore")
    specs = [spec for spec in recipes().values() if spec.engine == "vasp" and not spec.needs]
    given = structures()
    different: list[list[str]] = []
    wrong: list[list[str]] = []
    pairs = 0
    for spec in specs:
        for name, structure in given.items():
            ours = written_inputs(maker_class(spec.maker)(), structure)
            theirs = atomate2_inputs(maker_class(spec.maker)(), structure)
            pairs += 1
            wrong += [
                [spec.name, name, sentence(problem)]
                for problem in check(ours).problems
                if problem.severity is Severity.ERROR
            ]
            names = sorted((ours.keys() | theirs.keys()) - {"transformations.json"})
            different += [[spec.name, name, file] for file in names if ours.get(file) != theirs.get(file)]
    json.dump({"pairs": pairs, "makers": len(specs), "different": different, "wrong": wrong}, sys.stdout)


if __name__ == "__main__":
    main()
