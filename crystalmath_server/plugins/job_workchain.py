"""Base class of the WorkChains that are jobs in the job list."""

from typing import Any

from crystalmath_server.domain.jobs import nodes
from crystalmath_server.plugins.broker_tolerant_process import BrokerTolerantProcess


class JobWorkChain(BrokerTolerantProcess):
    """Mixin for a WorkChain with the inputs `code` and `metadata.options`."""

    def _setup_metadata(self, metadata: dict[str, Any]) -> None:
        """Store the job's names and computer in the same attributes as a calculation, for lists."""
        options = metadata.pop("options", {})
        self.node.base.attributes.set_many(
            {name: options[name] for name in nodes.ATTRIBUTES if name in options}
        )
        self.node.computer = self.inputs.code.computer
        super()._setup_metadata(metadata)
