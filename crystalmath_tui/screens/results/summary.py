"""Results: a summary of quantities, cell changes and steps."""

from math import isfinite

from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.results import IonicStep, JobResults
from crystalmath_server.protocol.structures import Lattice
from crystalmath_tui.core.lines import Line, line, section
from crystalmath_tui.core.plot import curve, thin
from crystalmath_tui.screens.results.numbers import quantity_lines

_NAME = 16
_STEPS_SHOWN = 12
_PLOT_ROWS = 8
_CELL = ("a", "b", "c", "alpha", "beta", "gamma", "volume")
_UNITS = {"a": "Å", "b": "Å", "c": "Å", "alpha": "°", "beta": "°", "gamma": "°", "volume": "Å³"}


def summary_lines(results: JobResults, cols: int) -> tuple[Line, ...]:
    """Quantities with units, the cell before and after, and the steps."""
    nothing = not results.quantities and not results.steps and results.lattice_after is None
    if nothing:
        words = "No results yet." if results.state is not JobState.FINISHED else "This job has no results."
        return ((), line(("dim", f" {words}")))
    return (
        *section(results.engine, quantity_lines(results.quantities, cols)),
        *_cell_lines(results.lattice_before, results.lattice_after),
        *_step_lines(results.steps, cols),
    )


def _cell_lines(before: Lattice | None, after: Lattice | None) -> tuple[Line, ...]:
    if after is None:
        return ()
    title = line(("heading", f" {'cell':<{_NAME}}{'before':>12}{'after':>14}{'change':>12}"))
    rows = (_cell_line(name, getattr(before, name, None), getattr(after, name)) for name in _CELL)
    return ((), title, *rows)


def _cell_line(name: str, before: float | None, after: float) -> Line:
    change = "" if not before else f"{(after - before) / before * 100:+.3f} %"
    was = "" if before is None else f"{before:.4f}"
    head = line(("dim", f" {name:<{_NAME}}"), f"{was:>12}", ("strong", f"{after:>14.4f}"))
    return (*head, *line(f"{change:>12}", ("dim", f"  {_UNITS[name]}")))


def _step_lines(steps: tuple[IonicStep, ...], cols: int) -> tuple[Line, ...]:
    if not steps:
        return ()
    energies = [step.energy_ev for step in steps if isfinite(step.energy_ev)]
    plot_cols = max(10, min(len(energies), cols - 24, 100))
    title = line(("heading", f" {'step':>8}{'energy [eV]':>18}{'vs. last [eV]':>16}{'force [eV/Å]':>16}"))
    last = steps[-1].energy_ev
    rows = [_step_line(steps[place], last) for place in thin(len(steps), _STEPS_SHOWN)]
    plot = section(f"energy of {len(steps)} steps [eV]", curve(energies, _PLOT_ROWS, plot_cols, "{:.6f}"))
    return (*(plot if len(energies) > 1 else ()), (), title, *rows)


def _step_line(step: IonicStep, last: float) -> Line:
    force = "" if step.max_force_ev_a is None else f"{step.max_force_ev_a:.5f}"
    return line(f" {step.step:>8}{step.energy_ev:>18.6f}{step.energy_ev - last:>16.6f}{force:>16}")
