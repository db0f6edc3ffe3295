"""Calcfunctions of `crystalmath.flow`: light jobs, and the quantities of the flow's final document."""

import json
import tempfile
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.engine import ExitCode, calcfunction

from crystalmath_server.domain.exit_status import ExitStatus
from crystalmath_server.domain.flows.documents import jobs_of
from crystalmath_server.domain.flows.kinds import why_not_offered
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results import flow_documents, task_document
from crystalmath_server.domain.results.excerpts import last_line
from crystalmath_server.plugins.flow_outputs import document_node, follow_up_node, outputs_by_uuid
from crystalmath_server.plugins.fork_client import fork_server
from crystalmath_server.plugins.job_parser import MAX_REASON, structure_node
from crystalmath_server.plugins.jobflow_calculation import RUN_SCRIPT
from crystalmath_server.plugins.json_files import read_json_file

LONGEST_S = 900


@calcfunction
def run_light_job(job, **outputs):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN003, ANN201
    """The output and the follow-up of a job that runs here, in a process of its own.

    Parameters
    ----------
    job
        The job as jobflow serializes it.
    **outputs
        Outputs that it refers to, by the link labels of `flow_outputs`.
    """
    document = read_json_file(job)
    if reason := why_not_offered(jobs_of(document)[0]):
        return _exit(ExitStatus.NOT_ONE_JOB, reason)
    with tempfile.TemporaryDirectory(prefix="crystalmath-") as place:
        folder = Path(place)
        (folder / "job.json").write_text(json.dumps(document))
        (folder / "outputs.json").write_text(json.dumps(outputs_by_uuid(outputs)))
        try:
            done = fork_server().run("script", place, str(RUN_SCRIPT), timeout_s=LONGEST_S)
        except TimeoutError:
            return _exit(ExitStatus.JOB_RAISED, f"TimeoutError: it took more than {LONGEST_S} s")
        return _results(folder, done.stderr)


def _results(folder: Path, said: str) -> Any:
    """The output nodes, or the exit code of a failure."""
    path = folder / "response.json"
    if not path.exists():
        return _exit(ExitStatus.NO_RESPONSE, last_line(said) or "its process was killed")
    response = json.loads(path.read_text())
    if "error" in response:
        return _exit(ExitStatus.JOB_RAISED, response["error"])
    follow_up = response.get("follow_up", {})
    found = {nodes.DOCUMENT: document_node(folder / "document.json.gz", follow_up)}
    if (node := follow_up_node(follow_up)) is not None:
        found[nodes.FOLLOW_UP] = node
    return found


def _exit(status: ExitStatus, reason: str) -> ExitCode:
    return ExitCode(int(status), status.message.format(reason=reason[:MAX_REASON]))


@calcfunction
def summarize(document):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The quantities of a flow's final document with units, and its structure if it has one."""
    told = read_json_file(document)
    told = told if isinstance(told, dict) else {}
    found: dict[str, Any] = {nodes.SUMMARY: orm.Dict(flow_documents.quantities(told))}
    structure = task_document.final_structure(told)
    if structure.get("lattice"):
        label = f"{document.label or 'structure'}, after flow"
        found[nodes.STRUCTURE] = structure_node(structure, label)
    return found
