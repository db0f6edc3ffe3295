"""INCAR tags listed by pymatgen and pymatgen-io-validation; runs in the worker."""

from functools import cache
from typing import Any, cast

from pymatgen.io.validation.vasp_defaults import VASP_DEFAULTS_DICT
from pymatgen.io.vasp import Incar

from crystalmath_server.domain.inputs.incar_catalog import KINDS, MORE_VALUES, Catalogue, KnownTag

_LARGEST_DEFAULT = 40


@cache
def catalogue() -> Catalogue:
    """Every tag known to either package."""
    listed = cast("dict[str, Any]", Incar.INCAR_PARAMS)
    defaults = cast("dict[str, Any]", VASP_DEFAULTS_DICT)
    return {name: _known_tag(name, listed.get(name, {}), defaults.get(name)) for name in listed | defaults}


def _known_tag(name: str, row: dict[str, Any], default: Any) -> KnownTag:
    own = tuple(str(value) for value in row.get("values", ()))
    values = (*own, *(value for value in MORE_VALUES.get(name, ()) if value not in own))
    kind = KINDS.get(name, str(row.get("type", "")))
    return KnownTag(kind, values, _words(default), str(default.tag) if default is not None else "")


def _words(default: Any) -> str:
    """A default in INCAR syntax, or an empty string if it is not unconditional."""
    value = default.value if default is not None else None
    if value is None or value == float("inf"):
        return ""
    if isinstance(value, bool):
        return ".TRUE." if value else ".FALSE."
    if isinstance(value, list):
        return " ".join(map(str, value))[:_LARGEST_DEFAULT]
    return str(value)[:_LARGEST_DEFAULT]
