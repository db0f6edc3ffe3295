"""Job: the contents of its pages as lines."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import cast

from crystalmath_server.protocol.files import JobFile, JobLog, LogLine
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import JobDetail, NodeLink
from crystalmath_server.protocol.method import Json, title_of
from crystalmath_tui.core.cells import fit, wrap
from crystalmath_tui.core.formatting import age, clock, file_size, number, state_span
from crystalmath_tui.core.lines import Line, Span, line, section
from crystalmath_tui.screens.flow_lines import flow_lines
from crystalmath_tui.screens.run_lines import diff_lines, run_lines

_NAME = 16
_LEVELS = {"ERROR": "error", "CRITICAL": "error", "WARNING": "warn", "REPORT": "accent"}


def summary(detail: JobDetail, now: float, cols: int) -> tuple[Line, ...]:
    """State with explanation and hint, engine, times, settings and links."""
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
        *flow_lines(detail.jobs, cols),
        *section("settings", _facts([(name, number(value)) for name, value in detail.values.items()], cols)),
        *(
            line(("mark", f" {name} was edited by hand"), ("dim", "; see the inputs page"))
            for name in detail.edits
        ),
        *section("inputs", map(_link, detail.inputs)),
        *section("outputs", map(_link, detail.outputs)),
    )


def _origin(detail: JobDetail, now: float) -> list[tuple[str, str]]:
    job = detail.row
    return [
        ("template", job.template),
        ("engine", detail.engine),
        ("cluster", job.cluster),
        ("scheduler", " ".join(filter(None, (detail.scheduler_job_id, detail.scheduler_state)))),
        ("folder", detail.remote_work_dir),
        ("created", f"{age(now - job.created_at)} ago"),
        ("changed", f"{age(now - job.modified_at)} ago"),
        ("AiiDA", f"{detail.process_type} · {detail.process_state}"),
        ("pk", str(job.pk)),
        ("uuid", job.uuid),
        *((title_of(JobSpec, name), _option(value)) for name, value in detail.options.items()),
        ("retry of", str(detail.retry_of) if detail.retry_of is not None else ""),
        ("called by", str(detail.caller_pk) if detail.caller_pk is not None else ""),
        ("calls", " ".join(map(str, detail.called))),
        ("description", detail.description),
    ]


def _option(value: Json) -> str:
    """A job option as the user would type it."""
    return " ".join(map(str, cast("list[Json]", value))) if isinstance(value, list) else number(value)


def inputs(detail: JobDetail, cols: int) -> tuple[Line, ...]:
    """All settings and input nodes."""
    settings = _facts([(name, _json(value)) for name, value in detail.values.items()], cols)
    return (
        *section("settings", settings or [line(("dim", " all template defaults"))]),
        *(row for name, diff in detail.edits.items() for row in _edit(name, diff)),
        *section("nodes", map(_link, detail.inputs)),
        (),
        line(("dim", " The submitted input files are on the files page.")),
    )


def _edit(name: str, diff: str) -> tuple[Line, ...]:
    """Manual edits of a file as a colored unified diff."""
    return section(f"{name}, edited by hand", diff_lines(diff))


def files(rows: tuple[JobFile, ...]) -> tuple[Line, ...]:
    """One line per file."""
    return tuple(
        line(("dim", f" {fit(row.source, 10)}"), ("number", f"{file_size(row.size):>10}  "), row.path)
        for row in rows
    )


@lru_cache(maxsize=2)
def log(job_log: JobLog, cols: int, *, wrapped: bool, times: bool) -> tuple[Line, ...]:
    """Lines of the log, oldest first."""
    if not job_log.lines:
        return ((), line(("dim", " The log is empty.")))
    older = [line(("warn", " Older lines are omitted."))] if job_log.truncated else []
    shown = (_log_line(each, cols, wrapped=wrapped, times=times) for each in job_log.lines)
    return (*older, *(row for rows in shown for row in rows))


def _log_line(each: LogLine, cols: int, *, wrapped: bool, times: bool) -> Iterable[Line]:
    when = f"{clock(each.time_s):<8} " if times and each.time_s else ""
    head = (Span("dim", f" {when}"), Span(_LEVELS.get(each.level, "dim"), f"{each.level:<8} "))
    room = cols - len(when) - 11
    texts = wrap(each.text, room) if wrapped else each.text.splitlines() or [""]
    indent = (Span("", " " * (len(when) + 10)),)
    return ((*(head if i == 0 else indent), Span("", text)) for i, text in enumerate(texts))


@lru_cache(maxsize=4)  # wrap a long text once, not at every keystroke
def text(content: str, cols: int, *, wrapped: bool) -> tuple[Line, ...]:
    """The lines of a text file."""
    rows = content.expandtabs(8).splitlines()
    shown = [piece for row in rows for piece in wrap(row, max(1, cols - 2))] if wrapped else rows
    return tuple(line(f" {row}") for row in shown)


def _facts(facts: Iterable[tuple[str, str]], cols: int) -> list[Line]:
    """Names and wrapped values; empty values are omitted."""
    return [shown for name, value in facts if value for shown in _fact(name, value, cols)]


def _fact(name: str, value: str, cols: int) -> Iterable[Line]:
    names = max(_NAME, len(name) + 1)
    texts = wrap(value, max(8, cols - names - 2))
    return (line(("dim", f" {fit(name if i == 0 else '', names)}"), each) for i, each in enumerate(texts))


def _paragraph(style: str, text: str, cols: int) -> list[Line]:
    return [line((style, f" {each}")) for each in wrap(text, max(8, cols - 2))] if text else []


def _link(link: NodeLink) -> Line:
    return line(
        ("number", f" {link.pk:>8}  "), fit(link.label, 24), ("dim", f"  {link.type}  {link.summary}")
    )


def _json(value: object) -> str:
    if value is None or isinstance(value, (str, bool, int, float)):
        return number(value)
    return json.dumps(value, ensure_ascii=False, default=str)
