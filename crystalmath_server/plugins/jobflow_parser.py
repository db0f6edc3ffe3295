"""Parser of `crystalmath.jobflow`: response → summary, document, steps, structure, exit code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.engine import ExitCode

from crystalmath_server.domain.diagnosis import missing_output
from crystalmath_server.domain.exit_status import ExitStatus
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results import task_document as task
from crystalmath_server.domain.results.packing import unpack_json
from crystalmath_server.plugins.failure_cause import keep_cause, no_corrections
from crystalmath_server.plugins.job_parser import JobParser, steps_node

_ERRORS = {"missing_engine": ExitStatus.ENGINE_MISSING, "not_one_job": ExitStatus.NOT_ONE_JOB}


def read_lines(text: str) -> list[dict[str, Any]]:
    """Parsed JSON lines; the last line may be cut off if the job was killed."""
    rows: list[dict[str, Any]] = []
    for line in text.splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


class JobflowParser(JobParser):
    """Parses the output of jobflow_run.py."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Attach the outputs and return the exit code; store the cause of a failure."""
        code = self._parse(kwargs)
        keep_cause(self.node, self.retrieved, code, no_corrections)
        return code

    def _parse(self, kwargs: Mapping[str, Any]) -> ExitCode | None:
        if "response.json" not in self.retrieved.base.repository.list_object_names():
            return self._silent()
        try:
            response = json.loads(self._text("response.json"))
        except ValueError as error:
            return self._exit(ExitStatus.RESPONSE_UNREADABLE, str(error))
        if "error" in response:
            self.logger.error(response.get("traceback", response["error"]))
            return self._exit(_ERRORS.get(response.get("kind"), ExitStatus.JOB_RAISED), response["error"])
        return self._parse_document(Path(kwargs["retrieved_temporary_folder"], "document.json.gz"), response)

    def _parse_document(self, path: Path, response: Mapping[str, Any]) -> ExitCode | None:
        try:
            document = unpack_json(path.read_bytes())
        except (OSError, EOFError, ValueError) as error:
            return self._exit(ExitStatus.RESPONSE_UNREADABLE, f"{path.name}: {error}")
        self.out(nodes.DOCUMENT, self._document_node(path, response))
        if not isinstance(document, dict):
            document = {}  # an unknown kind of Maker: keep the document without a summary
        return self._summarise(document, response)

    def _document_node(self, path: Path, _response: Mapping[str, Any]) -> orm.SinglefileData:
        """The output node of the document."""
        return orm.SinglefileData(path)

    def _summarise(self, document: Mapping[str, Any], response: Mapping[str, Any]) -> ExitCode | None:
        steps = task.steps_of(document, read_lines(self._text(nodes.PROGRESS_FILE)))
        summary: dict[str, Any] = task.quantities(
            document, len(steps), task.number(response.get("elapsed_s"))
        )
        self.out(nodes.SUMMARY, orm.Dict(summary | {"engine": response.get("versions", {})}))
        if steps:
            self.out(nodes.STEPS, steps_node(steps))
        if task.has_free_ions(document) and task.final_structure(document).get("lattice"):
            self.out(nodes.STRUCTURE, self._final_structure(task.final_structure(document)))
        if task.is_converged(document) is False:
            return self._exit(ExitStatus.NOT_CONVERGED, task.why_not_converged(document, len(steps)))
        return None

    def _silent(self) -> ExitCode:
        """The exit code without a response: the scheduler takes precedence over the output."""
        if self.node.exit_status:
            return ExitCode(self.node.exit_status, self.node.exit_message)
        text = self._text(nodes.OUTPUT_FILE) + "\n" + self._text("_scheduler-stderr.txt")
        return self._exit(ExitStatus.NO_RESPONSE, missing_output.explain(text))
