"""POTCAR locations on a cluster, and the shell script that assembles a POTCAR there."""

import shlex
from collections.abc import Sequence

FOLDERS: dict[str, tuple[str, ...]] = {
    "PBE": ("potpaw_PBE", "POT_GGA_PAW_PBE"),
    "PBE_52": ("potpaw_PBE.52", "potpaw_PBE_52", "POT_GGA_PAW_PBE_52"),
    "PBE_54": ("potpaw_PBE.54", "potpaw_PBE_54", "POT_GGA_PAW_PBE_54"),
    "PBE_64": ("potpaw_PBE.64", "potpaw_PBE_64", "POT_PAW_PBE_64"),
    "LDA": ("potpaw_LDA", "potpaw", "POT_LDA_PAW"),
    "LDA_52": ("potpaw_LDA.52", "potpaw_LDA_52", "POT_LDA_PAW_52"),
    "LDA_54": ("potpaw_LDA.54", "potpaw_LDA_54", "POT_LDA_PAW_54"),
    "LDA_64": ("potpaw_LDA.64", "potpaw_LDA_64", "POT_LDA_PAW_64"),
    "PW91": ("potUSPP_GGA", "POT_GGA_US_PW91"),
    "PBE_52_W_HASH": ("POTPAW_PBE_52",),
    "PBE_54_W_HASH": ("POTPAW_PBE_54",),
    "LDA_52_W_HASH": ("POTPAW_LDA_52",),
    "LDA_54_W_HASH": ("POTPAW_LDA_54",),
}
"""pymatgen's name of a functional → folder names used by VASP's archives and pymatgen."""

DEFAULT_FUNCTIONAL = "PBE_54"
"""atomate2's default."""
LOCAL = "pymatgen"
"""Stands in for a folder: the library on this machine set by pymatgen's PMG_VASP_PSP_DIR."""
MISSING = "crystalmath: no POTCAR of"
"""Prefix of the line in which the job script reports a missing POTCAR."""
MISSING_STATUS = 73

_SCRIPT = """\
potcar_of() {{
    for d in {folders}; do
        for f in "$d/$1/POTCAR" "$d/$1/POTCAR.gz" "$d/POTCAR.$1.gz" "$d/POTCAR.$1"; do
            [ -r "$f" ] || continue
            case $f in *.gz) gzip -dc "$f" ;; *) cat "$f" ;; esac
            return
        done
    done
    echo "{missing} $1 ({functional}) under {root}" >&2
    return 1
}}
: > POTCAR
for s in {symbols}; do potcar_of "$s" >> POTCAR || exit {status}; done"""


def search_path(directory: str, functional: str) -> tuple[str, ...]:
    """Folders that a job searches for the potentials of a functional, in order."""
    return (*(f"{directory}/{name}" for name in FOLDERS.get(functional, ())[::-1]), directory)


def assembly(directory: str, functional: str, symbols: Sequence[str]) -> str:
    """Shell script that writes POTCAR from files on the cluster, so no licensed data leaves it.

    Parameters
    ----------
    directory
        The folder of a functional, or the parent of such folders.
    symbols
        In POSCAR order, e.g. Si or Ni_pv.
    """
    return _SCRIPT.format(
        folders=" ".join(shlex.quote(folder) for folder in search_path(directory, functional)),
        missing=MISSING,
        functional=functional,
        root=directory.replace('"', ""),
        symbols=" ".join(shlex.quote(symbol) for symbol in symbols),
        status=MISSING_STATUS,
    )
