"""Export of structures to file formats with pymatgen; runs in the worker."""

from collections.abc import Mapping
from typing import Any, cast

from crystalmath_server.adapters.processes.written_files import check_new_path, new_file
from crystalmath_server.adapters.worker.structures import from_document, poscar_of
from crystalmath_server.protocol.errors import InvalidStructure
from crystalmath_server.protocol.exports import ExportedStructure, ExportStructureParams
from crystalmath_server.protocol.method import Json


def export(document: Mapping[str, Json], params: ExportStructureParams) -> ExportedStructure:
    """A stored structure as text, or written to a file.

    Raises
    ------
    InvalidStructure
        The format cannot represent the structure (field: format).
    Conflict, InvalidForm, StorageFull
        The file cannot be written (field: path).
    """
    if params.path:
        check_new_path(params.path)
    text = _text(document, params.format)
    data = text.encode()
    if not params.path:
        return ExportedStructure(params.pk, params.format, text, "", len(data))
    return ExportedStructure(params.pk, params.format, "", params.path, new_file(params.path, data))


def _text(document: Mapping[str, Json], kind: str) -> str:
    structure = from_document(document)
    if kind == "poscar":
        return poscar_of(structure)
    try:
        return structure.to(fmt=cast("Any", kind))
    except Exception as error:  # writers may raise anything
        detail = f"the structure cannot be written as {kind}: {error}"[:300]
        raise InvalidStructure(
            detail, field="format", hint="Choose another format, for example cif."
        ) from error
