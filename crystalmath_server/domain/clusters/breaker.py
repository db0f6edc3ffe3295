"""Circuit breaker of one cluster: after repeated failures no try until a time that is told; pure.

1. Closed: every try is allowed. Failures in a row are counted; a success forgets them.
2. The third failure in a row opens it for FIRST_REST_S.
3. Once the rest is over a try is allowed; if it fails the next rest is twice as long, up to LONGEST_REST_S.
4. A success at any time closes it.
"""

from dataclasses import dataclass

LIMIT = 3
FIRST_REST_S = 30.0
LONGEST_REST_S = 900.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Failures in a row, and the time before which nothing is tried.

    Attributes
    ----------
    retry_at
        UNIX time [s]; 0 while closed.
    trouble
        The last failure in words; empty after a success.
    """

    failures: int = 0
    retry_at: float = 0.0
    trouble: str = ""


CLOSED = Breaker()


def failed(breaker: Breaker, now: float, trouble: str) -> Breaker:
    """After one more failure."""
    failures = breaker.failures + 1
    if failures < LIMIT:
        return Breaker(failures, 0.0, trouble)
    rest_s = min(FIRST_REST_S * 2.0 ** min(failures - LIMIT, 16), LONGEST_REST_S)
    return Breaker(failures, now + rest_s, trouble)


def allows(breaker: Breaker, now: float) -> bool:
    """Whether a try is allowed now."""
    return now >= breaker.retry_at
