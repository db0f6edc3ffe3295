"""Valence electrons and cutoffs of potentials, from pymatgen or a local library; runs in the worker."""

import bz2
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from pymatgen.core import SETTINGS
from pymatgen.io.vasp import inputs
from pymatgen.io.vasp.inputs import PotcarSingle

from crystalmath_server.domain.inputs.potcar_text import Potential

_FUNCTIONALS = ("PBE_54", "PBE_64", "PBE_52", "PBE", "LDA_54", "LDA")


def complete(potential: Potential, functional: str) -> Potential:
    """The potential, completed with data from other sources."""
    zval, enmax = potential.zval, potential.enmax
    if zval is None:
        tables = (functional, *_FUNCTIONALS) if functional else _FUNCTIONALS
        zval = next(
            (table[potential.symbol] for name in tables if potential.symbol in (table := _zval(name))), None
        )
    return replace(
        potential, zval=zval, enmax=enmax or _enmax(potential.symbol, functional or _FUNCTIONALS[0])
    )


@cache
def _statistics() -> dict[str, Any]:
    """Pymatgen's table of all published potentials."""
    path = Path(inputs.__file__).with_name("potcar-summary-stats.json.bz2")
    return orjson.loads(bz2.decompress(path.read_bytes()))


@cache
def _zval(functional: str) -> dict[str, float]:
    """Symbol → valence electrons."""
    rows = _statistics().get(functional, {})
    return {str(row["symbol"]): float(row["ZVAL"]) for found in rows.values() for row in found}


@cache
def _enmax(symbol: str, functional: str) -> float | None:
    """ENMAX from this machine's POTCAR library, or None."""
    if not SETTINGS.get("PMG_VASP_PSP_DIR"):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            single: Any = PotcarSingle.from_symbol_and_functional(symbol, functional)
            return float(single.enmax)
        except Exception:  # noqa: BLE001  an odd library may make pymatgen raise anything
            return None
