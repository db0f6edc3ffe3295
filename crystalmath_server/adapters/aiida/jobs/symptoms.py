"""The Diagnostics port: evidence about a job from AiiDA, its files and custodian."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from anyio import to_thread

from crystalmath_server.adapters.aiida.calls import Runtime
from crystalmath_server.adapters.aiida.jobs.detail import read_row_and_facts, read_runs
from crystalmath_server.adapters.aiida.jobs.files import copy_tree, folder_of, read_log
from crystalmath_server.adapters.aiida.jobs.job_record import JobRecord, read_job
from crystalmath_server.adapters.aiida.jobs.runs import load_job
from crystalmath_server.adapters.aiida.object_store import object_store
from crystalmath_server.adapters.worker.custodian_folder import as_custodian_expects
from crystalmath_server.domain.clusters.breaker import Breaker
from crystalmath_server.domain.diagnosis.explain import ASKS
from crystalmath_server.domain.diagnosis.symptoms import Correction, Symptoms, Text
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.vasp_run.continuation import EndedRun
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.system import Part, PartState

_TAIL = 262_144  # bytes
_CHUNK = 1 << 20
_DEEPEST = 20
_LOG_LINES = 200


class CorrectionReader(Protocol):
    """Checks the folder of a run; implemented by the worker."""

    async def look_at_run(self, folder: Path) -> tuple[Correction, ...]:
        """The corrections that custodian would make."""
        ...


class SymptomReader:
    """Collects the symptoms of a job."""

    def __init__(
        self,
        runtime: Runtime,
        worker: CorrectionReader,
        daemon: Callable[[], Part],
        breaker: Callable[[str], Breaker],
    ) -> None:
        self._runtime = runtime
        self._worker = worker
        self._daemon = daemon
        self._breaker = breaker

    async def of_job(self, pk: int) -> Symptoms:
        """Everything known about a job; raises NotFound."""
        with tempfile.TemporaryDirectory(prefix="crystalmath-") as folder:
            found, has_inputs = await self._runtime.call_long(_read, pk, self._breaker, Path(folder))
            if has_inputs:
                found = replace(found, corrections=await self._custodian(Path(folder)))
        daemon = self._daemon()
        down = daemon.state in {PartState.STOPPED, PartState.FAILED}
        return replace(found, daemon=f"{daemon.detail}. {daemon.hint}".strip(". ") if down else "")

    async def ended_run(self, pk: int, *, correct: bool) -> EndedRun:
        """The input files of a VASP job, before and after custodian's corrections."""
        with tempfile.TemporaryDirectory(prefix="crystalmath-") as folder:
            files, contcar, given = await self._runtime.call_long(_read_inputs, pk, Path(folder))
            corrections = await self._worker.look_at_run(Path(folder)) if correct else ()
            corrected = await to_thread.run_sync(_texts_of, Path(folder), tuple(files))
        return EndedRun(files, corrected, contcar, corrections, given)

    async def _custodian(self, folder: Path) -> tuple[Correction, ...]:
        """Corrections from custodian; none if it fails, since the diagnosis works without them."""
        try:
            return await self._worker.look_at_run(folder)
        except RpcError:
            return ()


def _read(pk: int, breaker: Callable[[str], Breaker], folder: Path) -> tuple[Symptoms, bool]:
    pks = _path_to_step(load_job(pk))
    job = read_job(pks[-1])
    run = job.last_run
    _row, facts = read_row_and_facts(job, breaker)
    asks = facts.process_status if facts.process_status.startswith(ASKS) else ""
    if asks:
        facts = replace(read_row_and_facts(run, breaker)[1], pk=job.pk)
    log = tuple(row.text for row in read_log(job.pk).lines if row.time_s)
    looked_at = job.reports.get(run.pk)
    found = Symptoms(
        facts,
        pks,
        log=log[-_LOG_LINES:],
        texts=_texts(run),
        corrections=looked_at.corrections if looked_at else (),
        asks=asks,
        runs=read_runs(job),
    )
    has_inputs = (
        facts.state in {JobState.FAILED, JobState.EXCEPTED} and run.node.process_type == nodes.VASP_PROCESS
    )
    if has_inputs and looked_at is None:
        _lay_out(run, folder)
    return found, has_inputs and looked_at is None


def _read_inputs(pk: int, folder: Path) -> tuple[dict[str, str], str, tuple[str, ...]]:
    """Write a run to a folder; returns its input files, CONTCAR, and the names of the copied files."""
    run = read_job(pk).last_run
    names = tuple(run.inputs[nodes.FILES].files)
    _lay_out(run, folder)
    contcar = _texts_of(folder, ("CONTCAR",)).get("CONTCAR", "")
    copied = tuple(run.inputs[nodes.SETTINGS].attributes.get(nodes.COPIED) or ())
    return _texts_of(folder, names), contcar, copied


def _texts_of(folder: Path, names: Sequence[str]) -> dict[str, str]:
    paths = [folder / name for name in names]
    return {path.name: path.read_text(errors="replace") for path in paths if path.exists()}


def _path_to_step(node: Any) -> tuple[int, ...]:
    """The pks from a job to its failed or active step, taking the newest one at each level."""
    path = [node]
    while len(path) < _DEEPEST and path[-1].process_type != nodes.VASP_RESTART_PROCESS:
        called = [one for one in getattr(path[-1], "called", ()) if _is_at_fault(one, path[-1])]
        if not called:
            break
        path.append(max(called, key=lambda one: one.pk))
    return tuple(step.pk for step in path)


def _is_at_fault(child: Any, parent: Any) -> bool:
    return not child.is_finished_ok if parent.is_terminated else not child.is_terminated


def _texts(run: JobRecord) -> Mapping[str, Text]:
    folder = folder_of(run, "retrieved")
    if folder is None:
        return {}
    return {name: _tail(folder.files[name]) for name in nodes.SEARCHED_FILES if name in folder.files}


def _tail(key: str) -> Text:
    """The end of a file, with the line number where the excerpt begins."""
    with object_store().stream(key) as (stream, size):
        skip = max(0, size - _TAIL)
        lines = left = 0
        while left < skip:
            chunk = stream.read(min(_CHUNK, skip - left))
            lines += chunk.count(b"\n")
            left += len(chunk)
        return Text(stream.read().decode(errors="replace"), lines + 1)


def _lay_out(run: JobRecord, folder: Path) -> None:
    """Write the input files and VASP output to a folder laid out the way custodian expects."""
    copy_tree(run.inputs[nodes.FILES], folder)
    retrieved = folder_of(run, "retrieved")
    if retrieved is None:
        return
    copy_tree(retrieved, folder)
    as_custodian_expects(folder)
