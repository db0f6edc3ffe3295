import asyncio
import base64
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crystalmath_server.adapters.aiida.jobs.index import JobFeed
from crystalmath_server.adapters.aiida.jobs.rows import read_rows
from crystalmath_server.adapters.aiida.jobs.store import AiidaJobStore
from crystalmath_server.adapters.aiida.profiles import AiidaProfiles
from crystalmath_server.adapters.aiida.runtime import AiidaRuntime
from crystalmath_server.adapters.clusters.clusters import AiidaClusters
from crystalmath_server.protocol.errors import Conflict, InvalidForm, NotFound
from crystalmath_server.protocol.files import ReadFileParams
from crystalmath_server.protocol.jobs import JobState, ListJobsParams
from crystalmath_server.protocol.profiles import CreateProfileParams
from crystalmath_server.protocol.system import PartState
from tests.aiida_rig import Rig, cubic_copper, emt, plan, rig

__all__ = ["rig"]

RELAXED = {"relax_kwargs": {"fmax": 0.01}}


def store_of(runtime: AiidaRuntime) -> AiidaJobStore:
    return AiidaJobStore(runtime, JobFeed(runtime))


def with_feed(runtime: AiidaRuntime, body: Callable[..., Any]) -> Any:
    """Run `body(feed, store)` while the feed keeps its index true."""

    async def main() -> Any:
        feed = JobFeed(runtime)
        task = asyncio.create_task(feed.run())
        try:
            await feed.wait_loaded()
            return await body(feed, AiidaJobStore(runtime, feed))
        finally:
            task.cancel()

    return asyncio.run(main())


async def until(holds: Callable[[], object], timeout_s: float = 30) -> None:
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.02)


def test_profile_is_made_and_ready(runtime: AiidaRuntime) -> None:
    assert runtime.part().state is PartState.READY
    assert runtime.broker == "core.zeromq"
    rows = asyncio.run(AiidaProfiles(runtime).list_profiles()).rows
    assert [(row.name, row.storage, row.is_default, row.in_use) for row in rows if row.in_use] == [
        ("crystalmath", "core.sqlite_dos", True, True)
    ]


def test_profiles_are_created_beside_the_one_in_use(runtime: AiidaRuntime) -> None:
    profiles = AiidaProfiles(runtime)
    row = asyncio.run(profiles.create(CreateProfileParams("second")))
    assert (row.name, row.broker, row.is_default, row.in_use) == ("second", "core.zeromq", False, False)
    with pytest.raises(Conflict) as taken:
        asyncio.run(profiles.create(CreateProfileParams("second")))
    assert taken.value.data.field == "name"
    with pytest.raises(InvalidForm):
        asyncio.run(profiles.create(CreateProfileParams("../x")))
    assert runtime.part().state is PartState.READY


def test_this_machine_is_the_only_cluster_at_first(runtime: AiidaRuntime) -> None:
    rows = asyncio.run(AiidaClusters(runtime).list_clusters()).rows
    assert [(row.label, row.transport, row.scheduler, row.enabled) for row in rows] == [
        ("localhost", "core.local", "core.direct", True)
    ]


def test_finished_job_is_shown(runtime: AiidaRuntime, added: int) -> None:
    detail = asyncio.run(store_of(runtime).show(added))
    assert detail.row.state is JobState.FINISHED
    assert (detail.row.label, detail.row.cluster) == ("Two and three", "localhost")
    assert {link.label for link in detail.inputs} == {"code", "x", "y"}
    assert {link.label: link.summary for link in detail.outputs}["sum"] == "5"
    assert detail.remote_work_dir


def test_failed_job_says_why(runtime: AiidaRuntime, failed: int) -> None:
    detail = asyncio.run(store_of(runtime).show(failed))
    assert (detail.row.state, detail.row.exit_status) == (JobState.FAILED, 410)
    assert "410" in detail.explanation
    assert detail.exit_message in detail.explanation
    assert detail.hint


def test_results_of_another_plugin(runtime: AiidaRuntime, added: int) -> None:
    results = asyncio.run(store_of(runtime).results(added))
    assert [(row.name, row.value) for row in results.quantities if row.name == "sum"] == [("sum", 5)]


def test_results_of_our_own_job(runtime: AiidaRuntime, rig: Rig) -> None:
    structure = rig.store(cubic_copper(3.7))
    made = rig.run(rig.launcher.submit(plan(structure, f"read-{uuid.uuid4()}", emt(**RELAXED))))
    assert rig.until(made.pk) is JobState.FINISHED
    results = asyncio.run(store_of(runtime).results(made.pk))
    held = {row.name: row for row in results.quantities}
    assert (held["energy"].unit, held["max_force"].unit) == ("eV", "eV/Å")
    assert len({row.source for row in results.quantities}) == 1
    assert results.lattice_before is not None
    assert results.lattice_after is not None
    assert results.lattice_before.a == pytest.approx(3.7)
    assert results.lattice_after.volume == pytest.approx(held["volume"].value, rel=1e-6)
    assert results.structure_before_pk == structure
    assert results.steps[-1].energy_ev == pytest.approx(held["energy"].value)
    assert results.engine
    detail = asyncio.run(store_of(runtime).show(made.pk))
    assert (detail.row.template, detail.structure_pk) == ("emt.relax", structure)
    assert detail.values == {"fmax": 0.01}
    assert ("Cu4" in detail.row.formula, detail.row.state) == (True, JobState.FINISHED)


def test_files_are_listed_and_read_in_ranges(runtime: AiidaRuntime, added: int) -> None:
    async def main() -> None:
        store = store_of(runtime)
        files = {(row.source, row.path): row.size for row in (await store.files(added)).rows}
        size = files["inputs", "_aiidasubmit.sh"]
        assert ("retrieved", "aiida.out") in files
        whole = await store.read(ReadFileParams(added, "_aiidasubmit.sh", "inputs"))
        assert (whole.size, whole.next_offset, whole.encoding) == (size, size, "utf-8")
        part = await store.read(ReadFileParams(added, "_aiidasubmit.sh", "inputs", offset=3, limit=5))
        assert part.content == whole.content[3:8]
        behind = await store.read(ReadFileParams(added, "_aiidasubmit.sh", "inputs", offset=10**9))
        assert (behind.content, behind.next_offset) == ("", size)

    asyncio.run(main())


@pytest.mark.parametrize("path", ["nothing.txt", "../../etc/passwd", "/etc/passwd", ".", "a\0b", ".aiida"])
def test_file_that_is_not_there(runtime: AiidaRuntime, added: int, path: str) -> None:
    with pytest.raises(NotFound) as refused:
        asyncio.run(store_of(runtime).read(ReadFileParams(added, path, "inputs")))
    assert repr(path) in refused.value.data.detail


def test_a_binary_file_comes_in_base64(runtime: AiidaRuntime) -> None:
    content = bytes(range(256)) * 8

    def make() -> int:
        from aiida import orm

        node: Any = orm.CalcJobNode(computer=orm.load_computer("localhost"))
        node.set_option("resources", {"num_machines": 1})
        node.base.repository.put_object_from_bytes(content, "data.bin")
        return node.store().pk

    pk = asyncio.run(runtime.call(make))
    found = asyncio.run(
        store_of(runtime).read(ReadFileParams(pk, "data.bin", "inputs", offset=100, limit=300))
    )
    assert (found.encoding, base64.b64decode(found.content)) == ("base64", content[100:400])


def test_the_log_of_a_job_is_in_order_of_time(runtime: AiidaRuntime, failed: int) -> None:
    log = asyncio.run(store_of(runtime).log(failed))
    assert not log.truncated
    assert all(line.text and line.source for line in log.lines)
    times = [line.time_s for line in log.lines if line.time_s]
    assert times == sorted(times)


@pytest.mark.parametrize("method", ["show", "files", "log", "results"])
def test_a_pk_of_no_job_is_refused_by_every_method(runtime: AiidaRuntime, method: str) -> None:
    with pytest.raises(NotFound) as refused:
        asyncio.run(getattr(store_of(runtime), method)(10**9))
    assert "1000000000" in refused.value.data.detail


def test_index_is_what_the_database_holds(runtime: AiidaRuntime, added: int, failed: int) -> None:
    async def body(feed: JobFeed, store: AiidaJobStore) -> None:
        rows = await runtime.call(read_rows, {})
        assert list(feed.index) == rows
        page = await store.list_jobs(ListJobsParams(label="TWO AND"))
        assert added in [row.pk for row in page.rows]
        page = await store.list_jobs(ListJobsParams(states=(JobState.FAILED,)))
        assert failed in [row.pk for row in page.rows]
        page = await store.list_jobs(ListJobsParams(label="^less.*nothing$", regex=True))
        assert [row.pk for row in page.rows] == [failed]

    with_feed(runtime, body)


def test_broadcasts_reach_the_index(runtime: AiidaRuntime, submit_add: Any, daemon: Any) -> None:
    seen: list[int] = []

    async def body(feed: JobFeed, store: AiidaJobStore) -> None:
        await runtime.call(feed.subscribe)
        hear = feed._mark
        feed._mark = lambda pk: (seen.append(pk), hear(pk))[1]
        before = store.revision
        pk = await asyncio.to_thread(submit_add, 4, 5, "heard")
        await until(lambda: pk in feed.index.pks)
        await until(lambda: next(row for row in feed.index if row.pk == pk).state is JobState.FINISHED)
        await until(lambda: pk in seen)
        assert store.revision > before

    with_feed(runtime, body)


def test_changes_without_broadcast_reach_the_index(runtime: AiidaRuntime) -> None:
    def make() -> int:
        from aiida import orm

        node: Any = orm.CalcJobNode(computer=orm.load_computer("localhost"))
        node.set_option("resources", {"num_machines": 1})
        return node.store().pk

    def pause(pk: int) -> None:
        from aiida import orm

        orm.load_node(pk).pause()

    def delete(pk: int) -> None:
        from aiida.tools import delete_nodes

        delete_nodes([pk], dry_run=False)

    async def body(feed: JobFeed, store: AiidaJobStore) -> None:
        pk = await runtime.call(make)
        await until(lambda: pk in feed.index.pks)
        await runtime.call(pause, pk)
        await until(lambda: any(row.pk == pk and row.state is JobState.PAUSED for row in feed.index))
        revision = store.revision
        await runtime.call(delete, pk)
        await until(lambda: pk not in feed.index.pks)
        assert store.revision > revision

    with_feed(runtime, body)


def test_catastrophic_regex_is_ended(runtime: AiidaRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crystalmath_server.adapters.processes.regex_search.TIMEOUT_S", 0.5)

    async def body(feed: JobFeed, store: AiidaJobStore) -> None:
        row = next(iter(feed.index))
        feed.index.upsert([replace(row, pk=10**9, label="a" * 40 + "!")])
        with pytest.raises(InvalidForm) as refused:
            await store.list_jobs(ListJobsParams(label="(a+)+$", regex=True))
        assert refused.value.data.field == "label"

    with_feed(runtime, body)
