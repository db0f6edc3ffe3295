"""Steps of a run in progress, read from VASP's OSZICAR and OUTCAR or from the ASE progress file; pure."""

import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol, cast

from crystalmath_server.domain.vasp_run.chunked_lines import Lines, number

KEPT = 4096
"""Number of latest steps kept; long molecular dynamics runs have more."""
TIMES_KEPT = 20

OSZICAR, OUTCAR = "OSZICAR", "OUTCAR"


@dataclass(frozen=True, slots=True)
class Step:
    """One ionic step."""

    step: int
    energy_ev: float | None
    max_force_ev_a: float | None = None
    seconds: float | None = None


@dataclass(slots=True)
class Steps:
    """What is known about a run so far.

    Attributes
    ----------
    done
        Number of completed ionic steps.
    cycle
        Electronic steps so far in the current or last ionic step.
    intervals
        Durations of the last steps of the engine's shortest kind [s].
    """

    done: int = 0
    most: int | None = None
    cycle: int | None = None
    most_cycles: int | None = None
    cycle_energy_ev: float | None = None
    cycle_change_ev: float | None = None
    moves: str = ""
    force_limit_ev_a: float | None = None
    converged: bool = False
    steps: deque[Step] = field(default_factory=lambda: deque[Step](maxlen=KEPT))
    intervals: deque[float] = field(default_factory=lambda: deque[float](maxlen=TIMES_KEPT))


class StepReader(Protocol):
    """Reader for the output files of one engine."""

    @property
    def files(self) -> tuple[str, ...]:
        """File names to read, in order."""
        ...

    @property
    def steps(self) -> Steps:
        """What is known so far."""
        ...

    def feed(self, file: str, data: bytes) -> None:
        """Process data appended to a file."""
        ...


_CYCLE = re.compile(r"^\s*[A-Z]{3}\s*:\s*(\d+)\s+(\S+)\s+(\S+)")
_IONIC = re.compile(r"^\s*(\d+)\s.*?F=\s*(\S+)\s+E0=\s*(\S+)")
_TAG = re.compile(r"^\s*(NSW|NELM|IBRION|EDIFFG)\s*=\s*([^\s;]+)")
_REAL_TIME = re.compile(r"^\s*(LOOP\+?):.*real time\s*([\d.]+)")


class VaspSteps:
    """Reader for VASP; energies are extrapolated to σ → 0."""

    files = (OSZICAR, OUTCAR)

    def __init__(self) -> None:
        self.steps = Steps()
        self._lines = {name: Lines() for name in self.files}
        self._forces: list[float] | None = None
        self._rules = 0
        self._force: dict[int, float] = {}
        self._seconds: dict[int, float] = {}
        self._with_force = 0
        self._with_seconds = 0

    def feed(self, file: str, data: bytes) -> None:
        """Process data appended to a file."""
        take = self._take_oszicar if file == OSZICAR else self._take_outcar
        for line in self._lines[file].feed(data):
            take(line)
        self._join()

    def _take_oszicar(self, line: str) -> None:
        steps = self.steps
        if found := _CYCLE.match(line):
            steps.cycle = int(found[1])
            steps.cycle_energy_ev, steps.cycle_change_ev = number(found[2]), number(found[3])
        elif found := _IONIC.match(line):
            steps.done = int(found[1])
            steps.steps.append(Step(steps.done, number(found[3])))

    def _take_outcar(self, line: str) -> None:
        if self._forces is not None:
            self._take_force(line)
        elif "TOTAL-FORCE (eV/Angst)" in line:
            self._forces, self._rules = [], 0
        elif found := _REAL_TIME.match(line):
            self._take_time(found[1], float(found[2]))
        elif found := _TAG.match(line):
            self._take_tag(found[1], found[2])
        elif "reached required accuracy" in line:
            self.steps.converged = True

    def _take_force(self, line: str) -> None:
        """Take a row of the force table: position and force; dashed rules enclose the table."""
        forces = self._forces
        if forces is None:
            return
        if line.lstrip().startswith("---"):
            self._rules += 1
            if self._rules == 2:
                self._with_force += 1
                self._force[self._with_force] = max(forces, default=0.0)
                self._forces = None
            return
        parts = [number(word) for word in line.split()[3:6]]
        known = [part for part in parts if part is not None]
        if len(known) == 3:
            forces.append(sum(part * part for part in known) ** 0.5)

    def _take_time(self, name: str, seconds: float) -> None:
        if name == "LOOP":
            self.steps.intervals.append(seconds)
        else:
            self._with_seconds += 1
            self._seconds[self._with_seconds] = seconds

    def _take_tag(self, name: str, text: str) -> None:
        value = number(text)
        if value is None:
            return
        if name == "NSW":
            self.steps.most = max(1, int(value))
        elif name == "NELM":
            self.steps.most_cycles = int(value)
        elif name == "IBRION":
            self.steps.moves = {-1: "static", 0: "dynamics"}.get(int(value), "relaxation")
        elif value < 0:
            self.steps.force_limit_ev_a = -value

    def _join(self) -> None:
        """Merge forces and times from OUTCAR into the steps from OSZICAR, by step number."""
        held = self.steps.steps
        first = held[0].step if held else 0
        for place, row in enumerate(held):
            if row.step in self._force or row.step in self._seconds:
                force = self._force.pop(row.step, row.max_force_ev_a)
                seconds = self._seconds.pop(row.step, row.seconds)
                held[place] = Step(row.step, row.energy_ev, force, seconds)
        for old in (self._force, self._seconds):
            for step in [step for step in old if step < first]:
                del old[step]


class AseSteps:
    """Reader for ASE engines: one JSON line per step, written by plugins/jobflow_run.py."""

    def __init__(self, file: str) -> None:
        self.files = (file,)
        self.steps = Steps(moves="relaxation")
        self._lines = Lines()
        self._time_s: float | None = None

    def feed(self, file: str, data: bytes) -> None:  # noqa: ARG002
        """Process data appended to the file."""
        for line in self._lines.feed(data):
            self._take(line)

    def _take(self, line: str) -> None:
        try:
            row = json.loads(line)
        except ValueError:
            return
        if not isinstance(row, dict):
            return
        given = cast("dict[str, object]", row)
        step, time_s = _plain(given.get("step")), _plain(given.get("time_s"))
        if step is None:
            return
        seconds = None if time_s is None or self._time_s is None else max(0.0, time_s - self._time_s)
        self._time_s = time_s
        if seconds is not None:
            self.steps.intervals.append(seconds)
        self.steps.done = int(step)
        energy, force = _plain(given.get("energy_ev")), _plain(given.get("max_force_ev_a"))
        self.steps.steps.append(Step(int(step), energy, force, seconds))


def _plain(value: object) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= float("inf"):
        return None
    return float(value) if value == value else None  # noqa: PLR0124  NaN
