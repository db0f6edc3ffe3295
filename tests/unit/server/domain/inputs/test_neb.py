"""A band of images: what is one, and what its document tells."""

from typing import Any

import pytest

from crystalmath_server.domain.inputs.edits import with_images
from crystalmath_server.domain.jobs.takes import TAKES, check_structures
from crystalmath_server.domain.results import neb
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.templates import InputFile

ATOMS = ["Cu", "Cu", "O"]


@pytest.mark.parametrize(
    "species,words",
    [
        ([], "takes 3 to 100 images, and none was given"),
        ([ATOMS] * 2, "and 2 were given"),
        ([ATOMS] * 101, "and 101 were given"),
        ([ATOMS, ATOMS, ATOMS[:2]], "Image 3 has 2 sites"),
        ([ATOMS, ["Cu", "O", "O"], ATOMS], "Image 2 has other elements"),
        ([ATOMS, ["Cu", "O", "Cu"], ATOMS], "another order"),
    ],
)
def test_images_that_are_no_band_are_refused(species: list[list[str]], words: str) -> None:
    with pytest.raises(InvalidForm, match=words) as caught:
        check_structures("vasp.neb_from_images", TAKES["images"], species)
    assert caught.value.data.field == "structures"
    assert caught.value.data.hint


def test_a_template_of_one_structure_takes_one() -> None:
    check_structures("emt.relax", TAKES["structure"], [ATOMS])
    check_structures("vasp.neb_from_images", TAKES["images"], [ATOMS] * 3)
    with pytest.raises(InvalidForm, match=r"emt\.relax takes one structure, and 2 were given"):
        check_structures("emt.relax", TAKES["structure"], [ATOMS] * 2)


def step(energy: float, force: float) -> dict[str, Any]:
    return {"e_0_energy": energy, "forces": [[force, 0, 0], [0, 0, 0]]}


DOCUMENT: dict[str, Any] = {
    "neb_method": "climbing_image",
    "state": "successful",
    "energies": [-3.0, -2.0],
    "images": [{"lattice": 1}, {"lattice": 2}],
    "calculations": [
        {"vasp_version": "6.4.3", "output": {"ionic_steps": [step(-2.5, 1.0), step(-3.0, 0.1)]}},
        {"vasp_version": "6.4.3", "output": {"ionic_steps": [step(-1.0, 0.5), step(-2.0, 0.2)]}},
    ],
}


def test_a_document_tells_the_highest_image_and_the_largest_force() -> None:
    assert neb.is_band(DOCUMENT)
    assert not neb.is_band({"calcs_reversed": [], "output": {}})
    assert [(row.energy, row.max_force) for row in neb.steps_of(DOCUMENT)] == [(-1.0, 1.0), (-2.0, 0.2)]
    found = {name: row["value"] for name, row in neb.quantities(DOCUMENT, 2).items()}
    assert (found["highest_energy"], found["highest_image"], found["n_images"]) == (-2.0, 2, 2)
    assert (found["max_force"], found["converged"], neb.version(DOCUMENT)) == (0.2, True, "6.4.3")


def test_images_without_energies_leave_nothing_out_of_place() -> None:
    found = neb.quantities({"neb_method": "standard", "images": [], "energies": []}, 0)
    assert set(found) == {"neb_method", "converged"}


def test_kpoints_of_images_follow_the_edited_one() -> None:
    files = [InputFile("INCAR", "a"), InputFile("KPOINTS", "new"), InputFile("01/KPOINTS", "old")]
    assert with_images(files, {"INCAR"}) == tuple(files)
    assert with_images(files, {"KPOINTS"})[2].text == "new"
    assert [file.name for file in with_images([files[0], files[2]], {"KPOINTS"})] == ["INCAR"]
    with pytest.raises(InvalidForm, match="reads the images"):
        with_images(files, {"POSCAR"})
