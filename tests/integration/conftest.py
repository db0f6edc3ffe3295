"""An embedded AiiDA profile of the session's own, with a daemon that is started when asked for."""

import asyncio
import contextlib
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from crystalmath_server.adapters.aiida.runtime import AiidaRuntime
from tests.patience import patience_s

PROFILE = "crystalmath"

# AiiDA's own tests ignore it too: the session adds the node a moment later
_ADDED_LATER = "ignore:Object of type <.*> not in session:sqlalchemy.exc.SAWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(_ADDED_LATER))


@pytest.fixture(scope="session")
def aiida_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("aiida")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AIIDA_PATH", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(home))
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))  # jobs of flows are functions of tests
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield home


@pytest.fixture(scope="session")
def runtime(aiida_home: Path) -> Iterator[AiidaRuntime]:
    assert "aiida" not in sys.modules, "AiiDA was imported before its home was set"
    made = AiidaRuntime(PROFILE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of AiiDA's own dependencies, while they are imported
        asyncio.run(made.wait_ready())
    yield made
    asyncio.run(made.close())


@pytest.fixture(scope="session")
def daemon(runtime: AiidaRuntime) -> Iterator[Any]:
    """AiiDA's daemon client; the daemon and all that it started are ended with the session."""

    def client() -> Any:
        from aiida.engine.daemon.client import get_daemon_client

        return get_daemon_client()

    found = asyncio.run(runtime.call(client))
    found.start_daemon(number_workers=1, wait=True, timeout=60)
    family = _family(found.get_daemon_pid())
    yield found
    family |= _family(found.get_daemon_pid())
    found.stop_daemon(wait=True, timeout=20)
    for process in psutil.wait_procs(family, timeout=5)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _family(pid: int | None) -> set[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        return {root, *root.children(recursive=True)}
    return set()


@pytest.fixture(scope="session")
def submit_add(runtime: AiidaRuntime, daemon: Any) -> Callable[..., int]:
    """Submit AiiDA's own `core.arithmetic.add` on this machine; the pk."""

    def submit(x: int, y: int, label: str, prepend: str) -> int:
        from aiida import orm
        from aiida.engine import submit as aiida_submit
        from aiida.plugins import CalculationFactory

        code = orm.QueryBuilder().append(orm.InstalledCode, filters={"label": "bash"}).first(flat=True)
        if code is None:
            computer = orm.load_computer("localhost")
            code = orm.InstalledCode(label="bash", computer=computer, filepath_executable="/bin/bash").store()
        calculation: Any = CalculationFactory("core.arithmetic.add")
        builder = calculation.get_builder()
        builder.code, builder.x, builder.y = code, orm.Int(x), orm.Int(y)
        builder.metadata.label = label
        builder.metadata.options.prepend_text = prepend
        builder.metadata.options.resources = {"num_machines": 1, "num_mpiprocs_per_machine": 1}
        node: Any = aiida_submit(builder)
        return node.pk

    def call(x: int, y: int, label: str = "", prepend: str = "") -> int:
        return asyncio.run(runtime.call(submit, x, y, label, prepend))

    return call


@pytest.fixture(scope="session")
def wait_for() -> Callable[..., None]:
    """Wait until something holds."""

    def wait(holds: Callable[[], object], timeout_s: float = 60) -> None:
        deadline = time.monotonic() + patience_s(timeout_s)
        while not holds():
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.05)

    return wait


@pytest.fixture(scope="session")
def ended(runtime: AiidaRuntime, wait_for: Callable[..., None]) -> Callable[[int], None]:
    """Wait until a process has ended and is sealed."""

    def is_sealed(pk: int) -> bool:
        from aiida import orm

        return orm.load_node(pk).is_sealed

    return lambda pk: wait_for(lambda: asyncio.run(runtime.call(is_sealed, pk)))


@pytest.fixture(scope="session")
def added(submit_add: Callable[..., int], ended: Callable[[int], None]) -> int:
    """A finished job."""
    pk = submit_add(2, 3, label="Two and three")
    ended(pk)
    return pk


@pytest.fixture(scope="session")
def failed(submit_add: Callable[..., int], ended: Callable[[int], None]) -> int:
    """A job whose sum is negative, which the parser refuses with exit status 410."""
    pk = submit_add(2, -30, label="Less than nothing")
    ended(pk)
    return pk
