"""Makers missing in atomate2: molecular dynamics with EMT, and EMT as a step of flows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from atomate2.ase.jobs import AseRelaxMaker, EmtRelaxMaker
from atomate2.ase.md import AseMDMaker
from jobflow import job
from pymatgen.core import Structure


@dataclass
class EmtMDMaker(AseMDMaker):
    """Molecular dynamics with effective medium theory; same settings as atomate2's AseMDMaker."""

    name: str = "EMT MD"

    def _get_calculator(self) -> Calculator:
        """The ASE calculator."""
        return EMT(**self.calculator_kwargs)


@dataclass
class EmtStepMaker(EmtRelaxMaker):
    """EMT relaxation as a step of atomate2's flows, which pass the structure by name."""

    @job(data=["trajectory"])
    def make(self, structure: Structure, prev_dir: str | Path | None = None) -> Any:
        """Relax a structure."""
        relax: Any = AseRelaxMaker.make
        return relax.original(self, structure, prev_dir)
