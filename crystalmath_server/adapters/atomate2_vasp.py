"""VASP inputs as atomate2's Makers write them, as text; no licence needed."""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymatgen.core import SETTINGS, Structure
from pymatgen.io.vasp.inputs import PotcarSingle

from crystalmath_server.adapters.atomate2_split import written_inputs
from crystalmath_server.domain.potcar_library import PotcarLibrary
from crystalmath_server.domain.potcars import FOLDERS
from crystalmath_server.domain.vasp_deck import symbols
from crystalmath_server.protocol.errors import InvalidForm, InvalidRecipe
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.templates import InputFile

FIRST = ("INCAR", "KPOINTS", "POSCAR")
SPEC = "POTCAR.spec"
DEFAULT_FUNCTIONAL = "PBE"
"""pymatgen's, where an input set names none."""


def vasp_files(maker: Any, structure: Structure) -> tuple[tuple[InputFile, ...], tuple[str, ...]]:
    """INCAR, KPOINTS, POSCAR, POTCAR.spec and what else the Maker writes, with warnings.

    Raises
    ------
    InvalidForm
        A setting that the input set cannot take (field: values.input_set_generator).
    InvalidRecipe
        The Maker does not fit the structure, or needs an earlier calculation.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            texts = written_inputs(maker, structure)
        except Exception as error:
            raise _refusal(maker, error) from error
    names = sorted(texts, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    return tuple(InputFile(name, texts[name]) for name in names), sentences(caught)


def potcar_of(maker: Any, files: Sequence[InputFile]) -> dict[str, Json]:
    """POTCAR symbols and functional of a Maker's inputs."""
    spec = next((file.text for file in files if file.name == SPEC), "")
    functional = getattr(maker.input_set_generator, "user_potcar_functional", None)
    return {"symbols": list(symbols(spec)), "functional": str(functional or DEFAULT_FUNCTIONAL)}


def potcar_library() -> PotcarLibrary:
    """Where pymatgen looks on this machine; its root is empty where nobody set PMG_VASP_PSP_DIR."""
    own: dict[str, str] = {**PotcarSingle.functional_dir, **(SETTINGS.get("PMG_VASP_PSP_SUB_DIRS") or {})}
    root = SETTINGS.get("PMG_VASP_PSP_DIR") or ""
    return PotcarLibrary(
        str(Path(root).expanduser()) if root else "", {name: (own[name],) for name in FOLDERS if name in own}
    )


def _refusal(maker: Any, error: Exception) -> InvalidForm | InvalidRecipe:
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    if isinstance(error, (TypeError, AttributeError)) and "setting" in reason.lower():
        return InvalidForm(
            f"the input set cannot take these settings: {reason}", field="values.input_set_generator"
        )
    detail = f"{type(maker).__name__} cannot write inputs for this structure: {reason}"
    hint = "Some Makers need an earlier calculation, a molecule or images; choose another recipe or settings."
    return InvalidRecipe(detail, field="structure_pk", hint=hint)


def sentences(caught: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """What libraries warn of, one line each, without repetition and without talk among developers."""
    seen: dict[str, None] = {}
    for warning in caught:
        if not issubclass(warning.category, (DeprecationWarning, FutureWarning, ResourceWarning)):
            seen[re.sub(r"\s+", " ", str(warning.message)).strip()] = None
    return tuple(text for text in seen if text)
