"""Jobs on a real AiiDA daemon: results, provenance, idempotent keys, refusals, control."""

import contextlib
import json
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest

from crystalmath_server.domain.jobs import nodes
from crystalmath_server.protocol.errors import Conflict, DaemonNotRunning, NotAllowed, NotFound, StorageFull
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.structures import ListStructuresParams
from tests.aiida_rig import LONG, Rig, cubic_copper, emt, nodes_of, parsed, plan, rig

__all__ = ["rig"]

RUNNING = frozenset({JobState.RUNNING})
PREPARED = {"relax_kwargs": {"fmax": 0.01}}


def new_key() -> str:
    return f"key-{uuid.uuid4()}"


def job(rig: Rig, structure: dict[str, Any], **settings: Any) -> int:
    """Submit EMT on a structure; pk of the job."""
    return rig.run(rig.launcher.submit(plan(rig.store(structure), new_key(), emt(**settings)))).pk


def report(pk: int) -> dict[str, Any]:
    """All of a finished job that the tests look at; on the AiiDA thread."""
    from aiida import orm

    node: Any = orm.load_node(pk)
    outgoing = {link.link_label: link.node for link in node.base.links.get_outgoing().all()}
    incoming = {link.link_label: link.node for link in node.base.links.get_incoming().all()}
    found: dict[str, Any] = {
        "exit": (node.exit_status, node.exit_message),
        "inputs": set(incoming),
        "outputs": set(outgoing),
        "attributes": {name: node.base.attributes.get(name) for name in nodes.ATTRIBUTES},
        "sent": set(node.base.repository.list_object_names()),
    }
    if nodes.SUMMARY in outgoing:
        found["summary"] = outgoing[nodes.SUMMARY].get_dict()
    if nodes.STRUCTURE in outgoing:
        found["structure"] = outgoing[nodes.STRUCTURE].pk
        found["cell"] = outgoing[nodes.STRUCTURE].cell
    if nodes.STEPS in outgoing:
        found["energies"] = outgoing[nodes.STEPS].get_array("energy").tolist()
        found["forces"] = outgoing[nodes.STEPS].get_array("max_force").tolist()
    if "retrieved" in outgoing:
        repository = outgoing["retrieved"].base.repository
        if nodes.PROGRESS_FILE in repository.list_object_names():
            found["progress"] = repository.get_object_content(nodes.PROGRESS_FILE).splitlines()
    return found


def test_relaxation_of_copper(rig: Rig) -> None:
    pk = job(rig, cubic_copper(3.7), **PREPARED)
    assert rig.until(pk) is JobState.FINISHED
    found = rig.call(report, pk)
    summary = found["summary"]
    assert found["exit"] == (0, None)
    assert 3.57 < found["cell"][0][0] < 3.63
    assert -0.05 < summary["energy_per_atom"]["value"] < 0.01
    assert summary["energy_per_atom"]["unit"] == "eV/atom"
    assert summary["energy"]["value"] == pytest.approx(4 * summary["energy_per_atom"]["value"])
    assert summary["max_force"]["value"] < 0.01
    assert summary["converged"]["value"] is True
    assert abs(summary["pressure"]["value"]) < 1
    assert summary["volume"]["value"] == pytest.approx(found["cell"][0][0] ** 3, rel=1e-6)
    assert found["energies"][0] > found["energies"][-1] == pytest.approx(summary["energy"]["value"])
    assert summary["n_steps"]["value"] == len(found["energies"]) == len(found["forces"])
    assert json.loads(found["progress"][0])["energy_ev"] == pytest.approx(found["energies"][0])


def test_provenance_is_complete(rig: Rig) -> None:
    pk = job(rig, cubic_copper(3.65), **PREPARED)
    rig.until(pk)
    found = rig.call(report, pk)
    assert found["inputs"] == {"structure", "maker", "settings", "code"}
    assert found["outputs"] >= {"summary", "document", "structure", "steps", "retrieved", "remote_folder"}
    assert {"maker.json", "structure.json", "run.py", "_aiidasubmit.sh"} <= found["sent"]
    engine = found["summary"]["engine"]
    assert {"ase", "atomate2", "jobflow", "numpy", "pymatgen", "python"} <= set(engine)
    assert all(version and version != "unknown" for version in engine.values())
    assert found["attributes"][nodes.TEMPLATE] == "emt.relax"
    assert found["attributes"][nodes.FORMULA] == "Cu4"
    after = rig.run(rig.structures.document(found["structure"]))
    assert after["@class"] == "Structure"
    rows = rig.run(rig.structures.list_structures(ListStructuresParams(search=f"after job {pk}"))).rows
    assert [(row.pk, row.formula, row.n_sites) for row in rows] == [(found["structure"], "Cu4", 4)]


def test_static_has_no_structure_at_the_end(rig: Rig) -> None:
    pk = job(rig, cubic_copper(3.6), steps=1, relax_cell=False)
    assert rig.until(pk) is JobState.FINISHED
    found = rig.call(report, pk)
    assert "structure" not in found["outputs"]
    assert "converged" not in found["summary"]
    assert found["summary"]["n_steps"]["value"] == 1


def test_too_few_steps_are_told_and_outputs_kept(rig: Rig) -> None:
    pk = job(rig, cubic_copper(3.6, 2, noise=0.3), steps=3, relax_kwargs={"fmax": 0.001})
    assert rig.until(pk) is JobState.FAILED
    found = rig.call(report, pk)
    assert found["exit"][0] == 320
    assert "wanted below 0.001 eV/Å" in found["exit"][1]
    assert {"summary", "structure", "steps", "document"} <= found["outputs"]


def test_engine_that_cannot_do_it_is_told(rig: Rig) -> None:
    gold = json.loads(json.dumps(cubic_copper(5.4)).replace('"Cu"', '"Si"'))
    pk = job(rig, gold, **PREPARED)
    assert rig.until(pk) is JobState.FAILED
    status, message = rig.call(report, pk)["exit"]
    assert status == 310
    assert "NotImplementedError" in message
    assert "Si" in message


def test_package_that_is_missing_is_told(rig: Rig) -> None:
    maker = {"@module": "atomate2_of_nowhere.jobs", "@class": "Maker"}
    submitted = rig.run(rig.launcher.submit(plan(rig.store(cubic_copper()), new_key(), maker)))
    assert rig.until(submitted.pk) is JobState.FAILED
    status, message = rig.call(report, submitted.pk)["exit"]
    assert status == 311
    assert "atomate2_of_nowhere" in message


def test_same_key_answers_the_same_job(rig: Rig) -> None:
    key, structure = new_key(), rig.store(cubic_copper())
    first = rig.run(rig.launcher.submit(plan(structure, key, emt(**PREPARED))))
    again = rig.run(rig.launcher.submit(plan(structure, key, emt(**PREPARED))))
    assert (first.reused, again.reused) == (False, True)
    assert (again.pk, again.uuid, again.template) == (first.pk, first.uuid, "emt.relax")
    assert rig.run(rig.launcher.find(key, "digest")) is not None
    assert rig.run(rig.launcher.find(new_key(), "")) is None
    with pytest.raises(Conflict) as caught:
        rig.run(rig.launcher.find(key, "other digest"))
    assert caught.value.data.field == "key"
    rig.until(first.pk)


def test_refused_submit_leaves_no_node(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse() -> None:
        raise DaemonNotRunning("no daemon today")

    def unreachable(*_args: object, **_kwargs: object) -> None:
        raise ConnectionError("the broker went away")

    key, structure = new_key(), rig.store(cubic_copper())
    with monkeypatch.context() as patch:
        patch.setattr(rig.watch, "ensure", refuse)
        with pytest.raises(DaemonNotRunning):
            rig.run(rig.launcher.submit(plan(structure, key, emt(**PREPARED))))
    with monkeypatch.context() as patch:
        patch.setattr("plumpy.process_comms.RemoteProcessThreadController.continue_process", unreachable)
        before = rig.call(count_dicts)
        with pytest.raises(Exception, match="the broker went away"):
            rig.run(rig.launcher.submit(plan(structure, key, emt(**PREPARED))))
        assert rig.call(count_dicts) == before
    assert rig.call(nodes_of, key) == []
    with pytest.raises(NotFound):
        rig.run(rig.launcher.submit(plan(999_999, key, emt(**PREPARED))))


def count_dicts() -> int:
    from aiida import orm

    return orm.QueryBuilder().append(orm.Dict).count()


def test_full_disk_is_told_before_anything_is_stored(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    key, structure = new_key(), rig.store(cubic_copper())
    monkeypatch.setattr("crystalmath_server.adapters.aiida.computers.MIN_FREE_BYTES", 10**18)
    with pytest.raises(StorageFull, match="MB are free"):
        rig.run(rig.launcher.submit(plan(structure, key, emt(**PREPARED))))
    assert rig.call(nodes_of, key) == []


def test_structure_is_stored_once(rig: Rig) -> None:
    document = cubic_copper(3.7125)
    first = rig.run(rig.structures.store(parsed(document), "once"))
    again = rig.run(rig.structures.store(parsed(document), "twice"))
    assert (first.reused, again.reused, again.row) == (False, True, first.row)
    assert rig.run(rig.structures.document(first.row.pk)) == document


def test_pages_of_structures(rig: Rig) -> None:
    pks = [rig.store(cubic_copper(3.8 + i / 100)) for i in range(5)]
    seen: list[int] = []
    cursor = ""
    while len(seen) < 5:
        page = rig.run(rig.structures.list_structures(ListStructuresParams("CU4", 2, cursor)))
        seen += [row.pk for row in page.rows]
        cursor = page.next_cursor
    assert seen[:5] == pks[::-1]


def running_below(home: Path) -> list[int]:
    """Job scripts that run in work folders below `home`."""
    found: list[int] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cmdline()[-1:] == ["run.py"] and home in Path(process.cwd()).parents:
                found.append(process.pid)
    return found


def test_a_running_job_is_paused_played_and_cancelled(rig: Rig) -> None:
    pk = job(rig, cubic_copper(3.6, 4, noise=0.3), **LONG)
    rig.until(pk, RUNNING)
    paused = rig.run(rig.launcher.pause(pk, 20))
    assert (paused.state, paused.done) == (JobState.PAUSED, True)
    played = rig.run(rig.launcher.play(pk, 20))
    assert (played.done, played.waiting_for) == (True, "")
    killed = rig.run(rig.launcher.cancel(pk, 20))
    assert (killed.state, killed.done) == (JobState.KILLED, True)
    assert rig.run(rig.launcher.cancel(pk, 1)).done
    with pytest.raises(NotAllowed):
        rig.run(rig.launcher.pause(pk, 1))


def test_cancel_at_any_moment_leaves_nothing_running(rig: Rig, aiida_home: Path) -> None:
    started = rig.run(rig.launcher.submit(plan(rig.store(cubic_copper(3.6, 4, 0.3)), new_key(), emt(**LONG))))
    rig.until(started.pk, RUNNING)
    assert len(running_below(aiida_home)) == 1  # so that finding none means something
    rig.run(rig.launcher.cancel(started.pk, 30))
    structure = rig.store(cubic_copper(3.6, 4, noise=0.3))
    for delay in (0.0, 0.2, 0.6):
        pk = rig.run(rig.launcher.submit(plan(structure, new_key(), emt(**LONG)))).pk
        rig.run(_sleep(delay))
        assert rig.run(rig.launcher.cancel(pk, 30)).state is JobState.KILLED
    rig.run(_sleep(0.5))
    assert running_below(aiida_home) == []


async def _sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


def test_job_that_is_not_there(rig: Rig) -> None:
    with pytest.raises(NotFound):
        rig.run(rig.launcher.cancel(999_999, 1))
