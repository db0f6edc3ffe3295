"""Text plots: a curve with its range."""

from collections.abc import Sequence

from crystalmath_tui.core.lines import Line, line


def thin(count: int, most: int) -> tuple[int, ...]:
    """At most `most` of `count` indices, evenly spaced, including the first and the last."""
    if count <= most:
        return tuple(range(count))
    if most < 2:
        return (count - 1,) * max(0, most)
    return tuple(dict.fromkeys(round(place * (count - 1) / (most - 1)) for place in range(most)))


def curve(values: Sequence[float], rows: int, cols: int, form: str = "{:.6g}") -> tuple[Line, ...]:
    """Finite `values` plotted from left to right, the largest on top, with their range at the left."""
    if not values or rows < 1 or cols < 1:
        return ()
    low, high = min(values), max(values)
    places = thin(len(values), cols)
    span = (high - low) or 1.0
    heights = [round((values[place] - low) / span * (rows - 1)) for place in places]
    labels = {rows - 1: form.format(high), 0: form.format(low)}
    gutter = max(map(len, labels.values()))
    return tuple(
        line(
            ("dim", f" {labels.get(row, ''):>{gutter}} "),
            ("rule", "┤"),
            ("accent", "".join("•" if height == row else " " for height in heights).rstrip()),
        )
        for row in reversed(range(rows))
    )
