"""VASP input files from atomate2's Makers, as text; needs no POTCAR license."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymatgen.core import SETTINGS, Structure
from pymatgen.io.vasp import Poscar
from pymatgen.io.vasp.inputs import PotcarSingle

from crystalmath_server.adapters.worker.vasp_split import Given, written_inputs
from crystalmath_server.domain.inputs.vasp_program import symbols
from crystalmath_server.domain.potcars.library import PotcarLibrary
from crystalmath_server.domain.potcars.locations import FOLDERS
from crystalmath_server.domain.vasp_run.restart import PreviousRun
from crystalmath_server.protocol.errors import InvalidForm, InvalidTemplate
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.templates import InputFile

_OF_POTCAR = "No POTCAR file with matching"
"""pymatgen's warning for every earlier run, since the POTCAR stays on the cluster."""
FIRST = ("INCAR", "KPOINTS", "POSCAR")
SPEC = "POTCAR.spec"
_LACKING = re.compile(r"Could not find (\S+) or ")
_WRITTEN_BY = {"CHGCAR": " (LCHARG = True)", "WAVECAR": " (LWAVE = True)", "WAVEDER": " (LOPTICS = True)"}
DEFAULT_FUNCTIONAL = "PBE"
"""pymatgen's functional for input sets that name none."""


@dataclass(frozen=True, slots=True)
class Written:
    """The files that a Maker writes, its warnings, and the files that it copies from an earlier run."""

    files: tuple[InputFile, ...]
    warnings: tuple[str, ...]
    copied: tuple[str, ...] = ()


def vasp_files(maker: Any, given: Given, earlier: PreviousRun | None) -> Written:
    """INCAR, KPOINTS, POSCAR, POTCAR.spec and any other files from the Maker, with warnings.

    Raises
    ------
    InvalidForm
        The input set does not accept a setting (field: values.input_set_generator).
    InvalidTemplate
        The Maker does not fit the structure, or needs an earlier calculation.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            texts, copied = written_inputs(maker, given, Path(earlier.folder) if earlier else None)
        except Exception as error:
            raise _refusal(maker, error, earlier) from error
    names = sorted(texts, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    files = tuple(InputFile(name, texts[name]) for name in names)
    others = _other_atoms(texts["POSCAR"], earlier) if earlier and copied else ()
    return Written(files, (*others, *sentences(caught)), copied)


def _other_atoms(poscar: str, earlier: PreviousRun) -> tuple[str, ...]:
    """A warning if the earlier job had different atoms, which atomate2 does not check."""
    contcar = next(Path(earlier.folder).glob("CONTCAR*"))
    before, now = Structure.from_file(contcar).formula, Poscar.from_str(poscar).structure.formula
    if before == now:
        return ()
    return (f"Job {earlier.pk} computed {before}, this one computes {now}: its files do not fit",)


def potcar_of(maker: Any, files: Sequence[InputFile]) -> dict[str, Json]:
    """POTCAR symbols and functional in a Maker's input files."""
    spec = next((file.text for file in files if file.name == SPEC), "")
    functional = getattr(maker.input_set_generator, "user_potcar_functional", None)
    return {"symbols": list(symbols(spec)), "functional": str(functional or DEFAULT_FUNCTIONAL)}


def potcar_library() -> PotcarLibrary:
    """The POTCAR library of pymatgen on this machine; its root is empty if PMG_VASP_PSP_DIR is not set."""
    own: dict[str, str] = {**PotcarSingle.functional_dir, **(SETTINGS.get("PMG_VASP_PSP_SUB_DIRS") or {})}
    root = SETTINGS.get("PMG_VASP_PSP_DIR") or ""
    return PotcarLibrary(
        str(Path(root).expanduser()) if root else "", {name: (own[name],) for name in FOLDERS if name in own}
    )


def _refusal(maker: Any, error: Exception, earlier: PreviousRun | None) -> InvalidForm | InvalidTemplate:
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    lacking = _LACKING.search(reason) if earlier and isinstance(error, FileNotFoundError) else None
    if earlier and lacking:
        detail = f"{type(maker).__name__} continues from {lacking[1]}, which job {earlier.pk} did not write"
        hint = f"Choose a job that wrote it{_WRITTEN_BY.get(lacking[1], '')}."
        return InvalidForm(f"{detail} on {earlier.cluster}", field="restart_pk", hint=hint)
    if earlier and not isinstance(error, (TypeError, AttributeError)):
        detail = f"{type(maker).__name__} cannot continue from job {earlier.pk}: {reason}"
        hint = "Choose a job that finished on the same structure; check its vasprun.xml and OUTCAR."
        return InvalidForm(detail, field="restart_pk", hint=hint)
    if isinstance(error, (TypeError, AttributeError)) and "setting" in reason.lower():
        return InvalidForm(
            f"the input set does not accept these settings: {reason}", field="values.input_set_generator"
        )
    detail = f"{type(maker).__name__} cannot write inputs for this structure: {reason}"
    hint = "Some Makers need an earlier calculation or a molecule; choose another template or settings."
    return InvalidTemplate(detail, field="structures", hint=hint)


def sentences(caught: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """Library warnings, one line each, without duplicates or developer messages."""
    seen: dict[str, None] = {}
    for warning in caught:
        if str(warning.message).startswith(_OF_POTCAR):
            continue
        if not issubclass(warning.category, (DeprecationWarning, FutureWarning, ResourceWarning)):
            seen[re.sub(r"\s+", " ", str(warning.message)).strip()] = None
    return tuple(text for text in seen if text)
