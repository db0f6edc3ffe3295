"""SLURM's words → partitions, accounts, times; and what a host offers."""

import pytest

from crystalmath_server.domain.clusters import slurm
from crystalmath_server.domain.clusters.discovery import discovery, scheduler_of

SINFO = """\
debug*|up|infinite|2|idle|64|256000|(null)
debug*|up|infinite|1|down*|64+|512000+|(null)
gpu|down|1-12:00:00|4|mixed-|128|1000000|gpu:a100:4
not a line of sinfo
"""


def test_partitions_with_states_and_limits() -> None:
    debug, gpu = slurm.partitions(SINFO)
    assert (debug.name, debug.default, debug.available, debug.time_limit_s) == ("debug", True, True, None)
    assert debug.nodes == {"idle": 2, "down": 1}
    assert (debug.cores_per_node, debug.memory_mb, debug.gpus) == (64, 512000, "")
    assert (gpu.available, gpu.time_limit_s, gpu.nodes, gpu.gpus) == (
        False,
        129600,
        {"mixed": 4},
        "gpu:a100:4",
    )


@pytest.mark.parametrize(
    "text, seconds",
    [("1:00", 60), ("2:00:00", 7200), ("1-00:00:00", 86400), ("infinite", None), ("n/a", None), ("", None)],
)
def test_times(text: str, seconds: int | None) -> None:
    assert slurm.seconds(text) == seconds


def test_accounts_once_each() -> None:
    assert slurm.accounts("proj|normal,long\nproj|normal\nother|\nnoise") == (
        ("proj", "other"),
        ("normal", "long"),
    )


@pytest.mark.parametrize(
    "commands, qstat, name",
    [
        (["sbatch", "qsub"], "", "core.slurm"),
        (["bsub"], "", "core.lsf"),
        (["qsub", "qconf"], "", "core.sge"),
        (["qsub"], "pbs_version = 19.1", "core.pbspro"),
        (["qsub"], "Version: 6.1.2", "core.torque"),
        (["mpirun"], "", "core.direct"),
    ],
)
def test_schedulers_are_known_by_their_commands(commands: list[str], qstat: str, name: str) -> None:
    assert scheduler_of(commands, qstat) == name


def test_a_discovery_leaves_out_what_the_login_prints() -> None:
    text = "Welcome!\n@@user\nme\n@@home\n/home/me\n@@commands\nsbatch\nsrun\n@@version\nslurm 23\n"
    text += f"@@partitions\n{SINFO}@@accounts\nproj|normal\n@@scratch\n/scratch/me\n/home/me\n"
    text += "/home/me\n@@codes\nvasp_std /opt/vasp_std\n@@end\n"
    found = discovery("hpc", text)
    assert (found.user, found.home, found.scheduler) == ("me", "/home/me", "core.slurm")
    assert [row.name for row in found.partitions] == ["debug", "gpu"]
    assert (found.accounts, found.qos, found.scratch) == (
        ("proj",),
        ("normal",),
        ("/scratch/me", "/home/me"),
    )
    assert found.codes == {"vasp_std": "/opt/vasp_std"}
    assert found.mpirun == ("srun -n {tot_num_mpiprocs}",)
    assert found.notes == ()


def test_what_was_not_found_is_said() -> None:
    assert "at once" in discovery("pc", "@@user\nme\n@@commands\n@@end").notes[0]
    notes = discovery("hpc", "@@commands\nsbatch\n@@end").notes
    assert len(notes) == 2
