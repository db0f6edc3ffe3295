"""Results: quantities with units and source nodes as lines."""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from crystalmath_server.protocol.results import JobResults, Quantity, SiteResult
from crystalmath_tui.core.cells import fit, wrap
from crystalmath_tui.core.formatting import number, result_text
from crystalmath_tui.core.lines import Line, Span, line

_NAMES = 44
_TENSOR = 3

SiteColumn = tuple[str, str, Callable[[SiteResult], str]]
"""Name, unit and formatter of a site column."""


def quantity_lines(rows: Sequence[Quantity], cols: int) -> list[Line]:
    """One line per quantity; tensors and long texts take more lines."""
    names = min(max((len(row.title) for row in rows), default=0), _NAMES)
    return [shown for row in rows for shown in _quantity(row, names, cols)]


def _quantity(row: Quantity, names: int, cols: int) -> Iterable[Line]:
    name = Span("dim", f" {fit(row.title, names)}  ")
    if tensor := _tensor(row.value):
        head = (name, Span("dim", f"[{row.unit}]" if row.unit else ""))
        cells = [[result_text(value) for value in each] for each in tensor]
        wide = max(len(cell) for each in cells for cell in each)
        return (head, *(line(f"   {'  '.join(f'{cell:>{wide}}' for cell in each)}") for each in cells))
    value = result_text(row.value)
    if len(value) <= cols - names - len(row.unit) - 4:
        return ((name, Span("strong", value), Span("dim", f" {row.unit}")),)
    texts = wrap(f"{value} {row.unit}", max(20, cols - names - 4))
    return ((name, Span("", texts[0])), *(line(" " * (names + 3), text) for text in texts[1:]))


def _tensor(value: object) -> list[list[float]]:
    """The rows of a 3 by 3 array of numbers, or an empty list."""
    rows = [_row(row) for row in cast("list[object]", value)] if isinstance(value, list) else []
    return rows if [len(row) for row in rows] == [_TENSOR] * _TENSOR else []


def _row(row: object) -> list[float]:
    cells = cast("list[object]", row) if isinstance(row, list) else []
    return [cell for cell in cells if isinstance(cell, (int, float))]


def site_lines(results: JobResults) -> tuple[Line, ...]:
    """One line per site, with the columns that have any values."""
    if not results.sites:
        return ()
    columns = [column for column in _COLUMNS if any(column[2](site) for site in results.sites)]
    title = "".join(f"{f'{name} [{unit}]':>{_wide(name)}}" for name, unit, _ in columns)
    head = line(("heading", f" {'site':>6}  {'':<6}{title}"))
    rows = (_site(site, columns) for site in results.sites)
    left = results.n_sites - len(results.sites)
    more = (line(("warn", f" Not all: {left} further sites are in the document.")),) if left > 0 else ()
    return ((), head, *rows, *more)


def _site(site: SiteResult, columns: Sequence[SiteColumn]) -> Line:
    cells = "".join(f"{read(site):>{_wide(name)}}" for name, _, read in columns)
    return line(("number", f" {site.index:>6}  "), ("strong", fit(site.species, 6)), cells)


def _wide(name: str) -> int:
    return 36 if name == "force" else 13


def _force(site: SiteResult) -> str:
    return "" if site.force_ev_a is None else " ".join(f"{number(x + 0.0):>11}" for x in site.force_ev_a)


def _moment(site: SiteResult) -> str:
    return "" if site.magmom_mub is None else number(site.magmom_mub)


def _charge(site: SiteResult) -> str:
    return "" if site.charge_e is None else number(site.charge_e)


_COLUMNS: tuple[SiteColumn, ...] = (
    ("force", "eV/Å", _force),
    ("moment", "μB", _moment),
    ("charge", "e", _charge),
)


def source_lines(results: JobResults, cols: int) -> tuple[Line, ...]:
    """The source node of each number."""
    sources: dict[str, list[str]] = {}
    for row in results.quantities:
        sources.setdefault(row.source, []).append(row.title)
    most = max(sources, key=lambda source: len(sources[source]), default="")
    rest = "All" if len(sources) == 1 else "All else"
    texts = [
        f"{rest if source == most else ', '.join(titles)} from node {source}."
        for source, titles in sources.items()
    ]
    room = max(8, cols - 2)
    notes = [line(("warn", f" {text}")) for text in wrap(results.note, room)] if results.note else []
    return ((), *notes, *(line(("dim", f" {each}")) for text in texts for each in wrap(text, room)))
