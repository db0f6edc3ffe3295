"""The circuit breaker: closed, resting, tried again, closed by a success."""

from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.domain.clusters.breaker import (
    CLOSED,
    FIRST_REST_S,
    LIMIT,
    LONGEST_REST_S,
    Breaker,
    allows,
    record_failure,
)


def after(failures: int, now: float = 100.0) -> Breaker:
    breaker = CLOSED
    for _ in range(failures):
        breaker = record_failure(breaker, now, "no route")
    return breaker


def test_it_stays_closed_up_to_the_limit() -> None:
    breaker = after(LIMIT - 1)
    assert allows(breaker, 100.0)
    assert breaker.reason == "no route"


def test_it_rests_after_repeated_failures_until_a_told_time() -> None:
    breaker = after(LIMIT)
    assert breaker.retry_at == 100.0 + FIRST_REST_S
    assert not allows(breaker, breaker.retry_at - 0.1)
    assert allows(breaker, breaker.retry_at)


def test_each_further_failure_doubles_the_rest() -> None:
    assert after(LIMIT + 1).retry_at == 100.0 + 2 * FIRST_REST_S
    assert after(LIMIT + 2).retry_at == 100.0 + 4 * FIRST_REST_S


@given(st.integers(LIMIT, 5000), st.floats(0, 1e10))
def test_the_rest_is_never_longer_than_the_longest(failures: int, now: float) -> None:
    breaker = after(failures, now)
    assert now < breaker.retry_at <= now + LONGEST_REST_S + 1e-3
    assert allows(CLOSED, now)
