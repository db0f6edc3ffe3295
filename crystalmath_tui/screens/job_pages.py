"""Job: what its pages say, as lines."""

import json
from collections.abc import Iterable
from functools import lru_cache
from math import isfinite

from crystalmath_server.protocol.files import JobFile, JobLog, LogLine
from crystalmath_server.protocol.jobs import JobDetail, JobState, NodeLink
from crystalmath_server.protocol.results import IonicStep, JobResults
from crystalmath_server.protocol.structures import Lattice
from crystalmath_tui.core.cells import fit, wrap
from crystalmath_tui.core.lines import Line, Span, line
from crystalmath_tui.core.plot import curve, thinned
from crystalmath_tui.core.words import age, clock, file_size, number, state_span
from crystalmath_tui.screens.results_numbers import quantity_lines
from crystalmath_tui.screens.run_lines import diff_lines, run_lines

_NAME = 16
_STEPS_SHOWN = 12
_PLOT_ROWS = 8
_LEVELS = {"ERROR": "error", "CRITICAL": "error", "WARNING": "warn", "REPORT": "accent"}
_CELL = ("a", "b", "c", "alpha", "beta", "gamma", "volume")
_UNITS = {"a": "Å", "b": "Å", "c": "Å", "alpha": "°", "beta": "°", "gamma": "°", "volume": "Å³"}


def summary(detail: JobDetail, now: float, cols: int) -> tuple[Line, ...]:
    """State in words and the way out, engine, times, settings and links."""
    job = detail.row
    ended = "" if job.exit_status is None else f"   exit status {job.exit_status}"
    return (
        (),
        (Span("strong", f" {job.label}"), Span("dim", f"   {job.formula}")),
        (Span("", " "), state_span(job.state), Span("dim", ended)),
        *_paragraph("", detail.explanation, cols),
        *_paragraph("accent", f"→ {detail.hint}" if detail.hint else "", cols),
        *_paragraph(
            "error", detail.exit_message if detail.exit_message not in detail.explanation else "", cols
        ),
        (),
        *_facts(_origin(detail, now), cols),
        *run_lines(detail.runs, cols),
        *_section("settings", _facts([(name, number(value)) for name, value in detail.values.items()], cols)),
        *(line(("mark", f" {name} was edited by hand"), ("dim", "; see inputs")) for name in detail.edits),
        *_section("inputs", map(_link, detail.inputs)),
        *_section("outputs", map(_link, detail.outputs)),
    )


def _origin(detail: JobDetail, now: float) -> list[tuple[str, str]]:
    job = detail.row
    return [
        ("recipe", job.template),
        ("engine", detail.engine),
        ("cluster", job.cluster),
        ("scheduler", " ".join(filter(None, (detail.scheduler_job_id, detail.scheduler_state)))),
        ("folder", detail.remote_work_dir),
        ("created", f"{age(now - job.created_at)} ago"),
        ("changed", f"{age(now - job.modified_at)} ago"),
        ("AiiDA", f"{detail.process_type} · {detail.process_state}"),
        ("pk", str(job.pk)),
        ("uuid", job.uuid),
        ("corrections", f"at most {detail.corrections}" if detail.corrections else ""),
        ("retry of", str(detail.retry_of) if detail.retry_of is not None else ""),
        ("called by", str(detail.caller_pk) if detail.caller_pk is not None else ""),
        ("calls", " ".join(map(str, detail.called))),
        ("description", detail.description),
    ]


def inputs(detail: JobDetail, cols: int) -> tuple[Line, ...]:
    """Settings in full, and the nodes that went in."""
    settings = _facts([(name, _json(value)) for name, value in detail.values.items()], cols)
    return (
        *_section("settings", settings or [line(("dim", " all as the recipe has them"))]),
        *(row for name, diff in detail.edits.items() for row in _edit(name, diff)),
        *_section("nodes", map(_link, detail.inputs)),
        (),
        line(("dim", " The input files as sent are on the page files.")),
    )


def _edit(name: str, diff: str) -> tuple[Line, ...]:
    """What was edited by hand: lines of a unified diff, told apart by their first column."""
    return _section(f"{name}, edited by hand", diff_lines(diff))


def files(rows: tuple[JobFile, ...]) -> tuple[Line, ...]:
    """One line a file."""
    return tuple(
        line(("dim", f" {fit(row.source, 10)}"), ("number", f"{file_size(row.size):>10}  "), row.path)
        for row in rows
    )


@lru_cache(maxsize=2)
def log(found: JobLog, cols: int, *, wrapped: bool, times: bool) -> tuple[Line, ...]:
    """Lines of the log, oldest first."""
    if not found.lines:
        return ((), line(("dim", " The log is empty so far.")))
    older = [line(("warn", " Older lines were left out."))] if found.truncated else []
    shown = (_log_line(each, cols, wrapped=wrapped, times=times) for each in found.lines)
    return (*older, *(row for rows in shown for row in rows))


def _log_line(each: LogLine, cols: int, *, wrapped: bool, times: bool) -> Iterable[Line]:
    when = f"{clock(each.time_s):<8} " if times and each.time_s else ""
    head = (Span("dim", f" {when}"), Span(_LEVELS.get(each.level, "dim"), f"{each.level:<8} "))
    room = cols - len(when) - 11
    texts = wrap(each.text, room) if wrapped else each.text.splitlines() or [""]
    indent = (Span("", " " * (len(when) + 10)),)
    return ((*(head if i == 0 else indent), Span("", text)) for i, text in enumerate(texts))


def results(found: JobResults, cols: int) -> tuple[Line, ...]:
    """Quantities with units, the cell before and after, and the steps."""
    nothing = not found.quantities and not found.steps and found.lattice_after is None
    if nothing:
        words = "No results yet." if found.state is not JobState.FINISHED else "This job has no results."
        return ((), line(("dim", f" {words}")))
    return (
        *_section(found.engine, quantity_lines(found.quantities, cols)),
        *_cell_lines(found.lattice_before, found.lattice_after),
        *_step_lines(found.steps, cols),
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
    title = line(("heading", f" {'step':>8}{'energy [eV]':>18}{'to last [eV]':>16}{'force [eV/Å]':>16}"))
    last = steps[-1].energy_ev
    rows = [_step_line(steps[place], last) for place in thinned(len(steps), _STEPS_SHOWN)]
    plot = _section(f"energy of {len(steps)} steps [eV]", curve(energies, _PLOT_ROWS, plot_cols, "{:.6f}"))
    return (*(plot if len(energies) > 1 else ()), (), title, *rows)


def _step_line(step: IonicStep, last: float) -> Line:
    force = "" if step.max_force_ev_a is None else f"{step.max_force_ev_a:.5f}"
    return line(f" {step.step:>8}{step.energy_ev:>18.6f}{step.energy_ev - last:>16.6f}{force:>16}")


@lru_cache(maxsize=4)  # a long text is wrapped once, not at every key
def text(content: str, cols: int, *, wrapped: bool) -> tuple[Line, ...]:
    """A text file."""
    rows = content.expandtabs(8).splitlines()
    shown = [piece for row in rows for piece in wrap(row, max(1, cols - 2))] if wrapped else rows
    return tuple(line(f" {row}") for row in shown)


def _section(title: str, rows: Iterable[Line]) -> tuple[Line, ...]:
    found = tuple(rows)
    return ((), line(("heading", f" {title}")), *found) if found else ()


def _facts(facts: Iterable[tuple[str, str]], cols: int) -> list[Line]:
    """Name and value, the value wrapped; what is empty is left out."""
    return [shown for name, value in facts if value for shown in _fact(name, value, cols)]


def _fact(name: str, value: str, cols: int) -> Iterable[Line]:
    names = max(_NAME, len(name) + 1)
    texts = wrap(value, max(8, cols - names - 2))
    return (line(("dim", f" {fit(name if i == 0 else '', names)}"), each) for i, each in enumerate(texts))


def _paragraph(style: str, words: str, cols: int) -> list[Line]:
    return [line((style, f" {each}")) for each in wrap(words, max(8, cols - 2))] if words else []


def _link(link: NodeLink) -> Line:
    return line(
        ("number", f" {link.pk:>8}  "), fit(link.label, 24), ("dim", f"  {link.type}  {link.summary}")
    )


def _json(value: object) -> str:
    if value is None or isinstance(value, (str, bool, int, float)):
        return number(value)
    return json.dumps(value, ensure_ascii=False, default=str)
