"""Progress of runs, read incrementally from their files; a cache that can be dropped at any time."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import anyio

from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.templates import GPAW, runs_vasp
from crystalmath_server.domain.results.excerpts import thin
from crystalmath_server.domain.vasp_run.gpaw_steps import GpawSteps
from crystalmath_server.domain.vasp_run.outlook import outlook, seconds_per_step, span, stuck_words
from crystalmath_server.domain.vasp_run.steps import AseSteps, Step, StepReader, Steps, VaspSteps
from crystalmath_server.domain.vasp_run.work_folder import FilePart
from crystalmath_server.ports import Background, JobStore, WorkFolders
from crystalmath_server.protocol.errors import NotFound, RpcError
from crystalmath_server.protocol.jobs import ENDED, JobDetail, JobState
from crystalmath_server.protocol.progress import JobProgress, StepColumns, Trend
from crystalmath_server.services.file_source import FileSource
from crystalmath_server.services.run_trends import RunTrends

log = logging.getLogger(__name__)

RANGE = 1_048_576
AT_ONCE = 16
"""Maximum number of ranges read per file and look; the next look continues."""
MOST_JOBS = 64
FRESH_S = 20.0
"""Age after which the progress of a displayed running job is refreshed [s]."""


@dataclass(slots=True)
class Reading:
    """The reading state of one job."""

    new_reader: Callable[[], StepReader]
    reader: StepReader
    values: dict[str, object]
    offsets: dict[str, int] = field(default_factory=dict[str, int])
    identities: dict[str, str] = field(default_factory=dict[str, str])
    sizes: dict[str, int] = field(default_factory=dict[str, int])
    quiet_s: dict[str, float] = field(default_factory=dict[str, float])
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    looked_at: float = 0.0
    stuck: str = ""

    @property
    def unread(self) -> int:
        """Number of bytes not read yet."""
        return sum(size - self.offsets.get(path, 0) for path, size in self.sizes.items())


class RunProgress:
    """Implementation of the Progress port on top of JobStore and WorkFolders."""

    def __init__(self, jobs: JobStore, work: WorkFolders, background: Background) -> None:
        self._jobs = jobs
        self._work = work
        self._held: dict[int, Reading] = {}
        self._background = background
        self._looking: set[int] = set()
        self._trends = RunTrends(jobs, self, background)

    async def look(self, pk: int, points: int = 0) -> JobProgress:
        """Current progress of a run; raises NotFound and the errors of an unreachable cluster."""
        detail = await self._jobs.show(pk)
        state = detail.row.state
        held = self._reading(pk, detail)
        if held is None:
            return JobProgress(pk, state, "", "Steps are not available for this kind of job.")
        async with held.lock:
            ended = state in ENDED
            found = await self._read(pk, held, ended=ended)
            held.looked_at = time.monotonic()
        return _progress(pk, state, held, points, found=found)

    def trends(self, pks: Sequence[int]) -> tuple[Trend, ...]:
        """The last known steps of jobs; returns immediately."""
        return self._trends.of(pks)

    def stuck_reason(self, pk: int, state: JobState) -> str:
        """Why a running job seemed stuck when last checked; an old check is refreshed in the background."""
        if state is not JobState.RUNNING:
            return ""
        held = self._held.get(pk)
        if held is None or time.monotonic() - held.looked_at > FRESH_S:
            self._begin(pk)
        return held.stuck if held is not None else ""

    def _begin(self, pk: int) -> None:
        if pk not in self._looking and len(self._looking) < MOST_JOBS:
            self._looking.add(pk)
            self._background.start_soon(self._look_quietly, pk)

    async def _look_quietly(self, pk: int) -> None:
        try:
            await self.look(pk)
        except RpcError as error:
            log.info("cannot read the progress of job %d: %s", pk, error)
            if held := self._held.get(pk):
                held.looked_at = time.monotonic()
        except Exception:  # an unreadable job must not stop the server
            log.exception("cannot read the progress of job %d", pk)
        finally:
            self._looking.discard(pk)

    def _reading(self, pk: int, detail: JobDetail) -> Reading | None:
        held = self._held.pop(pk, None)
        if held is None:
            new_reader = _reader_of(detail)
            if new_reader is None:
                return None
            held = Reading(new_reader, new_reader(), dict(detail.values))
        self._held[pk] = held  # least recently used entries are dropped first
        if len(self._held) > MOST_JOBS:
            del self._held[next(iter(self._held))]
        return held

    async def _read(self, pk: int, held: Reading, *, ended: bool) -> bool:
        """Read new data; returns whether any file exists. Restarts if a file shrank or was replaced."""
        there = False
        for path in held.reader.files:
            source = FileSource(self._jobs, self._work, pk, path)
            try:
                there |= await self._read_file(source, held, ended=ended)
            except _RestartedError:
                _reset(held)
                return await self._read(pk, held, ended=ended)
            except NotFound:
                if ended or path != held.reader.files[0]:
                    continue
                await self._work.tree(pk, 1, 1)  # raises the proper error if the job has no folder
        return there

    async def _read_file(self, source: FileSource, held: Reading, *, ended: bool) -> bool:
        path = source.path
        for _ in range(AT_ONCE):
            offset = held.offsets.get(path, 0)
            piece = await source.read(offset, RANGE, ended=ended)
            if piece.size < offset or _is_another(piece, held.identities.get(path, "")):
                raise _RestartedError
            held.identities[path] = piece.identity or held.identities.get(path, "")
            held.reader.feed(path, piece.data)
            held.offsets[path], held.sizes[path] = offset + len(piece.data), piece.size
            held.quiet_s[path] = max(0.0, piece.now - piece.modified_at)
            if held.offsets[path] >= piece.size or not piece.data:
                break
        return True


class _RestartedError(Exception):
    """A file is not the same file that was read before."""


def _is_another(piece: FilePart, identity: str) -> bool:
    return bool(piece.identity and identity and piece.identity != identity)


def _reset(held: Reading) -> None:
    held.reader = held.new_reader()
    for kept in (held.offsets, held.identities, held.sizes, held.quiet_s):
        kept.clear()


def _reader_of(detail: JobDetail) -> Callable[[], StepReader] | None:
    """The step reader for the program of a job; None for workflows, which have no steps."""
    if runs_vasp(detail.process_type, detail.row.template):
        return VaspSteps
    if detail.row.template.startswith(GPAW):
        return partial(GpawSteps, nodes.PROGRESS_FILE, nodes.GPAW_LOG)
    return partial(AseSteps, nodes.PROGRESS_FILE) if detail.row.template else None


def _progress(pk: int, state: JobState, held: Reading, points: int, *, found: bool) -> JobProgress:
    steps, ended = held.reader.steps, state in ENDED
    if not found:
        held.stuck = ""
        words = "The job left no steps." if ended else "Nothing was written yet."
        return JobProgress(pk, state, "", words)
    quiet_s = None if ended else min(held.quiet_s.values(), default=None)
    held.stuck = stuck_words(steps, quiet_s) if state is JobState.RUNNING and quiet_s is not None else ""
    if steps.force_limit_ev_a is None:
        steps.force_limit_ev_a = _force_limit(held.values)
    left_s, estimate = (None, "") if ended else outlook(steps)
    last = steps.steps[-1] if steps.steps else None
    before = steps.steps[-2] if len(steps.steps) > 1 else None
    return JobProgress(
        pk=pk,
        state=state,
        source="retrieved" if ended else "work",
        words=held.stuck or _describe(steps, last, left_s),
        ionic_step=steps.done,
        most_ionic_steps=steps.most,
        electronic_step=steps.cycle,
        most_electronic_steps=steps.most_cycles,
        energy_ev=last.energy_ev if last else None,
        energy_change_ev=_change(before, last),
        electronic_energy_ev=steps.cycle_energy_ev,
        electronic_change_ev=steps.cycle_change_ev,
        max_force_ev_a=last.max_force_ev_a if last else None,
        force_limit_ev_a=steps.force_limit_ev_a,
        seconds_per_step=seconds_per_step(steps),
        quiet_s=quiet_s,
        stuck=bool(held.stuck),
        left_s=left_s,
        estimate=estimate,
        steps=_columns(thin(list(steps.steps), points) if points > 1 else []),
        note=_note(steps, held.unread),
    )


def _force_limit(values: dict[str, object]) -> float | None:
    """The force limit from the form values."""
    nested = values.get("relax_kwargs")
    given = nested.get("fmax") if isinstance(nested, dict) else values.get("relax_kwargs.fmax")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return float(given) if isinstance(given, int | float) else None


def _change(before: Step | None, last: Step | None) -> float | None:
    if before is None or last is None or before.energy_ev is None or last.energy_ev is None:
        return None
    return last.energy_ev - before.energy_ev


def _describe(steps: Steps, last: Step | None, left_s: float | None) -> str:
    of = f" of at most {steps.most}" if steps.most is not None else ""
    parts = [f"step {steps.done}{of}"]
    if last is not None and last.max_force_ev_a is not None:
        parts.append(f"largest force {last.max_force_ev_a:.3g} eV/Å")
    if last is not None and last.energy_ev is not None:
        parts.append(f"energy {last.energy_ev:.6f} eV")
    elif steps.cycle is not None:
        parts.append(f"electronic step {steps.cycle}")
    if left_s:
        parts.append(f"about {span(left_s)} left")
    return ", ".join(parts)


def _columns(rows: Sequence[Step]) -> StepColumns:
    return StepColumns(
        tuple(row.step for row in rows),
        tuple(row.energy_ev for row in rows),
        tuple(row.max_force_ev_a for row in rows),
        tuple(row.seconds for row in rows),
    )


def _note(steps: Steps, unread: int) -> str:
    words = [f"{unread} bytes are not read yet; ask again"] if unread else []
    if steps.done > len(steps.steps) + 1 and len(steps.steps) == steps.steps.maxlen:
        words.append(f"only the last {len(steps.steps)} steps are shown")
    return "; ".join(words)
