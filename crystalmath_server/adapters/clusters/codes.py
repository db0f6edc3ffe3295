"""The Codes port: programs installed on clusters."""

from crystalmath_server.adapters.aiida import codes
from crystalmath_server.adapters.aiida.calls import Calls
from crystalmath_server.adapters.aiida.cluster_store import facts
from crystalmath_server.adapters.clusters.code_test import look_at
from crystalmath_server.adapters.remote.connections import ClusterConnections
from crystalmath_server.protocol.codes import (
    CodeList,
    CodeRow,
    CodeTest,
    CreateCodeParams,
    ListCodesParams,
    Outcome,
)


class AiidaCodes:
    """The Codes port."""

    def __init__(self, runtime: Calls, connections: ClusterConnections) -> None:
        self._runtime = runtime
        self._connections = connections

    async def list_codes(self, params: ListCodesParams) -> CodeList:
        """Codes, sorted by cluster and label."""
        return await self._runtime.call(codes.read_codes, params)

    async def create(self, params: CreateCodeParams) -> CodeRow:
        """Store a code without connecting to the cluster."""
        return await self._runtime.call(codes.create, params)

    async def test(self, pk: int) -> CodeTest:
        """Test a code: file, execute permission and environment."""
        row = await self._runtime.call(codes.read_code, pk)
        found = await self._runtime.call(facts, row.cluster)
        steps = await self._connections.get(row.cluster).run(found.target, look_at, row)
        return CodeTest(pk, all(step.outcome is not Outcome.FAILED for step in steps), steps)
