"""The embedded profile: SQLite storage and a ZeroMQ broker, made without any service."""

from typing import Any

EMBEDDED = "crystalmath"
"""Name of the profile that is made on first use."""


def create_embedded(name: str, *, make_default: bool = False) -> Any:
    """Make a profile as `verdi presto --use-zeromq` does; other profiles stay as they are.

    It becomes the default where there is none yet, or where asked for.
    """
    from aiida.manage.configuration import create_profile, get_config, reset_config
    from aiida.plugins import BrokerFactory

    reset_config()  # another process may have written since: a stale copy would undo its changes
    config = get_config(create=True)
    profile = create_profile(
        config,
        name=name,
        email=config.get_option("autofill.user.email") or "aiida@localhost",
        storage_backend="core.sqlite_dos",
        storage_config={},
        broker_backend="core.zeromq",
        broker_config=BrokerFactory("core.zeromq").get_default_config(),
    )
    config.set_option("runner.poll.interval", 1, scope=name)
    config.set_default_profile(name, overwrite=make_default)
    config.store()
    return profile


def add_localhost(name: str) -> None:
    """Add this machine as a computer of the loaded profile `name`."""
    from pathlib import Path

    from aiida.manage.configuration import get_config
    from aiida.orm import Computer

    computer = Computer(
        label="localhost",
        hostname="localhost",
        description="This machine",
        transport_type="core.local",
        scheduler_type="core.direct",
        workdir=str(Path(get_config().dirpath) / "scratch" / name),
    ).store()
    computer.configure(safe_interval=0)
    computer.set_minimum_job_poll_interval(1)
    computer.set_default_mpiprocs_per_machine(1)
