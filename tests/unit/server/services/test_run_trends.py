"""Trends: answered at once, looked at one by one and rarely, kept once a job has ended."""

import asyncio
from typing import Any

import pytest

from crystalmath_server.domain.vasp_run.trend import KEPT, trend_of
from crystalmath_server.handlers import progress
from crystalmath_server.protocol.errors import TransportFailed
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.progress import Trend, TrendsParams
from crystalmath_server.protocol.results import IonicStep, JobResults
from crystalmath_server.services import run_trends
from tests.running_jobs import FILE, Scene, line


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_trends, "PAUSE_S", 0.0)


async def asked(scene: Scene, *pks: int) -> dict[int, Trend]:
    found = await progress.trends(scene.ports, TrendsParams(pks))
    for _ in range(20):
        await asyncio.sleep(0)
    return {trend.pk: trend for trend in found.rows}


def test_the_first_answer_is_at_once_and_the_next_knows_it() -> None:
    async def main() -> None:
        scene = Scene()
        scene.work.put(1, FILE, b"".join(line(i, 0.5 / (i + 1)) for i in range(40)))
        assert await asked(scene, 1) == {}
        told = (await asked(scene, 1))[1]
        assert (told.quantity, told.unit, len(told.values), told.steps) == ("force", "eV/Å", KEPT, 40)
        assert told.values[-1] == 0.5 / 40
        reads = scene.work.reads
        await asked(scene, 1)
        assert scene.work.reads == reads

    asyncio.run(main())


def test_a_running_job_is_looked_at_again_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        scene = Scene()
        scene.work.put(1, FILE, b"".join(map(line, range(2))))
        await asked(scene, 1)
        scene.work.append(1, FILE, line(2))
        monkeypatch.setattr(run_trends, "FRESH_S", 0.0)
        assert (await asked(scene, 1))[1].steps == 2
        assert (await asked(scene, 1))[1].steps == 3

    asyncio.run(main())


def test_an_ended_job_tells_its_results_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        scene, calls = Scene(), []

        async def results(pk: int) -> JobResults:
            calls.append(pk)
            steps = tuple(IonicStep(i, -1.0 * i) for i in range(5))
            return JobResults(pk, JobState.FINISHED, "", (), steps)

        monkeypatch.setattr(scene.jobs, "results", results)
        monkeypatch.setattr(run_trends, "FRESH_S", 0.0)
        scene.jobs.change(1, JobState.FINISHED)
        await asked(scene, 1)
        told = (await asked(scene, 1))[1]
        assert (told.quantity, told.values, told.final) == ("energy", (0.0, -1.0, -2.0, -3.0, -4.0), True)
        assert calls == [1]

    asyncio.run(main())


def test_what_cannot_be_reached_is_no_error_and_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        scene = Scene()
        scene.work.trouble = TransportFailed("no route")
        await asked(scene, 1, 2, 99)
        found = await asked(scene, 1, 2, 99)
        assert [trend.values for trend in found.values()] == [(), (), ()]
        monkeypatch.setattr(run_trends, "FRESH_S", 0.0)
        scene.work.trouble = None
        scene.work.put(1, FILE, b"".join(map(line, range(3))))
        await asked(scene, 1)
        assert (await asked(scene, 1))[1].steps == 3

    asyncio.run(main())


def test_a_job_that_cannot_be_read_keeps_no_other_from_being_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        scene = Scene()

        async def broken(pk: int) -> JobResults:
            raise ValueError(pk)

        monkeypatch.setattr(scene.jobs, "results", broken)
        scene.jobs.change(2, JobState.FINISHED)
        scene.work.put(1, FILE, b"".join(map(line, range(3))))
        await asked(scene, 2, 1)
        found = await asked(scene, 2, 1)
        assert (found[2].values, found[1].steps) == ((), 3)

    asyncio.run(main())


def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        scene = Scene()
        monkeypatch.setattr(run_trends, "MOST_KEPT", 1)
        await asked(scene, 1, 2)
        assert list(await asked(scene, 1, 2)) == [2]

    asyncio.run(main())


def test_forces_go_before_energies_and_two_points_make_a_trend() -> None:
    def quantity(energies: tuple[Any, ...], forces: tuple[Any, ...]) -> str:
        return trend_of(1, energies, forces, final=False).quantity

    assert quantity((-1.0, -2.0), (0.5, 0.1)) == "force"
    assert quantity((-1.0, -2.0), (None, 0.1)) == "energy"
    assert quantity((-1.0, float("nan")), ()) == ""
