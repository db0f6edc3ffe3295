"""The Clusters and Codes ports."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from crystalmath_server.domain.clusters import slurm
from crystalmath_server.protocol.clusters import (
    ClusterDetail,
    ClusterTestParams,
    CreateClusterParams,
    DiscoverParams,
    StepName,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codes import CodeKind, CodeRow, CreateCodeParams, ListCodesParams, Outcome
from crystalmath_server.protocol.errors import Conflict, InvalidForm, NotFound, RpcError, TransportFailed
from crystalmath_server.protocol.resources import Resources
from tests.worlds import World

NOWHERE = 999_999_999
DEFAULTS = Resources(partition="short", walltime_s=60, nodes=2, modules=("gcc/13", "vasp"))
LOOKS = (StepName.RESOLVE, StepName.CONNECT, StepName.WORK_DIR, StepName.SCHEDULER)


@pytest.fixture
def hpc(world: World) -> Iterator[ClusterDetail]:
    """A computer with SLURM that nobody can reach; gone afterwards."""
    params = CreateClusterParams(
        f"{world.tag}-hpc",
        "nowhere.invalid",
        "/scratch/{username}",
        description="words",
        defaults=DEFAULTS,
        potcar_dir="/potcars",
        mpirun="srun -n {tot_num_mpiprocs}",
        max_jobs=3,
        poll_interval_s=7,
        safe_interval_s=0.5,
    )
    clusters = world.ports.clusters
    yield world.run(clusters.create(params))
    for row in world.run(clusters.list_clusters()).rows:
        if row.label.startswith(world.tag):
            world.run(clusters.delete(row.label))


def here(world: World, name: str, work_dir: str) -> str:
    """Make a cluster of this machine; its label."""
    label = f"{world.tag}-{name}"
    params = CreateClusterParams(
        label=label,
        hostname="localhost",
        work_dir=work_dir,
        transport="core.local",
        scheduler="core.direct",
        safe_interval_s=0,
    )
    return world.run(world.ports.clusters.create(params)).row.label


def code_on(world: World, label: str, name: str = "vasp", path: str = "/opt/vasp", **more: Any) -> CodeRow:
    params = CreateCodeParams(label, name, path, CodeKind.VASP_STD, **more)
    return world.run(world.ports.codes.create(params))


def test_a_computer_is_made_as_asked(world: World, hpc: ClusterDetail) -> None:
    row = hpc.row
    assert (row.hostname, row.transport, row.enabled) == ("nowhere.invalid", "core.ssh_async", True)
    assert (row.scheduler, row.work_dir, row.trouble) == (slurm.ONCE, "/scratch/{username}", "")
    assert hpc.defaults == replace(DEFAULTS, tasks_per_node=1)
    assert (hpc.description, hpc.potcar_dir, hpc.max_jobs) == ("words", "/potcars", 3)
    assert (hpc.poll_interval_s, hpc.safe_interval_s) == (7, 0.5)
    assert (hpc.mpirun, hpc.codes) == ("srun -n {tot_num_mpiprocs}", ())
    assert world.run(world.ports.clusters.show(row.label)) == hpc


def test_computers_are_listed_by_label(world: World, hpc: ClusterDetail) -> None:
    rows = world.run(world.ports.clusters.list_clusters()).rows
    assert hpc.row in rows
    assert [row.label for row in rows] == sorted(row.label for row in rows)
    assert "localhost" in {row.label for row in rows}


@pytest.mark.parametrize(
    "change, kind, field",
    [
        ({}, Conflict, "label"),
        ({"label": "-x"}, InvalidForm, "label"),
        ({"label": "a b"}, InvalidForm, "label"),
        ({"label": "new", "transport": "core.ssh"}, InvalidForm, "transport"),
        ({"label": "new", "transport": "pigeon"}, InvalidForm, "transport"),
        ({"label": "new", "scheduler": "core.nonsense"}, InvalidForm, "scheduler"),
        ({"label": "new", "work_dir": "scratch"}, InvalidForm, "work_dir"),
        ({"label": "new", "work_dir": "/scratch/{account}"}, InvalidForm, "work_dir"),
        ({"label": "new", "work_dir": "/scratch/{"}, InvalidForm, "work_dir"),
        ({"label": "new", "defaults": Resources(partition="a b")}, InvalidForm, "defaults.partition"),
        ({"label": "new", "defaults": Resources(modules=("x;y",))}, InvalidForm, "defaults.modules"),
        (
            {"label": "new", "scheduler": "core.direct", "defaults": Resources(gpus=1)},
            InvalidForm,
            "defaults.gpus",
        ),
    ],
)
def test_a_computer_that_is_refused(
    world: World, hpc: ClusterDetail, change: dict[str, Any], kind: type[RpcError], field: str
) -> None:
    params = replace(CreateClusterParams(hpc.row.label, "hpc", "/scratch"), **change)
    before = world.run(world.ports.clusters.list_clusters())
    world.refuse(world.ports.clusters.create(params), kind, field)
    assert world.run(world.ports.clusters.list_clusters()) == before


def test_what_is_given_is_changed_and_no_more(world: World, hpc: ClusterDetail) -> None:
    clusters, label = world.ports.clusters, hpc.row.label
    assert world.run(clusters.update(UpdateClusterParams(label))) == hpc
    changed = world.run(
        clusters.update(UpdateClusterParams(label, enabled=False, defaults=Resources(walltime_s=0)))
    )
    assert changed == replace(
        hpc, row=replace(hpc.row, enabled=False), defaults=replace(hpc.defaults, walltime_s=0)
    )
    code = code_on(world, label)
    new = f"{label}-2"
    moved = world.run(
        clusters.update(
            UpdateClusterParams(
                label,
                new_label=new,
                description="",
                work_dir="/work",
                enabled=True,
                potcar_dir="",
                mpirun="mpiexec",
                poll_interval_s=9,
                safe_interval_s=0,
                max_jobs=0,
            )
        )
    )
    assert moved.row == replace(hpc.row, label=new, work_dir="/work")
    assert (moved.description, moved.potcar_dir, moved.mpirun) == ("", "", "mpiexec")
    assert (moved.poll_interval_s, moved.safe_interval_s, moved.max_jobs) == (9, 0, 0)
    assert moved.codes == (replace(code, cluster=new),)
    world.refuse(clusters.show(label), NotFound, "label")


@pytest.mark.parametrize(
    "change, kind, field",
    [
        ({"new_label": "localhost"}, Conflict, "new_label"),
        ({"new_label": "a b"}, InvalidForm, "new_label"),
        ({"work_dir": "scratch"}, InvalidForm, "work_dir"),
        ({"defaults": Resources(account="a b")}, InvalidForm, "defaults.account"),
        ({"label": "nonsense"}, NotFound, "label"),
    ],
)
def test_a_change_that_is_refused_changes_nothing(
    world: World, hpc: ClusterDetail, change: dict[str, Any], kind: type[RpcError], field: str
) -> None:
    params = replace(UpdateClusterParams(hpc.row.label, description="other", max_jobs=9), **change)
    world.refuse(world.ports.clusters.update(params), kind, field)
    assert world.run(world.ports.clusters.show(hpc.row.label)) == hpc


def test_only_ssh_has_a_backend(world: World) -> None:
    params = UpdateClusterParams("localhost", backend="openssh")
    world.refuse(world.ports.clusters.update(params), InvalidForm, "backend")


def test_a_computer_goes_with_its_codes(world: World, hpc: ClusterDetail) -> None:
    clusters, label = world.ports.clusters, hpc.row.label
    code = code_on(world, label)
    deleted = world.run(clusters.delete(label))
    assert (deleted.label, deleted.codes) == (label, ("vasp",))
    world.refuse(clusters.show(label), NotFound, "label")
    world.refuse(clusters.delete(label), NotFound, "label")
    world.refuse(world.ports.codes.test(code.pk), NotFound, "pk")


@pytest.mark.parametrize("work_dir, ends", [("/tmp", Outcome.OK), ("/proc/nobody/writes", Outcome.FAILED)])
def test_a_test_goes_to_the_first_step_that_fails(world: World, work_dir: str, ends: Outcome) -> None:
    label, told = here(world, "here", work_dir), list[str]()
    done = world.run(world.ports.clusters.test(ClusterTestParams(label, LOOKS), told.append))
    world.run(world.ports.clusters.delete(label))
    after = Outcome.OK if ends is Outcome.OK else Outcome.NOT_REACHED
    assert [(step.name, step.outcome) for step in done.steps] == [
        ("resolve", Outcome.OK),
        ("connect", Outcome.OK),
        ("work_dir", ends),
        ("scheduler", after),
    ]
    assert (done.label, done.ok) == (label, ends is Outcome.OK)
    assert told == [step.title for step in done.steps if step.outcome is not Outcome.NOT_REACHED]
    failed = [step for step in done.steps if step.outcome is Outcome.FAILED]
    assert all(step.detail and step.hint for step in failed)


def test_looks_at_what_is_not_there(world: World, hpc: ClusterDetail) -> None:
    clusters = world.ports.clusters
    world.refuse(clusters.test(ClusterTestParams("nonsense"), print), NotFound, "label")
    world.refuse(clusters.queue("nonsense"), NotFound, "label")
    world.refuse(clusters.show("nonsense"), NotFound, "label")
    world.refuse(clusters.queue(hpc.row.label), TransportFailed, "hostname")
    unknown = DiscoverParams("nowhere.invalid")
    world.refuse(clusters.discover(unknown), TransportFailed, "hostname")
    code = code_on(world, hpc.row.label)
    world.refuse(world.ports.codes.test(code.pk), TransportFailed, "hostname")
    world.refuse(clusters.discover(DiscoverParams("localhost", "pigeon")), InvalidForm, "transport")


def test_this_machine_is_looked_at(world: World) -> None:
    label = here(world, "queue", "/tmp")
    queue = world.run(world.ports.clusters.queue(label))
    world.run(world.ports.clusters.delete(label))
    assert (queue.label, queue.jobs, queue.partitions) == (label, (), ())
    assert queue.user
    found = world.run(world.ports.clusters.discover(DiscoverParams("localhost", "core.local")))
    assert found.hostname == "localhost"
    assert found.user
    assert found.home.startswith("/")
    assert world.run(world.ports.clusters.hosts()).path.endswith("/.ssh/config")


def test_options_are_the_defaults_with_what_is_wanted(world: World, hpc: ClusterDetail) -> None:
    clusters, label = world.ports.clusters, hpc.row.label
    wanted = Resources(walltime_s=30, nodes=0, modules=(), memory_mb=2)
    assert world.run(clusters.options(label, wanted)) == {
        "resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1},
        "queue_name": "short",
        "max_wallclock_seconds": 30,
        "max_memory_kb": 2048,
    }
    assert world.run(clusters.options("localhost", Resources())) == {}
    never_seen = world.run(clusters.options(label, Resources(partition="nowhere")))
    assert never_seen["queue_name"] == "nowhere"


@pytest.mark.parametrize(
    "wanted, field",
    [
        (Resources(partition="a b"), "resources.partition"),
        (Resources(account="a\nb"), "resources.account"),
        (Resources(qos="$"), "resources.qos"),
        (Resources(modules=("a b",)), "resources.modules"),
    ],
)
def test_resources_that_are_refused(world: World, hpc: ClusterDetail, wanted: Resources, field: str) -> None:
    world.refuse(world.ports.clusters.options(hpc.row.label, wanted), InvalidForm, field)


def test_resources_of_no_computer(world: World) -> None:
    world.refuse(world.ports.clusters.options("nonsense", Resources()), NotFound, "label")
    world.refuse(world.ports.clusters.options("localhost", Resources(gpus=1)), InvalidForm, "resources.gpus")


def test_a_code_is_made_and_listed(world: World, hpc: ClusterDetail) -> None:
    label, codes = hpc.row.label, world.ports.codes
    more: dict[str, Any] = {
        "modules": ("gcc/13", "vasp"),
        "prepend_text": "ulimit -s unlimited",
        "description": "words",
    }
    vasp = code_on(world, label, **more)
    assert (vasp.label, vasp.cluster, vasp.path, vasp.kind) == ("vasp", label, "/opt/vasp", CodeKind.VASP_STD)
    assert (vasp.modules, vasp.prepend_text, vasp.description) == tuple(more.values())
    gam = code_on(world, label, "gam")
    assert world.run(codes.list_codes(ListCodesParams(label))).rows == (gam, vasp)
    assert world.run(codes.list_codes(ListCodesParams(label, CodeKind.PYTHON))).rows == ()
    assert world.run(codes.list_codes(ListCodesParams("nonsense"))).rows == ()
    rows = world.run(codes.list_codes(ListCodesParams(kind=CodeKind.VASP_STD))).rows
    assert {gam, vasp} <= set(rows)
    assert world.run(world.ports.clusters.show(label)).codes == (gam, vasp)


@pytest.mark.parametrize(
    "change, kind, field",
    [
        ({}, Conflict, "label"),
        ({"cluster": "nonsense"}, NotFound, "cluster"),
        ({"label": "-x"}, InvalidForm, "label"),
        ({"label": "a b"}, InvalidForm, "label"),
        ({"label": "new", "path": "vasp_std"}, InvalidForm, "path"),
        ({"label": "new", "modules": ("a b",)}, InvalidForm, "modules"),
    ],
)
def test_a_code_that_is_refused(
    world: World, hpc: ClusterDetail, change: dict[str, Any], kind: type[RpcError], field: str
) -> None:
    code_on(world, hpc.row.label)
    params = replace(CreateCodeParams(hpc.row.label, "vasp", "/opt/vasp", CodeKind.OTHER), **change)
    before = world.run(world.ports.codes.list_codes(ListCodesParams()))
    world.refuse(world.ports.codes.create(params), kind, field)
    assert world.run(world.ports.codes.list_codes(ListCodesParams())) == before


@pytest.mark.parametrize("path, ok", [("/bin/sh", True), ("/proc/nonsense", False)])
def test_a_code_is_looked_at(world: World, path: str, *, ok: bool) -> None:
    label = here(world, "code", "/tmp")
    tested = world.run(world.ports.codes.test(code_on(world, label, path=path).pk))
    world.run(world.ports.clusters.delete(label))
    assert tested.ok is ok
    assert tested.steps
    assert any(step.outcome is Outcome.FAILED for step in tested.steps) is not ok


def test_a_code_that_is_not_there(world: World) -> None:
    world.refuse(world.ports.codes.test(NOWHERE), NotFound, "pk")
