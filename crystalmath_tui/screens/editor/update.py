"""Editor: input files of VASP as text, checked while one types, compared, taken over into the new job."""

from dataclasses import replace

from crystalmath_server.protocol.decks import DECKS_TAGS, DeckReport, ListTagsParams, TagList
from crystalmath_server.protocol.errors import RpcError
from crystalmath_tui.core.decks import MAY_BE_EMPTY, DeckEdited, DeckOpened, FileEdit, names_of
from crystalmath_tui.core.effects import Ask, Back, Call, EditOutside, Effect, Say, Tell
from crystalmath_tui.core.keymap import MOVES, Binding, action_of
from crystalmath_tui.core.lines import line
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Pasted,
    Refused,
)
from crystalmath_tui.core.screen import Context
from crystalmath_tui.core.scroll import START, Scroll, move
from crystalmath_tui.core.text_area import rewrite
from crystalmath_tui.core.words import error_text
from crystalmath_tui.screens.editor import diff as diff_page
from crystalmath_tui.screens.editor import text as text_page
from crystalmath_tui.screens.editor.model import (
    HEAD,
    CheckDue,
    Left,
    Slice,
    Update,
    here,
    list_rows,
    opened,
)
from crystalmath_tui.screens.editor.tabs import tab_at

KEYS = (
    Binding(("f2", "ctrl s", "ctrl o"), "save", "take over", "Take the texts over into the new job."),
    Binding(("tab",), "complete", "complete", "Complete the tag or its value; again for the next one."),
    Binding(("f8", "meta n"), "next problem", "problem", "To the next problem, of all files."),
    Binding(
        ("f4", "meta c"),
        "diff",
        "diff",
        "Show what differs from the recipe; there s puts both side by side, c takes a job.",
    ),
    Binding(("f6", "meta .", "ctrl page down"), "next file", "file", "The next file."),
    Binding(("esc",), "leave", "leave", "Leave; asks before changes are lost."),
    Binding(("shift f8", "meta p"), "problem before", "before", "To the problem before."),
    Binding(("f3", "meta l"), "problems", "problems", "List all problems with reason and way out."),
    Binding(("shift f6", "meta ,", "ctrl page up"), "file before", "before", "The file before."),
    Binding(
        ("f5", "meta r"), "revert", "recipe's", "Put the recipe's text of this file back; one step to undo."
    ),
    Binding(("f7", "meta e"), "outside", "$EDITOR", "Edit the file in $VISUAL or $EDITOR."),
    Binding(("ctrl z",), "undo", "undo", "Undo the last step: a word, a line, a paste."),
    Binding(("ctrl y",), "redo", "redo", "Do it again."),
    Binding(("ctrl left", "meta b"), "word left", "word left", "A word to the left."),
    Binding(("ctrl right", "meta f"), "word right", "word right", "A word to the right."),
    Binding(("ctrl home",), "top", "top", "To the beginning of the text."),
    Binding(("ctrl end",), "bottom", "bottom", "To the end of the text."),
    Binding(("ctrl w",), "cut word", "cut word", "Delete the word before the cursor."),
    Binding(("ctrl k",), "cut line", "cut line", "Delete to the end of the line."),
    Binding(("ctrl u",), "cut start", "cut start", "Delete to the beginning of the line."),
)
FOOTER = tuple((row.keys[0], row.title) for row in KEYS[:6])
_LIST = (
    *MOVES,
    Binding(("enter",), "go", "go there", "To the line of the problem."),
    Binding(("esc", "f3", "meta l"), "close", "text", "Back to the text."),
)
_ACTIONS = {
    "save", "next problem", "problem before", "problems", "diff", "next file", "file before", "revert",
    "outside", "leave",
}  # fmt: skip


def update(editor: Slice, message: Message, context: Context) -> Update:
    """Follow keys and answers."""
    match message:
        case DeckOpened():
            return _opened(editor, message)
        case Entered("editor", _) if editor.deck is None:
            words = "Nothing is edited now: press e at the inputs of a new job of VASP."
            return editor, (Say(words, "warn"), Back())
        case KeyPressed(key):
            return _pressed(editor, key, context)
        case Pasted(text) if editor.page == "text":
            return text_page.put_in(editor, text, context.size)
        case Pasted(text) if editor.page == "diff":
            return diff_page.put_in(editor, text)
        case MousePressed():
            return _mouse(editor, message, context)
        case _:
            return _answered(editor, message, context)


def _answered(editor: Slice, message: Message, context: Context) -> Update:
    match message:
        case CheckDue(turn) if turn == editor.turn:
            return editor, text_page.check(editor)
        case Answered("editor check", DeckReport() as report, turn) if (
            turn == editor.turn and editor.deck is not None
        ):
            told = replace(editor, problems=report.problems, facts=report.facts, checked=turn, trouble="")
            return told, ()
        case Refused("editor check", error, turn) if turn == editor.turn:
            return replace(editor, trouble=_trouble(error)), ()
        case Connected():
            return editor, (*_tags(editor), *text_page.check(editor)) if editor.deck else ()
        case Answered("editor tags", TagList() as tags):
            return replace(editor, tags={row.name: row for row in tags.rows}), ()
        case Refused("editor tags", error):
            return editor, (Say(f"What is known of tags did not come: {error_text(error)}", "warn"),)
        case Answered("editor outside", outcome, about):
            return _came_back(editor, about, outcome, context)
        case Left():
            return Slice(tags=editor.tags), (Back(),)
        case _:
            return diff_page.answered(editor, message), ()


def _opened(editor: Slice, asked: DeckOpened) -> Update:
    if editor.deck is not None and any(file.is_changed for file in editor.files):
        words = f"The files of {editor.deck.made[0]} are still being edited: take them over, or leave them."
        return editor, (Say(words, "warn"),)
    names = names_of(asked.deck.own)
    at = names.index(asked.file) if asked.file in names else 0
    fresh = Slice(asked.deck, opened(asked.deck, names), at, turn=editor.turn + 1, tags=editor.tags)
    return fresh, (*_tags(fresh), *text_page.check(fresh))


def _tags(editor: Slice) -> tuple[Effect, ...]:
    """Fetch what is known of tags, once."""
    if editor.tags:
        return ()
    return (Call(DECKS_TAGS, ListTagsParams(), "editor tags", handles_refusal=True),)


def _trouble(error: RpcError) -> str:
    return f"not checked: {error.data.detail or error.message}"


def _pressed(editor: Slice, key: str, context: Context) -> Update:
    if editor.deck is None:
        return editor, (Back(),) if key == "esc" else ()
    if editor.page == "problems":
        return _list_key(editor, action_of(_LIST, key), context)
    if editor.page == "diff":
        return diff_page.pressed(editor, key, context.size)
    action = action_of(KEYS, key)
    if action not in _ACTIONS or (editor.completion is not None and key == "esc"):
        return text_page.typed(editor, key, context.size)
    return _act(replace(editor, completion=None), action, context)


def _act(editor: Slice, action: str, context: Context) -> Update:
    match action:
        case "save":
            return _saved(editor)
        case "leave":
            return _left(editor)
        case "next problem" | "problem before":
            return text_page.at_problem(editor, 1 if action == "next problem" else -1, context.size)
        case "problems":
            return replace(editor, page="problems", problem_at=START), ()
        case "diff":
            return diff_page.asked(editor, editor.diff.against)
        case "revert":
            return _reverted(editor, context)
        case "outside":
            return editor, _outside(editor)
        case _:
            step = 1 if action == "next file" else -1
            return replace(editor, at=(editor.at + step) % max(1, len(editor.files))), ()


def _saved(editor: Slice) -> Update:
    """Take the texts over, if each is one."""
    if editor.deck is None:
        return editor, ()
    for index, file in enumerate(editor.files):
        if file.is_edited and file.name not in MAY_BE_EMPTY and not file.area.text.strip():
            words = f"{file.name} is empty: F5 puts the recipe's text back."
            return replace(editor, at=index), (Say(words, "warn"),)
    edits = {file.name: FileEdit(file.area.text, file.own) for file in editor.files if file.is_edited}
    return Slice(tags=editor.tags), (Tell(DeckEdited(editor.deck.made, edits)), Back())


def _left(editor: Slice) -> Update:
    """Leave; what was changed is asked about."""
    changed = [file.name for file in editor.files if file.is_changed]
    if not changed:
        return Slice(tags=editor.tags), (Back(),)
    words = line(("dim", "   n, then F2 takes them over into the new job."))
    title = f"Leave without the changes of {', '.join(changed)}? They are lost."
    return editor, (Ask(title, (words,), (Tell(Left()),)),)


def _reverted(editor: Slice, context: Context) -> Update:
    file = here(editor)
    if file is None or not file.is_edited:
        return editor, (Say("It is the recipe's text already."),)
    after, effects = text_page.put_area(editor, rewrite(file.area, file.own), context.size)
    return after, (*effects, Say(f"{file.name} is the recipe's again; Ctrl+Z takes that back."))


def _outside(editor: Slice) -> tuple[Effect, ...]:
    file = here(editor)
    if file is None or editor.deck is None:
        return ()
    about = (editor.deck.made, file.name)
    return (EditOutside(file.name, file.area.text, "editor outside", about),)


def _came_back(editor: Slice, about: object, outcome: tuple[str, str], context: Context) -> Update:
    text, trouble = outcome
    file = here(editor)
    if trouble:
        return editor, (Say(trouble, "error"),)
    if file is None or editor.deck is None or about != (editor.deck.made, file.name):
        return editor, ()
    return text_page.put_area(editor, rewrite(file.area, text.replace("\0", "")), context.size)


def _list_key(editor: Slice, action: str, context: Context) -> Update:
    match action:
        case "close":
            return replace(editor, page="text"), ()
        case "go":
            return _gone_to(editor, editor.problem_at.index, context)
        case _:
            rows = list_rows(context.size)
            place = move(editor.problem_at, action, len(editor.problems), rows)
            return replace(editor, problem_at=place), ()


def _gone_to(editor: Slice, index: int, context: Context) -> Update:
    """The line of a problem in the list."""
    names = [file.name for file in editor.files]
    if not 0 <= index < len(editor.problems) or editor.problems[index].file not in names:
        return editor, ()
    problem = editor.problems[index]
    return text_page.to_line(editor, names.index(problem.file), max(0, problem.line - 1), context.size)


def _mouse(editor: Slice, pressed: MousePressed, context: Context) -> Update:
    wheel = {4: "up", 5: "down"}.get(pressed.button, "")
    if pressed.row < HEAD and editor.page == "text":
        return _tab_clicked(editor, pressed), ()
    if editor.page == "text":
        return text_page.mouse(editor, pressed, context.size)
    if editor.page == "diff":
        return (diff_page.scrolled(editor, wheel, context.size) if wheel else editor), ()
    if wheel:
        return _list_key(editor, wheel, context)
    return _list_clicked(editor, pressed, context)


def _list_clicked(editor: Slice, pressed: MousePressed, context: Context) -> Update:
    """A click selects a problem, another goes there."""
    index = editor.problem_at.top + pressed.row - HEAD
    if pressed.button != 1 or pressed.row < HEAD or index >= len(editor.problems):
        return editor, ()
    if index == editor.problem_at.index:
        return _gone_to(editor, index, context)
    return replace(editor, problem_at=Scroll(index, editor.problem_at.top)), ()


def _tab_clicked(editor: Slice, pressed: MousePressed) -> Slice:
    index = tab_at(editor, pressed.col) if pressed.button == 1 and pressed.row == 0 else -1
    return replace(editor, at=index, completion=None) if index >= 0 else editor
