"""Which held jobs may go."""

import pytest

from crystalmath_server.domain.clusters.holding import due, is_held, over_cap, unreachable
from crystalmath_server.domain.diagnosis.explain import Facts, explain
from crystalmath_server.protocol.jobs import JobState


def test_the_oldest_go_first_up_to_the_cap() -> None:
    held = {9: "hpc", 7: "hpc", 8: "hpc"}
    assert due(held, {1: "hpc", 2: "other"}, {"hpc": 3}, ()) == (7, 8)


@pytest.mark.parametrize("caps", [{}, {"hpc": 0}])
def test_without_a_cap_all_go(caps: dict[str, int]) -> None:
    assert due({3: "hpc", 2: "hpc"}, {1: "hpc"}, caps, ()) == (2, 3)


def test_a_computer_that_rests_gets_none() -> None:
    assert due({2: "hpc", 3: "lab"}, {}, {}, {"hpc"}) == (3,)


def test_a_full_computer_holds_up_no_other() -> None:
    assert due({2: "hpc", 3: "lab"}, {1: "hpc"}, {"hpc": 1, "lab": 1}, ()) == (3,)


@pytest.mark.parametrize("words", [over_cap("hpc", 20), unreachable("hpc", "no route to host")])
def test_a_held_job_is_explained_with_the_key_that_goes_on(words: str) -> None:
    told = explain(Facts(12, JobState.CREATED, cluster="hpc", process_status=words, held=is_held(words)))
    assert told.explanation == words
    assert "jobs play 12" in told.hint


@pytest.mark.parametrize("status", [None, "", "Waiting for transport task: upload"])
def test_other_words_of_aiida_hold_nothing_back(status: str | None) -> None:
    assert not is_held(status)
