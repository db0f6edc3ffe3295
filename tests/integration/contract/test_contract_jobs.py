"""The JobStore and Launcher ports."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from crystalmath_server.domain.jobs.kept_options import PLACED
from crystalmath_server.domain.jobs.plans import JobPlan
from crystalmath_server.protocol.errors import Conflict, InvalidForm, NotAllowed, NotFound
from crystalmath_server.protocol.files import FileRange, ReadFileParams
from crystalmath_server.protocol.jobs import (
    ENDED,
    Control,
    JobRow,
    JobsPage,
    JobState,
    ListJobsParams,
    Submitted,
)
from tests.aiida_rig import LONG, cubic_copper, emt, parsed, plan
from tests.job_options import OTHERS
from tests.worlds import FakeWorld, RealWorld, World

T = TypeVar("T")

KEPT: dict[str, Any] = {name: OTHERS[name] for name in OTHERS if name not in PLACED}
"""Options that AiiDA has no place of its own for, each with another value than its default."""
NOWHERE = 999_999_999
PROLOGUE = "# café ☕ 晶体"
SCRIPT = "_aiidasubmit.sh"
WAIT_S = 30.0


@dataclass(frozen=True)
class Jobs:
    """One job that finished and two that were killed; their labels begin with the tag of the world."""

    done_plan: JobPlan
    done: Submitted
    killed: Submitted
    unnamed: Submitted


def new_plan(world: World, name: str, structure: dict[str, Any], **settings: Any) -> JobPlan:
    pk = world.run(world.ports.structures.store(parsed(structure), "")).row.pk
    return plan(pk, f"key-{world.tag}-{name}", emt(**settings), f"digest of {name}")


def submit(world: World, made: JobPlan) -> Submitted:
    return world.run(world.ports.launcher.submit(made))


async def together(*calls: Awaitable[T]) -> list[T]:
    return list(await asyncio.gather(*calls))


def killed(world: World, pk: int) -> Control:
    return world.run(world.ports.launcher.cancel(pk, WAIT_S))


@pytest.fixture(scope="module", autouse=True)
def workers(world: World, request: pytest.FixtureRequest) -> None:
    """Real jobs need AiiDA's daemon."""
    if isinstance(world, RealWorld):
        request.getfixturevalue("daemon")


@pytest.fixture(scope="module")
def jobs(world: World) -> Jobs:
    """All are submitted before the first is waited for."""
    quick = new_plan(world, "done", cubic_copper(3.7), relax_kwargs={"fmax": 0.01})
    spec = replace(quick.spec, label=f"{world.tag} done", description="words", **KEPT)
    quick = replace(quick, spec=spec, options={"prepend_text": PROLOGUE})
    other = replace(quick, key=f"{quick.key}-2", spec=replace(spec, label=f"{world.tag} killed"))
    rendered = replace(quick.prepared.rendered, template="emt.static")
    other = replace(other, prepared=replace(quick.prepared, rendered=rendered))
    unnamed = replace(quick, key=f"{quick.key}-3", spec=replace(spec, label=""))
    done, stopped, third = (submit(world, made) for made in (quick, other, unnamed))
    kill = [world.ports.launcher.cancel(job.pk, WAIT_S) for job in (stopped, third)]
    assert all(found.done and found.state is JobState.KILLED for found in world.run(together(*kill)))
    world.until(done.pk, {JobState.FINISHED})
    for _ in range(200):  # the list may follow a moment later
        if page(world, label=f"{world.tag} done").rows[0].state is JobState.FINISHED:
            break
        world.run(asyncio.sleep(0.05))
    return Jobs(quick, done, stopped, third)


def test_a_job_that_cannot_be_gone_on_from(world: World, jobs: Jobs) -> None:
    async def enter(pk: int) -> None:
        async with world.ports.earlier.open_folder(pk, ""):
            pass

    world.refuse(enter(NOWHERE), NotFound, "restart_pk")
    world.refuse(enter(jobs.done.pk), InvalidForm, "restart_pk")


def test_the_batch_script_of_a_plan(world: World, jobs: Jobs) -> None:
    script = world.run(world.ports.launcher.script(jobs.done_plan))
    wanted = ReadFileParams(jobs.done.pk, SCRIPT, "inputs")
    assert PROLOGUE in script
    assert world.run(world.ports.jobs.read(wanted)).content.startswith(script.split("\n")[0])


def page(world: World, **params: Any) -> JobsPage:
    return world.run(world.ports.jobs.list_jobs(ListJobsParams(**params)))


def tagged(world: World, **params: Any) -> list[int]:
    """Pks of the jobs with the tag that pass, in their order."""
    return [row.pk for row in page(world, **{"label": world.tag, **params}).rows]


def row_of(world: World, pk: int) -> JobRow:
    return world.run(world.ports.jobs.show(pk)).row


def test_a_submitted_job_is_as_it_was_planned(world: World, jobs: Jobs) -> None:
    detail = world.run(world.ports.jobs.show(jobs.done.pk))
    row, made = detail.row, jobs.done_plan
    assert (row.uuid, row.template, row.formula) == (jobs.done.uuid, "emt.relax", "Cu4")
    assert (row.label, detail.description, row.cluster) == (made.spec.label, "words", "localhost")
    assert (detail.engine, detail.values) == (made.prepared.engine, made.prepared.values)
    assert (detail.structure_pk, detail.caller_pk, detail.called) == (made.spec.structures[0], None, ())
    assert made.spec.structures[0] in {link.pk for link in detail.inputs if link.label == "structure"}
    assert detail.explanation
    assert row.created_at <= row.modified_at
    (listed,) = page(world, label=made.spec.label).rows
    assert replace(listed, modified_at=row.modified_at) == row  # a change that nobody sees is listed later
    assert row_of(world, jobs.unnamed.pk).label == "Cu4 emt.relax"


def test_jobs_are_listed_by_what_is_asked_for(world: World, jobs: Jobs) -> None:
    done, stopped = jobs.done.pk, jobs.killed.pk
    assert tagged(world) == [stopped, done]
    assert tagged(world, label=world.tag.upper()) == [stopped, done]
    assert tagged(world, label=f"{world.tag} DONE") == [done]
    assert tagged(world, label=f"^{world.tag} (done|killed)$", regex=True) == [stopped, done]
    assert tagged(world, label=f"{world.tag} .*e$", regex=True) == [done]
    assert tagged(world, template="emt.static") == [stopped]
    assert tagged(world, cluster="nowhere") == []
    assert tagged(world, states=(JobState.KILLED,)) == [stopped]
    assert tagged(world, states=(JobState.QUEUED,)) == []
    assert {done, stopped, jobs.unnamed.pk} <= set(tagged(world, label="cu4", limit=500))


@pytest.mark.parametrize("regex", [True, False])
def test_a_filter_is_turned_round(world: World, jobs: Jobs, *, regex: bool) -> None:
    found = tagged(world, label=f"{world.tag} done", invert=True, regex=regex, limit=500)
    assert {jobs.killed.pk, jobs.unnamed.pk} <= set(found)
    assert jobs.done.pk not in found


def test_times_of_creation_include_their_ends(world: World, jobs: Jobs) -> None:
    first, second = (row_of(world, pk).created_at for pk in (jobs.done.pk, jobs.killed.pk))
    assert first < second
    assert tagged(world, created_after=second) == [jobs.killed.pk]
    assert tagged(world, created_before=first) == [jobs.done.pk]
    assert tagged(world, created_after=first, created_before=second) == [jobs.killed.pk, jobs.done.pk]


def test_counts_are_of_all_states(world: World, jobs: Jobs) -> None:
    found = page(world, label=world.tag, states=(JobState.KILLED,))
    assert (found.total, found.counts) == (1, {"finished": 1, "killed": 1})
    assert len(found.rows) == 1
    everything = page(world)
    assert sum(everything.counts.values()) == everything.total


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", ["pk", "modified", "state", "label", "formula", "template", "cluster"])
def test_pages_follow_one_another(world: World, jobs: Jobs, sort: str, *, descending: bool) -> None:
    params: dict[str, Any] = {"label": "Cu4", "sort": sort, "descending": descending}
    whole = page(world, limit=500, **params)
    assert {jobs.done.pk, jobs.killed.pk, jobs.unnamed.pk} <= {row.pk for row in whole.rows}
    assert whole.next_cursor == ""
    name = {"modified": "modified_at"}.get(sort, sort)
    keys = [(_key(getattr(row, name)), row.pk) for row in whole.rows]
    assert keys == sorted(keys, reverse=descending)
    rows, cursor = list[JobRow](), ""
    while len(rows) < len(whole.rows):
        part = page(world, limit=1, cursor=cursor, **params)
        assert (len(part.rows), part.total) == (1, whole.total)
        rows, cursor = [*rows, *part.rows], part.next_cursor
    assert (tuple(rows), cursor) == (whole.rows, "")


def _key(value: Any) -> Any:
    """States are in the order of a job's life."""
    if isinstance(value, JobState):
        return list(JobState).index(value)
    return value.casefold() if isinstance(value, str) else value


def test_a_list_with_a_bad_expression_or_cursor_is_refused(world: World, jobs: Jobs) -> None:
    list_jobs = world.ports.jobs.list_jobs
    world.refuse(list_jobs(ListJobsParams(label="(", regex=True)), InvalidForm, "label")
    world.refuse(list_jobs(ListJobsParams(cursor="nonsense")), InvalidForm, "cursor")
    other = page(world, label=world.tag, limit=1).next_cursor
    assert other
    world.refuse(list_jobs(ListJobsParams(sort="label", cursor=other)), InvalidForm, "cursor")
    world.refuse(list_jobs(ListJobsParams(descending=False, cursor=other)), InvalidForm, "cursor")


def test_a_job_that_is_not_there(world: World) -> None:
    store, launcher = world.ports.jobs, world.ports.launcher
    for look in (store.show, store.files, store.log, store.results):
        world.refuse(look(NOWHERE), NotFound, "pk")
    world.refuse(store.read(ReadFileParams(NOWHERE, SCRIPT, "inputs")), NotFound, "pk")
    for steer in (launcher.cancel, launcher.pause, launcher.play):
        world.refuse(steer(NOWHERE, 1), NotFound, "pk")


def read(world: World, jobs: Jobs, **params: Any) -> FileRange:
    return world.run(world.ports.jobs.read(ReadFileParams(jobs.done.pk, SCRIPT, "inputs", **params)))


def test_files_are_listed_and_read_whole(world: World, jobs: Jobs) -> None:
    files = world.run(world.ports.jobs.files(jobs.done.pk)).rows
    sizes = {file.path: file.size for file in files if file.source == "inputs"}
    whole = read(world, jobs)
    assert (whole.path, whole.encoding, whole.offset) == (SCRIPT, "utf-8", 0)
    assert whole.size == whole.next_offset == sizes[SCRIPT] == len(whole.content.encode())
    assert whole.content.startswith("#!/bin/bash\n")
    assert PROLOGUE in whole.content


def test_a_file_is_read_in_ranges(world: World, jobs: Jobs) -> None:
    text, offset, size = "", 0, read(world, jobs).size
    while offset < size:
        part = read(world, jobs, offset=offset, limit=23)
        assert (part.encoding, part.offset, part.size) == ("utf-8", offset, size)
        assert offset < part.next_offset <= offset + 23
        text, offset = text + part.content, part.next_offset
    assert text == read(world, jobs).content


def test_a_range_cuts_no_letter(world: World, jobs: Jobs) -> None:
    data, letters = read(world, jobs).content.encode(), PROLOGUE.encode()
    start = data.index(letters)
    for limit in range(4, len(letters) + 1):
        part = read(world, jobs, offset=start, limit=limit)
        assert part.content == letters[:limit].decode(errors="ignore")
        assert part.next_offset == start + len(part.content.encode())


def test_a_range_that_begins_within_a_letter_is_told_in_base64(world: World, jobs: Jobs) -> None:
    before = read(world, jobs).content.split("é")[0]
    assert read(world, jobs, offset=len(before.encode()) + 1, limit=1).encoding == "base64"


def test_behind_the_end_there_is_nothing(world: World, jobs: Jobs) -> None:
    size = read(world, jobs).size
    assert read(world, jobs, offset=size + 9) == FileRange(
        path=SCRIPT, offset=size, size=size, next_offset=size, encoding="utf-8", content=""
    )


@pytest.mark.parametrize("path", ["nonsense", "..", f"../{SCRIPT}", "/etc/passwd", "."])
def test_a_file_that_is_not_there(world: World, jobs: Jobs, path: str) -> None:
    for pk, source in ((jobs.done.pk, "inputs"), (jobs.done.pk, "retrieved"), (jobs.killed.pk, "retrieved")):
        params = ReadFileParams(pk, path, source)  # type: ignore[arg-type]
        world.refuse(world.ports.jobs.read(params), NotFound, "path")


def test_a_log_is_in_order(world: World, jobs: Jobs) -> None:
    lines = world.run(world.ports.jobs.log(jobs.done.pk)).lines
    times = [line.time_s for line in lines if line.time_s]
    assert times == sorted(times)
    assert all(line.level and line.source for line in lines)


def test_results_have_units_and_sources(world: World, jobs: Jobs) -> None:
    results = world.run(world.ports.jobs.results(jobs.done.pk))
    assert (results.pk, results.state) == (jobs.done.pk, JobState.FINISHED)
    assert results.engine == jobs.done_plan.prepared.engine
    assert results.structure_before_pk == jobs.done_plan.spec.structures[0]
    found = {row.name: row for row in results.quantities}
    energy = found["energy_per_atom"]
    assert isinstance(energy.value, float)
    assert (energy.unit, energy.title) == ("eV/atom", "energy per atom")
    assert all(row.source for row in results.quantities)
    assert [step.step for step in results.steps] == list(range(len(results.steps)))
    assert results.steps


def test_a_killed_job_has_no_results(world: World, jobs: Jobs) -> None:
    results = world.run(world.ports.jobs.results(jobs.killed.pk))
    assert (results.state, results.quantities, results.steps) == (JobState.KILLED, (), ())
    assert results.structure_before_pk == jobs.done_plan.spec.structures[0]


def test_one_key_is_one_job(world: World, jobs: Jobs) -> None:
    launcher, made = world.ports.launcher, jobs.done_plan
    before = page(world).total
    again = submit(world, made)
    assert again == replace(jobs.done, state=JobState.FINISHED, reused=True)
    assert world.run(launcher.find(made.key, made.prepared.rendered.digest)) == again
    assert world.run(launcher.find(made.key, "")) == again
    assert world.run(launcher.find("key-of-nobody", "")) is None
    world.refuse(launcher.find(made.key, "another digest"), Conflict, "key")
    rendered = replace(made.prepared.rendered, digest="another digest")
    other = replace(made, prepared=replace(made.prepared, rendered=rendered))
    world.refuse(launcher.submit(other), Conflict, "key")
    assert page(world).total == before


def test_one_key_at_the_same_time_is_one_job(world: World) -> None:
    made = new_plan(world, "at-once", cubic_copper(3.7), **LONG)
    answers = world.run(together(*(world.ports.launcher.submit(made) for _ in range(4))))
    assert len({answer.pk for answer in answers}) == 1
    assert sorted(answer.reused for answer in answers) == [False, True, True, True]
    assert killed(world, answers[0].pk).done


def test_a_job_is_steered_and_the_list_shows_it_at_once(world: World) -> None:
    launcher, store = world.ports.launcher, world.ports.jobs
    before = store.revision
    job = submit(world, new_plan(world, "steered", cubic_copper(3.6, 4, noise=0.3), **LONG))
    assert not job.reused
    assert job.state not in ENDED
    assert page(world, limit=1).rows[0].pk == job.pk
    assert before < store.revision
    world.until(job.pk, {JobState.RUNNING})
    going = world.run(launcher.play(job.pk, WAIT_S))
    assert going == Control(job.pk, JobState.RUNNING, done=True)
    for _ in range(2):
        paused = world.run(launcher.pause(job.pk, WAIT_S))
        assert paused == Control(job.pk, JobState.PAUSED, done=True)
    assert page(world, limit=1).rows[0].state is JobState.PAUSED
    played = world.run(launcher.play(job.pk, WAIT_S))
    assert (played.done, played.waiting_for) == (True, "")
    assert played.state not in {JobState.PAUSED, *ENDED}
    hasty = world.run(launcher.cancel(job.pk, 0))
    assert hasty.done == (hasty.waiting_for == "") == (hasty.state in ENDED)
    for _ in range(2):
        assert killed(world, job.pk) == Control(job.pk, JobState.KILLED, done=True)
    assert page(world, limit=1).rows[0].state is JobState.KILLED


def test_a_job_that_has_ended_is_not_steered(world: World, jobs: Jobs) -> None:
    for job, state in ((jobs.done, JobState.FINISHED), (jobs.killed, JobState.KILLED)):
        world.refuse(world.ports.launcher.pause(job.pk, 1), NotAllowed, "")
        world.refuse(world.ports.launcher.play(job.pk, 1), NotAllowed, "")
        assert killed(world, job.pk) == Control(job.pk, state, done=True)


def test_a_computer_that_a_job_needs_stays(world: World, jobs: Jobs) -> None:
    world.refuse(world.ports.clusters.delete("localhost"), Conflict, "label")
    assert row_of(world, jobs.done.pk).cluster == "localhost"


def put_there(world: World, pk: int, name: str, data: bytes) -> None:
    """A file in the folder of a job, as if the job had written it."""
    if isinstance(world, RealWorld):
        Path(world.run(world.ports.work.tree(pk, 1, 1)).folder, name).write_bytes(data)
    else:
        world.ports.work.put(pk, name, data)  # type: ignore[attr-defined]


def test_the_folder_of_a_job_on_its_computer(world: World, jobs: Jobs) -> None:
    work, pk = world.ports.work, jobs.done.pk
    if isinstance(world, FakeWorld):
        put_there(world, pk, SCRIPT, b"x")
    put_there(world, pk, "words.txt", "café".encode())
    found = {row.path: row for row in world.run(work.tree(pk, 3, 1000)).rows}
    assert {SCRIPT, "words.txt"} <= set(found)
    assert (found["words.txt"].source, found["words.txt"].size) == ("work", 5)
    assert world.run(work.tree(pk, 3, 1)).note
    piece = world.run(work.read(pk, "words.txt", 3, 1))
    assert (piece.data, piece.size) == ("é".encode()[:1], 5)
    assert abs(piece.now - piece.modified_at) < 60
    assert world.run(work.read(pk, "words.txt", 9, 1)).data == b""
    world.run(work.write(pk, "STOPCAR", "LSTOP = .TRUE.\n"))
    assert world.run(work.read(pk, "STOPCAR", 0, 100)).data == b"LSTOP = .TRUE.\n"


@pytest.mark.parametrize("path", ["none", "../words.txt"])
def test_a_file_that_is_not_in_the_folder(world: World, jobs: Jobs, path: str) -> None:
    put_there(world, jobs.done.pk, "words.txt", b"")
    with pytest.raises(NotFound) as caught:
        world.run(world.ports.work.read(jobs.done.pk, path, 0, 1))
    assert caught.value.data.field == "path"


def test_a_folder_of_no_job(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        world.run(world.ports.work.tree(NOWHERE, 3, 9))
    assert caught.value.data.field == "pk"


def test_the_state_alone_is_that_of_the_job(world: World, jobs: Jobs) -> None:
    assert world.run(world.ports.jobs.state(jobs.done.pk)) is JobState.FINISHED
    with pytest.raises(NotFound):
        world.run(world.ports.jobs.state(NOWHERE))


def test_files_of_one_source(world: World, jobs: Jobs) -> None:
    rows = world.run(world.ports.jobs.files(jobs.done.pk, "inputs")).rows
    assert {row.source for row in rows} == {"inputs"}


def test_a_job_is_recalled_as_it_was_planned(world: World, jobs: Jobs) -> None:
    found = world.run(world.ports.jobs.recall(jobs.done.pk))
    made = jobs.done_plan
    asked = replace(made.spec, values=made.prepared.values, resources=found.spec.resources)
    assert (found.pk, found.uuid, found.spec, found.formula) == (jobs.done.pk, jobs.done.uuid, asked, "Cu4")
    assert found.options["prepend_text"] == PROLOGUE
    assert found.options["resources"]["num_machines"] == 1
    world.refuse(world.ports.jobs.recall(NOWHERE), NotFound, "pk")


def test_a_job_is_run_again_once_for_each_key(world: World, jobs: Jobs) -> None:
    launcher, store = world.ports.launcher, world.ports.jobs
    past = world.run(store.recall(jobs.killed.pk))
    key = f"key-{world.tag}-again"
    assert world.run(launcher.find_retry(past, key)) is None
    again = world.run(launcher.retry(past, key, f"{world.tag}-again"))
    assert getattr(world.run(launcher.find_retry(past, key)), "pk", None) == again.pk
    assert (again.reused, again.template) == (False, "emt.static")
    assert world.run(launcher.retry(past, key, "")) == replace(
        again, state=row_of(world, again.pk).state, reused=True
    )
    detail = world.run(store.show(again.pk))
    assert (detail.retry_of, detail.row.label) == (jobs.killed.pk, f"{world.tag}-again")
    assert world.run(store.show(jobs.killed.pk)).retry_of is None
    assert detail.structure_pk == jobs.done_plan.spec.structures[0]
    recalled = world.run(store.recall(again.pk))
    spec = replace(recalled.spec, label=past.spec.label)
    assert replace(recalled, pk=past.pk, uuid=past.uuid, spec=spec, state=past.state) == past
    other = world.run(store.recall(jobs.unnamed.pk))
    world.refuse(launcher.retry(other, key, ""), Conflict, "key")
    world.refuse(launcher.find_retry(other, key), Conflict, "key")
    world.refuse(launcher.retry(other, jobs.done_plan.key, ""), Conflict, "key")
    assert killed(world, again.pk).done
