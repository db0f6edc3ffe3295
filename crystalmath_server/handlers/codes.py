"""codes.*: programs on clusters."""

from crystalmath_server.handlers.fields import fields
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.codes import (
    CodeList,
    CodePk,
    CodeRow,
    CodeTest,
    CreateCodeParams,
    ListCodesParams,
)


async def list_codes(ports: Ports, params: ListCodesParams) -> CodeList:
    """Codes, sorted by cluster and label."""
    return await ports.codes.list_codes(params)


async def create(ports: Ports, params: CreateCodeParams) -> CodeRow:
    """Register a program on a cluster as a code."""
    return await ports.codes.create(params)


async def test(ports: Ports, params: CodePk) -> CodeTest:
    """Test whether a code can run."""
    with fields(hostname="pk"):
        return await ports.codes.test(params.pk)
