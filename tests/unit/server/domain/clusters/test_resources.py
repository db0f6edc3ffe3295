"""Defaults and overrides → AiiDA's options, and what is refused before a scheduler sees it."""

from dataclasses import replace

import pytest

from crystalmath_server.domain.clusters.resources import (
    check,
    check_against,
    merge,
    options,
    parts_of_script,
    script,
)
from crystalmath_server.protocol.clusters import Partition
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.resources import Resources

DEBUG = Partition("debug", True, True, None, {"idle": 2, "down": 1}, 4, 2000)
SHORT = Partition("short", False, True, 60, {"idle": 1}, 4, 2000)
FULL = Resources(
    partition="short",
    account="proj",
    qos="normal",
    walltime_s=3600,
    nodes=2,
    tasks_per_node=4,
    threads=2,
    memory_mb=1000,
    gpus=1,
    modules=("intel/2024", "vasp"),
    prepend_text="ulimit -s unlimited\n",
    append_text="date",
)


LOADED = (
    "module load intel/2024 vasp"
    ' || { echo "crystalmath: cannot load the modules intel/2024 vasp" >&2; exit 74; }'
)


def test_options_are_aiidas() -> None:
    assert options(FULL, "core.slurm") == {
        "resources": {"num_machines": 2, "num_mpiprocs_per_machine": 4, "num_cores_per_mpiproc": 2},
        "queue_name": "short",
        "account": "proj",
        "qos": "normal",
        "max_wallclock_seconds": 3600,
        "max_memory_kb": 1_024_000,
        "prepend_text": LOADED + "\nulimit -s unlimited",
        "append_text": "date",
        "custom_scheduler_commands": "#SBATCH --gpus-per-node=1",
        "environment_variables": {
            "OMP_NUM_THREADS": "2",
            "MKL_NUM_THREADS": "2",
            "OPENBLAS_NUM_THREADS": "2",
        },
    }


def test_what_is_not_given_is_left_to_aiida() -> None:
    assert options(Resources(walltime_s=0, partition=""), "core.direct") == {
        "resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}
    }


@pytest.mark.parametrize("scheduler", ["core.lsf", "core.sge"])
def test_some_schedulers_count_all_tasks(scheduler: str) -> None:
    asked = options(Resources(nodes=2, tasks_per_node=3), scheduler)
    assert asked["resources"] == {"tot_num_mpiprocs": 6, "parallel_env": "mpi"}


def test_overrides_win_where_they_are_given_and_zero_takes_away() -> None:
    found = merge(FULL, Resources(partition="debug", walltime_s=0, modules=()))
    assert found == replace(FULL, partition="debug", walltime_s=0, modules=())
    assert merge(FULL, Resources()) == FULL


@pytest.mark.parametrize(
    "wanted, scheduler, field",
    [
        (Resources(partition="a b"), "core.slurm", "resources.partition"),
        (Resources(account="x;rm"), "core.slurm", "resources.account"),
        (Resources(qos="$(id)"), "core.slurm", "resources.qos"),
        (Resources(modules=("vasp", "a; rm -rf ~")), "core.slurm", "resources.modules"),
        (Resources(gpus=1), "core.pbspro", "resources.gpus"),
    ],
)
def test_what_no_scheduler_takes(wanted: Resources, scheduler: str, field: str) -> None:
    with pytest.raises(InvalidForm) as caught:
        check(wanted, scheduler)
    assert caught.value.data.field == field
    check(Resources(gpus=1, modules=("a/1.2-b",), partition="cpu,gpu"), "core.slurm")


@pytest.mark.parametrize(
    "wanted, field",
    [
        (Resources(partition="long"), "partition"),
        (Resources(partition="short", walltime_s=61), "walltime_s"),
        (Resources(nodes=4), "nodes"),
        (Resources(tasks_per_node=3, threads=2), "tasks_per_node"),
        (Resources(memory_mb=2001), "memory_mb"),
        (Resources(account="other"), "account"),
    ],
)
def test_what_the_cluster_does_not_have(wanted: Resources, field: str) -> None:
    with pytest.raises(InvalidForm) as caught:
        check_against(wanted, (DEBUG, SHORT), ("proj",))
    assert caught.value.data.field == f"resources.{field}"
    check_against(wanted, (), ())  # where nothing is known the scheduler says


def test_what_fits_is_let_through() -> None:
    check_against(Resources(partition="short", walltime_s=60), (DEBUG, SHORT))
    check_against(Resources(nodes=3, walltime_s=10**6), (DEBUG, SHORT))


@pytest.mark.parametrize("modules, text", [((), ""), (("a", "b/1"), "x\ny"), ((), "x"), (("a",), "")])
def test_a_script_comes_apart_again(modules: tuple[str, ...], text: str) -> None:
    assert parts_of_script(script(modules, text)) == (modules, text)
