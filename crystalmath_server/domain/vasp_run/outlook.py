"""The outlook of a run: whether it seems stuck and when it may end; pure."""

from math import log
from statistics import median

from crystalmath_server.domain.vasp_run.steps import Steps

TIMES_USUAL = 10
TIMES_LONGEST = 2
LEAST_QUIET_S = 30.0
"""A run that was silent for less time is never called stuck."""
FEW = 3
_FITTED = 8


def stuck_words(steps: Steps, quiet_s: float) -> str:
    """Why a run looks stuck; empty if it does not, or if there are too few steps to judge."""
    if len(steps.intervals) < FEW:
        return ""
    usual = median(steps.intervals)
    limit = max(TIMES_USUAL * usual, TIMES_LONGEST * max(steps.intervals), LEAST_QUIET_S)
    if quiet_s <= limit:
        return ""
    times = f", {quiet_s / usual:.0f} times the usual {span(usual)}" if usual >= 0.01 else ""
    return f"No new step for {span(quiet_s)}{times}: it may be stuck"


def seconds_per_step(steps: Steps) -> float | None:
    """Median time of the last ionic steps [s]."""
    known = [row.seconds for row in list(steps.steps)[-FEW * 3 :] if row.seconds is not None]
    return median(known) if known else None


def outlook(steps: Steps) -> tuple[float | None, str]:
    """Seconds until the end, if they can be estimated, and the basis of the estimate."""
    usual = seconds_per_step(steps)
    if steps.converged:
        return 0.0, "it has converged and is writing its last files"
    if usual is None:
        return None, "the end cannot be told before the first step is done"
    if steps.moves == "dynamics" and steps.most is not None:
        left = max(0, steps.most - steps.done)
        return left * usual, f"{left} of {steps.most} steps are left"
    if steps.most == 1 or steps.moves == "static":
        return None, "the end of an electronic minimization cannot be told"
    return _of_relaxation(steps, usual)


def _of_relaxation(steps: Steps, usual: float) -> tuple[float | None, str]:
    most = f"; at most {steps.most - steps.done} steps are left" if steps.most is not None else ""
    limit = steps.force_limit_ev_a
    if limit is None:
        return None, f"the end cannot be told: the limit of the force is not known{most}"
    forces = [row.max_force_ev_a for row in list(steps.steps)[-_FITTED:] if row.max_force_ev_a]
    if len(forces) < FEW + 1:
        return None, f"the end cannot be told from only {len(forces)} steps{most}"
    slope = _slope([log(force) for force in forces])
    if slope > -0.01:
        return None, f"the end cannot be told: the largest force does not fall{most}"
    left = max(1.0, (log(limit) - log(forces[-1])) / slope)
    if steps.most is not None:
        left = min(left, steps.most - steps.done)
    return left * usual, f"if the largest force continues falling as in the last {len(forces)} steps{most}"


def _slope(values: list[float]) -> float:
    """Slope of the least-squares line through values at 0, 1, 2 and so on."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    above = sum((place - middle) * (value - mean) for place, value in enumerate(values))
    return above / sum((place - middle) ** 2 for place in range(len(values)))


def span(seconds: float) -> str:
    """A duration as text: 4.2 s, 3 min, 2 h 05 min."""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
