"""Progress of runs: read as far as they grew, started over, stuck or not, and when they may end."""

import asyncio

import pytest

from crystalmath_server.domain.vasp_run.outlook import outlook, span, stuck_words
from crystalmath_server.domain.vasp_run.steps import Step, Steps
from crystalmath_server.handlers import jobs, progress
from crystalmath_server.protocol.errors import NotAllowed, NotFound, TransportFailed
from crystalmath_server.protocol.jobs import JobPk, JobState
from crystalmath_server.protocol.progress import ProgressOfJobParams, StopJobParams
from tests.running_jobs import FILE, Scene, line


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_only_what_grew_is_read(scene: Scene) -> None:
    scene.work.put(1, FILE, b"".join(map(line, range(3))))
    found = scene.look()
    assert (found.ionic_step, found.energy_ev, found.energy_change_ev) == (2, -3.0, -1.0)
    assert (found.steps.step, found.steps.energy_ev) == ((0, 1, 2), (-1.0, -2.0, -3.0))
    assert (found.source, found.seconds_per_step, found.state) == ("work", 2.0, JobState.RUNNING)
    before = scene.work.bytes_read
    scene.work.append(1, FILE, line(3))
    assert scene.look().ionic_step == 3
    assert scene.work.bytes_read - before == len(line(3))
    assert scene.look(points=2).steps.step == (0, 3)
    assert scene.look(points=0).steps.step == ()


def test_a_restarted_run_is_read_again(scene: Scene) -> None:
    scene.work.put(1, FILE, line(0) + line(1) + line(2))
    scene.look()
    scene.work.put(1, FILE, line(0, 0.25))
    assert (scene.look().ionic_step, scene.look().max_force_ev_a) == (0, 0.25)
    scene.work.put(1, FILE, line(0) + line(1))
    scene.work.identities[1, FILE] = "2"
    assert scene.look().steps.step == (0, 1)


def test_of_a_job_that_has_ended_what_was_brought_back_is_read(scene: Scene) -> None:
    scene.jobs.get(1).files["retrieved", FILE] = line(0) + line(1)
    scene.jobs.change(1, JobState.FINISHED)
    scene.work.trouble = TransportFailed("away")
    found = scene.look()
    assert (found.source, found.ionic_step, found.left_s, found.quiet_s) == ("retrieved", 1, None, None)


def test_a_run_that_wrote_nothing_says_so(scene: Scene) -> None:
    scene.jobs.get(1).files["work", "other"] = scene.jobs.get(1).files.pop(("work", FILE))
    assert "Nothing was written" in scene.look().words
    with pytest.raises(NotFound):
        scene.look(2)  # no folder yet


def test_a_stuck_run_is_said_in_its_progress_and_by_show(scene: Scene) -> None:
    async def main() -> None:
        scene.work.put(1, FILE, b"".join(map(line, range(6))))
        scene.work.modified_at = 0.0
        assert (await jobs.show(scene.ports, JobPk(1))).explanation == "It is running."
        await asyncio.sleep(0.05)  # meanwhile it is looked at
        shown = await jobs.show(scene.ports, JobPk(1))
        assert "No new step for" in shown.explanation
        assert "jobs progress 1" in shown.hint
        found = await progress.progress(scene.ports, ProgressOfJobParams(1))
        assert found.stuck
        assert "times the usual 2.0 s" in found.words
        scene.work.modified_at = None
        assert not (await progress.progress(scene.ports, ProgressOfJobParams(1))).stuck
        assert (await jobs.show(scene.ports, JobPk(1))).explanation == "It is running."

    asyncio.run(main())


@pytest.mark.parametrize(
    "intervals, quiet_s, stuck",
    [
        ((1.0, 1.0, 1.0), 29.0, False),
        ((1.0, 1.0, 1.0), 31.0, True),
        ((60.0, 60.0, 60.0), 599.0, False),
        ((60.0, 60.0, 60.0), 601.0, True),
        ((1.0, 1.0, 1.0, 100.0), 150.0, False),
        ((1.0, 1.0), 1e6, False),
        ((), 1e6, False),
    ],
)
def test_stuck_is_what_is_silent_for_long_against_its_usual(
    intervals: tuple[float, ...], quiet_s: float, *, stuck: bool
) -> None:
    steps = Steps()
    steps.intervals.extend(intervals)
    assert bool(stuck_words(steps, quiet_s)) is stuck


def run_of(forces: list[float], **known: object) -> Steps:
    steps = Steps(done=len(forces), moves="relaxation", **known)  # type: ignore[arg-type]
    steps.steps.extend(Step(n, -1.0, force, 10.0) for n, force in enumerate(forces, 1))
    return steps


def test_the_end_is_told_where_it_can_be_told() -> None:
    falling = run_of([0.8, 0.4, 0.2, 0.1], force_limit_ev_a=0.025, most=99)
    left_s, words = outlook(falling)
    assert left_s == pytest.approx(20.0)
    assert "continues falling" in words
    dynamics = run_of([1.0] * 5, most=25)
    dynamics.moves = "dynamics"
    assert outlook(dynamics)[0] == 200.0
    assert outlook(run_of([0.8, 0.4], converged=True))[0] == 0.0


@pytest.mark.parametrize(
    "steps, words",
    [
        (Steps(), "before the first step"),
        (run_of([0.1, 0.2, 0.3, 0.4], force_limit_ev_a=0.01, most=9), "does not fall; at most 5 steps"),
        (run_of([0.4, 0.2], force_limit_ev_a=0.01), "from only 2 steps"),
        (run_of([0.4, 0.2, 0.1, 0.05]), "limit of the force is not known"),
        (run_of([0.4], most=1), "electronic minimization"),
    ],
)
def test_why_the_end_cannot_be_told(steps: Steps, words: str) -> None:
    left_s, told = outlook(steps)
    assert left_s is None
    assert words in told


def test_times_in_words() -> None:
    assert [span(s) for s in (4.21, 60, 200, 7500)] == ["4.2 s", "60 s", "3 min", "2 h 05 min"]


@pytest.mark.parametrize("after, tag", [("ionic", "LSTOP"), ("electronic", "LABORT")])
def test_a_stop_is_a_file_that_vasp_reads(scene: Scene, after: str, tag: str) -> None:
    asked = asyncio.run(progress.stop(scene.ports, StopJobParams(2, after)))  # type: ignore[arg-type]
    assert scene.jobs.get(2).files["work", "STOPCAR"] == f"{tag} = .TRUE.\n".encode()
    assert tag in asked.file
    assert after in asked.words


def test_a_stop_that_nobody_would_read_is_refused(scene: Scene) -> None:
    with pytest.raises(NotAllowed, match="only VASP does"):
        asyncio.run(progress.stop(scene.ports, StopJobParams(1)))
    scene.jobs.change(2, JobState.QUEUED)
    with pytest.raises(NotAllowed, match="does not run"):
        asyncio.run(progress.stop(scene.ports, StopJobParams(2)))
