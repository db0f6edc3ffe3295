"""Images of curves, drawn by matplotlib; runs in the reading process."""

from io import BytesIO
from pathlib import PurePath
from typing import Any

from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.series import Curve, JobSeries

FORMATS = ("png", "svg", "pdf")
_WIDTH_IN, _HEIGHT_IN = 7.0, 3.2
_MOST_NAMED = 12
_LOGARITHMIC = "change of energy"


def format_of(path: str) -> str:
    """The format given by a file name; raises InvalidForm."""
    kind = PurePath(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        detail = f"{path!r} has no file extension for an image format"
        raise InvalidForm(detail, field="path", hint=f"End it in .{', .'.join(FORMATS)}.")
    return kind


def image(series: JobSeries, kind: str) -> bytes:
    """An image with one panel per unit and a shared x axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels: dict[tuple[str, bool], list[Curve]] = {}
    for curve in series.curves:
        panels.setdefault((curve.unit, curve.name == _LOGARITHMIC), []).append(curve)
    figure: Any = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN * max(1, len(panels))), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(max(1, len(panels)), 1, sharex=True, squeeze=False)[:, 0]
    for axis, ((unit, log), curves) in zip(axes, panels.items(), strict=False):
        _draw(axis, series, curves, unit, log=log)
    axes[-1].set_xlabel(_axis_title(series.x_name, series.x_unit))
    axes[0].set_title(f"{series.title}, job {series.pk}")
    out = BytesIO()
    figure.savefig(out, format=kind, dpi=200, metadata={"Date": None} if kind == "svg" else None)
    return out.getvalue()


def _draw(axis: Any, series: JobSeries, curves: list[Curve], unit: str, *, log: bool) -> None:
    for curve in curves:
        points = [(x, y) for x, y in zip(series.x, curve.y, strict=True) if y is not None]
        sparse = 2 * len(points) < len(series.x)
        axis.plot([x for x, _ in points], [y for _, y in points], **_style(series, curve, sparse=sparse))
    axis.set_ylabel(_axis_title(curves[0].name if len(curves) == 1 else "", unit))
    if log:
        axis.set_yscale("log")
    if 1 < len(curves) <= _MOST_NAMED:
        axis.legend()
    for tick in series.ticks:
        axis.axvline(tick.x, color="0.8", linewidth=0.8, zorder=0)
    if series.kind == "bands":
        axis.axhline(0.0, color="0.6", linewidth=0.8, linestyle=":")
        axis.set_xticks([tick.x for tick in series.ticks], [tick.label for tick in series.ticks])


def _style(series: JobSeries, curve: Curve, *, sparse: bool) -> dict[str, Any]:
    """Plot style: points for computed data next to a fit, dashed lines for spin down."""
    if series.kind == "bands":
        down = curve.name.endswith("down")
        return {"color": "C1" if down else "C0", "linestyle": "--" if down else "-", "linewidth": 1.0}
    return {"label": curve.name, "linestyle": "" if sparse else "-", "marker": "o" if sparse else ""}


def _axis_title(name: str, unit: str) -> str:
    return f"{name} [{unit}]".strip() if unit else name
