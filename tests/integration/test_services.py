"""The services that other tests stand on: they start, fix themselves, end; AiiDA's jobs go through them."""

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.adapters.aiida.runtime import AiidaRuntime
from tests.services import (
    BY_GATE,
    DIRECT,
    GATE,
    Cluster,
    Services,
    add_computer,
    daemons_of,
    is_alive,
    new_services,
    processes_naming,
    sweep,
)


@pytest.fixture
def own(services: Services) -> Iterator[Services]:
    made = new_services()
    yield made
    made.wipe()


@pytest.fixture(scope="module")
def quick_jobs(cluster: Cluster, runtime: AiidaRuntime, daemon: Any) -> Callable[[str, str], int]:
    """Submit `core.arithmetic.add` to the cluster over a transport; the pk."""

    def submit(transport: str, host: str) -> int:
        from aiida import orm
        from aiida.engine import submit as aiida_submit
        from aiida.plugins import CalculationFactory

        computer = add_computer(cluster, f"{transport}-{host}", transport, host)
        code = orm.InstalledCode(label="bash", computer=computer, filepath_executable="/bin/bash").store()
        calculation: Any = CalculationFactory("core.arithmetic.add")
        builder = calculation.get_builder()
        builder.code, builder.x, builder.y = code, orm.Int(2), orm.Int(3)
        builder.metadata.options.resources = {"num_machines": 1, "num_mpiprocs_per_machine": 1}
        builder.metadata.options.max_wallclock_seconds = 120
        node: Any = aiida_submit(builder)
        return node.pk

    return lambda transport, host: asyncio.run(runtime.call(submit, transport, host))


@pytest.mark.parametrize("host", [DIRECT, BY_GATE])
def test_jobs_are_submitted_seen_and_cancelled_over_ssh(cluster: Cluster, host: str) -> None:
    before = len(cluster.sbatch_calls())
    job = int(cluster.ssh("sbatch --parsable --wrap 'sleep 60'", host))
    assert str(job) in cluster.ssh("squeue -h -o %i", host).split()
    cluster.ssh(f"scancel {job}", host)
    deadline = time.monotonic() + 15
    while cluster.jobs()[job] != "CANCELLED":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(cluster.sbatch_calls()) == before + 1
    assert cluster.sbatch_calls()[-1].arguments == "--parsable --wrap sleep 60"


def test_a_login_shell_finds_the_sbatch_that_counts(cluster: Cluster) -> None:
    assert cluster.ssh("bash -lc 'command -v sbatch'") == cluster.ssh("command -v sbatch")
    assert cluster.ssh("command -v sbatch").startswith(str(cluster.services.base))


def test_a_wrong_host_key_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    known = cluster.services.base / "sshd" / "known_hosts"
    first, second = known.read_text().splitlines()
    swapped = tmp_path / "known_hosts"
    swapped.write_text(f"{first.split()[0]} {second.partition(' ')[2]}\n")
    command = ["ssh", "-F", str(cluster.ssh_config), "-o", f"UserKnownHostsFile={swapped}", DIRECT, "true"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 255
    assert "Host key verification failed" in made.stderr


@pytest.mark.parametrize(
    "options,words",
    [
        ("-p nowhere", "invalid partition"),
        ("-p short -t 5", "time limit is invalid"),
        ("-A nobody", "Invalid account"),
        ("--qos none", "Invalid qos"),
    ],
)
def test_slurm_refuses_what_a_real_cluster_refuses(cluster: Cluster, options: str, words: str) -> None:
    assert words in cluster.ssh(f"sbatch {options} --wrap true 2>&1 || true")


def test_a_held_sbatch_submits_once_and_answers_late(cluster: Cluster) -> None:
    command = ["ssh", "-F", str(cluster.ssh_config), DIRECT, "sbatch --parsable --wrap true"]
    before = set(cluster.jobs())
    with cluster.held_sbatch("after"):
        call = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 15
        while not (new := set(cluster.jobs()) - before):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert call.poll() is None
    assert {int(call.communicate(timeout=15)[0])} == new


def test_partition_node_network_and_controller_fail_and_come_back(mended_cluster: Cluster) -> None:
    cluster = mended_cluster
    cluster.close_partition("debug")
    job = int(cluster.ssh("sbatch --parsable --wrap 'sleep 60'"))
    assert cluster.jobs()[job] == "PENDING"
    cluster.drain("n3")
    assert "drain" in cluster.call("sinfo", "-h", "-n", "n3", "-o", "%T")
    cluster.close_network()
    with pytest.raises(AssertionError, match=r"refused|closed"):
        cluster.ssh("true")
    cluster.stop_controller(signal.SIGKILL)
    with pytest.raises(AssertionError, match="Unable to contact"):
        cluster.jobs()
    cluster.mend()
    assert cluster.ssh("sinfo -h -N -p debug -o %T").split() == ["idle"] * 3
    assert cluster.job_ids() == []


@pytest.mark.parametrize(
    "transport,host", [("core.ssh_async", DIRECT), ("core.ssh_async", BY_GATE), ("core.local", DIRECT)]
)
def test_a_job_of_aiida_ends_well_with_one_sbatch(
    cluster: Cluster,
    quick_jobs: Callable[[str, str], int],
    ended: Callable[[int], None],
    runtime: AiidaRuntime,
    transport: str,
    host: str,
) -> None:
    pk = quick_jobs(transport, host)
    ended(pk)

    def outcome() -> tuple[bool, int, str]:
        from aiida import orm

        node: Any = orm.load_node(pk)
        return node.is_finished_ok, node.outputs.sum.value, node.get_remote_workdir()

    is_ok, total, folder = asyncio.run(runtime.call(outcome))
    assert (is_ok, total) == (True, 5)
    assert len(cluster.sbatch_calls(folder)) == 1


def test_postgres_and_rabbitmq_answer(postgres: dict[str, str], amqp: str) -> None:
    import psycopg

    with psycopg.connect(
        f"host={postgres['PGHOST']} port={postgres['PGPORT']} user={postgres['PGUSER']} dbname=postgres"
    ) as link:
        assert link.execute("select 6 * 7").fetchone() == (42,)
    host, _, port = amqp.rpartition("@")[2].partition(":")
    with socket.create_connection((host, int(port)), 5) as link:
        link.sendall(b"AMQP\x00\x00\x09\x01")
        assert link.recv(1) == b"\x01"


def test_up_is_idempotent_mends_after_kill_and_down_leaves_nothing(own: Services) -> None:
    own.up("slurm", "sshd", "postgres")
    first = daemons_of(own)
    own.up("slurm", "sshd", "postgres")
    assert daemons_of(own) == first
    for pid in first.values():
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(map(is_alive, first.values())):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert daemons_of(own) == {}
    own.up("slurm", "sshd", "postgres")
    second = daemons_of(own)
    assert second.keys() == first.keys()
    cluster = Cluster(own)
    cluster.ssh("sbatch --wrap 'sleep 60'")
    own.down()
    assert [pid for pid in second.values() if is_alive(pid)] == []
    deadline = time.monotonic() + 10  # a child that was told to end needs a moment
    while processes_naming(own.base):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_pid_file_that_names_a_stranger_is_not_believed(own: Services) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        folder = own.base / "sshd"
        folder.mkdir()
        (folder / "cluster.pid").write_text(f"{stranger.pid}\n")
        own.up("sshd")
        own.down("sshd")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_services_of_a_test_process_that_was_killed_are_swept(own: Services) -> None:
    own.up("sshd")
    daemons = daemons_of(own)
    ended = subprocess.Popen(["true"])
    ended.wait()
    (own.base / "owner").write_text(f"{ended.pid}\n")
    sweep()
    assert not own.base.exists()
    assert not any(map(is_alive, daemons.values()))


def test_host_names_are_those_of_the_settings(cluster: Cluster) -> None:
    lines = cluster.ssh_config.read_text()
    assert all(name in lines for name in (DIRECT, BY_GATE, GATE))
