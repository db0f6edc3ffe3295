"""A short failure cause, stored on the node by the parser for display in the job list."""

import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiida.engine import ExitCode

from crystalmath_server.domain.diagnosis.diagnosis import diagnose, is_certain
from crystalmath_server.domain.diagnosis.explain import Facts
from crystalmath_server.domain.diagnosis.symptoms import Correction, Symptoms, Text
from crystalmath_server.domain.inputs.vasp_program import RUN_FOLDER
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.plugins.vasp_correction import run_custodian
from crystalmath_server.protocol.jobs import JobState

log = logging.getLogger(__name__)

_TAIL = 262_144  # bytes

Corrections = Callable[[Any, Any], tuple[Correction, ...]]


def no_corrections(_node: Any, _retrieved: Any) -> tuple[Correction, ...]:
    """No corrections, for engines that custodian does not support."""
    return ()


def custodians(node: Any, retrieved: Any) -> tuple[Correction, ...]:
    """Errors that custodian finds in a VASP run, unless the run belongs to a self-correcting job."""
    if node.base.attributes.get(nodes.RUN, None) is not None:
        return ()
    with tempfile.TemporaryDirectory(prefix="crystalmath-") as folder:
        run = Path(folder, RUN_FOLDER)
        run.mkdir()
        node.inputs.files.base.repository.copy_tree(run)
        retrieved.base.repository.copy_tree(run)
        return run_custodian(Path(folder), {}).corrections


def keep_cause(node: Any, retrieved: Any, code: ExitCode | None, corrections: Corrections) -> None:
    """Store the title of the diagnosis as an extra of a failed job."""
    if code is None or not code.status:
        return
    try:
        if title := _title(node, retrieved, code, corrections):
            node.base.extras.set(nodes.CAUSE, title)
    except Exception:  # errors in the diagnosis must not change how the job ended
        log.exception("job %s has no cause in the list", node.pk)


def _title(node: Any, retrieved: Any, code: ExitCode, corrections: Corrections) -> str:
    """The title of the diagnosis; empty if the cause is unknown."""
    facts = Facts(node.pk, JobState.FAILED, exit_status=code.status, exit_message=str(code.message or ""))
    symptoms = Symptoms(facts, (node.pk,), texts=_texts(retrieved.base.repository))
    if not is_certain(symptoms):
        symptoms = replace(symptoms, corrections=corrections(node, retrieved))
    found = diagnose(symptoms)
    return "" if found.cause == "unknown" else found.title


def _texts(repository: Any) -> Mapping[str, Text]:
    """Tails of the files used for the diagnosis."""
    held = set(repository.list_object_names())
    return {name: Text(_tail(repository, name)) for name in nodes.SEARCHED_FILES if name in held}


def _tail(repository: Any, name: str) -> str:
    with repository.open(name, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        return file.read().decode(errors="replace")
