"""GPAW's electronic steps from its log, beside the ionic steps from ASE."""

import pytest

from crystalmath_server.domain.vasp_run.gpaw_steps import GpawSteps

LOG = b"""\
maximum number of iterations: 333

SCF iterations
|iter     |     time |      energy | eigst |  dens |
|---------|----------|-------------|-------|-------|
|iter:   1| 21:52:15 |  -10.713913 | -0.08 |       |
|iter:   2| 21:52:18 |  -10.702907c| -2.40 | -0.79 |
"""
STEP = b'{"step": 0, "energy_ev": -10.7, "max_force_ev_a": 0.2, "time_s": 1.0}\n'


@pytest.mark.parametrize("cut", range(0, len(LOG), 7))
def test_electronic_steps_wherever_the_log_is_cut(cut: int) -> None:
    reader = GpawSteps("progress.jsonl", "gpaw.txt")
    for part in (LOG[:cut], LOG[cut:]):
        reader.feed("gpaw.txt", part)
    steps = reader.steps
    assert (steps.cycle, steps.most_cycles, steps.cycle_energy_ev) == (2, 333, -10.702907)
    assert steps.cycle_change_ev == pytest.approx(0.011006)


def test_a_new_ionic_step_counts_its_own_cycles() -> None:
    reader = GpawSteps("progress.jsonl", "gpaw.txt")
    reader.feed("gpaw.txt", LOG)
    reader.feed("progress.jsonl", STEP)
    reader.feed("gpaw.txt", b"|iter:   1| 21:52:31 |  -10.606873 | -3.27 |       |\n")
    assert (reader.steps.cycle, reader.steps.cycle_change_ev) == (1, None)
    assert [step.energy_ev for step in reader.steps.steps] == [-10.7]
