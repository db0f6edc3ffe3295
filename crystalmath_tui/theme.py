"""Theme: style name → palette entry for monochrome, 16, 256 and true color."""

from collections.abc import Mapping

from crystalmath_tui.core.lines import SELECTED

Entry = tuple[str, str, str, str, str, str]
"""Name, foreground and background of 16 colors, monochrome, foreground and background of more colors."""

_SELECTED_16, _SELECTED_HIGH = "dark blue", "#263a52"

_STYLES: dict[str, tuple[str, str, str]] = {
    # style: (16 colors, monochrome, more colors); "" leaves the terminal's own color
    "": ("", "", ""),
    "dim": ("dark gray", "", "#8a8f98"),
    "rule": ("dark gray", "", "#4a505a"),
    "strong": ("bold", "bold", "bold"),
    "heading": ("dark cyan,bold", "bold", "#7fb4ca,bold"),
    "accent": ("light cyan", "bold", "#7fb4ca"),
    "key": ("light cyan", "bold", "#7fb4ca,bold"),
    "number": ("", "", ""),
    "mark": ("yellow", "bold", "#e6c384,bold"),
    "field": ("underline", "underline", "underline"),
    "cursor": ("standout", "standout", "standout"),
    "info": ("", "", ""),
    "ok": ("dark green", "", "#87b87f"),
    "warn": ("brown", "bold", "#e6c384"),
    "error": ("light red", "bold", "#e46876,bold"),
    "state.created": ("dark gray", "", "#8a8f98"),
    "state.preparing": ("dark cyan", "", "#7aa89f"),
    "state.queued": ("brown", "", "#e6c384"),
    "state.running": ("light cyan", "bold", "#7fb4ca,bold"),
    "state.collecting": ("dark cyan", "", "#7aa89f"),
    "state.paused": ("light magenta", "bold", "#b8a1d9"),
    "state.finished": ("dark green", "", "#87b87f"),
    "state.failed": ("light red", "bold", "#e46876"),
    "state.excepted": ("light red", "bold", "#e46876,bold"),
    "state.killed": ("dark magenta", "", "#a292a3"),
}

_BARS: dict[str, Entry] = {
    "bar": ("bar", "white", "dark blue", "standout", "#c8d3e0", "#1f2d3d"),
    "bar.strong": ("bar.strong", "white,bold", "dark blue", "standout,bold", "#ffffff,bold", "#1f2d3d"),
    "bar.warn": ("bar.warn", "yellow,bold", "dark blue", "standout,bold", "#e6c384,bold", "#1f2d3d"),
}

STYLES = frozenset(_STYLES) | frozenset(_BARS)


def palette() -> list[Entry]:
    """Palette entries for every style, plain and on the selected row."""
    plain = [(name, low, "", mono, high, "") for name, (low, mono, high) in _STYLES.items()]
    chosen = [_on_selected(name, *_STYLES[name]) for name in _STYLES]
    bars = [(name + mark, *entry[1:]) for name, entry in _BARS.items() for mark in ("", SELECTED)]
    return [*plain, *chosen, *bars]


def _on_selected(name: str, low: str, mono: str, high: str) -> Entry:
    """The style on the selected row: its background needs a matching default foreground."""
    low = {"dark gray": "light gray", "dark blue": "white", "dark magenta": "light magenta"}.get(low, low)
    low = low if low and low not in _ATTRIBUTES else f"white,{low}".rstrip(",")
    high = high if high and high not in _ATTRIBUTES else f"#f0f4f8,{high}".rstrip(",")
    high = high.replace("#8a8f98", "#b4bac4")
    mono = "standout" if mono in {"", "standout"} else f"standout,{mono}"
    return (name + SELECTED, low, _SELECTED_16, mono, high, _SELECTED_HIGH)


_ATTRIBUTES = frozenset({"bold", "underline", "standout"})


def colors(environ: Mapping[str, str]) -> int | None:
    """1 if NO_COLOR is set; None lets the terminal's own description decide."""
    return 1 if environ.get("NO_COLOR") else None
