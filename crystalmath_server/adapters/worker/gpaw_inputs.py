"""Settings of GPAW in atomate2's force-field Makers, and checks of them; runs in the worker."""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from pymatgen.core import Structure

from crystalmath_server.domain.jobs.nodes import GPAW_LOG
from crystalmath_server.protocol.errors import InvalidForm, InvalidTemplate
from crystalmath_server.protocol.method import Json

DEFAULTS: Mapping[str, Any] = {
    "mode": {"name": "pw", "ecut": 500.0},
    "kpts": {"density": 3.5, "size": None, "gamma": True},
    "xc": "PBE",
    "occupations": {"name": "fermi-dirac", "width": 0.05},
    "spinpol": None,
    "magmoms": None,
    "txt": GPAW_LOG,
}
"""Keyword arguments of GPAW's calculator; plain data, because the Maker is stored as JSON."""

DEFAULTS_OF_MD = {**DEFAULTS, "symmetry": {"point_group": False}}
"""Atoms in motion break the symmetry of their crystal, and GPAW ends where a symmetry is lost."""

CUTOFF = "calculator_kwargs.mode.ecut"
DENSITY = "calculator_kwargs.kpts.density"
SIZE = "calculator_kwargs.kpts.size"
SPIN = "calculator_kwargs.spinpol"
MOMENTS = "calculator_kwargs.magmoms"
XC = "calculator_kwargs.xc"
SHOWN = (CUTOFF, DENSITY, SIZE, XC, "calculator_kwargs.occupations.width", SPIN, MOMENTS)
"""Names of the settings in the form."""

_MAGNETIC = {"Cr", "Mn", "Fe", "Co", "Ni", "Ce", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er"}


def check(values: Mapping[str, Json], structure: Structure) -> tuple[str, ...]:
    """Reject what GPAW would refuse later, or would compute wrongly.

    Returns
    -------
    tuple[str, ...]
        Warnings.

    Raises
    ------
    InvalidForm
        A k-point mesh or magnetic moments that do not fit (field: values.<name>).
    InvalidTemplate
        An element has no PAW dataset (field: structures).
    """
    _check_mesh(values)
    elements = [element.symbol for element in structure.composition.elements]
    _check_datasets(str(values[XC]), elements)
    return _check_spin(values, structure, elements)


@cache
def elements_with_data(functional: str) -> tuple[str, ...]:
    """Symbols of the elements that have a PAW dataset for a functional."""
    spec = find_spec("gpaw_data")
    folder = Path(cast("str", cast("Any", spec).origin)).with_name("setups")
    ending = f".{functional}.gz"
    names = (path.name.removesuffix(ending) for path in folder.glob(f"*{ending}"))
    return tuple(sorted(name for name in names if name.isalpha()))


def _check_datasets(functional: str, elements: list[str]) -> None:
    missing = sorted(set(elements).difference(elements_with_data(functional)))
    if missing:
        detail = f"GPAW has no PAW dataset for {', '.join(missing)} with {functional}"
        hint = "Choose another functional (PBE and LDA have the most elements), or another engine."
        raise InvalidTemplate(detail, field="structures", hint=hint)


def _check_mesh(values: Mapping[str, Json]) -> None:
    size = values[SIZE]
    if size is None and values[DENSITY] is None:
        hint = "Give a density, such as 3.5, or a mesh, such as [4, 4, 4]."
        raise InvalidForm("there are no k-points", field=f"values.{DENSITY}", hint=hint)
    if size is not None and not _is_mesh(size):
        hint = "Give three whole numbers above 0, such as [4, 4, 4]."
        raise InvalidForm(f"{size!r} is not a k-point mesh", field=f"values.{SIZE}", hint=hint)


def _is_mesh(size: Json) -> bool:
    return (
        isinstance(size, list)
        and len(size) == 3
        and all(isinstance(each, int) and not isinstance(each, bool) and 0 < each <= 1000 for each in size)
    )


def _check_spin(values: Mapping[str, Json], structure: Structure, elements: list[str]) -> tuple[str, ...]:
    """Without initial moments, GPAW converges to a nonmagnetic state even if spins are polarized."""
    moments = values[MOMENTS]
    if moments is not None and not _are_moments(moments, len(structure)):
        hint = f"Give a list of {len(structure)} numbers [μB], one for each site."
        raise InvalidForm(f"{moments!r} are not moments", field=f"values.{MOMENTS}", hint=hint)
    given = moments if moments is not None else structure.site_properties.get("magmom", [])
    has_moments = any(cast("list[Any]", given))
    if values[SPIN] is True and not has_moments:
        hint = f"Give {MOMENTS}, one number [μB] for each site; without them the result is nonmagnetic."
        raise InvalidForm("spin has no initial magnetic moments", field=f"values.{SPIN}", hint=hint)
    magnetic = sorted(_MAGNETIC.intersection(elements))
    if not magnetic or (has_moments and values[SPIN] is not False):
        return ()
    return (f"{', '.join(magnetic)}: computed as nonmagnetic, because {MOMENTS} is not given",)


def _are_moments(moments: Json, sites: int) -> bool:
    return (
        isinstance(moments, list)
        and len(moments) == sites
        and all(isinstance(each, int | float) and not isinstance(each, bool) for each in moments)
    )
