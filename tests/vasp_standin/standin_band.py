"""A nudged elastic band: one run for each image that moves, all brought on together by ASE's."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from ase.mep import NEB
from ase.optimize import FIRE

from tests.vasp_standin.standin_deck import Deck, read_poscar
from tests.vasp_standin.standin_forces import calculator_of
from tests.vasp_standin.standin_words import VaspStopError

SPRING_EV_PER_A2 = 5.0
DONE = " reached required accuracy - stopping structural energy minimization"


class Image(Protocol):
    """What the band needs of the run of an image."""

    atoms: Any

    def ionic_step(self, ionic: int) -> float:
        """One ionic step; the energy [eV]."""
        ...

    def end(self, said: str) -> None:
        """Write what comes at the end."""
        ...


NewImage = Callable[[Deck, ExitStack, Path], Image]


def run_band(deck: Deck, files: ExitStack, new_image: NewImage, told_to_stop: Callable[[], str]) -> None:
    """All ionic steps of all images, each in its folder; the end points are never computed by VASP."""
    folders = sorted(Path().glob("[0-9][0-9]"))
    wanted = deck.integer("IMAGES", 0)
    if len(folders) != wanted + 2:
        raise VaspStopError(f"ERROR: IMAGES = {wanted}, and there are {len(folders)} folders of images")
    places = [read_poscar(folder / "POSCAR")[0] for folder in folders]
    inner = list(zip(places, folders, strict=True))[1:-1]
    images = [new_image(replace(deck, atoms=atoms), files, folder) for atoms, folder in inner]
    for end in (places[0], places[-1]):
        end.calc = calculator_of(end.get_chemical_symbols())[1]
    atoms = [places[0], *[image.atoms for image in images], places[-1]]
    band: Any = NEB(atoms, k=SPRING_EV_PER_A2, climb=deck.switch("LCLIMB"))
    optimizer = FIRE(band, logfile="/dev/null")
    said, before = "", None
    for ionic in range(1, max(deck.ionic_steps, 1) + 1):
        energies = np.array([image.ionic_step(ionic) for image in images])
        if _is_reached(deck, band, None if before is None else np.abs(energies - before).max()):
            said = DONE
            break
        if said := told_to_stop():
            break
        if ionic < deck.ionic_steps:
            optimizer.step()
        before = energies
    for image in images:
        image.end(said)


def _is_reached(deck: Deck, band: Any, change_ev: float | None) -> bool:
    limit = deck.number("EDIFFG", 10 * deck.number("EDIFF", 1e-4))
    if limit < 0:
        return bool(np.linalg.norm(band.get_forces(), axis=1).max() < -limit)
    return change_ev is not None and change_ev < limit
