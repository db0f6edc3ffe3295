"""Results: charts of curves, with their numbers."""

from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.results import Quantity
from crystalmath_server.protocol.series import Curve, JobSeries
from crystalmath_tui.core.chart import Chart, Trace, draw, in_words
from crystalmath_tui.core.formatting import result_text
from crystalmath_tui.core.lines import Line, Size, Span, line

SMALLEST_ROWS = 8
_LOG = "change of energy"


@record
class Panel:
    """A chart of curves that share a unit."""

    chart: Chart


def panels(series: JobSeries) -> tuple[Panel, ...]:
    """One chart per unit; energy changes get their own logarithmic chart."""
    kinds: dict[tuple[str, bool], list[Curve]] = {}
    for curve in series.curves:
        kinds.setdefault((curve.unit, curve.name == _LOG), []).append(curve)
    ticks = tuple((tick.x, tick.label) for tick in series.ticks)
    x_title = f"{series.x_name} [{series.x_unit}]" if series.x_unit else series.x_name
    return tuple(
        Panel(Chart(series.x, _traces(curves), x_title, _y_title(series, unit, curves), ticks, log))
        for (unit, log), curves in kinds.items()
    )


def _traces(curves: list[Curve]) -> tuple[Trace, ...]:
    """The traces of curves; spin-down traces have a different style."""
    return tuple(Trace(curve.name, curve.y, int(curve.name.endswith("down"))) for curve in curves)


def _y_title(series: JobSeries, unit: str, curves: list[Curve]) -> str:
    if series.kind == "bands":
        down = any(curve.name.endswith("down") for curve in curves)
        return f"energy relative to the Fermi energy [{unit}]{', dashed: spin down' if down else ''}"
    name = curves[0].name if len(curves) == 1 else ""
    return f"{name} [{unit}]".strip() if unit else name


def page(series: JobSeries, size: Size) -> tuple[Line, ...]:
    """Stacked charts that share the available height, with their numbers."""
    found = panels(series)
    words = (*map(_number, series.quantities), *_notes(series))
    room = max(SMALLEST_ROWS, (size.rows - len(words)) // max(1, len(found)))
    charts = [row for panel in found for row in draw(panel.chart, Size(room, size.cols))]
    return (*charts, *words)


def numbers(series: JobSeries) -> tuple[Line, ...]:
    """The curves in words, for users who cannot see the charts."""
    return tuple(line(("dim", f" {in_words(panel.chart)}")) for panel in panels(series))


def _number(row: Quantity) -> Line:
    return (
        Span("dim", f" {row.title}  "),
        Span("strong", result_text(row.value)),
        Span("dim", f" {row.unit}"),
    )


def _notes(series: JobSeries) -> tuple[Line, ...]:
    left_out = (line(("warn", f" Not all: {series.left_out}.")),) if series.left_out else ()
    source = (line(("dim", f" from node {series.source}")),) if series.source else ()
    return (*left_out, *source)
