"""Import: rendering of the form, the folder names and the progress."""

from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.form import form_lines, values
from crystalmath_tui.core.lines import Line, line
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.screens.imports.update import (
    CALL_KEY,
    HEAD,
    KEYS,
    START,
    Slice,
    form_rows,
    here,
    is_local,
    is_typing,
    update,
)

_MOST_NAMES = 6


def view(run: Slice, context: Context) -> tuple[Line, ...]:
    """The form, or the progress of the import."""
    cols = context.size.cols
    if run.sending:
        return _waiting_lines(run, context)
    head = line(("strong", " Import a folder in which VASP ran"), ("dim", "   F2 imports, Esc goes back"))
    names = _names(run, cols)
    rows = max(1, form_rows(context) - len(names))
    return (head, *[()] * (HEAD - 1), *form_lines(run.form, rows, cols), *names)


def _names(run: Slice, cols: int) -> tuple[Line, ...]:
    """Folder completions, or a hint on how to get them."""
    if run.names:
        parts = wrap("   ".join(run.names), max(8, cols - 2))[:_MOST_NAMES]
        return tuple(line(("dim", f" {part}")) for part in parts)
    if here(run) == "path" and is_local(run):
        return (line(("dim", " Tab completes local folders.")),)
    return ()


def _waiting_lines(run: Slice, context: Context) -> tuple[Line, ...]:
    given = values(run.form)
    words = f"Importing {given['path']} of {given['cluster']} …"
    return (
        (),
        *(line(("accent", f" {part}")) for part in wrap(words, max(8, context.size.cols - 2))),
        line(("accent", f" {context.progress_of(CALL_KEY)}")),
        (),
        line(("dim", " Esc goes back to the form; the import continues.")),
    )


SCREEN = Screen(
    "import",
    START,
    KEYS,
    update,
    view,
    lambda _: "import",
    is_typing,
    (("enter", "next"), ("tab", "complete"), ("f2", "import"), ("esc", "back")),
    usage="[[CLUSTER] FOLDER]",
    summary="Import a VASP run folder as a job.",
)
