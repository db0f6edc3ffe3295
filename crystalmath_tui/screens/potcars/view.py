"""Potcars: rendering of the verdict, the symbols and the hints."""

from crystalmath_server.protocol.potcars import Potcar, PotcarCheck
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.formatting import count, error_text
from crystalmath_tui.core.lines import Line, Size, Span, fit_line, fit_lines, highlight, line
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import Scroll, clamp
from crystalmath_tui.core.table import Column, fit_columns, heading, row
from crystalmath_tui.core.textfield import field_line
from crystalmath_tui.screens.potcars.update import (
    CALL_KEY,
    KEYS,
    TAIL,
    Slice,
    is_typing,
    list_rows,
    rows_of,
    update,
)

_COLUMNS = (
    Column("symbol", "symbol", 8, 14, rank=0),
    Column("found", "found", 6, 6, rank=0),
    Column("titel", "titel", 20, 30, rank=2),
    Column("where", "where, or how to fix it", 24, 200, rank=1),
)


def view(potcars: Slice, context: Context) -> tuple[Line, ...]:
    """The request, the verdict, the symbols and details of the selected symbol."""
    cols = context.size.cols
    rule = fit_line(line(("rule", "─" * cols)), cols)
    top = (_request_line(potcars, cols), *_verdict(potcars, context))
    body_rows = max(0, context.size.rows - len(top) - 1)
    if potcars.error is not None or potcars.check is None or not potcars.check.potcars:
        return (*top, rule, *fit_lines(_instead(potcars, context), Size(body_rows, cols)))
    tail = (rule, *_about(rows_of(potcars)[_scroll(potcars, context).index], cols))[:TAIL]
    return (*top, rule, *fit_lines(_table(potcars, context), Size(list_rows(context) + 1, cols)), *tail)


def _request_line(potcars: Slice, cols: int) -> Line:
    head = line(("dim", " functional "), ("accent", potcars.functional), ("dim", "   symbols "))
    if potcars.typed is not None:
        used = 12 + len(potcars.functional) + 11
        return (*head, *field_line(potcars.typed, max(1, cols - used)))
    return (*head, Span("accent" if potcars.symbols else "", potcars.symbols or "all installed"))


def _verdict(potcars: Slice, context: Context) -> tuple[Line, ...]:
    """Two rows: the result and the hint."""
    if potcars.looking:
        told = context.progress_of(CALL_KEY) or f"Looking on {potcars.label} …"
        words = f" {told}" if context.online else f" {context.connection_error}"
        return (line(("accent", words)), ())
    found = potcars.check
    if potcars.error is not None or found is None:
        return ((), ())
    mark = Span("ok", " ✓ ") if found.ok else Span("error", " ✗ ")
    hint = line(("accent", f" → {found.hint}")) if found.hint else line(("dim", f" in {found.directory}"))
    return ((mark, Span("" if found.ok else "error", found.detail)), hint)


def _instead(potcars: Slice, context: Context) -> tuple[Line, ...]:
    """What is shown instead of symbols: the error, or the available folders."""
    cols = max(8, context.size.cols - 2)
    if potcars.error is not None:
        return ((), *(line(("error", f" {part}")) for part in wrap(error_text(potcars.error), cols)))
    if potcars.check is None:
        return ()
    return ((), *_places(potcars.check, cols))


def _places(check: PotcarCheck, cols: int) -> tuple[Line, ...]:
    """The full hint, the searched folders and other available folders."""
    words = [line(("accent", f" {part}")) for part in wrap(f"→ {check.hint}", cols)] if check.hint else []
    looked = [line(f"   {path}") for path in check.looked] or [line(("dim", "   nowhere"))]
    there = [
        line(
            f"   {each.path}",
            ("dim", f"   {each.functional or 'unknown functional'}, {count(each.symbols, 'symbol')}"),
        )
        for each in check.folders
    ] or [line(("dim", "   none"))]
    return (
        *words,
        (),
        line(("heading", " searched, in this order")),
        *looked,
        (),
        line(("heading", " folders with potentials")),
        *there,
    )


def _scroll(potcars: Slice, context: Context) -> Scroll:
    return clamp(potcars.scroll, len(rows_of(potcars)), list_rows(context))


def _table(potcars: Slice, context: Context) -> tuple[Line, ...]:
    table = fit_columns(_COLUMNS, context.size.cols - 1)
    at = _scroll(potcars, context)
    shown = rows_of(potcars)[at.top : at.top + list_rows(context)]
    rows = [(Span("", " "), *row(table, _cells(each))) for each in shown]
    chosen = at.index - at.top
    painted = (highlight(each, context.size.cols) if i == chosen else each for i, each in enumerate(rows))
    return ((Span("", " "), *heading(table)), *painted)


def _cells(potcar: Potcar) -> dict[str, Span]:
    return {
        "symbol": Span("strong", potcar.symbol),
        "found": Span("ok", "✓ yes") if potcar.found else Span("error", "✗ no"),
        "titel": Span("dim", potcar.titel),
        "where": Span("", potcar.path) if potcar.found else Span("warn", potcar.note),
    }


def _about(potcar: Potcar, cols: int) -> tuple[Line, ...]:
    """The selected symbol in full."""
    style, words = ("", potcar.path) if potcar.found else ("warn", potcar.note)
    lines = [line((style, f" {part}")) for part in wrap(words, max(8, cols - 2))]
    more = (("also of the element", potcar.similar), ("functionals that have it", potcar.functionals))
    return (*lines, *(line(("dim", f" {name}: "), ", ".join(names)) for name, names in more if names))


def _title(potcars: Slice) -> str:
    return f"POTCARs of {potcars.label}" if potcars.label else "POTCARs"


SCREEN = Screen(
    "potcars",
    Slice(),
    KEYS,
    update,
    view,
    _title,
    is_typing,
    (("enter", "check"), ("esc", "cancel")),
    usage="CLUSTER [SYMBOL…]",
    summary="Check which POTCARs a cluster has.",
)
