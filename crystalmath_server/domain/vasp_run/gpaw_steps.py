"""Steps of a GPAW run in progress: ionic steps from ASE, electronic steps from its log; pure."""

import re

from crystalmath_server.domain.vasp_run.chunked_lines import Lines, number
from crystalmath_server.domain.vasp_run.steps import AseSteps, Steps

_CYCLE = re.compile(r"^\|iter:\s*(\d+)\s*\|[^|]*\|\s*([-+.\d]+)")
_MOST = re.compile(r"^maximum number of iterations:\s*(\d+)")


class GpawSteps:
    """Reader for GPAW; energies are extrapolated to zero smearing width."""

    def __init__(self, progress: str, log: str) -> None:
        self.files = (progress, log)
        self._ionic = AseSteps(progress)
        self._log = log
        self._lines = Lines()

    @property
    def steps(self) -> Steps:
        """What is known so far."""
        return self._ionic.steps

    def feed(self, file: str, data: bytes) -> None:
        """Process data appended to a file."""
        if file != self._log:
            self._ionic.feed(file, data)
            return
        for line in self._lines.feed(data):
            self._take(line)

    def _take(self, line: str) -> None:
        steps = self.steps
        if found := _CYCLE.match(line):
            steps.cycle, energy = int(found[1]), number(found[2])
            before = steps.cycle_energy_ev if steps.cycle > 1 else None
            steps.cycle_change_ev = None if energy is None or before is None else energy - before
            steps.cycle_energy_ev = energy
        elif found := _MOST.match(line):
            steps.most_cycles = int(found[1])
