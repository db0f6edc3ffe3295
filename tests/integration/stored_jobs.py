"""A program: stores a job of every kind in a new profile and reads each; AiiDA's ORM is the judge.

stored_jobs.py STORAGE CONFIG prints JSON: kind → statements and differences of each; index; maintenance.
"""

import io
import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
from aiida import orm
from aiida.common.links import LinkType
from aiida.engine import ProcessState
from aiida.manage import get_manager
from aiida.manage.configuration import create_profile, get_config

from crystalmath_server.adapters.aiida.jobs.detail import read_detail
from crystalmath_server.adapters.aiida.jobs.files import list_files, read_range
from crystalmath_server.adapters.aiida.jobs.results import read_results
from crystalmath_server.adapters.aiida.jobs.rows import read_pks, read_rows
from crystalmath_server.adapters.aiida.jobs.tables import count_jobs, has_changed
from crystalmath_server.adapters.aiida.object_store import close_object_stores
from crystalmath_server.domain.clusters.breaker import CLOSED
from crystalmath_server.domain.diagnosis import self_correction
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.protocol.files import ReadFileParams
from tests.integration.orm_judge import called, differences

OWN = {nodes.TEMPLATE: "emt.relax", nodes.ENGINE: "EMT", nodes.FORMULA: "Cu4"}
VASP = {nodes.TEMPLATE: "vasp.static", nodes.FORMULA: "Cu4"}
Node = Any
Made = dict[str, Node]


def main(storage: str, config: str) -> None:
    """Make the profile and the jobs; read and judge them."""
    profile = create_profile(
        get_config(create=True),
        name="stored",
        email="a@b.c",
        storage_backend=storage,
        storage_config=json.loads(config),
    )
    get_manager().load_profile(profile.name)
    seen, jobs = _statements(), _jobs()
    told: dict[str, Any] = {
        kind: {
            "statements": {name: _count(call, node.pk, seen) for name, call in METHODS.items()},
            "differs": differences(node, hints),
        }
        for kind, (node, hints) in jobs.items()
    }
    told["index"] = _index()
    told["maintenance"] = _through_maintenance([node for node, _hints in jobs.values()])
    sys.stdout.write(json.dumps(told, default=str))


def _index() -> dict[str, Any]:
    """What keeps the list of jobs current, beside the list itself."""
    newest = max(row.modified_at for row in read_rows({}))
    moments = [datetime.fromtimestamp(newest + shift, UTC) for shift in (-1, 1)]
    return {
        "count": count_jobs(),
        "pks": len(read_pks()),
        "rows": len(read_rows({})),
        "changed": [has_changed(since) for since in moments],
    }


METHODS: dict[str, Callable[[int], Any]] = {
    "show": lambda pk: read_detail(pk, lambda _cluster: CLOSED),
    "results": read_results,
    "files": list_files,
}


def _statements() -> list[str]:
    from sqlalchemy import event

    seen: list[str] = []
    storage: Any = get_manager().get_profile_storage()
    event.listen(
        storage.get_session().get_bind(), "before_cursor_execute", lambda *told: seen.append(told[2])
    )
    return seen


def _count(call: Callable[[int], Any], pk: int, seen: list[str]) -> int:
    seen.clear()
    call(pk)
    return len(seen)


# --- the jobs -------------------------------------------------------------------------------------------


def _jobs() -> dict[str, tuple[Node, dict[str, Any]]]:
    """Kind → process node, and fields of its details that no judge but this function knows."""
    computer = orm.Computer("hpc", "localhost", "", "core.local", "core.direct", workdir="/tmp").store()
    code = orm.InstalledCode(label="vasp", computer=computer, filepath_executable="/bin/true").store()
    own = _own(computer, code)
    cached = _job(computer, OWN, {"structure": _alloy()}, {"retrieved": _folder()})
    cached.base.extras.set("_aiida_cached_from", own.uuid)
    again = orm.Dict({})
    again.base.extras.set(nodes.RETRY_OF, own.uuid)
    mended, last = _mended(computer, code)
    imported = _imported(computer)
    caller = _process(orm.WorkChainNode, None, {}, {"structure": _alloy()}, LinkType.INPUT_WORK)
    children = [_job(computer, {}, {}, {}, caller=caller) for _ in range(2)]
    returned = orm.Int(5).store()
    returned.base.links.add_incoming(caller, LinkType.RETURN, "total")
    folder = last.base.links.get_outgoing(link_label_filter="remote_folder").one().node
    source = imported.base.links.get_incoming(link_label_filter=nodes.SOURCE).one().node
    images = {f"{nodes.IMAGES}__image_{place}": _alloy() for place in range(3)}
    plain = {"b": orm.Bool(True), "f": orm.Float(2.5), "l": orm.List([1, "x"]), "s": orm.Str("words" * 40)}
    waiting = {"state": "withscheduler", "scheduler_state": "queued", "job_id": "7"}
    return {
        "own": (own, {"values": {"fmax": 0.01}, "retry_of": None}),
        "cached": (cached, {}),
        "retry": (_job(computer, OWN, {nodes.SETTINGS: again}, {}), {"retry_of": own.pk}),
        "self-correcting": (mended, {"called": called(mended)}),
        "run": (last, {"caller_pk": mended.pk}),
        "workflow": (caller, {"called": tuple(one.pk for one in children)}),
        "called": (children[0], {"caller_pk": caller.pk}),
        "restart": (
            _job(computer, VASP, {nodes.RESTART: folder}, {}),
            {"options": {"restart_pk": mended.pk}},
        ),
        "restart of an import": (
            _job(computer, VASP, {nodes.RESTART: source}, {}),
            {"options": {"restart_pk": imported.pk}},
        ),
        "imported": (imported, {}),
        "images": (_job(computer, VASP, {**images, nodes.SETTINGS: orm.Dict({})}, {}), {}),
        "another plugin": (
            _job(computer, {}, {"x": orm.Int(1), "code": code}, plain),
            {"structure_pk": None},
        ),
        "paused": (_paused(computer), {}),
        "queued": (
            _job(computer, waiting | {"last_job_info": {"annotation": "Priority"}}, {}, {}, ended=False),
            {},
        ),
        "without computer": (_process(orm.WorkChainNode, None, {}, {}, LinkType.INPUT_WORK), {}),
    }


def _own(computer: Node, code: Node) -> Node:
    steps = orm.ArrayData()
    steps.set_array("energy", np.array([-1.0, -2.0, np.nan, -3.0]))
    steps.set_array("max_force", np.array([0.5, np.nan, 0.2, 0.1]))
    molecule = orm.StructureData(cell=np.eye(3), pbc=(False, False, False))
    molecule.append_atom(position=(0, 0, 0), symbols="H")
    molecule.append_atom(position=(0, 0, 0.7), symbols="C")
    summary = {"energy": {"title": "energy", "value": -3.0, "unit": "eV"}, "engine": {"ase": "3"}, "x": 1}
    document = orm.SinglefileData(io.BytesIO(b"{}"), filename="document.json.gz")
    made: Made = {
        nodes.STEPS: steps,
        nodes.SUMMARY: orm.Dict(summary),
        nodes.STRUCTURE: molecule,
        nodes.DOCUMENT: document,
        "retrieved": _folder(),
    }
    settings = orm.Dict({nodes.VALUES: {"fmax": 0.01}})
    given: Made = {nodes.STRUCTURE: _alloy(), nodes.SETTINGS: settings, "code": code}
    return _job(computer, OWN, given, made)


def _mended(computer: Node, code: Node) -> tuple[Node, Node]:
    """A self-correcting job with a failed run, a report, a run that never began, and a good run; that run."""
    given: Made = {nodes.STRUCTURE: _alloy(), nodes.MOST_RUNS: orm.Int(3), "code": code}
    job = _process(orm.WorkChainNode, None, VASP, given, LinkType.INPUT_WORK, nodes.VASP_RESTART_PROCESS)
    first = _job(computer, {nodes.RUN: "1"}, {}, {"retrieved": _folder()}, caller=job, status=320)
    look: Node = orm.CalcFunctionNode()
    look.set_process_state(ProcessState.FINISHED)
    back = first.base.links.get_outgoing(link_label_filter="retrieved").one().node
    look.base.links.add_incoming(back, LinkType.INPUT_CALC, "retrieved")
    look.base.links.add_incoming(job, LinkType.CALL_CALC, "look")
    look.store()
    report = self_correction.CorrectionReport(diffs={"INCAR": "-a\n+b\n"}, copied=("WAVECAR",))
    _add_output(look, nodes.CORRECTION, orm.Dict(self_correction.to_dict(report)))
    _job(
        computer,
        {nodes.RUN: "2", "process_status": self_correction.ABANDONED},
        {},
        {},
        caller=job,
        ended=False,
    )
    remote = orm.RemoteData(computer=computer, remote_path="/tmp/x")
    made: Made = {"retrieved": _folder(), "remote_folder": remote, nodes.STRUCTURE: _alloy()}
    return job, _job(computer, {nodes.RUN: "2", "job_id": "9"}, {}, made, caller=job)


def _imported(computer: Node) -> Node:
    given: Made = {
        nodes.FILES: _folder(),
        nodes.SOURCE: orm.RemoteData(computer=computer, remote_path="/tmp/y"),
    }
    return _job(computer, VASP | {"imported": True}, given, {"retrieved": _folder()})


def _paused(computer: Node) -> Node:
    node = _job(
        computer,
        {"paused": True, "process_status": "Pausing after failed transport task"},
        {},
        {},
        ended=False,
    )
    node.logger.error("Traceback (most recent call last):\n  x\nOSError: no route to host")
    return node


def _alloy() -> Node:
    structure = orm.StructureData(cell=3.6 * np.eye(3), pbc=(True, True, True))
    structure.append_atom(position=(0, 0, 0), symbols=("Cu", "Au"), weights=(0.5, 0.25))
    for place in (1.0, 2.0):
        structure.append_atom(position=(place, 0, 0), symbols="Cu")
    return structure


def _folder() -> Node:
    folder = orm.FolderData()
    for name in ("b.txt", "a/deep/c.txt", "a.txt", "job.out"):
        folder.base.repository.put_object_from_bytes(name.encode() * 7, name)
    return folder


def _job(
    computer: Node,
    attributes: Mapping[str, Any],
    given: Made,
    made: Made,
    *,
    caller: Node = None,
    ended: bool = True,
    status: int = 0,
) -> Node:
    node: Node = orm.CalcJobNode(computer=computer)
    node.set_option("resources", {"num_machines": 1})
    node.base.repository.put_object_from_bytes(b"#!/bin/sh\n", "_aiidasubmit.sh")
    node.base.repository.put_object_from_bytes(b"{}", ".aiida/job_tmpl.json")
    if caller is not None:
        node.base.links.add_incoming(caller, LinkType.CALL_CALC, f"run_{node.uuid[:4]}")
    return _store(node, attributes, given, made, LinkType.INPUT_CALC, ended=ended, status=status)


def _process(
    kind: Any,
    computer: Node,
    attributes: Mapping[str, Any],
    given: Made,
    link: LinkType,
    process_type: str = "",
) -> Node:
    node = kind(computer=computer, process_type=process_type) if process_type else kind(computer=computer)
    return _store(node, attributes, given, {}, link)


def _store(
    node: Node,
    attributes: Mapping[str, Any],
    given: Made,
    made: Made,
    link: LinkType,
    *,
    ended: bool = True,
    status: int = 0,
) -> Node:
    for label, one in given.items():
        node.base.links.add_incoming(one if one.is_stored else one.store(), link, label)
    node.label, node.description = "label", "words"
    node.base.attributes.set_many(dict(attributes))
    node.set_process_state(ProcessState.FINISHED if ended else ProcessState.WAITING)
    if ended:
        node.set_exit_status(status)
    node.store()
    for label, one in made.items():
        _add_output(node, label, one)
    return node


def _add_output(node: Node, label: str, made: Node) -> None:
    made.base.links.add_incoming(node, LinkType.CREATE, label)
    made.store()


# --- `verdi storage maintain` ---------------------------------------------------------------------------


def _through_maintenance(jobs: list[Node]) -> dict[str, Any]:
    """Whether each maintenance leaves what is read as it was; open files of the index at the end."""
    repository: Any = get_manager().get_profile_storage().get_repository()
    before = _all(jobs)
    same: list[bool] = []
    for live in (True, False, True, False):
        new = _folder().store()  # so that each has something to pack
        repository.maintain(live=live)
        same.append(_all(jobs) == before)
        new.base.repository.get_object_content("a.txt")
    opened = _open_indexes()
    close_object_stores()
    closed = _open_indexes()
    return {"same": same, "opened": opened, "closed": closed, "again": _all(jobs) == before}


def _all(jobs: list[Node]) -> list[Any]:
    told: list[Any] = []
    for node in jobs:
        files = list_files(node.pk)
        told += [files, read_results(node.pk)]
        wanted = [ReadFileParams(node.pk, row.path, cast("Any", row.source)) for row in files.rows]
        told += [read_range(params) for params in wanted]
    return told


def _open_indexes() -> int:
    links = list(Path("/proc/self/fd").iterdir())
    return sum(link.is_symlink() and link.readlink().name == "packs.idx" for link in links)


if __name__ == "__main__":
    main(*sys.argv[1:])
