"""structures.*: crystal structures and molecules."""

from pathlib import PurePath

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.exports import ExportedStructure, ExportStructureParams
from crystalmath_server.protocol.structures import (
    ImportStructureParams,
    ListStructuresParams,
    StructureDetail,
    StructurePage,
    StructurePk,
)


async def import_structure(ports: Ports, params: ImportStructureParams) -> StructureDetail:
    """Read a structure in the worker, then store it."""
    _check_source(params)
    ports.server.progress("reading the structure")
    parsed = await ports.workbench.parse_structure(params)
    ports.server.progress("storing the structure")
    return await ports.structures.store(parsed, params.label)


def _check_source(params: ImportStructureParams) -> None:
    if not params.text and not params.path:
        raise InvalidForm("No structure is given.", field="path", hint="Give the text or the path of a file.")
    if params.text and params.path:
        raise InvalidForm("Both a text and a path are given.", field="text", hint="Give one of the two.")
    if params.path and not PurePath(params.path).is_absolute():
        detail = f"{params.path!r} is not an absolute path; the server's working directory is not yours."
        raise InvalidForm(detail, field="path", hint="Give an absolute path: /home/…")


async def list_structures(ports: Ports, params: ListStructuresParams) -> StructurePage:
    """A page of structures, newest first."""
    return await ports.structures.list_structures(params)


async def show(ports: Ports, params: StructurePk) -> StructureDetail:
    """One structure."""
    return await ports.structures.show(params.pk)


async def export(ports: Ports, params: ExportStructureParams) -> ExportedStructure:
    """Export a stored structure."""
    document = await ports.structures.document(params.pk)
    return await ports.workbench.export_structure(document, params)
