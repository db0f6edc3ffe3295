"""Forms: named text fields with choices, help and a validation error."""

from dataclasses import replace

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.lines import Line, Span, fit_line, line
from crystalmath_tui.core.scroll import START, Scroll, clamp
from crystalmath_tui.core.textfield import EMPTY, TextField, edit, field_line, field_of, paste

_NAME = 18
_MOST_WORDS = 5
_HELP_ROWS = 2  # reserved for help, so that the fields do not move


@record
class Field:
    """One line of a form.

    Attributes
    ----------
    choices
        The values that ← and → cycle through; empty: any text.
    section
        Heading above it.
    """

    name: str
    title: str
    text: TextField = EMPTY
    help: str = ""
    choices: tuple[str, ...] = ()
    section: str = ""


@record
class Form:
    """Fields, and the index of the edited field; the index after the last field is the save button.

    Attributes
    ----------
    complaint
        Name of a field, and its error message.
    """

    fields: tuple[Field, ...] = ()
    button: str = "Save"
    scroll: Scroll = START
    complaint: tuple[str, str] = ("", "")

    @property
    def at_button(self) -> bool:
        """Whether the button is selected."""
        return self.scroll.index >= len(self.fields)


EMPTY_FORM = Form()


def new_field(
    name: str, title: str, value: str = "", help_text: str = "", choices: tuple[str, ...] = ()
) -> Field:
    """The form with a value put into a field."""
    return Field(name, title, field_of(value), help_text, choices)


def values(form: Form) -> dict[str, str]:
    """Name → text without surrounding blanks."""
    return {each.name: each.text.text.strip() for each in form.fields}


def with_error(form: Form, name: str, message: str) -> Form:
    """The form with the invalid field selected; an unknown name keeps the selection."""
    names = [each.name for each in form.fields]
    index = names.index(name) if name in names else form.scroll.index
    return replace(form, complaint=(name, message), scroll=Scroll(index, form.scroll.top))


def press_key(form: Form, key: str) -> Form | None:
    """The form after a key, or None if the form does not use the key."""
    if key in {"down", "tab", "enter", "up", "shift tab"}:
        return _step(form, 1 if key in {"down", "tab", "enter"} else -1)
    if form.at_button:
        return None
    chosen = form.fields[form.scroll.index]
    if chosen.choices:
        return _with(form, _next_choice(chosen, key)) if key in {"left", "right", " "} else None
    text = edit(chosen.text, key)
    return _with(form, replace(chosen, text=text)) if text is not None else None


def paste_text(form: Form, text: str) -> Form:
    """The form with pasted text."""
    if form.at_button or form.fields[form.scroll.index].choices:
        return form
    chosen = form.fields[form.scroll.index]
    return _with(form, replace(chosen, text=paste(chosen.text, text)))


def _step(form: Form, step: int) -> Form:
    count = len(form.fields) + 1
    return replace(form, scroll=Scroll((form.scroll.index + step) % count, form.scroll.top))


def _next_choice(chosen: Field, key: str) -> Field:
    step = -1 if key == "left" else 1
    known = chosen.text.text in chosen.choices
    index = chosen.choices.index(chosen.text.text) + step if known else 0
    return replace(chosen, text=field_of(chosen.choices[index % len(chosen.choices)]))


def _with(form: Form, changed: Field) -> Form:
    index = form.scroll.index
    fields = (*form.fields[:index], changed, *form.fields[index + 1 :])
    return replace(form, fields=fields, complaint=("", ""))


def click(form: Form, row: int, rows: int, cols: int) -> tuple[Form, bool]:
    """The form after a click on line `row` of `form_lines`, and whether the button was hit.

    A click on a field that is already selected picks its next choice.
    """
    layout = _layout_of(form, rows, cols)
    at = layout.top + row
    if not 0 <= row < layout.room or at not in layout.places:
        return form, False
    index = layout.places.index(at)
    there = replace(form, scroll=Scroll(index, layout.top))
    if there.at_button:
        return there, True
    chosen = form.fields[index]
    if index == form.scroll.index and chosen.choices:
        return _with(there, _next_choice(chosen, "right")), False
    return there, False


def form_lines(form: Form, rows: int, cols: int) -> tuple[Line, ...]:
    """The form as `rows` lines: the fields around the selected field, then help on it."""
    layout = _layout_of(form, rows, cols)
    shown = layout.lines[layout.top : layout.top + layout.room]
    filled = (*shown, *[()] * (layout.room - len(shown)))
    return (*filled, fit_line(line(("rule", "─" * cols)), cols), *layout.message)


@record
class _Layout:
    """All lines of a form, the line of each field, and the visible part."""

    lines: tuple[Line, ...]
    places: tuple[int, ...]
    message: tuple[Line, ...]
    room: int
    top: int


def _layout_of(form: Form, rows: int, cols: int) -> _Layout:
    words = _message_lines(form, cols)
    room = max(1, rows - max(_HELP_ROWS, len(words)) - 1)
    lines, places = _lines(form, cols)
    place = places[min(form.scroll.index, len(places) - 1)]
    top = clamp(Scroll(place, form.scroll.top), len(lines), room).top
    return _Layout(tuple(lines), tuple(places), words, room, top)


def _lines(form: Form, cols: int) -> tuple[list[Line], list[int]]:
    """All lines, and the line number of each field; the last number is the button's."""
    lines: list[Line] = []
    places: list[int] = []
    for index, each in enumerate(form.fields):
        if each.section:
            lines += [(), line(("heading", f" {each.section}"))]
        places.append(len(lines))
        lines.append(_field_line(each, form, index, cols))
    places.append(len(lines) + 1)
    style = "bar.strong" if form.at_button else "key"
    return [*lines, (), line(" " * (_NAME + 2), (style, f" {form.button} "))], places


def _field_line(each: Field, form: Form, index: int, cols: int) -> Line:
    wrong = form.complaint[0] == each.name and form.complaint[1] != ""
    here = index == form.scroll.index
    name = Span("error" if wrong else "accent" if here else "dim", f" {each.title:<{_NAME}} ")
    room = max(1, cols - _NAME - 3)
    if not here:
        return (name, Span("", each.text.text))
    if each.choices:
        return (name, Span("field", f"← {each.text.text or 'none'} →"))
    return (name, *field_line(each.text, room))


def _message_lines(form: Form, cols: int) -> tuple[Line, ...]:
    """The error message, or help on the field."""
    style, text = "error", form.complaint[1]
    if not text and not form.at_button:
        style, text = "dim", form.fields[form.scroll.index].help
    return tuple(line((style, f" {part}")) for part in wrap(text, max(8, cols - 2))[:_MOST_WORDS])
