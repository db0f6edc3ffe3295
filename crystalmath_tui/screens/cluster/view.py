"""Cluster: rendering of the pages."""

from collections.abc import Iterable
from dataclasses import replace

from crystalmath_server.protocol.clusters import ClusterDetail, ClusterQueue, Partition, QueueJob, StepName
from crystalmath_server.protocol.codes import CodeRow, CodeTest, Outcome, Step
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.clusters import MARKS, state_of
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.formatting import age, count, error_text
from crystalmath_tui.core.lines import Line, Span, fit_line, highlight, line, line_width
from crystalmath_tui.core.messages import KeyPressed, Message, MousePressed
from crystalmath_tui.core.resources import TITLES, text_of
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import START, Scroll, clamp
from crystalmath_tui.core.table import Column, fit_columns, heading, row
from crystalmath_tui.screens.cluster.update import (
    KEYS,
    STEPS,
    TABS,
    Slice,
    Update,
    choose,
    failed_step,
    update,
)

_NAME = 16
_TOP = 2
_NOTABLE_S = 0.05
_STEPS = {
    StepName.RESOLVE: "the host name",
    StepName.CONNECT: "a connection",
    StepName.HOST_KEY: "the host key",
    StepName.LOGIN: "the login",
    StepName.WORK_DIR: "the work folder",
    StepName.SCHEDULER: "the scheduler",
    StepName.JOB: "a job of one second",
    StepName.CODES: "VASP",
    StepName.POTCARS: "POTCARs",
}
_JOBS = (
    Column("id", "job", 6, 12, rank=0, right=True),
    Column("pk", "pk", 5, 8, rank=1, right=True),
    Column("state", "state", 9, 12, rank=0),
    Column("place", "place", 5, 5, rank=3, right=True),
    Column("name", "name", 10, 24, rank=2),
    Column("partition", "partition", 9, 14, rank=5),
    Column("used", "used/limit", 11, 15, rank=6),
    Column("reason", "reason", 10, 60, rank=4),
)
_CODES = (
    Column("pk", "pk", 5, 8, rank=2, right=True),
    Column("label", "label", 10, 20, rank=0),
    Column("kind", "kind", 9, 10, rank=1),
    Column("test", "test", 8, 12, rank=3),
    Column("path", "path", 14, 60, rank=4),
    Column("modules", "modules", 8, 40, rank=5),
)


@record
class Page:
    """A list with lines above and below it, or a scrolling text if there are no rows."""

    head: tuple[Line, ...] = ()
    rows: tuple[Line, ...] = ()
    tail: tuple[Line, ...] = ()


def update_page(cluster: Slice, message: Message, context: Context) -> Update:
    """Run `update` with what only the rendered page knows: the clicked row and the end of the text."""
    match message:
        case MousePressed(row, _, 1) if row >= _TOP:
            return _on_click(cluster, row - _TOP, context)
        case MousePressed() | KeyPressed():
            after, effects = update(cluster, message, context)
            return _within(after, context), effects
        case _:
            return update(cluster, message, context)


def _on_click(cluster: Slice, row: int, context: Context) -> Update:
    page = _page(cluster, context)
    scroll, room = _in_sight(page, cluster, context)
    at = row - len(page.head)
    return choose(cluster, scroll.top + at) if 0 <= at < min(room, len(page.rows)) else (cluster, ())


def _within(cluster: Slice, context: Context) -> Slice:
    """Clamp the scroll position to the end of the text."""
    place = cluster.places.get(cluster.tab, START)
    page = _page(cluster, context)
    last = max(0, len(page.head + page.tail) - _height(context))
    if page.rows or place.top <= last:
        return cluster
    return replace(cluster, places={**cluster.places, cluster.tab: Scroll(0, last)})


def _height(context: Context) -> int:
    return max(1, context.size.rows - _TOP)


def view(cluster: Slice, context: Context) -> tuple[Line, ...]:
    """The tabs and the page; a list keeps its selected row visible."""
    cols, height = context.size.cols, _height(context)
    top = (_tabs(cluster), fit_line(line(("rule", "─" * cols)), cols))
    page = _page(cluster, context)
    if not page.rows:
        text = page.head + page.tail
        start = max(0, min(cluster.places.get(cluster.tab, START).top, len(text) - height))
        return (*top, *text[start : start + height])
    at, room = _in_sight(page, cluster, context)
    seen = enumerate(page.rows[at.top : at.top + room], at.top)
    rows = (highlight(each, cols) if index == at.index else each for index, each in seen)
    return (*top, *page.head, *rows, *page.tail)


def _in_sight(page: Page, cluster: Slice, context: Context) -> tuple[Scroll, int]:
    """The scroll position of the list and its number of visible rows."""
    room = max(1, _height(context) - len(page.head) - len(page.tail))
    return clamp(cluster.places.get(cluster.tab, START), len(page.rows), room), room


def _tabs(cluster: Slice) -> Line:
    tabs = [Span("bar.strong" if name == cluster.tab else "dim", f"  {name}  ") for name in TABS]
    return (Span("", " "), *tabs)


def _page(cluster: Slice, context: Context) -> Page:
    cols = context.size.cols
    if error := cluster.errors.get(cluster.tab):
        return Page(((), *_paragraph("error", error_text(error), cols)))
    if cluster.tab == "test":
        return Page(_test(cluster, context))
    if cluster.tab == "queue" and cluster.queue is not None:
        return _queue(cluster.queue, context)
    if cluster.tab == "codes" and cluster.detail is not None:
        return _codes(cluster.detail.codes, cluster, context)
    if cluster.tab == "summary" and cluster.detail is not None:
        return Page(_summary(cluster.detail, cols))
    asking = context.progress_of("cluster queue") or f"Asking {cluster.label} …"
    words = asking if cluster.tab == "queue" else "Loading …"
    return Page(((), line(("dim", f" {context.connection_error or words}"))))


def _paragraph(style: str, text: str, cols: int, indent: int = 1) -> tuple[Line, ...]:
    return tuple(line((style, " " * indent + part)) for part in wrap(text, max(8, cols - indent - 1)))


def _summary(detail: ClusterDetail, cols: int) -> tuple[Line, ...]:
    state = (Span("strong", f" {detail.row.label}"), Span("", "   "), state_of(detail.row))
    trouble = _paragraph("warn", detail.row.trouble, cols) if detail.row.trouble else ()
    given = [(title, text_of(name, getattr(detail.defaults, name))) for name, title in TITLES.items()]
    return (
        (),
        state,
        *trouble,
        *_section("computer", _facts(_computer(detail), cols)),
        *_section("job defaults", _facts(given, cols) or (line(("dim", "   none")),)),
        *_section("connection", _facts(list(detail.ssh.items()), cols) or (line(("dim", "   none")),)),
    )


def _computer(detail: ClusterDetail) -> list[tuple[str, str]]:
    computer = detail.row
    return [
        ("host", computer.hostname),
        ("transport", computer.transport),
        ("scheduler", computer.scheduler),
        ("work folder", computer.work_dir),
        ("POTCARs", detail.potcar_dir),
        ("mpirun", detail.mpirun),
        ("codes", ", ".join(code.label for code in detail.codes)),
        ("job limit", f"{detail.max_jobs} at once" if detail.max_jobs else "none"),
        ("polling", f"the queue at most every {detail.poll_interval_s:g} s"),
        ("connects", f"at most every {detail.safe_interval_s:g} s"),
        ("before each job", detail.fixed_prepend),
        ("after each job", detail.fixed_append),
        ("description", detail.description),
    ]


def _section(title: str, lines: Iterable[Line]) -> tuple[Line, ...]:
    return ((), line(("heading", f" {title}")), *lines)


def _facts(pairs: Iterable[tuple[str, str]], cols: int) -> tuple[Line, ...]:
    """Names and values; long values wrap."""
    lines: list[Line] = []
    for name, value in pairs:
        for i, part in enumerate(wrap(value, max(8, cols - _NAME - 5)) if value else ()):
            lines.append(line(("dim", f"   {'' if i else name:<{_NAME}} "), part))
    return tuple(lines)


def _codes(codes: tuple[CodeRow, ...], cluster: Slice, context: Context) -> Page:
    """The codes, and the test of the selected code below them."""
    cols = context.size.cols
    columns = _CODES if any(code.modules for code in codes) else _CODES[:-1]
    table = fit_columns(columns, cols - 1)
    head = (Span("", " "), *heading(table))
    if not codes:
        return Page((head, (), line(("dim", "   No codes yet. Press n to make a program known."))))
    rows = tuple((Span("", " "), *row(table, _code_cells(code, cluster))) for code in codes)
    chosen_code = codes[min(cluster.places.get("codes", START).index, len(codes) - 1)]
    test = cluster.code_tests.get(chosen_code.pk)
    tail = _code_steps(chosen_code, test, cols) if test else ()
    return Page((head,), rows, tail[: max(0, _height(context) - 4)])


def _code_steps(code: CodeRow, test: CodeTest, cols: int) -> tuple[Line, ...]:
    lines = (each for step in test.steps for each in _step_lines(step, cols))
    return ((), line(("heading", f" test of {code.label}")), *lines)


def _code_cells(code: CodeRow, cluster: Slice) -> dict[str, Span]:
    test = cluster.code_tests.get(code.pk)
    words = (
        Span("dim", "press t") if test is None else Span("ok", "ok") if test.ok else Span("error", "failed")
    )
    return {
        "pk": Span("number", str(code.pk)),
        "label": Span("strong", code.label),
        "kind": Span("", str(code.kind)),
        "test": words,
        "path": Span("dim", code.path),
        "modules": Span("dim", " ".join(code.modules)),
    }


def _queue(queue: ClusterQueue, context: Context) -> Page:
    """Partitions, notes on missing data, and jobs."""
    cols = context.size.cols
    seen = age(context.now - queue.at)
    head = line(
        ("strong", f" {count(len(queue.jobs), 'job')}"),
        f" of {queue.user}",
        ("dim", f"   updated {seen} ago"),
    )
    notes = [each for note in queue.notes for each in _paragraph("warn", note, cols)]
    parts = [_partition(each, cols) for each in queue.partitions]
    if not queue.jobs:
        return Page((*parts, *notes, (), head))
    table = fit_columns(_JOBS, cols - 1)
    rows = tuple((Span("", " "), *row(table, _job_cells(job))) for job in queue.jobs)
    above = _some([*parts, *notes], max(2, _height(context) // 2))
    return Page((*above, head, (Span("", " "), *heading(table))), rows)


def _some(lines: list[Line], room: int) -> list[Line]:
    """The lines that fit; if some do not, the last line gives their number."""
    if len(lines) <= room:
        return lines
    return [*lines[: room - 1], line(("dim", f" … and {len(lines) - room + 1} more"))]


def _partition(partition: Partition, cols: int) -> Line:
    """One line with the name, time limit and node counts by state."""
    limit = (
        "no limit" if partition.time_limit_s is None else f"≤ {text_of('walltime_s', partition.time_limit_s)}"
    )
    gpus = f", {partition.gpus}" if partition.gpus else ""
    size = f"{partition.cores_per_node} cores, {partition.memory_mb} MB{gpus}"
    nodes = "  ".join(f"{state} {amount}" for state, amount in partition.nodes.items())
    mark = "*" if partition.default else " "
    style = "strong" if partition.available else "error"
    closed = "" if partition.available else "  closed"
    whole = line(
        (style, f" {partition.name}{mark}"), ("error", closed), f"  {nodes}", ("dim", f"  {limit}  {size}")
    )
    return fit_line(whole, cols)


def _job_cells(job: QueueJob) -> dict[str, Span]:
    used = "" if job.used_s is None else age(job.used_s)
    asked = "" if job.walltime_s is None else f"/{age(job.walltime_s)}"
    style = {"running": "state.running", "queued": "state.queued"}.get(job.state, "")
    return {
        "id": Span("number", job.job_id),
        "pk": Span("accent", "" if job.pk is None else str(job.pk)),
        "state": Span(style, job.state),
        "place": Span("", "" if job.place is None else str(job.place)),
        "name": Span("", job.name),
        "partition": Span("dim", job.partition),
        "used": Span("dim", used + asked),
        "reason": Span("dim", job.reason),
    }


def _test(cluster: Slice, context: Context) -> tuple[Line, ...]:
    """Finished, running and waiting steps."""
    cols, told = context.size.cols, context.progress_of("cluster test")
    if not cluster.steps and cluster.running is None:
        return ((), line(("dim", " Press t to test the cluster step by step.")))
    done = [each for step in cluster.steps for each in _step_lines(step, cols)]
    waiting: list[Line] = []
    for name in STEPS[len(cluster.steps) :]:
        running = name is cluster.running
        words = f" … {told.removesuffix(' …') or _STEPS[name]}" if running else f"   {_STEPS[name]}"
        waiting.append(line(("accent" if running else "dim", words)))
    return (*_verdict(cluster, cols), (), *done, *waiting)


def _step_lines(step: Step, cols: int) -> tuple[Line, ...]:
    """One line for a successful step; for others also the details and the hint."""
    style, mark = MARKS[step.outcome]
    words = "" if step.outcome is Outcome.OK else f"  {step.outcome}"
    seconds = f"  {step.seconds:.1f} s" if step.seconds >= _NOTABLE_S else ""
    head = line((style, f" {mark} {step.title}"), (style, words), ("dim", seconds))
    whole = (*head, Span("dim", f"  {step.detail}"))
    if step.outcome is Outcome.OK and line_width(whole) < cols:
        return (whole,)
    detail = _paragraph("dim" if step.outcome is Outcome.OK else "", step.detail, cols, 5)
    hint = _paragraph("accent", f"→ {step.hint}", cols, 5) if step.hint else ()
    return (head, *detail, *hint)


def _verdict(cluster: Slice, cols: int) -> tuple[Line, ...]:
    """The overall result of the test, shown first so that a long list of steps does not hide it."""
    if cluster.running is not None:
        done = f" Testing: {len(cluster.steps)} of {len(STEPS)} steps done."
        return (line(("accent", done)),)
    if failed_step(cluster) is not None:
        way_out = "  Fix the problem, then press t again; T tests immediately."
        return (line(("error", " The test failed."), ("dim", way_out)),)
    left = [step.title for step in cluster.steps if step.outcome is Outcome.NOT_REACHED]
    if left:
        return _paragraph("warn", f"Nothing failed, but this is not known yet: {'; '.join(left)}.", cols)
    return (line(("ok", " The cluster is ready.")),)


def _title(cluster: Slice) -> str:
    return f"cluster {cluster.label}" if cluster.label else "cluster"


SCREEN = Screen(
    "cluster",
    Slice(),
    KEYS,
    update_page,
    view,
    _title,
    usage="LABEL [PAGE]",
    summary="Show one cluster: summary, codes, queue, test.",
)
