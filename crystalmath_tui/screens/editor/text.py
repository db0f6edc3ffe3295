"""Editor: text editing, checks and completion."""

from dataclasses import replace

from crystalmath_server.protocol.inputs import INPUTS_CHECK, CheckInputsParams
from crystalmath_tui.core.area_view import area_at, scroll_to_cursor
from crystalmath_tui.core.effects import Call, Effect, Later, Say
from crystalmath_tui.core.incar_line import Choice, choices, completion_text, spot
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import MousePressed, Move
from crystalmath_tui.core.text_area import Area, at, edit, paste, put
from crystalmath_tui.screens.editor.model import (
    HEAD,
    CheckDue,
    Completion,
    Slice,
    Update,
    here,
    of_file,
    shift_problems,
    text_size,
    texts_of,
    with_file,
)

PAUSE_S = 0.4
"""Pause after the last keystroke before the input files are checked [s]."""
_INCAR = "INCAR"
_WHEEL_ROWS = 3
_STEPS = {"tab": 1, "down": 1, "shift tab": -1, "up": -1, "page down": 7, "page up": -7}


def put_area(editor: Slice, area: Area, size: Size) -> Update:
    """Replace the current text; changed text is checked after a pause."""
    file = here(editor)
    if file is None:
        return editor, ()
    window = scroll_to_cursor(file.window, area, text_size(size))
    after = with_file(editor, replace(file, area=area, window=window))
    if area.lines == file.area.lines:
        return after, ()
    return touch(replace(after, problems=shift_problems(editor, file.area, area)))


def touch(editor: Slice) -> Update:
    """Start a new revision of the text and schedule its check."""
    after = replace(editor, turn=editor.turn + 1)
    return after, (Later(PAUSE_S, CheckDue(after.turn), "editor check"),)


def check(editor: Slice) -> tuple[Effect, ...]:
    """Request a check of the current input files."""
    if editor.vasp_inputs is None:
        return ()
    params = CheckInputsParams(texts_of(editor), editor.vasp_inputs.tasks)
    return (Call(INPUTS_CHECK, params, "editor check", editor.turn, handles_refusal=True),)


def type_key(editor: Slice, key: str, size: Size) -> Update:
    """Handle a key in the text."""
    file = here(editor)
    if file is None:
        return editor, ()
    if key == "tab":
        return _press_tab(editor, size)
    area = edit(file.area, key, text_size(size).rows - 1)
    if area is None:
        return editor, ()
    after, effects = put_area(editor, area, size)
    return (_narrow(after) if effects else replace(after, completion=None)), effects


def paste_text(editor: Slice, text: str, size: Size) -> Update:
    """Paste text as one undo step, without characters that files cannot contain."""
    file = here(editor)
    if file is None:
        return editor, ()
    return put_area(replace(editor, completion=None), paste(file.area, text.replace("\0", "")), size)


def scroll(editor: Slice, to: Move, size: Size) -> Update:
    """Move the cursor with the mouse wheel."""
    file = here(editor)
    if file is None:
        return editor, ()
    row = file.area.row + (_WHEEL_ROWS if to == "down" else -_WHEEL_ROWS)
    return put_area(replace(editor, completion=None), at(file.area, row, file.area.col), size)


def click(editor: Slice, mouse: MousePressed, size: Size) -> Update:
    """Place the cursor on a click."""
    file, room = here(editor), text_size(size)
    if file is None or mouse.button != 1:
        return editor, ()
    if mouse.col >= room.cols or not HEAD <= mouse.row < HEAD + room.rows:
        return editor, ()
    area = area_at(file.area, file.window, room, mouse.row - HEAD, mouse.col)
    return put_area(replace(editor, completion=None), area, size)


def _press_tab(editor: Slice, size: Size) -> Update:
    """Complete the word in an INCAR file; insert two spaces in other files."""
    file = here(editor)
    if file is None or file.name != _INCAR:
        return paste_text(editor, "  ", size)
    area = file.area
    found = choices(area.line, area.col, editor.tags)
    if not found:
        return editor, (Say(_no_completions(editor, area), "warn"),)
    begun = area.line[spot(area.line, area.col).start : area.col].casefold()
    same = [each for each in found if begun and each.text.casefold().startswith(begun)]
    if len(same) == 1 or len(found) == 1:
        return _take(editor, (same or found)[0], size)
    return replace(editor, completion=Completion(found)), ()


def _no_completions(editor: Slice, area: Area) -> str:
    place = spot(area.line, area.col)
    if not editor.tags:
        return "The tag list has not loaded yet."
    if place.part == "nothing":
        return "This is a comment."
    known = editor.tags.get(place.tag)
    if place.part == "value" and known is not None and known.kind:
        return f"{place.tag} takes any value of its kind: {known.kind}."
    return "No completions."


def press_in_list(editor: Slice, open_list: Completion, key: str, size: Size) -> Update | None:
    """Handle a key in the completion list; None if the key belongs to the text."""
    if key in _STEPS:
        index = (open_list.index + _STEPS[key]) % len(open_list.choices)
        return replace(editor, completion=replace(open_list, index=index)), ()
    if key == "enter":
        return _take(editor, open_list.choices[open_list.index], size)
    return (replace(editor, completion=None), ()) if key == "esc" else None


def _take(editor: Slice, choice: Choice, size: Size) -> Update:
    file = here(editor)
    if file is None:
        return editor, ()
    area = file.area
    place = spot(area.line, area.col)
    word = put(area, place.start, place.end, completion_text(place, choice))
    return put_area(replace(editor, completion=None), word, size)


def _narrow(editor: Slice) -> Slice:
    """Update the completion list for the current word; close an empty list."""
    file = here(editor)
    if editor.completion is None or file is None:
        return editor
    found = choices(file.area.line, file.area.col, editor.tags)
    return replace(editor, completion=Completion(found) if found else None)


def at_problem(editor: Slice, step: int, size: Size) -> Update:
    """Move the cursor to the next or previous problem of all files."""
    file = here(editor)
    order = {each.name: index for index, each in enumerate(editor.files)}
    places = sorted({(order[row.file], max(0, row.line - 1)) for row in editor.problems if row.file in order})
    if file is None or not places:
        return editor, (Say("No known problems."),)
    now = (editor.at, file.area.row)
    ahead = [place for place in places if (place > now if step > 0 else place < now)]
    index, row = (ahead or places)[0 if step > 0 else -1]
    return to_line(editor, index, row, size)


def to_line(editor: Slice, index: int, row: int, size: Size) -> Update:
    """Move the cursor to a line of a file, or to the column of its first problem if known."""
    there = replace(editor, at=index, page="text", completion=None)
    file = here(there)
    if file is None:
        return editor, ()
    columns = (each.column for each in of_file(there, file.name) if each.line == row + 1)
    return put_area(there, at(file.area, row, max(0, next(columns, 1) - 1)), size)
