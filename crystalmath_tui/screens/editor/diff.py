"""Editor: differences from the template's files or from the files of a job."""

from dataclasses import replace

from crystalmath_server.protocol.inputs import INPUTS_DIFF, DiffInputsParams, InputDiff, InputSource
from crystalmath_server.protocol.jobs import JOBS_LIST, JobRow, JobsPage, ListJobsParams
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Call, Effect, Say
from crystalmath_tui.core.keymap import MOVES, Binding
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Message, Move, Refused
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.scroll import START, move
from crystalmath_tui.core.textfield import EMPTY, TextField, edit, paste
from crystalmath_tui.screens.editor.model import (
    Difference,
    Slice,
    Update,
    list_rows,
    texts_of,
)

_VASP = "vasp."
_MOST_JOBS = 200

CHOOSING = (("enter", "compare"), ("up", "previous job"), ("down", "next job"), ("esc", "cancel"))


def ask(editor: Slice, against: int) -> Update:
    """Request the differences from a job, or from the template if `against` is 0."""
    if editor.vasp_inputs is None:
        return editor, ()
    diff, number = editor.diff, editor.diff.request + 1
    kept = diff.result if diff.against == against else None
    left = InputSource(job_pk=against) if against else InputSource(files=editor.vasp_inputs.own)
    params = DiffInputsParams(left, InputSource(files=texts_of(editor)))
    fresh = Difference(against, number, kept, None, diff.beside, jobs=diff.jobs, job_at=diff.job_at)
    call = Call(INPUTS_DIFF, params, "editor diff", number, handles_refusal=True)
    return replace(editor, page="diff", completion=None, diff=fresh), (call,)


def receive(editor: Slice, message: Message) -> Slice:
    """Store an answer about differences."""
    diff = editor.diff
    match message:
        case Answered("editor diff", InputDiff() as found, about) if about == diff.request:
            return replace(editor, diff=replace(diff, result=found, error=None))
        case Refused("editor diff", error, about) if about == diff.request:
            return replace(editor, diff=replace(diff, error=error, result=None))
        case Answered("editor jobs", JobsPage() as page, search) if (
            diff.typed is not None and search == _search(diff.typed)
        ):
            rows = tuple(row for row in page.rows if row.template.startswith(_VASP))
            return replace(editor, diff=replace(diff, jobs=rows, job_at=START))
        case _:
            return editor


def _close(editor: Slice, _: Context) -> Update:
    return replace(editor, page="text"), ()


def _toggle_beside(editor: Slice, context: Context) -> Update:
    diff = editor.diff
    return replace(editor, diff=replace(diff, beside=not is_beside(diff, context.size), top=0)), ()


def _choose_job(editor: Slice, _: Context) -> Update:
    return replace(editor, diff=replace(editor.diff, typed=EMPTY)), (_jobs(EMPTY),)


def scroll(editor: Slice, to: Move, size: Size) -> Slice:
    """Scroll the page; the view clamps the position."""
    page = max(1, list_rows(size) - 1)
    steps = {"down": 1, "up": -1, "page down": page, "page up": -page, "first": -(10**9), "last": 10**9}
    diff = editor.diff
    return replace(editor, diff=replace(diff, top=max(0, min(10**9, diff.top + steps[to]))))


def paste_text(editor: Slice, text: str) -> Update:
    """Paste into the pk or search field."""
    typed = editor.diff.typed
    return _search_jobs(editor, paste(typed, text)) if typed is not None else (editor, ())


def is_beside(diff: Difference, size: Size) -> bool:
    """Whether the diff is shown side by side."""
    return size.cols >= 120 if diff.beside is None else diff.beside


def type_key(editor: Slice, typed: TextField, key: str, size: Size) -> Update:
    """Handle a key in the pk or search field."""
    diff = editor.diff
    match key:
        case "esc":
            return replace(editor, diff=replace(diff, typed=None)), ()
        case "enter":
            return _take(editor, typed)
        case "up" | "down" | "page up" | "page down":
            place = move(diff.job_at, key, len(diff.jobs), list_rows(size) - 1)
            return replace(editor, diff=replace(diff, job_at=place)), ()
        case _:
            changed = edit(typed, key)
            return _search_jobs(editor, changed) if changed is not None else (editor, ())


def _take(editor: Slice, typed: TextField) -> Update:
    chosen = selected_job(editor.diff)
    pk = pk_of(typed.text.strip()) or (chosen.pk if chosen else 0)
    if not pk:
        return editor, (Say("Type the pk of a job, or choose one.", "warn"),)
    return ask(editor, pk)


def selected_job(diff: Difference) -> JobRow | None:
    """The job selected in the list, or None."""
    return diff.jobs[diff.job_at.index] if 0 <= diff.job_at.index < len(diff.jobs) else None


def _search_jobs(editor: Slice, typed: TextField) -> Update:
    before = editor.diff.typed
    after = replace(editor, diff=replace(editor.diff, typed=typed))
    return after, (_jobs(typed),) if before is None or _search(before) != _search(typed) else ()


def _search(typed: TextField) -> str:
    """The search text; empty if a pk is being typed."""
    text = typed.text.strip()
    return "" if text.isdecimal() else text[:255]


def _jobs(typed: TextField) -> Effect:
    search = _search(typed)
    params = ListJobsParams(label=search, limit=_MOST_JOBS)
    return Call(JOBS_LIST, params, "editor jobs", search)


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("s",), _toggle_beside, "side by side", "Toggle between side-by-side and stacked views."),
    Binding(("c",), _choose_job, "another job", "Compare with another job, by pk or from the list."),
    Binding(("r",), lambda editor, _: ask(editor, 0), "the template", "Compare with the template's files."),
    Binding(("esc", "f4", "meta c"), _close, "text", "Return to the text."),
)
FOOTER = tuple((row.keys[0], row.title) for row in KEYS[len(MOVES) :])
