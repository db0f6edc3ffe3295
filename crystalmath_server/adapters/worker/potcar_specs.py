"""TITEL, hash and statistics that identify potentials in emmet; runs in the worker."""

import warnings
from typing import Any

from monty.json import jsanitize


def specs_of(potcar: str) -> list[dict[str, Any]]:
    """The emmet PotcarSpec of each potential as plain JSON; empty if the text cannot be read.

    Statistics of the numbers and the keyword names are not licensed text, and pymatgen's checks of
    compatibility need them.
    """
    from emmet.core.vasp.calculation import PotcarSpec
    from pymatgen.io.vasp import Potcar

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = PotcarSpec.from_potcar(Potcar.from_str(potcar))
            return jsanitize([one.model_dump() for one in found], strict=True)
        except Exception:  # noqa: BLE001  a truncated POTCAR may raise anything; TITEL lines remain
            return []
