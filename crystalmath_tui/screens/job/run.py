"""Job: the run page with progress numbers, the estimated end and live plots."""

from math import isfinite, log10

from crystalmath_server.protocol.progress import JobProgress
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.formatting import age
from crystalmath_tui.core.lines import Line, Span, line
from crystalmath_tui.core.plot import curve

_NAME = 22
_ROWS = 7
_SHOWN = 6


def page(run: JobProgress, cols: int) -> tuple[Line, ...]:
    """The run page: numbers first, then plots of the same data."""
    style = "error" if run.stuck else "strong"
    head = tuple(line((style, f" {text}")) for text in wrap(run.words, max(8, cols - 2)))
    if not run.source:
        return ((), *head)
    note = tuple(line(("warn", f" {text}")) for text in wrap(run.note, max(8, cols - 2)) if run.note)
    return ((), *head, *note, (), *_numbers(run, cols), *_plots(run, cols), *_last_steps(run))


def _numbers(run: JobProgress, cols: int) -> tuple[Line, ...]:
    facts = (
        ("ionic step", _of(run.ionic_step, run.most_ionic_steps)),
        ("electronic step", _of(run.electronic_step, run.most_electronic_steps)),
        ("energy", _value(run.energy_ev, "{:.6f} eV")),
        ("change", _value(run.energy_change_ev, "{:+.3e} eV")),
        ("electronic energy", _value(run.electronic_energy_ev, "{:.6f} eV")),
        ("electronic change", _value(run.electronic_change_ev, "{:+.3e} eV")),
        ("largest force", _value(run.max_force_ev_a, "{:.4f} eV/Å") + _limit(run.force_limit_ev_a)),
        ("time per step", _value(run.seconds_per_step, "{:.1f} s")),
        ("last written", "" if run.quiet_s is None else f"{age(run.quiet_s)} ago"),
        ("estimated end", _end(run)),
    )
    return tuple(shown for name, value in facts if value for shown in _fact(name, value, cols))


def _fact(name: str, value: str, cols: int) -> tuple[Line, ...]:
    texts = wrap(value, max(8, cols - _NAME - 2))
    return tuple(line(("dim", f" {name if i == 0 else '':<{_NAME}}"), text) for i, text in enumerate(texts))


def _of(count: int | None, most: int | None) -> str:
    if count is None:
        return ""
    return str(count) if most is None else f"{count} of at most {most}"


def _value(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def _limit(limit: float | None) -> str:
    return "" if limit is None else f", to fall below {limit:g}"


def _end(run: JobProgress) -> str:
    if run.left_s is None:
        return run.estimate
    return f"in about {age(run.left_s)}, {run.estimate}" if run.left_s else run.estimate


def _plots(run: JobProgress, cols: int) -> tuple[Line, ...]:
    """Plots of the energy and of the logarithm of the largest force."""
    energies = [value for value in run.steps.energy_ev if value is not None and isfinite(value)]
    known = [value for value in run.steps.max_force_ev_a if value is not None and isfinite(value)]
    forces = [log10(value) for value in known if value > 0]
    width = max(10, min(cols - 24, 100))
    rows: list[Line] = []
    for title, values, form in (
        (f"energy of {len(energies)} steps [eV]", energies, "{:.6f}"),
        ("largest force, log10 of [eV/Å]", forces, "{:.2f}"),
    ):
        if len(values) > 1:
            rows += [
                (),
                (Span("heading", f" {title}"),),
                *curve(values, _ROWS, min(width, len(values)), form),
            ]
    return tuple(rows)


def _last_steps(run: JobProgress) -> tuple[Line, ...]:
    """The last steps as a table, for users who cannot see the plots."""
    columns = run.steps
    rows = list(zip(columns.step, columns.energy_ev, columns.max_force_ev_a, columns.seconds, strict=False))[
        -_SHOWN:
    ]
    if not rows:
        return ()
    head = line(("heading", f" {'step':>8}{'energy [eV]':>18}{'force [eV/Å]':>16}{'time [s]':>12}"))
    return ((), head, *(_row(*row) for row in rows))


def _row(step: int, energy: float | None, force: float | None, seconds: float | None) -> Line:
    cells = (_value(energy, "{:.6f}"), _value(force, "{:.5f}"), _value(seconds, "{:.1f}"))
    return line(f" {step:>8}{cells[0]:>18}{cells[1]:>16}{cells[2]:>12}")
