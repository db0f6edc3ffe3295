"""CIF files: the structure is pymatgen's own to the last digit, and large files take seconds."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Structure
from pymatgen.util.coord import find_in_coord_list_pbc

from crystalmath_server.adapters.worker.cif_reading import SiteIndex, structure_of
from crystalmath_server.adapters.worker.structures import MOST_SYMMETRY_SITES, parse
from crystalmath_server.protocol.structures import ImportStructureParams

pytestmark = pytest.mark.filterwarnings("ignore")

CELL = """data_it
_cell_length_a {a}
_cell_length_b {b}
_cell_length_c {c}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma {gamma}
"""
CUBE = CELL.format(a=5.64, b=5.64, c=5.64, gamma=90)
HEXAGON = CELL.format(a=3.25, b=3.25, c=5.2, gamma=120)
FRACTIONS = "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
PLAIN = f"loop_\n_atom_site_label\n{FRACTIONS}"
TYPED = f"loop_\n_atom_site_label\n_atom_site_type_symbol\n{FRACTIONS}_atom_site_occupancy\n"
INVERSION = "loop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'\n'-x, -y, -z'\n"
STATES = "loop_\n_atom_type_symbol\n_atom_type_oxidation_number\nNa1+ 1\nCl1- -1\n"
FILES = {
    "by space group": f"{CUBE}_symmetry_space_group_name_H-M 'F m -3 m'\n{PLAIN}Na1 0 0 0\nCl1 0.5 0.5 0.5\n",
    "by number": f"{CUBE}_symmetry_Int_Tables_number 225\n{PLAIN}Na1 0 0 0\nCl1 0.5 0.5 0.5\n",
    "thirds": f"{HEXAGON}_symmetry_space_group_name_H-M 'P 63 m c'\n{PLAIN}"
    "Zn1 0.3333 0.6667 0\nO1 0.3333 0.6667 0.3821\n",
    "no symmetry": f"{CUBE}{PLAIN}Na1 0.01 0.02 0.03\nCl1 0.51 -0.48 1.53\n",
    "on the edge": f"{CUBE}{INVERSION}{PLAIN}Na1 0.99996 0 0\nCl1 0.5 0.50004 0.49996\nCl2 0.00005 0.3 1.0\n",
    "twice": f"{CUBE}{INVERSION}{PLAIN}Na1 0.1 0.2 0.3\nNa2 0.9 0.8 0.7\nNa3 0.4 0.4 0.4\n",
    "oxidation": f"{CUBE}{STATES}{TYPED}Na1 Na1+ 0 0 0 1\nCl1 Cl1- 0.5 0.5 0.5 1\nCl2 Cl 0.5 0.5 0 1.0\n",
    "disordered": f"{CUBE}{INVERSION}{TYPED}Na1 Na 0 0 0 0.4\nK1 K 0 0 0 0.6\nCl1 Cl 0.5 0.5 0.5 0.75(2)\n"
    "Cl2 Cl 0.5 0.5 0 ?\nCl3 Cl 0.2 0.5 0 0\n",
    "overfull": f"{CUBE}{TYPED}Na1 Na 0 0 0 0.7\nK1 K 0 0 0 0.6\n",
    "oxygen or hydrogen": f"{CUBE}{TYPED}O1 O 0 0 0 0.5\nH1 H 0 0 0 0.5\nNa1 Na 0.5 0.5 0.5 1\n",
    "water": f"{CUBE}{PLAIN}Na1 0 0 0\nWat1 0.5 0.5 0.5\n",
    "hidden hydrogen": f"{CUBE}{TYPED}O1 O-H 0 0 0 1\nNa1 Na 0.5 0.5 0.5 1\n",
    "dummy": f"{CUBE}{TYPED}X1 X 0 0 0 1\nNa1 Na 0.5 0.5 0.5 1\n",
    "magnetic": f"{CUBE}_space_group_magn.number_BNS 1.1\nloop_\n"
    "_space_group_symop_magn_operation.xyz\n'x,y,z,+1'\n"
    f"{PLAIN}Fe1 0 0 0\nO1 0.5 0.5 0.5\nloop_\n_atom_site_moment_label\n_atom_site_moment_crystalaxis_x\n"
    "_atom_site_moment_crystalaxis_y\n_atom_site_moment_crystalaxis_z\nFe1 0 0 2.5\n",
    "two blocks": f"{CUBE}{PLAIN}Na1 0 0 0\n{CUBE.replace('it', 'other')}{PLAIN}Cl1 0 0 0\n",
    "no atoms": CUBE,
    "no cell": f"data_it\n{PLAIN}Na1 0 0 0\n",
    "no numbers": f"{CUBE}{PLAIN}Na1 ? ? ?\n",
    "thin": f"{CELL.format(a=0.001, b=5, c=5, gamma=90)}{PLAIN}Na1 0 0 0\n",
    "no CIF": "nonsense",
}


def pymatgens(text: str) -> Structure:
    return Structure.from_str(text, fmt="cif", primitive=False)


def outcome(reader: object, text: str) -> object:
    """The structure as plain data, or what was raised."""
    try:
        found: Structure = reader(text)  # type: ignore[operator]
    except Exception as error:  # noqa: BLE001  it is compared
        return type(error), str(error)
    return found.as_dict(), found.labels


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_pymatgen_reads_it(name: str) -> None:
    assert outcome(structure_of, FILES[name]) == outcome(pymatgens, FILES[name])


def test_the_files_cover_what_there_is() -> None:
    found = {name: outcome(structure_of, text) for name, text in FILES.items()}
    refused = {name for name, (kind, _) in found.items() if isinstance(kind, type)}  # type: ignore[misc]
    assert refused == {"overfull", "twice", "no atoms", "no numbers", "thin", "no CIF", "no cell"}
    assert len(structure_of(FILES["by space group"])) == 8
    assert not structure_of(FILES["disordered"]).is_ordered
    assert {str(one) for one in structure_of(FILES["oxidation"]).composition} == {"Na+", "Cl-"}


COORDS = st.tuples(*[st.sampled_from([0.0, 1.0, 0.5, 1e-5, 0.99995, -0.3, 0.70004]) | st.floats(-2, 2)] * 3)


@given(st.lists(COORDS, min_size=1, max_size=30), COORDS, st.sampled_from([1e-4, 1e-2, 0.3, 2.0]))
def test_the_index_finds_what_pymatgen_finds(
    coords: list[tuple[float, ...]], one: tuple[float, ...], atol: float
) -> None:
    index = SiteIndex(atol)
    for coord in coords:
        index.add(coord)
    for wanted in (one, *coords):
        assert index.find(wanted) == list(find_in_coord_list_pbc(coords, wanted, atol=atol))


def rows(n: int) -> Iterator[str]:
    """Sites of a cube of n×n×n cells of rock salt, shaken a little so that no two are alike."""
    basis = [("Na", 0.0, 0.0, 0.0), ("Cl", 0.5, 0.5, 0.5)]
    for i, (x, y, z) in enumerate(itertools.product(range(n), repeat=3)):
        for symbol, *place in basis:
            a, b, c = (
                cell + part + 0.01 * ((7 * i) % 10) / 10 for cell, part in zip((x, y, z), place, strict=True)
            )
            yield f"{symbol}{i} {symbol} {a / n:.7f} {b / n:.7f} {c / n:.7f} 1.0\n"


def test_a_large_file_takes_seconds(tmp_path: Path) -> None:
    """20 000 sites: pymatgen alone would take hours."""
    n = 21
    path = tmp_path / "large.cif"
    path.write_text(CELL.format(a=4 * n, b=4 * n, c=4 * n, gamma=90) + TYPED + "".join(rows(n)))
    start = time.process_time()
    found = parse(ImportStructureParams(path=str(path)))
    took_s = time.process_time() - start
    assert found.n_sites == 2 * n**3 > 18_000
    assert found.formula == f"Na{n**3}Cl{n**3}"
    assert found.spacegroup == f"not determined above {MOST_SYMMETRY_SITES} sites"
    assert found.poscar.splitlines()[6] == f"{n**3} {n**3}"
    assert took_s < 30, f"{took_s:.1f} s of a processor, which other tests share"
