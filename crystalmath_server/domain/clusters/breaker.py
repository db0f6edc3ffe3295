"""Circuit breaker for a cluster: after repeated failures, no attempts until a given time; pure.

1. Closed: every attempt is allowed. Consecutive failures are counted; a success resets the count.
2. The third consecutive failure opens the breaker for FIRST_REST_S.
3. After this pause an attempt is allowed; each failure doubles the next pause, up to LONGEST_REST_S.
4. A success at any time closes the breaker.
"""

from dataclasses import dataclass

LIMIT = 3
FIRST_REST_S = 30.0
LONGEST_REST_S = 900.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Number of consecutive failures, and the time before which no attempt is made.

    Attributes
    ----------
    retry_at
        UNIX time [s]; 0 while closed.
    reason
        Message of the last failure; empty after a success.
    """

    failures: int = 0
    retry_at: float = 0.0
    reason: str = ""


CLOSED = Breaker()


def record_failure(breaker: Breaker, now: float, reason: str) -> Breaker:
    """The breaker after another failure."""
    failures = breaker.failures + 1
    if failures < LIMIT:
        return Breaker(failures, 0.0, reason)
    rest_s = min(FIRST_REST_S * 2.0 ** min(failures - LIMIT, 16), LONGEST_REST_S)
    return Breaker(failures, now + rest_s, reason)


def allows(breaker: Breaker, now: float) -> bool:
    """Whether an attempt is allowed now."""
    return now >= breaker.retry_at
