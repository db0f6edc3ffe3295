"""How the ions move from step to step: at rest, relaxed, or by molecular dynamics."""

from typing import Any, Protocol

import numpy as np
from ase import units
from ase.constraints import FixAtoms
from ase.filters import UnitCellFilter
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from ase.md.verlet import VelocityVerlet
from ase.optimize import BFGS

from tests.vasp_standin.standin_deck import Deck
from tests.vasp_standin.standin_words import VaspStopError

LONGEST_MOVE = 0.2
_CELL: dict[int, dict[str, bool]] = {
    3: {},
    4: {"constant_volume": True},
    5: {"constant_volume": True},
    6: {},
    7: {"hydrostatic_strain": True},
    8: {"hydrostatic_strain": True},
}
_IONS_AT_REST = (5, 6, 7)


class Motion(Protocol):
    """What brings the ions on."""

    def reached(self, change_ev: float | None) -> bool:
        """Whether what EDIFFG asks for holds; the change of energy since the step before."""
        ...

    def advance(self) -> None:
        """Move the ions once."""
        ...


class Rest:
    """No motion."""

    def reached(self, change_ev: float | None) -> bool:
        return False

    def advance(self) -> None:
        """Nothing moves."""


class Relaxation:
    """Ions, cell or both downhill by BFGS, as ISIF says."""

    def __init__(self, deck: Deck, atoms: Any) -> None:
        if deck.isif in _IONS_AT_REST:
            atoms.set_constraint(FixAtoms(range(len(atoms))))
        self.free: Any = UnitCellFilter(atoms, **_CELL[deck.isif]) if deck.isif in _CELL else atoms
        self.optimizer = BFGS(self.free, logfile=None, maxstep=LONGEST_MOVE)
        self.limit = deck.number("EDIFFG", 10 * deck.number("EDIFF", 1e-4))

    def reached(self, change_ev: float | None) -> bool:
        if self.limit < 0:
            return bool(np.linalg.norm(self.free.get_forces(), axis=1).max() < -self.limit)
        return change_ev is not None and abs(change_ev) < self.limit

    def advance(self) -> None:
        self.optimizer.step()


class Dynamics:
    """Velocity Verlet from TEBEG, the same on every run."""

    def __init__(self, deck: Deck, atoms: Any) -> None:
        if "POTIM" not in deck.tags:
            raise VaspStopError("ERROR: for IBRION=0 POTIM must be given in INCAR")
        MaxwellBoltzmannDistribution(
            atoms, temperature_K=deck.number("TEBEG", 1e-4), rng=np.random.RandomState(1)
        )
        self.verlet = VelocityVerlet(atoms, timestep=deck.number("POTIM", 1.0) * units.fs)

    def reached(self, change_ev: float | None) -> bool:
        return False

    def advance(self) -> None:
        self.verlet.step()


def motion_of(deck: Deck, atoms: Any) -> Motion:
    """What IBRION asks for."""
    if deck.ionic_steps <= 0 or deck.ibrion == -1:
        return Rest()
    if deck.ibrion == 0:
        return Dynamics(deck, atoms)
    if deck.ibrion in {1, 2, 3}:
        return Relaxation(deck, atoms)
    raise VaspStopError(f"STAND-IN: IBRION = {deck.ibrion} is not among what it can do")
