"""Results: rendering of the pages."""

from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import SERIES_TITLES
from crystalmath_server.protocol.structures import StructureDetail
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.formatting import error_text
from crystalmath_tui.core.lines import Line, Size, Span, fit_line, fit_lines, highlight, line, spread
from crystalmath_tui.core.path_prompt import prompt_lines
from crystalmath_tui.core.picture import MOST_ATOMS, crystal_of, draw
from crystalmath_tui.core.scroll import clamp, scroll_top
from crystalmath_tui.screens.results import numbers as results_numbers
from crystalmath_tui.screens.results import plots as results_plots
from crystalmath_tui.screens.results.model import TABS, Slice, height_of, plot_name, structure_pk
from crystalmath_tui.screens.results.summary import summary_lines
from crystalmath_tui.screens.results.tree import row_line, rows


def view(page: Slice, context: Context) -> tuple[Line, ...]:
    """The tabs and the visible part of the page."""
    cols, height = context.size.cols, height_of(context)
    if page.tab == "document" and (tree := rows(page.tree)) and "document" not in page.errors:
        at = clamp(page.tree.at, len(tree), height)
        seen = [row_line(page.tree, row, cols) for row in tree[at.top : at.top + height]]
        shown = tuple(highlight(row, cols) if at.top + i == at.index else row for i, row in enumerate(seen))
    else:
        whole = lines(page, context)
        top = scroll_top(page.tops.get(page.tab, 0), "", len(whole), height)
        shown = whole[top : top + height]
    head = (_tabs(page, cols), _rule(cols))
    if page.path is not None:
        head = prompt_lines(page.path, "write to", cols)
    return (*head, *fit_lines(shown, Size(height, cols)))


def lines(page: Slice, context: Context) -> tuple[Line, ...]:
    """All lines of the current page, except for the document page."""
    cols = context.size.cols
    if problem := page.errors.get("results") or page.errors.get(_data_name(page)):
        return ((), *(line(("error", f" {text}")) for text in wrap(error_text(problem), max(8, cols - 2))))
    if page.results is None:
        return ((), line(("dim", f" {context.connection_error or 'Loading …'}")))
    match page.tab:
        case "plots":
            return _plots(page, page.results, context)
        case "structure":
            return _structure(page, context)
        case _:
            return _numbers(page.results, cols)


def _data_name(page: Slice) -> str:
    return plot_name(page) if page.tab == "plots" else page.tab


def _numbers(results: JobResults, cols: int) -> tuple[Line, ...]:
    head = summary_lines(results, cols)
    if not results.quantities and not results.sites:
        return head
    return (*head, *results_numbers.site_lines(results), *results_numbers.source_lines(results, cols))


def _plots(page: Slice, results: JobResults, context: Context) -> tuple[Line, ...]:
    if not results.series:
        why = (
            "The job has not ended yet."
            if results.state is not JobState.FINISHED
            else "The job produced no curves."
        )
        return ((), line(("dim", f" There is nothing to plot. {why}")))
    names = [Span("bar.strong" if kind == page.kind else "dim", f" {kind} ") for kind in results.series]
    head = (Span("", " "), *names)
    series = page.series.get(plot_name(page))
    if series is None:
        return (head, (), line(("dim", f" {context.connection_error or 'Reading …'}")))
    axes = f", {page.axes[1]} vs. {page.axes[0]}" if page.kind == "steps" else ""
    title = line(("dim", f" {SERIES_TITLES.get(page.kind, page.kind)}{axes}"))
    if page.as_text:
        return (head, title, *results_plots.numbers(series))
    room = Size(height_of(context) - 2, context.size.cols)
    return (head, title, *results_plots.page(series, room))


def _structure(page: Slice, context: Context) -> tuple[Line, ...]:
    pk = structure_pk(page)
    if pk is None:
        return ((), line(("dim", " This job has no structure.")))
    detail = page.structures.get(pk)
    if detail is None:
        return ((), line(("dim", f" {context.connection_error or 'Reading …'}")))
    room = Size(max(1, height_of(context) - 2), context.size.cols)
    crystal = crystal_of(detail.lattice, detail.sites)
    return (*_about(page, detail), *draw(crystal, page.turn, room))


def _about(page: Slice, detail: StructureDetail) -> tuple[Line, ...]:
    results = page.results
    is_before = results is not None and detail.row.pk == results.structure_before_pk
    cell, turn = detail.lattice, page.turn
    few = f"   the first {MOST_ATOMS} sites" if detail.row.n_sites > MOST_ATOMS else ""
    when = "before" if is_before else "after"
    words = f"  {when} the job  pk {detail.row.pk}  {detail.spacegroup}{few}"
    lengths = f" a {cell.a:.4f} b {cell.b:.4f} c {cell.c:.4f} Å"
    angles = f"  α {cell.alpha:.2f} β {cell.beta:.2f} γ {cell.gamma:.2f}°"
    turned = f"  rotated {turn.yaw:.0f}°, {turn.pitch:.0f}°"
    return (
        line(("strong", f" {detail.row.formula}"), ("dim", words)),
        line(("dim", lengths), ("dim", angles), ("dim", turned)),
    )


def _tabs(page: Slice, cols: int) -> Line:
    tabs = [Span("bar.strong" if name == page.tab else "dim", f"  {name}  ") for name in TABS]
    engine = page.results.engine if page.results else ""
    return spread((Span("", " "), *tabs), line(("dim", f"{engine} " if engine else "")), cols)


def _rule(cols: int) -> Line:
    return fit_line(line(("rule", "─" * cols)), cols)
