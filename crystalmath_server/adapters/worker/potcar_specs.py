"""TITEL, hash and statistics by which emmet identifies the potentials of a POTCAR; runs in the worker."""

import warnings
from typing import Any

from monty.json import jsanitize


def specs_of(potcar: str) -> list[dict[str, Any]]:
    """Each potential's PotcarSpec of emmet as plain JSON; none where the text cannot be read.

    Statistics of the numbers and names of the keywords are not a licensed text, and pymatgen's checks of
    compatibility need them.
    """
    from emmet.core.vasp.calculation import PotcarSpec
    from pymatgen.io.vasp import Potcar

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = PotcarSpec.from_potcar(Potcar.from_str(potcar))
            return jsanitize([one.model_dump() for one in found], strict=True)
        except Exception:  # noqa: BLE001  whatever a cut off POTCAR makes pymatgen raise: its TITEL lines are left
            return []
