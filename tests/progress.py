"""How far a run of the tests is: one line that changes on a terminal, one line now and then in a log.

Loaded by scripts/test. The share that is done counts seconds, not tests, since one test takes a millisecond
and another a minute: seconds as the run before measured them, or a guess by folder.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

CACHE_KEY = "crystalmath/durations"
GUESSES_S = {"tests/integration": 6.0, "tests/tui": 3.0, "tests/property": 0.5}
GUESS_S = 0.02
LOG_EVERY_S = 30.0
TERMINAL_EVERY_S = 1.0
TOO_EARLY = 0.02
"""Below this share nothing can be said of the time that is left."""


def guess_s(nodeid: str, measured: Mapping[str, float]) -> float:
    """How long a test will take [s]."""
    by_folder = (guess for folder, guess in GUESSES_S.items() if nodeid.startswith(folder))
    return measured.get(nodeid, next(by_folder, GUESS_S))


def in_words(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes} min {left:02} s" if minutes else f"{left} s"


class Tally:
    """What is done and what is still to do."""

    def __init__(self, nodeids: Iterable[str], measured: Mapping[str, float]) -> None:
        self._expected_s = {nodeid: guess_s(nodeid, measured) for nodeid in nodeids}
        self._left = set(self._expected_s)
        self._all_s = sum(self._expected_s.values())
        self._done_s = 0.0
        self.running: dict[str, float] = {}
        self.took_s: dict[str, float] = {}
        self.failures = 0

    def begin(self, nodeid: str, now: float) -> None:
        self.running[nodeid] = now

    def add_time(self, nodeid: str, seconds: float) -> None:
        self.took_s[nodeid] = self.took_s.get(nodeid, 0.0) + seconds

    def finish(self, nodeid: str) -> None:
        self.running.pop(nodeid, None)
        if nodeid in self._left:
            self._left.remove(nodeid)
            self._done_s += self._expected_s[nodeid]

    @property
    def share(self) -> float:
        return self._done_s / self._all_s if self._all_s else 1.0

    def line(self, now: float, elapsed_s: float) -> str:
        n_all = len(self._expected_s)
        parts = [f"{int(100 * self.share):3} %", f"{n_all - len(self._left)} of {n_all} tests"]
        parts.append(in_words(elapsed_s))
        if TOO_EARLY < self.share < 1:
            parts.append(f"about {in_words(elapsed_s * (1 - self.share) / self.share)} left")
        if self.failures:
            parts.append(f"{self.failures} FAILED")
        if self.running:
            nodeid, began = min(self.running.items(), key=lambda pair: pair[1])
            parts.append(f"{nodeid.rpartition('/')[2]} ({now - began:.0f} s)")
        return " · ".join(parts)


class Progress:
    """Takes the place of pytest's dots."""

    def __init__(self, config: pytest.Config, reporter: pytest.TerminalReporter) -> None:
        self._config = config
        self._writer = config.get_terminal_writer()
        self._is_terminal = reporter.isatty
        self._began = time.monotonic()
        self._measured: dict[str, float] = config.cache.get(CACHE_KEY, {}) if config.cache else {}
        self._tally: Tally | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell_now_and_then, daemon=True)

    def expect(self, nodeids: Iterable[str]) -> None:
        """These will run; every worker says so, the first is believed."""
        with self._lock:
            if self._tally is None:
                self._tally = Tally(nodeids, self._measured)
                self._thread.start()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if session.items:  # with workers, it is they that collect
            self.expect(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: list[str]) -> None:
        self.expect(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        with self._lock:
            if self._tally:
                self._tally.begin(nodeid, time.monotonic())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        with self._lock:
            if self._tally is None:
                return
            self._tally.add_time(report.nodeid, report.duration)
            if report.failed:
                self._tally.failures += 1
                self._say(f"FAILED {report.nodeid}" + ("" if report.when == "call" else f" ({report.when})"))
            if report.when == "teardown":
                self._tally.finish(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """No letter: a failure has a line of its own."""
        if isinstance(report, pytest.TestReport) and report.outcome != "skipped":
            if report.failed:
                return ("failed", "", "FAILED") if report.when == "call" else ("error", "", "ERROR")
            return ("passed" if report.when == "call" else "", "", "")
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._over.set()
        with self._lock:
            if self._tally is None:
                return
            self._say(self._line())
            if self._config.cache:
                self._config.cache.set(CACHE_KEY, self._measured | self._tally.took_s)

    def _line(self) -> str:
        now = time.monotonic()
        return self._tally.line(now, now - self._began) if self._tally else ""

    def _say(self, line: str) -> None:
        """A line that stays."""
        self._writer.write(f"\r\x1b[K{line}\n" if self._is_terminal else f"{line}\n", flush=True)

    def _tell_now_and_then(self) -> None:
        while not self._over.wait(TERMINAL_EVERY_S if self._is_terminal else LOG_EVERY_S):
            with self._lock:
                if not self._is_terminal:
                    self._say(self._line())
                else:
                    line = self._line()[: self._writer.fullwidth - 1]
                    self._writer.write(f"\r\x1b[K{line}", flush=True)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Only where workers run the tests and nobody asked for a line per test."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter and config.getoption("numprocesses", None) and config.get_verbosity() == 0:
        config.pluginmanager.register(Progress(config, reporter), "progress")
