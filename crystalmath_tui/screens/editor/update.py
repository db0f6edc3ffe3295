"""Editor: edit VASP input files as text, with live checks, diffs and completion."""

from dataclasses import replace

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.inputs import INPUTS_TAGS, InputReport, ListTagsParams, TagList
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Ask, Back, Call, EditOutside, Effect, Say, Tell
from crystalmath_tui.core.formatting import error_text
from crystalmath_tui.core.inputs import MAY_BE_EMPTY, FileEdit, InputsEdited, InputsOpened, names_of
from crystalmath_tui.core.keymap import MOVES, Action, Binding, KeyTable, binding_of, dispatch
from crystalmath_tui.core.lines import line
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Move,
    Pasted,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.scroll import START, Scroll, move
from crystalmath_tui.core.text_area import rewrite
from crystalmath_tui.screens.editor import diff as diff_page
from crystalmath_tui.screens.editor import text as text_page
from crystalmath_tui.screens.editor.model import (
    HEAD,
    CheckDue,
    Left,
    Page,
    Slice,
    Update,
    here,
    list_rows,
    open_files,
)
from crystalmath_tui.screens.editor.tabs import tab_at


def update(editor: Slice, message: Message, context: Context) -> Update:
    """Handle keys and answers."""
    match message:
        case InputsOpened():
            return _open(editor, message)
        case Entered("editor", _) if editor.vasp_inputs is None:
            words = "No files are open: press e on the inputs step of a new VASP job."
            return editor, (Say(words, "warn"), Back())
        case KeyPressed(key):
            return _press(editor, key, context)
        case Pasted(text) if editor.page == "text":
            return text_page.paste_text(editor, text, context.size)
        case Pasted(text) if editor.page == "diff":
            return diff_page.paste_text(editor, text)
        case Scrolled(to):
            return _scroll(editor, to, context)
        case MousePressed():
            return _click(editor, message, context)
        case _:
            return _on_answer(editor, message, context)


def _on_answer(editor: Slice, message: Message, context: Context) -> Update:
    match message:
        case CheckDue(turn) if turn == editor.turn:
            return editor, text_page.check(editor)
        case Answered("editor check", InputReport() as report, turn) if (
            turn == editor.turn and editor.vasp_inputs is not None
        ):
            told = replace(editor, problems=report.problems, facts=report.facts, checked=turn, check_error="")
            return told, ()
        case Refused("editor check", error, turn) if turn == editor.turn:
            return replace(editor, check_error=_check_error(error)), ()
        case Connected():
            return editor, (*_tags(editor), *text_page.check(editor)) if editor.vasp_inputs else ()
        case Answered("editor tags", TagList() as tags):
            return replace(editor, tags={row.name: row for row in tags.rows}), ()
        case Refused("editor tags", error):
            return editor, (Say(f"Could not load the tag list: {error_text(error)}", "warn"),)
        case Answered("editor outside", outcome, about):
            return _take_outside(editor, about, outcome, context)
        case Left():
            return Slice(tags=editor.tags), (Back(),)
        case _:
            return diff_page.receive(editor, message), ()


def _open(editor: Slice, opened: InputsOpened) -> Update:
    if editor.vasp_inputs is not None and any(file.is_changed for file in editor.files):
        words = f"You are still editing {editor.vasp_inputs.source[0]}: apply or discard those edits first."
        return editor, (Say(words, "warn"),)
    names = names_of(opened.vasp_inputs.own)
    at = names.index(opened.file) if opened.file in names else 0
    fresh = Slice(
        opened.vasp_inputs, open_files(opened.vasp_inputs, names), at, turn=editor.turn + 1, tags=editor.tags
    )
    return fresh, (*_tags(fresh), *text_page.check(fresh))


def _tags(editor: Slice) -> tuple[Effect, ...]:
    """Fetch the tag list once."""
    if editor.tags:
        return ()
    return (Call(INPUTS_TAGS, ListTagsParams(), "editor tags", handles_refusal=True),)


def _check_error(error: RpcError) -> str:
    return f"not checked: {error.data.detail or error.message}"


def _press(editor: Slice, key: str, context: Context) -> Update:
    if editor.vasp_inputs is None:
        return editor, (Back(),) if binding_of(KEYS, key) is _LEAVE else ()
    if editor.diff.typed is not None and editor.page == "diff":
        return diff_page.type_key(editor, editor.diff.typed, key, context.size)
    if editor.completion is not None and (
        chosen := text_page.press_in_list(editor, editor.completion, key, context.size)
    ):
        return chosen
    if done := dispatch(_TABLES[editor.page], update, editor, key, context):
        return replace(done[0], completion=None), done[1]
    return text_page.type_key(editor, key, context.size) if editor.page == "text" else (editor, ())


def _to_problem(step: int) -> Action[Slice]:
    return lambda editor, context: text_page.at_problem(editor, step, context.size)


def _step_file(step: int) -> Action[Slice]:
    return lambda editor, _: (
        replace(editor, at=(editor.at + step) % max(1, len(editor.files)), completion=None),
        (),
    )


def _list_problems(editor: Slice, _: Context) -> Update:
    return replace(editor, page="problems", problem_at=START), ()


def _show_text(editor: Slice, _: Context) -> Update:
    return replace(editor, page="text"), ()


def _show_problem(editor: Slice, context: Context) -> Update:
    return _go_to(editor, editor.problem_at.index, context)


def _scroll(editor: Slice, to: Move, context: Context) -> Update:
    match editor.page:
        case "text":
            return text_page.scroll(editor, to, context.size)
        case "diff":
            return diff_page.scroll(editor, to, context.size), ()
        case "problems":
            place = move(editor.problem_at, to, len(editor.problems), list_rows(context.size))
            return replace(editor, problem_at=place), ()


def _save(editor: Slice, _: Context) -> Update:
    """Apply the edits to the new job unless a required file is empty."""
    if editor.vasp_inputs is None:
        return editor, ()
    for index, file in enumerate(editor.files):
        if file.is_edited and file.name not in MAY_BE_EMPTY and not file.area.text.strip():
            words = f"{file.name} is empty: F5 restores the template's text."
            return replace(editor, at=index), (Say(words, "warn"),)
    edits = {file.name: FileEdit(file.area.text, file.own) for file in editor.files if file.is_edited}
    return Slice(tags=editor.tags), (Tell(InputsEdited(editor.vasp_inputs.source, edits)), Back())


def _leave(editor: Slice, _: Context) -> Update:
    """Leave the editor; ask before discarding changes."""
    changed = [file.name for file in editor.files if file.is_changed]
    if not changed:
        return Slice(tags=editor.tags), (Back(),)
    words = line(("dim", "   Press n, then F2 to apply them to the new job."))
    title = f"Leave without the changes of {', '.join(changed)}? They are lost."
    return editor, (Ask(title, (words,), (Tell(Left()),)),)


def _revert(editor: Slice, context: Context) -> Update:
    file = here(editor)
    if file is None or not file.is_edited:
        return editor, (Say("It is the template's text already."),)
    after, effects = text_page.put_area(editor, rewrite(file.area, file.own), context.size)
    return after, (*effects, Say(f"{file.name} is back to the template's text; Ctrl+Z undoes this."))


def _edit_outside(editor: Slice, _: Context) -> Update:
    file = here(editor)
    if file is None or editor.vasp_inputs is None:
        return editor, ()
    about = (editor.vasp_inputs.source, file.name)
    return editor, (EditOutside(file.name, file.area.text, "editor outside", about),)


def _take_outside(editor: Slice, about: object, outcome: tuple[str, str], context: Context) -> Update:
    text, error = outcome
    file = here(editor)
    if error:
        return editor, (Say(error, "error"),)
    if file is None or editor.vasp_inputs is None or about != (editor.vasp_inputs.source, file.name):
        return editor, ()
    return text_page.put_area(editor, rewrite(file.area, text.replace("\0", "")), context.size)


def _go_to(editor: Slice, index: int, context: Context) -> Update:
    """Go to the line of a problem in the list."""
    names = [file.name for file in editor.files]
    if not 0 <= index < len(editor.problems) or editor.problems[index].file not in names:
        return editor, ()
    problem = editor.problems[index]
    return text_page.to_line(editor, names.index(problem.file), max(0, problem.line - 1), context.size)


def _click(editor: Slice, mouse: MousePressed, context: Context) -> Update:
    match editor.page:
        case "text" if mouse.row < HEAD:
            return _click_tab(editor, mouse), ()
        case "text":
            return text_page.click(editor, mouse, context.size)
        case "diff":
            return editor, ()
        case "problems":
            return _click_problem(editor, mouse, context)


def _click_problem(editor: Slice, pressed: MousePressed, context: Context) -> Update:
    """Select a problem on a click; go to its line on a second click."""
    index = editor.problem_at.top + pressed.row - HEAD
    if pressed.button != 1 or pressed.row < HEAD or index >= len(editor.problems):
        return editor, ()
    if index == editor.problem_at.index:
        return _go_to(editor, index, context)
    return replace(editor, problem_at=Scroll(index, editor.problem_at.top)), ()


def _click_tab(editor: Slice, pressed: MousePressed) -> Slice:
    index = tab_at(editor, pressed.col) if pressed.button == 1 and pressed.row == 0 else -1
    return replace(editor, at=index, completion=None) if index >= 0 else editor


_LEAVE: Binding[Slice] = Binding(("esc",), _leave, "leave", "Leave; asks before discarding changes.")
KEYS: tuple[Binding[Slice], ...] = (
    Binding(("f2", "ctrl s", "ctrl o"), _save, "take over", "Apply the edits to the new job."),
    Binding(("tab",), None, "complete", "Complete the tag or its value; press again for the next match."),
    Binding(("f8", "meta n"), _to_problem(1), "problem", "Go to the next problem in any file."),
    Binding(
        ("f4", "meta c"),
        lambda editor, _: diff_page.ask(editor, editor.diff.against),
        "diff",
        "Show differences from the template; s toggles side by side, c picks a job.",
    ),
    Binding(("f6", "meta .", "ctrl page down"), _step_file(1), "file", "Show the next file."),
    _LEAVE,
    Binding(("shift f8", "meta p"), _to_problem(-1), "previous", "Go to the previous problem."),
    Binding(("f3", "meta l"), _list_problems, "problems", "List all problems with causes and fixes."),
    Binding(("shift f6", "meta ,", "ctrl page up"), _step_file(-1), "previous", "Show the previous file."),
    Binding(
        ("f5", "meta r"),
        _revert,
        "template's",
        "Restore the template's text of this file; Ctrl+Z undoes it.",
    ),
    Binding(("f7", "meta e"), _edit_outside, "$EDITOR", "Edit the file in $VISUAL or $EDITOR."),
    Binding(("ctrl z",), None, "undo", "Undo the last step: a word, a line, a paste."),
    Binding(("ctrl y",), None, "redo", "Redo the last undone step."),
    Binding(("ctrl left", "meta b"), None, "word left", "Move one word left."),
    Binding(("ctrl right", "meta f"), None, "word right", "Move one word right."),
    Binding(("ctrl home",), None, "top", "Move to the beginning of the text."),
    Binding(("ctrl end",), None, "bottom", "Move to the end of the text."),
    Binding(("ctrl w",), None, "cut word", "Delete the word before the cursor."),
    Binding(("ctrl k",), None, "cut line", "Delete to the end of the line."),
    Binding(("ctrl u",), None, "cut start", "Delete to the beginning of the line."),
)
FOOTER = tuple((row.keys[0], row.title) for row in KEYS[:6])
_LIST: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("enter",), _show_problem, "go there", "Go to the line of the problem."),
    Binding(("esc", "f3", "meta l"), _show_text, "text", "Return to the text."),
)
_TABLES: dict[Page, KeyTable] = {"text": KEYS, "problems": _LIST, "diff": diff_page.KEYS}
