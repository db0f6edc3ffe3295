"""A launcher on a real AiiDA profile with a real daemon; also run as a child that is to be killed."""

import asyncio
import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

import pytest

from crystalmath_server.adapters.aiida.daemon.control import glance
from crystalmath_server.adapters.aiida.daemon.daemon import DaemonWatch
from crystalmath_server.adapters.aiida.daemon.probe import DaemonProbe
from crystalmath_server.adapters.aiida.runtime import AiidaRuntime
from crystalmath_server.adapters.aiida.structures import AiidaStructures
from crystalmath_server.adapters.aiida.submit.launcher import AiidaLauncher
from crystalmath_server.adapters.aiida.submit.throttle import SubmissionThrottle
from crystalmath_server.adapters.remote.connections import ClusterConnections
from crystalmath_server.domain.jobs.plans import JobPlan, ParsedStructure, PreparedInputs
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import ENDED, JobState
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.structures import Lattice
from crystalmath_server.protocol.templates import Rendered
from tests.loose_tasks import LooseTasks
from tests.patience import patience_s

T = TypeVar("T")

LONG = {"relax_kwargs": {"fmax": 1e-9}, "steps": 100_000}


def cubic_copper(a: float = 3.7, n: int = 1, noise: float = 0.0) -> dict[str, Json]:
    """n³ conventional cells of fcc copper as pymatgen's JSON, the first atom `noise` Å off its place."""
    corners = [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]
    cells = [(i, j, k) for i in range(n) for j in range(n) for k in range(n)]
    places = [
        [(x + c) / n for x, c in zip(corner, cell, strict=True)] for cell in cells for corner in corners
    ]
    places[0][0] += noise / (a * n)
    sites = [{"species": [{"element": "Cu", "occu": 1}], "abc": abc, "properties": {}} for abc in places]
    length = a * n
    document: dict[str, Any] = {
        "@module": "pymatgen.core.structure",
        "@class": "Structure",
        "charge": 0,
        "lattice": {"matrix": [[length, 0, 0], [0, length, 0], [0, 0, length]], "pbc": [True, True, True]},
        "properties": {},
        "sites": sites,
    }
    return document


def parsed(document: Mapping[str, Any]) -> ParsedStructure:
    """What the worker makes of a cubic structure, as far as the store needs it."""
    length = float(document["lattice"]["matrix"][0][0])
    n_sites = len(document["sites"])
    return ParsedStructure(
        document=document,
        digest=hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest(),
        formula=f"Cu{n_sites}",
        elements=("Cu",),
        n_sites=n_sites,
        lattice=Lattice(length, length, length, 90, 90, 90, length**3),
        spacegroup="",
        density_g_cm3=0.0,
        sites=(),
        poscar="",
    )


def emt(**settings: Any) -> dict[str, Json]:
    """atomate2's EmtRelaxMaker as MSONable JSON."""
    return {"@module": "atomate2.ase.jobs", "@class": "EmtRelaxMaker", **settings}


def plan(structure_pk: int, key: str, maker: Mapping[str, Json], digest: str = "digest") -> JobPlan:
    """A plan as the handler would make it."""
    prepared = PreparedInputs(
        rendered=Rendered("emt.relax", (), (), digest),
        maker=maker,
        engine="EMT (ase)",
        versions={},
        values={"fmax": 0.01},
    )
    spec = JobSpec("emt.relax", (structure_pk,), label=f"job {key}", cluster="localhost")
    return JobPlan(spec, prepared, key)


class NoWorkbench:
    """A store that only stores needs none."""


class Rig:
    """The adapters on an event loop of their own thread."""

    def __init__(self, runtime: AiidaRuntime) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.runtime = runtime
        self.watch = self.run(self._make(DaemonWatch, self.runtime))
        gate = self.run(
            self._make(SubmissionThrottle, self.runtime, self.watch, ClusterConnections(), self._refresh)
        )
        self.launcher = AiidaLauncher(self.runtime, self.watch, gate, LooseTasks())
        self.structures = AiidaStructures(self.runtime, NoWorkbench())  # pyright: ignore[reportArgumentType]
        self._watching = asyncio.run_coroutine_threadsafe(self.watch.run(), self._loop)

    async def _refresh(self, _pk: int) -> None:
        """Nobody keeps a list here."""

    @staticmethod
    async def _make(factory: Callable[..., T], *args: object) -> T:
        return factory(*args)

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 120) -> T:
        """The result of a coroutine on the rig's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def call(self, fn: Callable[..., T], *args: object) -> T:
        """The result of a function on the AiiDA thread."""
        return self.run(self.runtime.call(fn, *args))

    def store(self, document: Mapping[str, Any]) -> int:
        """Store a structure; its pk."""
        return self.run(self.structures.store(parsed(document), "copper")).row.pk

    def state(self, pk: int) -> JobState:
        """State of a job."""
        return self.call(glance, pk).state

    def until(self, pk: int, states: frozenset[JobState] = ENDED, timeout: float = 90) -> JobState:
        """Wait until a job is in one of `states`."""
        deadline = time.monotonic() + patience_s(timeout)
        while (state := self.state(pk)) not in states:
            assert time.monotonic() < deadline, f"job {pk} is {state}; {self.watch.part()}"
            time.sleep(0.05)
        return state

    def probe(self) -> DaemonProbe:
        """Sight of the daemon."""
        return self.call(_make_probe)

    def close(self) -> None:
        """Stop watching; the session ends AiiDA's daemon."""
        self._watching.cancel()
        self.run(asyncio.sleep(0))
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


def _make_probe() -> DaemonProbe:
    from aiida.manage import get_manager

    return DaemonProbe(get_manager().get_profile())


@pytest.fixture(scope="module")
def rig(runtime: AiidaRuntime, daemon: object) -> Iterator[Rig]:
    """Adapters on the session's profile and daemon."""
    made = Rig(runtime)
    made.run(made.watch.ensure())  # the test before may have left a dead one
    yield made
    made.run(made.watch.ensure())  # the session stops what runs
    made.close()


def nodes_of(key: str) -> list[Any]:
    """All processes of a key; on the AiiDA thread."""
    from aiida import orm

    query = orm.QueryBuilder().append(orm.Dict, filters={"label": key}, tag="settings")
    query.append(orm.CalcJobNode, with_incoming="settings")
    return query.all(flat=True)


def die_while_submitting(where: str, key: str, structure_pk: int) -> None:
    """Submit, and be killed at one point of it: stored, checkpoint or sent."""
    from aiida.engine.persistence import AiiDAPersister
    from plumpy.process_comms import RemoteProcessThreadController as Controller

    def die(*_args: object, **_kwargs: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    rig = Rig(AiidaRuntime("crystalmath"))
    rig.run(rig.watch.ensure())
    if where == "stored":
        AiiDAPersister.save_checkpoint = die  # pyright: ignore[reportAttributeAccessIssue]
    if where == "checkpoint":
        Controller.continue_process = die
    rig.run(rig.launcher.submit(plan(structure_pk, key, emt(relax_kwargs={"fmax": 0.01}))))
    die()


if __name__ == "__main__":
    die_while_submitting(sys.argv[1], sys.argv[2], int(sys.argv[3]))
