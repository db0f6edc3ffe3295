"""The run of the tests itself: how far it is, what --fast leaves out, how long it waits."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import MOST, patience_s
from tests.progress import GUESS_S, Tally, guess_s, in_words

ROOT = Path(__file__).resolve().parents[2]
LONG, SHORT = "tests/integration/test_a.py::test_long", "tests/unit/test_b.py::test_short"


def test_the_share_that_is_done_counts_seconds() -> None:
    tally = Tally([LONG, SHORT], {LONG: 99.0, SHORT: 1.0})
    tally.finish(SHORT)
    assert tally.share == pytest.approx(0.01)
    tally.finish(LONG)
    assert tally.share == pytest.approx(1.0)


def test_a_test_that_is_reported_twice_counts_once() -> None:
    tally = Tally([LONG, SHORT], {LONG: 1.0, SHORT: 1.0})
    tally.finish(LONG)
    tally.finish(LONG)
    assert tally.share == pytest.approx(0.5)


def test_a_test_without_a_measurement_is_guessed_by_its_folder() -> None:
    assert guess_s(SHORT, {}) == GUESS_S < guess_s(LONG, {})
    assert guess_s(LONG, {LONG: 0.1}) == pytest.approx(0.1)


def test_the_line_tells_share_count_time_failures_and_the_test_that_runs_longest() -> None:
    tally = Tally([LONG, SHORT, f"{SHORT}_2"], {LONG: 5.0, SHORT: 5.0, f"{SHORT}_2": 10.0})
    tally.begin(LONG, now=100.0)
    tally.begin(SHORT, now=110.0)
    tally.begin(f"{SHORT}_2", now=112.0)
    tally.finish(SHORT)
    tally.failures = 2
    line = tally.line(now=160.0, elapsed_s=90.0)
    assert line == (
        " 25 % · 1 of 3 tests · 1 min 30 s · about 4 min 30 s left · 2 FAILED · test_a.py::test_long (60 s)"
    )


def test_nothing_is_said_of_the_time_that_is_left_at_the_start_and_the_end() -> None:
    tally = Tally([LONG, SHORT], {LONG: 999.0, SHORT: 1.0})
    tally.finish(SHORT)
    assert "left" not in tally.line(now=1.0, elapsed_s=1.0)
    tally.finish(LONG)
    assert "left" not in tally.line(now=2.0, elapsed_s=2.0)


@pytest.mark.parametrize(
    "seconds,words", [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (605, "10 min 05 s")]
)
def test_times_are_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


@pytest.mark.parametrize("load_per_core,factor", [(0.1, 1.0), (1.0, 1.0), (2.5, 2.5), (100.0, MOST)])
def test_waits_are_longer_on_a_busy_machine(
    monkeypatch: pytest.MonkeyPatch, load_per_core: float, factor: float
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "getloadavg", lambda: (2 * load_per_core, 0.0, 0.0))
    assert patience_s(10.0) == pytest.approx(10.0 * factor)


def test_fast_leaves_out_services_and_daemon_and_says_so() -> None:
    files = ("tests/integration/test_services.py", "tests/integration/contract/test_contract_profiles.py")
    command = [sys.executable, "-m", "pytest", "--fast", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *files, "tests/tui/test_new_job.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    collected = re.findall(r"^tests/\S+", done.stdout, re.MULTILINE)
    assert collected
    assert all(name.startswith(files[1]) and "[fake" in name for name in collected), collected
    assert re.search(r"left out \d+ tests that need SLURM, sshd, PostgreSQL or RabbitMQ", done.stdout)
    assert re.search(r"left out \d+ tests that need AiiDA's daemon", done.stdout)
