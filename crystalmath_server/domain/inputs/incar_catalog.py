"""The catalog of INCAR tags: types, values, and how complete the value lists are; pure."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

TEXT, LOGICAL, WHOLE, REAL, LIST, ANY = "str", "bool", "int", "float", "list", ""


@dataclass(frozen=True, slots=True)
class KnownTag:
    """A known tag.

    Attributes
    ----------
    kind
        bool, int, float, list, str, "bool | str", or "" if unknown.
    values
        Allowed values as text; empty: any value of its type.
    default
        VASP's default as text; empty if VASP computes it.
    group
        Topic of the tag, e.g. "smearing".
    """

    kind: str
    values: tuple[str, ...] = ()
    default: str = ""
    group: str = ""


Catalogue = Mapping[str, KnownTag]

KINDS = {"ENMAX": REAL, "ENCUTLF": REAL, "SPRING": REAL, "LOCPROJ": TEXT, "EFERMI": ANY, "LORBIT": ANY}
"""Corrected types of tags for which pymatgen's list is wrong or too narrow."""

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
"""Values that VASP accepts in addition to pymatgen's list."""

CLOSED = frozenset(
    {
        "ISMEAR", "ISPIN", "ISTART", "ISIF", "ICHARG", "IDIPOL", "IGPAR", "IMIX", "INIMIX", "INIWAV", "ISYM",
        "IBRION", "ISEARCH", "IEPSILON", "ICORELEVEL", "NWRITE", "PREC", "LDAUTYPE", "I_CONSTRAINED_M",
    }
)  # fmt: skip
"""Tags with a complete list of values: any other value is an error, not a warning."""

BY_FIRST_LETTER = frozenset({"PREC", "ALGO", "PRECFOCK"})
"""Tags for which VASP reads only the first letters of the value."""

FAMILIES = ("ML_", "ELPH_", "PHON_", "LIBXC", "NHC_", "PLUGINS", "TRANSPORT_", "WANNIER90", "SELFEN_", "BSE_")
"""Prefixes of newer tags."""

ADD_ONS = frozenset(
    {
        "ICHAIN", "IOPT", "LCLIMB", "LNEBCELL", "MAXMOVE", "TIMESTEP", "ILBFGSMEM", "LGLOBAL", "LAUTOSCALE",
        "INVCURV", "LLINEOPT", "FDSTEP", "LTANGENTOLD", "LDNEB", "EB_K", "TAU", "LAMBDA_D_K", "NC_K",
        "SIGMA_K", "EFERMI", "K_MULTIPLY", "NELMGW", "BEXT", "LWAVEH5", "LCHARGH5", "LMP2", "LRPA",
        "KSPACING", "NUM_WANN", "LH5", "LVDW", "CMBJ", "NKREDLF", "LTRIPLET", "OMP_NUM_THREADS", "LPOSNICS",
    }
)  # fmt: skip
"""Tags of common VASP extensions, and recent tags."""


def is_known(name: str, catalogue: Catalogue) -> bool:
    """Whether a tag is in the catalog or belongs to a family whose tags are not listed."""
    return name in catalogue or name in ADD_ONS or name.startswith(FAMILIES)


def nearest(name: str, catalogue: Catalogue) -> str:
    """The known tag with the most similar spelling; empty if none is similar."""
    close = difflib.get_close_matches(name, list(catalogue), n=1, cutoff=0.7)
    return close[0] if close else ""
