"""The embedded profile: SQLite storage and a ZeroMQ broker, with no external services."""

import json
import sys
from subprocess import CompletedProcess
from typing import Any

import anyio

from crystalmath_server.adapters.aiida.computers import add_this_machine
from crystalmath_server.adapters.aiida.errors import translate
from crystalmath_server.protocol.errors import InternalError, from_json

EMBEDDED = "crystalmath"
"""The name of the profile created on first use."""


def create_embedded(name: str, *, make_default: bool = False) -> Any:
    """Create a profile the way `verdi presto --use-zeromq` does; other profiles are unchanged.

    The profile becomes the default if there is no default yet or if requested.
    """
    from aiida.manage.configuration import create_profile, get_config, reset_config
    from aiida.plugins import BrokerFactory

    reset_config()  # another process may have written the file: a stale copy would undo its changes
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


async def create_apart(name: str, *, make_default: bool) -> None:
    """Create a profile in a separate process, since AiiDA would unload the current profile.

    Raises
    ------
    RpcError
        STORAGE_FULL, PROFILE_UNAVAILABLE, or INTERNAL_ERROR with the last output of the process.
    """
    command = (sys.executable, "-m", __name__, name, "default" if make_default else "")
    with anyio.CancelScope(shield=True):  # a late answer is better than half a profile
        _check(await anyio.run_process(command, check=False))


def _check(done: CompletedProcess[bytes]) -> None:
    if done.returncode:
        lines = done.stdout.decode(errors="replace").strip().splitlines()
        last_words = done.stderr.decode(errors="replace")[-500:]
        raise from_json(json.loads(lines[-1])) if lines else InternalError(last_words)


def main(name: str, default: str) -> int:
    """Create a profile with this machine as its computer; the last output line holds any error."""
    try:
        profile = create_embedded(name, make_default=bool(default))
        from aiida.manage import get_manager

        get_manager().load_profile(profile.name)
        add_this_machine()
    except Exception as error:
        known = translate(error, name)
        if known is None:
            raise
        sys.stdout.write(json.dumps(known.to_json()) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
