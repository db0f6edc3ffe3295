"""Runs of a self-correcting job as lines: the outcome and the changes for the next run."""

from collections.abc import Iterable, Iterator, Sequence

from crystalmath_server.protocol.jobs import JobRun
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.formatting import state_span
from crystalmath_tui.core.lines import Line, Span, line

_STYLES = {"+": "ok", "-": "error", "@": "dim"}


def run_lines(runs: Sequence[JobRun], cols: int) -> tuple[Line, ...]:
    """A heading and all runs; empty for a job with a single run."""
    if not runs:
        return ()
    rows = (row for number, run in enumerate(runs, 1) for row in _run(number, run, cols))
    return ((), line(("heading", " runs")), *rows)


def diff_lines(diff: str) -> Iterable[Line]:
    """A colored unified diff without its file names."""
    return (line((_STYLES.get(row[:1], ""), f" {row}")) for row in diff.splitlines()[2:])


def _run(number: int, run: JobRun, cols: int) -> Iterator[Line]:
    yield (Span("number", f" {run.pk:>8}  "), Span("", f"run {number}  "), state_span(run.state))
    yield from _text("", run.reason, cols)
    if run.correction:
        yield from _text("accent", f"→ {run.correction}", cols)
    for name, diff in run.diffs.items():
        yield line(("dim", f"     {name}"))
        yield from ((Span("", "    "), *row) for row in diff_lines(diff))
    if run.copied:
        yield from _text("dim", f"{', '.join(run.copied)} copied on the cluster", cols)


def _text(style: str, text: str, cols: int) -> Iterator[Line]:
    return (line((style, f"     {each}")) for each in wrap(text, max(8, cols - 6)) if text)
