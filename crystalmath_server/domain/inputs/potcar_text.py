"""Text of a POTCAR or a list of POTCAR symbols → symbols, electrons, cutoffs; pure."""

import re
from dataclasses import dataclass

_TITEL = re.compile(r"^\s*TITEL\s*=\s*(.+?)\s*$", re.MULTILINE)
_ENMAX = re.compile(r"\bENMAX\s*=\s*([\d.]+)")
_ZVAL = re.compile(r"\bZVAL\s*=\s*([\d.]+)")


@dataclass(frozen=True, slots=True)
class Potential:
    """One potential; unknown values are None.

    Attributes
    ----------
    enmax
        Recommended plane-wave cutoff [eV].
    zval
        Valence electrons.
    """

    symbol: str
    line: int = 0
    zval: float | None = None
    enmax: float | None = None

    @property
    def element(self) -> str:
        """The element of the symbol: Fe for Fe_pv."""
        return self.symbol.split("_")[0].split(".")[0]


def read(text: str) -> tuple[Potential, ...]:
    """Potentials from a POTCAR, or from a list with one or more symbols per line."""
    if not _TITEL.search(text):
        return tuple(
            Potential(word.split("/")[0], number)
            for number, row in enumerate(text.splitlines(), 1)
            for word in row.split("#")[0].split()
        )
    parts = re.split(r"End of Dataset", text)
    return tuple(_of_dataset(part) for part in parts if _TITEL.search(part))


def _of_dataset(text: str) -> Potential:
    titel = _TITEL.findall(text)[0].split()
    enmax, zval = _ENMAX.search(text), _ZVAL.search(text)
    return Potential(
        titel[1] if len(titel) > 1 else titel[0],
        zval=_number(zval[1]) if zval else None,
        enmax=_number(enmax[1]) if enmax else None,
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
