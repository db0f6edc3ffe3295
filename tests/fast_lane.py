"""--fast: leave out the tests that need services or AiiDA's daemon, and say how many and why."""

from collections import Counter
from typing import Any

import pytest

SERVICES = "SLURM, sshd, PostgreSQL or RabbitMQ"
DAEMON = "AiiDA's daemon"
NEEDS = {"services": SERVICES, "daemon": DAEMON, "real_environ": DAEMON}
"""Fixture → what every test needs that uses it, however indirectly."""

_left_out = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="only tests that need neither services nor a daemon")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "needs(what): what a test needs beyond its fixtures; --fast leaves it out"
    )


def need_of(item: pytest.Item) -> str:
    """What a test needs beyond this process and its children; empty: nothing."""
    if (mark := item.get_closest_marker("needs")) is not None:
        return str(mark.args[0])
    callspec = getattr(item, "callspec", None)
    if callspec is not None and callspec.params.get("world") == "real":
        return DAEMON
    names: list[str] = getattr(item, "fixturenames", [])
    return next((NEEDS[name] for name in names if name in NEEDS), "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--fast"):
        return
    left_out = [item for item in items if need_of(item)]
    config.stash[_left_out] = Counter(map(need_of, left_out))
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not need_of(item)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["left_out"] = dict(session.config.stash.get(_left_out, Counter[str]()))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """What a worker left out; all leave out the same."""
    found: dict[str, int] = getattr(node, "workeroutput", {}).get("left_out", {})
    if found:
        node.config.stash[_left_out] = Counter(found)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for need, number in sorted(config.stash.get(_left_out, Counter[str]()).items()):
        terminalreporter.write_line(f"--fast left out {number} tests that need {need}")
