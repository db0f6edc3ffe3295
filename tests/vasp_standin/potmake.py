"""A library of synthetic POTCARs: headers alone, of numbers made up here; nothing of VASP's own files.

usage: python -m tests.vasp_standin.potmake FOLDER
"""

import gzip
import math
import sys
from pathlib import Path

from crystalmath_server.domain.potcars.locations import FOLDERS

VALENCE: dict[str, tuple[int, float]] = {
    "H": (1, 1.008),
    "H_GW": (1, 1.008),
    "Li": (1, 6.94),
    "Li_sv": (3, 6.94),
    "Be_sv": (4, 9.012),
    "B": (3, 10.81),
    "C": (4, 12.011),
    "N": (5, 14.007),
    "O": (6, 15.999),
    "O_GW": (6, 15.999),
    "F": (7, 18.998),
    "Na": (1, 22.990),
    "Na_pv": (7, 22.990),
    "Mg": (2, 24.305),
    "Mg_pv": (8, 24.305),
    "Al": (3, 26.982),
    "Si": (4, 28.085),
    "Si_GW": (4, 28.085),
    "P": (5, 30.974),
    "S": (6, 32.06),
    "Cl": (7, 35.45),
    "K_sv": (9, 39.098),
    "Ca_sv": (10, 40.078),
    "Ti": (4, 47.867),
    "Ti_pv": (10, 47.867),
    "Ti_sv": (12, 47.867),
    "Cr_pv": (12, 51.996),
    "Mn_pv": (13, 54.938),
    "Fe": (8, 55.845),
    "Fe_pv": (14, 55.845),
    "Fe_sv_GW": (16, 55.845),
    "Co": (9, 58.933),
    "Ni": (10, 58.693),
    "Ni_pv": (16, 58.693),
    "Ni_sv_GW": (18, 58.693),
    "Cu": (11, 63.546),
    "Cu_pv": (17, 63.546),
    "Cu_sv_GW": (19, 63.546),
    "Zn": (12, 65.38),
    "Ga_d": (13, 69.723),
    "Ge_d": (14, 72.630),
    "As": (5, 74.922),
    "Pd": (10, 106.42),
    "Ag": (11, 107.868),
    "Pt": (10, 195.084),
    "Au": (11, 196.967),
}
"""POTCAR symbol → valence electrons, mass [u]."""

FUNCTIONALS = ("PBE", "PBE_52", "PBE_54", "PBE_64", "LDA", "LDA_54", "LDA_64")
RYDBERG_EV = 13.605693

_TEMPLATE = """\
  {titel}
   {zval:.5f}
 parameters from PSCTR are:
   SHA256 = synthetic
   COPYR  = synthetic, no pseudopotential
   VRHFIN ={element}: s1
   LEXCH  = {lexch}
   EATOM  = {eatom:10.4f} eV, {eatom_ry:10.4f} Ry

   TITEL  = {titel}
   LULTRA =        F    use ultrasoft PP ?
   IUNSCR =        0    unscreen: 0-lin 1-nonlin 2-no
   RPACOR =    0.000    partial core radius
   POMASS = {mass:8.3f}; ZVAL   = {zval:8.3f}    mass and valenz
   RCORE  =    1.000    outmost cutoff radius
   RWIGS  =    1.000; RWIGS  =    0.529    wigner-seitz radius (au A)
   ENMAX  = {enmax:8.3f}; ENMIN  = {enmin:8.3f} eV
   LCOR   =        T    correct aug charges
   LPAW   =        T    paw PP
   EAUG   =  500.000
   RMAX   =    1.000    core radius for proj-oper
   RAUG   =    1.000    factor for augmentation sphere
   RDEP   =    1.000    radius for radial grids

   Atomic configuration
    1 entries
     n  l   j            E        occ.
     1  0  0.50        -1.0000   {zval:.4f}
   Description
     l       E           TYP  RCUT    TYP  RCUT
     0     -1.0000000     23  1.000
   Error from kinetic energy argument (eV)
END of PSCTR-controll parameters
 local part: synthetic, made for tests, no pseudopotential
  0.0 1.0 0.0 1.0
 End of Dataset
"""


def element_of(symbol: str) -> str:
    return symbol.partition("_")[0]


def enmax_ev(symbol: str) -> float:
    """A cutoff that differs between elements and is steady from run to run."""
    zval, mass = VALENCE[symbol]
    return round(200 + 20 * math.sqrt(zval) + 100 / math.sqrt(mass), 3)


def potcar(symbol: str, functional: str = "PBE") -> str:
    """Text of one synthetic POTCAR."""
    zval, mass = VALENCE[symbol]
    lda = functional.startswith("LDA")
    return _TEMPLATE.format(
        titel=f"PAW{'' if lda else '_PBE'} {symbol} 01Jan2000",
        lexch="CA" if lda else "PE",
        element=element_of(symbol),
        zval=zval,
        mass=mass,
        eatom=10.0 * zval,
        eatom_ry=10.0 * zval / RYDBERG_EV,
        enmax=enmax_ev(symbol),
        enmin=0.75 * enmax_ev(symbol),
    )


def write_library(root: Path) -> Path:
    """VASP's own layout and pymatgen's (PMG_VASP_PSP_DIR) beside one another under `root`."""
    for functional in FUNCTIONALS:
        own, *_, pymatgen = FOLDERS[functional]
        for symbol in VALENCE:
            text = potcar(symbol, functional)
            folder = root / own / symbol
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "POTCAR").write_text(text)
            packed = root / pymatgen / f"POTCAR.{symbol}.gz"
            packed.parent.mkdir(exist_ok=True)
            packed.write_bytes(gzip.compress(text.encode(), 1, mtime=0))
    return root


if __name__ == "__main__":
    write_library(Path(sys.argv[1]))
