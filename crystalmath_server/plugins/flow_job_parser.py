"""Parser of `crystalmath.flow_job`: what the parser of a single job finds, and the follow-up."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.engine import ExitCode

from crystalmath_server.domain.exit_status import ExitStatus
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.plugins.flow_outputs import document_node, follow_up_node
from crystalmath_server.plugins.jobflow_parser import JobflowParser


class FlowJobParser(JobflowParser):
    """Parses the output of jobflow_run.py for a job of a flow."""

    def _document_node(self, path: Path, response: Mapping[str, Any]) -> orm.SinglefileData:
        """The document, and next to it the follow-up."""
        follow_up = response.get("follow_up", {})
        if (node := follow_up_node(follow_up)) is not None:
            self.out(nodes.FOLLOW_UP, node)
        return document_node(path, follow_up)

    def _parse_document(self, path: Path, response: Mapping[str, Any]) -> ExitCode | None:
        """As for a single job; jobflow goes on with an unconverged relaxation, so it does not fail."""
        code = super()._parse_document(path, response)
        if code is None or code.status != int(ExitStatus.NOT_CONVERGED):
            return code
        self.logger.warning(code.message)
        return None
