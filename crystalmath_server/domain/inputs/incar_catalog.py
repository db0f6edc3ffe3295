"""What is known of INCAR tags: kinds, values, and how far a list of values is to be trusted; pure."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

TEXT, LOGICAL, WHOLE, REAL, LIST, ANY = "str", "bool", "int", "float", "list", ""


@dataclass(frozen=True, slots=True)
class KnownTag:
    """One tag.

    Attributes
    ----------
    kind
        bool, int, float, list, str, "bool | str", or "" where it is not known.
    values
        What it may be, as text; empty: anything of its kind.
    default
        VASP's own, as text; empty where VASP works it out.
    group
        What it belongs to, as "smearing".
    """

    kind: str
    values: tuple[str, ...] = ()
    default: str = ""
    group: str = ""


Catalogue = Mapping[str, KnownTag]

KINDS = {"ENMAX": REAL, "ENCUTLF": REAL, "SPRING": REAL, "LOCPROJ": TEXT, "EFERMI": ANY, "LORBIT": ANY}
"""Where pymatgen's list is wrong or too narrow."""

MORE_VALUES: Mapping[str, tuple[str, ...]] = {
    "ISMEAR": ("-15", "-14", "-5", "-4", "-3", "-2", "-1", "0", "1", "2", "3", "4", "5"),
    "IBRION": ("11", "12", "40"),
    "ICHARG": ("5",),
    "IVDW": ("3", "5", "13", "263", "26"),
    "IWAVPR": ("10", "11", "12", "13"),
    "LDAUTYPE": ("3",),
    "MDALGO": ("4", "5"),
    "METAGGA": (
        "R2SCAN", "RSCAN", "SCANL", "RSCANL", "R2SCANL", "OFR2", "LAK", "HLE17", "MVS", "MSB86BL", "MSRPBEL",
        "TASK", "V1-SREG", "V3-MODA1", "V1-MVSH", "MS0L", "LIBXC", "NONE", "--", "B97M", "LMBJ", "REVTPSS",
        "MSRPBE", "MSB86",
    ),
    "GGA": ("--", "N12", "HL", "MD", "AD", "10"),
    "ALGO": (
        "N", "V", "F", "C", "A", "D", "S", "E", "M", "B", "I", "Inverse", "TDA", "BSEEigen",
        "ACFDTRK", "RPAK", "GWK", "2e4w", "2e4wa", "FIND", "Very_Fast", "CRPA", "CRPAR", "G0W0RK",
    ),
    "PREC": ("SingleN",),
    "LREAL": (),
}  # fmt: skip
"""What VASP takes beside pymatgen's list."""

CLOSED = frozenset(
    {
        "ISMEAR", "ISPIN", "ISTART", "ISIF", "ICHARG", "IDIPOL", "IGPAR", "IMIX", "INIMIX", "INIWAV", "ISYM",
        "IBRION", "ISEARCH", "IEPSILON", "ICORELEVEL", "NWRITE", "PREC", "LDAUTYPE", "I_CONSTRAINED_M",
    }
)  # fmt: skip
"""Tags whose values are all known: any other is an error, not a doubt."""

BY_FIRST_LETTER = frozenset({"PREC", "ALGO", "PRECFOCK"})
"""Words of which VASP reads the beginning."""

FAMILIES = ("ML_", "ELPH_", "PHON_", "LIBXC", "NHC_", "PLUGINS", "TRANSPORT_", "WANNIER90", "SELFEN_", "BSE_")
"""Beginnings of names of younger tags."""

ADD_ONS = frozenset(
    {
        "ICHAIN", "IOPT", "LCLIMB", "LNEBCELL", "MAXMOVE", "TIMESTEP", "ILBFGSMEM", "LGLOBAL", "LAUTOSCALE",
        "INVCURV", "LLINEOPT", "FDSTEP", "LTANGENTOLD", "LDNEB", "EB_K", "TAU", "LAMBDA_D_K", "NC_K",
        "SIGMA_K", "EFERMI", "K_MULTIPLY", "NELMGW", "BEXT", "LWAVEH5", "LCHARGH5", "LMP2", "LRPA",
        "KSPACING", "NUM_WANN", "LH5", "LVDW", "CMBJ", "NKREDLF", "LTRIPLET", "OMP_NUM_THREADS", "LPOSNICS",
    }
)  # fmt: skip
"""Tags of widespread extensions of VASP, and young ones."""


def is_known(name: str, catalogue: Catalogue) -> bool:
    """Whether a tag is in the catalogue, or of a family whose tags are not listed."""
    return name in catalogue or name in ADD_ONS or name.startswith(FAMILIES)


def nearest(name: str, catalogue: Catalogue) -> str:
    """The known tag that is spelled most alike; empty where none is."""
    close = difflib.get_close_matches(name, list(catalogue), n=1, cutoff=0.7)
    return close[0] if close else ""
