"""Random flows give the same outputs as jobflow, in whatever order their jobs run."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jobflow import Flow
from jobflow.core.reference import OnMissing

from crystalmath_server.domain.flows.run import replay
from tests import flow_jobs as do
from tests.flow_runs import comparable, document_of, run, run_by_jobflow, shuffled

MAKERS: list[Any] = [
    do.number, do.number, do.detours, do.adds, do.stops_children, do.fails,
    lambda value: do.fans_out([value, 2]),
    lambda value: do.fans_out([value], has_output=False),
    lambda value: do.counts_down(2, [value]),
]  # fmt: skip


def flow_of(chance: random.Random) -> Flow:
    """Up to eight jobs, each on outputs of earlier ones, some in inner flows."""
    jobs: list[Any] = []
    for _ in range(chance.randint(2, 8)):
        parents = chance.sample(jobs, chance.randint(0, min(3, len(jobs))))
        one: Any = do.total([1, *(parent.output for parent in parents)])
        two = chance.choice(MAKERS)(one.output)
        one.config.on_missing_references = chance.choice([OnMissing.ERROR, OnMissing.NONE])
        jobs += [one, two]
    cut = chance.randint(1, len(jobs) - 1)
    return Flow([Flow(jobs[:cut]), *jobs[cut:]])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), order=st.integers(0, 2**32))
def test_a_random_flow_gives_what_jobflow_gives(seed: int, order: int) -> None:
    flow = flow_of(random.Random(seed))
    told = document_of(flow)
    state, outputs, outcomes = run(told, order)
    assert comparable(outputs, flow) == comparable(run_by_jobflow(flow), flow)
    assert state.is_over
    again = replay(told, shuffled(outcomes, order))
    again.ready()
    assert again.fates == state.fates
