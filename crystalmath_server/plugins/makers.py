"""Makers missing in atomate2: molecular dynamics with EMT."""

from dataclasses import dataclass

from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from atomate2.ase.md import AseMDMaker


@dataclass
class EmtMDMaker(AseMDMaker):
    """Molecular dynamics with effective medium theory; same settings as atomate2's AseMDMaker."""

    name: str = "EMT MD"

    def _get_calculator(self) -> Calculator:
        """The ASE calculator."""
        return EMT(**self.calculator_kwargs)
