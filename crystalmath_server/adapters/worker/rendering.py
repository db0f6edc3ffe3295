"""The final input files of a template, with manual edits applied and checked; runs in the worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure
from pymatgen.io.vasp import Poscar

from crystalmath_server.adapters.worker.input_check import check
from crystalmath_server.adapters.worker.structures import describe_structure
from crystalmath_server.domain.inputs.edits import apply_edits, with_images
from crystalmath_server.domain.jobs.plans import ParsedStructure
from crystalmath_server.protocol.inputs import InputReport, Severity
from crystalmath_server.protocol.templates import InputFile

_SAME_A = 1e-6


@dataclass(frozen=True, slots=True)
class RenderedInputs:
    """The final input files.

    Attributes
    ----------
    diffs
        File name → unified diff against the template's file.
    structure
        The structure in POSCAR, if an edit changed it.
    """

    files: tuple[InputFile, ...]
    diffs: dict[str, str]
    report: InputReport
    structure: ParsedStructure | None

    def text(self, name: str) -> str:
        """The text of a file, or an empty string if the file is left out."""
        return next((file.text for file in self.files if file.name == name), "")


def render_inputs(
    own: Sequence[InputFile], edits: Mapping[str, str], tasks: int | None, functional: str
) -> RenderedInputs:
    """The input files with edits applied; raises InvalidForm for an invalid edit."""
    files, diffs = apply_edits(own, edits)
    files = with_images(files, diffs)
    report = check({file.name: file.text for file in files}, tasks, functional)
    wrong = {row.file for row in report.problems if row.severity is Severity.ERROR}
    is_readable = "POSCAR" in diffs and "POSCAR" not in wrong
    structure = _changed_structure(_structure(own), _structure(files)) if is_readable else None
    return RenderedInputs(files, diffs, report, structure)


def _structure(files: Sequence[InputFile]) -> Structure:
    text = next(file.text for file in files if file.name == "POSCAR")
    return Poscar.from_str(text, read_velocities=False).structure


def _changed_structure(before: Structure, after: Structure) -> ParsedStructure | None:
    """The edited structure if its cell, species or sites changed; comments and flags do not count."""
    if _is_same(before, after):
        return None
    for name in list(after.site_properties):
        after.remove_site_property(name)
    return describe_structure(after)


def _is_same(before: Structure, after: Structure) -> bool:
    return (
        before.species == after.species
        and np.allclose(before.lattice.matrix, after.lattice.matrix, atol=_SAME_A, rtol=0)
        and np.allclose(before.cart_coords, after.cart_coords, atol=_SAME_A, rtol=0)
    )
