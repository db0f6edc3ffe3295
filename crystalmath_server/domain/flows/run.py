"""State machine of a running flow: which jobs may start, and what the end of a job means for others.

It reproduces jobflow's `run_locally`, except that jobs run side by side. The state follows from the flow and
the outcomes of its ended jobs in any order, so it is never stored: `replay` computes it after a restart.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from crystalmath_server.domain.flows.documents import Document, FlowJob, InvalidFlow, jobs_of
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.protocol.jobs import FlowJobState as Fate

T = TypeVar("T")

OPEN = frozenset({Fate.WAITING, Fate.RUNNING})
"""Fates of a job that can still change."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended, and the jobs that its response adds.

    Attributes
    ----------
    replace, detour, addition
        JSON of a Flow; None without such a response.
    """

    is_ok: bool = True
    replace: Document | None = None
    detour: Document | None = None
    addition: Document | None = None
    stop_children: bool = False
    stop_jobflow: bool = False


def outcome_of(follow_up: Document | None) -> Outcome:
    """The outcome of a job that ended well, with its follow-up if it has one."""
    return Outcome(**follow_up) if follow_up is not None else Outcome()


def outcomes_of_earlier(earlier: Mapping[str, T], read: Callable[[T], Document]) -> dict[str, Outcome]:
    """Outcomes of the jobs that a retried flow had done.

    Parameters
    ----------
    earlier
        The flow's input `nodes.EARLIER`: outputs by the job's key, follow-ups by `nodes.FOLLOW_UP_OF` + key.
    read
        Reads a follow-up.
    """
    keys = [name for name in earlier if not name.startswith(nodes.FOLLOW_UP_OF)]
    follow_ups = {key: earlier.get(nodes.FOLLOW_UP_OF + key) for key in keys}
    return {key: outcome_of(read(one) if one is not None else None) for key, one in follow_ups.items()}


class FlowRun:
    """A flow on its way.

    Attributes
    ----------
    jobs, fates
        Key → job and its fate, in the order in which the jobs became known.
    faults
        Key → why a job counts as failed although its process ended well.

    Raises
    ------
    InvalidFlow
        The document is not a flow that can run.
    """

    def __init__(self, flow: Document) -> None:
        self.jobs: dict[str, FlowJob] = {}
        self.fates: dict[str, Fate] = {}
        self.faults: dict[str, str] = {}
        self.is_stopped = False
        self._latest: dict[str, str] = {}
        self._done: dict[str, str] = {}
        self._stops_children: set[str] = set()
        self._tails: dict[str, set[str]] = {}
        self._origins: dict[str, str] = {}
        self._add(jobs_of(flow), "")

    def start(self, key: str) -> None:
        """Note that a job has started."""
        self.fates[key] = Fate.RUNNING

    def end(self, key: str, outcome: Outcome) -> None:
        """Note how a job ended, and add the jobs of its response; with an invalid response it failed."""
        uuid = self.jobs[key].uuid
        self.fates[key] = Fate.DONE if outcome.is_ok else Fate.FAILED
        if not outcome.is_ok:
            return
        try:
            replace, detour, addition = (
                self._new(flow) for flow in (outcome.replace, outcome.detour, outcome.addition)
            )
        except InvalidFlow as error:
            self.fates[key] = Fate.FAILED
            self.faults[key] = f"its response cannot be run: {error}"
            return
        self._done[uuid] = key
        if outcome.stop_children:
            self._stops_children.add(uuid)
        if outcome.stop_jobflow:
            self.is_stopped = True
            return
        added = self._add(replace, uuid)
        if uuid not in added:  # a replacement without an output leaves the job's own output
            self._tails.setdefault(uuid, set()).update(added)
        self._tails.setdefault(uuid, set()).update(self._add(detour, uuid))
        self._add(addition, uuid)

    def ready(self) -> tuple[FlowJob, ...]:
        """The jobs that can start now; jobs that can no longer start get their final fate."""
        found: list[FlowJob] = []
        if self.is_stopped:
            self.fates.update({key: Fate.STOPPED for key, fate in self.fates.items() if fate is Fate.WAITING})
            return ()
        while True:
            found = [job for job in self._waiting() if self._is_settled_for(job)]
            changed = {job.key: fate for job in found if (fate := self._fate_of_child(job))}
            if not changed:
                return tuple(found)
            self.fates.update(changed)

    def give_up(self) -> None:
        """Block the waiting jobs: flows that were added on the way wait for each other."""
        for job in self._waiting():
            self.fates[job.key] = Fate.BLOCKED
            self.faults[job.key] = "it waits for jobs that wait for it"

    def output_key(self, uuid: str) -> str:
        """Key of the job that holds the output of a uuid; empty if there is none yet."""
        return self._done.get(uuid, "")

    def count(self, *fates: Fate) -> int:
        """Number of jobs with one of these fates."""
        return sum(fate in fates for fate in self.fates.values())

    @property
    def is_over(self) -> bool:
        """Whether every job has its final fate."""
        return not OPEN.intersection(self.fates.values())

    def _new(self, flow: Document | None) -> tuple[FlowJob, ...]:
        """The jobs of a response's flow; raises InvalidFlow."""
        jobs = jobs_of(flow) if flow is not None else ()
        if known := [job.name for job in jobs if job.key in self.jobs]:
            msg = f"the flow already has the job {known[0]!r}"
            raise InvalidFlow(msg)
        return jobs

    def _add(self, jobs: Iterable[FlowJob], origin: str) -> set[str]:
        """Add jobs of the response of `origin`; their uuids."""
        added: set[str] = set()
        for job in jobs:
            self.jobs[job.key] = job
            self.fates[job.key] = Fate.WAITING
            self._latest[job.uuid] = job.key
            added.add(job.uuid)
            if job.uuid != origin:
                self._origins[job.uuid] = origin
        return added

    def _waiting(self) -> Iterator[FlowJob]:
        return iter([self.jobs[key] for key, fate in self.fates.items() if fate is Fate.WAITING])

    def _is_settled_for(self, job: FlowJob) -> bool:
        """Whether all that a job waits for has ended."""
        own = {job.uuid, *self._line_of(job.uuid)}  # whose children wait for this very job
        rest, seen = [uuid for uuid in job.parents if uuid in self._latest], set[str]()
        while rest:
            uuid = rest.pop()
            if self.fates[self._latest[uuid]] in OPEN:
                return False
            if uuid not in own | seen:
                seen.add(uuid)
                rest.extend(self._tails.get(uuid, ()))
        return True

    def _line_of(self, uuid: str) -> Iterator[str]:
        """The job whose response added a job, the one that added that job, and so on."""
        while uuid := self._origins.get(uuid, ""):
            yield uuid

    def _fate_of_child(self, job: FlowJob) -> Fate | None:
        """The final fate of a job that its settled parents keep from running; None if it can run."""
        fates = {self.fates[self._latest[uuid]] for uuid in job.parents if uuid in self._latest}
        if job.parents & self._stops_children or Fate.STOPPED in fates:
            return Fate.STOPPED
        if job.is_strict and fates & {Fate.FAILED, Fate.BLOCKED}:
            return Fate.BLOCKED
        return None


def replay(flow: Document, outcomes: Mapping[str, Outcome], running: Iterable[str] = ()) -> FlowRun:
    """The state of a flow after some of its jobs ended.

    Parameters
    ----------
    outcomes
        Key → outcome of each ended job.
    running
        Keys of the jobs that have started and not ended.
    """
    run, left = FlowRun(flow), dict(outcomes)
    while known := [key for key in left if key in run.jobs]:
        for key in known:
            run.end(key, left.pop(key))
    for key in running:
        if key in run.jobs:
            run.start(key)
    return run
