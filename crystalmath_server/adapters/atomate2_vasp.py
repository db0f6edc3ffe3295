"""VASP inputs as atomate2's input sets write them, as text; no licence needed."""

import re
import warnings
from typing import Any

from pymatgen.core import Structure

from crystalmath_server.protocol.errors import InvalidForm, InvalidRecipe
from crystalmath_server.protocol.templates import InputFile

NAMES = ("INCAR", "KPOINTS", "POSCAR")


def vasp_files(maker: Any, structure: Structure) -> tuple[tuple[InputFile, ...], tuple[str, ...]]:
    """INCAR, KPOINTS, POSCAR and the POTCAR symbols, with warnings.

    Raises
    ------
    InvalidForm
        A setting that the input set cannot take (field: values.input_set_generator).
    InvalidRecipe
        The input set does not fit the structure.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            inputs = maker.input_set_generator.get_input_set(structure, potcar_spec=True)
            inputs["INCAR"].check_params()
        except (TypeError, AttributeError) as error:
            detail = f"the input set cannot take these settings: {error}"
            raise InvalidForm(detail, field="values.input_set_generator") from error
        except (ValueError, KeyError) as error:
            detail = f"{type(maker).__name__} does not fit this structure: {error}"
            raise InvalidRecipe(detail, field="structure_pk") from error
    files = tuple(InputFile(name, str(inputs[name])) for name in NAMES if inputs.get(name) is not None)
    symbols = InputFile("POTCAR symbols", str(inputs["POTCAR.spec"]).rstrip("\n") + "\n")
    return (*files, symbols), sentences(caught)


def sentences(caught: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """What libraries warn of, one line each, without repetition and without talk among developers."""
    seen: dict[str, None] = {}
    for warning in caught:
        if not issubclass(warning.category, (DeprecationWarning, FutureWarning, ResourceWarning)):
            seen[re.sub(r"\s+", " ", str(warning.message)).strip()] = None
    return tuple(text for text in seen if text)
