"""How long tests wait for what must come about: longer where the machine has more to do than it has cores."""

import os

MOST = 4.0


def patience_s(seconds: float) -> float:
    """A limit for a wait that takes this long at most on a machine that is free [s].

    The limit only ends a test that would never end; how quick a thing is, is held by other tests.
    """
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * min(max(1.0, busy), MOST)
