"""Download: rendering of the folder prompt, the progress and the files."""

from crystalmath_tui.core.cells import fit, wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.formatting import count, error_text, file_size
from crystalmath_tui.core.lines import Line, fit_line, line
from crystalmath_tui.core.path_prompt import prompt_lines
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import scroll_top
from crystalmath_tui.screens.download.update import KEYS, Slice, is_typing, list_rows, rows_of, update

_BAR = 24
_STATE = 10


def view(page: Slice, context: Context) -> tuple[Line, ...]:
    """The folder, the progress and the files."""
    cols = context.size.cols
    rule = fit_line(line(("rule", "─" * cols)), cols)
    if page.path is not None:
        what = ", ".join(page.names) if page.names else "all files"
        words = line(("strong", f" {what}"), ("dim", f" of job {page.pk}, {_WHERE[page.source]}"))
        return (*prompt_lines(page.path, "save in", cols), words, rule)
    head = (
        line(("dim", " in "), ("strong", page.folder)),
        _progress_line(page, cols),
        _state_line(page, context),
        rule,
    )
    error = page.error or (page.run.error if page.run else None)
    wrong = () if error is None else tuple(
        line(("error", f" {text}")) for text in wrap(error_text(error), max(8, cols - 2))
    )  # fmt: skip
    rows = rows_of(page)
    top = scroll_top(page.top, "", len(rows), list_rows(context))
    shown = rows[top : top + list_rows(context)]
    return (
        *head,
        *wrong,
        *(line((style, f" {fit(state, _STATE, right=True)}  "), path) for style, state, path in shown),
    )


_WHERE = {
    "work": "from its folder on the cluster",
    "retrieved": "from the retrieved files",
    "inputs": "from the submitted files",
}


def _progress_line(page: Slice, cols: int) -> Line:
    """The progress bar with its numbers."""
    run = page.run
    if run is None:
        return ()
    here = sum(row.size for row in run.kept) + (run.offset if run.waiting else 0)
    first = [max(run.waiting[0].size, run.size or 0)] if run.waiting else []
    total = sum(row.size for row in run.kept) + sum(first) + sum(file.size for file in run.waiting[1:])
    part = min(1.0, here / total) if total else float(run.phase == "done")
    bar = "█" * round(part * _BAR)
    left = f"{count(len(run.waiting), 'file')} to go" if run.waiting else f"{count(len(run.kept), 'file')}"
    words = f"  {part:.0%}  {file_size(here)} of {file_size(total)}, {left}"
    return line(("accent", f" {bar}"), ("rule", "░" * (_BAR - len(bar))), words[: max(0, cols)])


def _state_line(page: Slice, context: Context) -> Line:
    run = page.run
    if run is None:
        asking = "" if page.error or not page.folder else "Listing the files …"
        return line(("dim", f" {context.connection_error or asking}"))
    if run.phase == "stopped":
        return line(("warn", " Stopped; r resumes the download."))
    note = f" Not all: {page.note}." if page.note else ""
    state = " Done." if run.phase == "done" else " Esc goes back; the download continues."
    return line(("ok" if run.phase == "done" else "dim", state), ("warn", note))


def _title(page: Slice) -> str:
    return f"download of {page.pk}" if page.pk else "download"


SCREEN = Screen(
    "download",
    Slice(),
    KEYS,
    update,
    view,
    _title,
    is_typing,
    (("enter", "download"), ("tab", "complete"), ("esc", "cancel")),
    usage="PK [work|retrieved|inputs [FILE …]]",
    summary="Download files of a job.",
)
