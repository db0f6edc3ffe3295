"""New job: update and keys of the steps from structure to submission."""

from dataclasses import replace

from crystalmath_server.protocol.templates import TEMPLATES_SHOW, FormField, ShowTemplateParams
from crystalmath_tui.core import form, path_prompt
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, FindPath, Say
from crystalmath_tui.core.inputs import InputsEdited
from crystalmath_tui.core.keymap import MOVES, Action, Binding, dispatch
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Move,
    Pasted,
    Scrolled,
)
from crystalmath_tui.core.path_prompt import PathPrompt, prompt_of
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.scroll import START, Scroll, move, scroll_top
from crystalmath_tui.core.textfield import TextField, edit, field_of, paste
from crystalmath_tui.screens.new import clone, edits, target, templates
from crystalmath_tui.screens.new import form as forms
from crystalmath_tui.screens.new.calls import (
    import_file,
    lists,
    receive,
    render,
    search_stored,
    show,
    submit,
    to_submit,
    with_script,
)
from crystalmath_tui.screens.new.model import (
    INPUTS,
    SETTINGS,
    STEPS,
    STRUCTURE,
    SUBMIT,
    SUBMIT_TOP,
    TEMPLATE,
    TOP,
    EditsDropped,
    Slice,
    Update,
    WarningsConfirmed,
    fields,
    first_row,
    is_typing,
    list_rows,
    looks_like_a_path,
    search_of,
    selected_setting,
    shown_files,
    step_at,
    submit_rows,
)

_WHILE_TYPING = frozenset({"enter", "tab", "esc", "up", "down", "page up", "page down"})
"""Keys of the table that stay active during text input."""


def update(new: Slice, message: Message, context: Context) -> Update:
    """Handle keys and answers."""
    match message:
        case Entered("new", args):
            return _enter(new, args)
        case Connected():
            return new, lists("")
        case KeyPressed(key):
            return _press(new, key, context)
        case Scrolled(to):
            return _scroll(new, to, context)
        case Pasted(text):
            return _paste(new, text)
        case MousePressed():
            return _click(new, message, context)
        case InputsEdited() | EditsDropped() | WarningsConfirmed():
            return _decide(new, message)
        case _:
            return _on_answer(new, message)


def _on_answer(new: Slice, message: Message) -> Update:
    match message:
        case Answered("path names") if step := path_prompt.step(new.path, message):
            return replace(new, path=step[0]), ()
        case Answered("new path", str(path)):
            return import_file(new, path)
        case Answered("new key", str(key), digest) if new.rendered and new.rendered.digest == digest:
            return replace(new, key=key, key_digest=digest), ()
        case _:
            return receive(new, message)


def _decide(new: Slice, message: InputsEdited | EditsDropped | WarningsConfirmed) -> Update:
    """Handle the result of the editor or of a question about edits."""
    match message:
        case InputsEdited():
            return edits.take(new, message)
        case EditsDropped(names):
            return edits.drop(new, names)
        case WarningsConfirmed(digest):
            same = new.rendered is not None and new.rendered.digest == digest
            return submit(new, confirmed=True) if same else (new, ())


def _enter(new: Slice, args: tuple[str, ...]) -> Update:
    given = " ".join(args).strip()
    if not given:
        return new, lists(search_of(new))
    if args[0] == clone.LIKE and len(args) > 1:
        asked, effects = clone.ask(new, args[1])
        return asked, (*lists(search_of(new)), *effects)
    new = replace(new, like=0, draft=None, notes=())
    if pk := pk_of(given):
        fresh, effects = show(replace(new, step=STRUCTURE), pk)
    else:
        fresh = replace(new, step=STRUCTURE, path=prompt_of("new", given))
        effects = (FindPath(given, "new path"),)
    return fresh, (*lists(search_of(fresh)), *effects)


def _press(new: Slice, key: str, context: Context) -> Update:
    if is_typing(new) and key not in _WHILE_TYPING:
        return _type(new, key)
    return dispatch(KEYS, update, new, key, context) or (new, ())


def _type(new: Slice, key: str) -> Update:
    if new.editing is not None:
        return replace(new, editing=edit(new.editing, key) or new.editing), ()
    if new.step == STRUCTURE:
        field = edit(new.path.field, key)
        return _search(new, replace(new.path, field=field, names=())) if field else (new, ())
    if new.step == TEMPLATE and new.template_field is not None:
        return templates.search(new, edit(new.template_field, key) or new.template_field), ()
    return _form_key(new, key)


def _form_key(new: Slice, key: str) -> Update:
    job = form.press_key(new.job, key)
    return target.change_form(new, job) if job else (new, ())


def _paste(new: Slice, text: str) -> Update:
    if new.editing is not None:
        return replace(new, editing=paste(new.editing, text)), ()
    if new.step == STRUCTURE:
        return _search(new, replace(new.path, field=paste(new.path.field, text), names=()))
    if new.step == TEMPLATE and new.template_field is not None:
        return templates.search(new, paste(new.template_field, text)), ()
    if new.step == SUBMIT:
        return target.change_form(new, form.paste_text(new.job, text))
    return new, ()


def _search(new: Slice, path: PathPrompt) -> Update:
    """Search the stored structures while typing, unless the text is a path."""
    before, after = search_of(new), replace(new, path=path, error=None)
    return after, (search_stored(search_of(after)),) if search_of(after) != before else ()


def _take_structure(new: Slice) -> Update:
    text = new.path.text.strip()
    if looks_like_a_path(text):
        return new, (FindPath(text, "new path"),)
    if 0 <= new.stored_at.index < len(new.stored):
        return show(new, new.stored[new.stored_at.index].pk)
    if text:
        return new, (FindPath(text, "new path"),)
    return new, (Say("Type the path of a structure file, or choose a stored structure.", "warn"),)


def _go_back(new: Slice, _: Context) -> Update:
    """Stop typing, or go one step back; input is kept."""
    if new.editing is not None:
        return replace(new, editing=None), ()
    match new.step:
        case 0:
            return new, (Back(),)
        case 1 if new.template_field is not None:
            return templates.clear_search(new), ()
        case 4:
            return with_script(new)
        case _:
            return replace(new, step=new.step - 1, error=None), ()


def _next(new: Slice, context: Context) -> Update:
    """Go to the next step if possible; in a path or form, handle Tab there."""
    if new.editing is not None:
        return _keep_setting(new, new.editing), ()
    match new.step:
        case 0:
            return new, (path_prompt.list_names(new.path),)
        case 1:
            return _choose(new, context)
        case 2:
            return render(new)
        case 3:
            return to_submit(new)
        case _:
            return _form_key(new, "tab")


def _choose(new: Slice, _: Context) -> Update:
    """Accept the typed or selected item."""
    if new.editing is not None:
        return _keep_setting(new, new.editing), ()
    match new.step:
        case 0:
            return _take_structure(new)
        case 1:
            return _take_template(new)
        case 2 if chosen := selected_setting(new):
            return _begin(new, chosen), ()
        case 3:
            return to_submit(new)
        case 4:
            return submit(new)
        case _:
            return new, ()


def _take_template(new: Slice) -> Update:
    rows = templates.matching_templates(new)
    if new.template_field is not None:
        return replace(new, template_field=None), ()
    if not 0 <= new.template_at.index < len(rows):
        return new, ()
    name = rows[new.template_at.index].name
    call = Call(TEMPLATES_SHOW, ShowTemplateParams(name), "new form", handles_refusal=True)
    return replace(new, waiting=f"fetching the form of {name}", error=None), (call,)


def _search_templates(new: Slice, _: Context) -> Update:
    return (templates.open_search(new) if new.step == TEMPLATE else new), ()


def _toggle_advanced(new: Slice, _: Context) -> Update:
    if new.step != SETTINGS:
        return new, ()
    return replace(new, advanced=not new.advanced, setting_at=START), ()


def _reset(new: Slice, _: Context) -> Update:
    if new.step == SETTINGS and (chosen := selected_setting(new)):
        return _set(new, chosen, None), ()
    return new, edits.revert(new) if new.step == INPUTS else ()


def _edit_files(new: Slice, _: Context) -> Update:
    if new.step == INPUTS:
        return new, edits.open_editor(new)
    return new, (Say("Files are edited on the inputs step; press Tab to go there."),)


def _step_file(step: int) -> Action[Slice]:
    def act(new: Slice, _: Context) -> Update:
        if new.step != INPUTS or not new.rendered:
            return new, ()
        return replace(new, file=(new.file + step) % max(1, len(shown_files(new))), top=0), ()

    return act


def _scroll(new: Slice, to: Move, context: Context) -> Update:
    rows = list_rows(context.size)
    match new.step:
        case 0:
            return replace(new, stored_at=move(new.stored_at, to, len(new.stored), rows)), ()
        case 1:
            return replace(
                new, template_at=move(new.template_at, to, len(templates.matching_templates(new)), rows)
            ), ()
        case 2 if new.editing is None:
            return replace(new, setting_at=move(new.setting_at, to, len(fields(new)), rows)), ()
        case 3 if files := shown_files(new):
            count = files[min(new.file, len(files) - 1)].text.count("\n") + 1
            return replace(new, top=scroll_top(new.top, to, count, rows)), ()
        case 4:
            return _form_key(new, to)
        case _:
            return new, ()


def _begin(new: Slice, chosen: FormField) -> Slice:
    """Toggle a field with few values; edit any other field."""
    text = new.texts.get(chosen.name, forms.text_of(chosen.default))
    if forms.has_choices(chosen):
        return _set(new, chosen, forms.next_choice(chosen, text))
    return replace(new, editing=field_of(text))


def _set(new: Slice, chosen: FormField, text: str | None) -> Slice:
    """Store a text; None or the default's text resets the field."""
    texts = {name: value for name, value in new.texts.items() if name != chosen.name}
    refused = {name: words for name, words in new.refused.items() if name != chosen.name}
    if text is not None and text != forms.text_of(chosen.default):
        texts[chosen.name] = text
    return replace(new, texts=texts, refused=refused, rendered=None, error=None)


def _keep_setting(new: Slice, editing: TextField) -> Slice:
    chosen = selected_setting(new)
    return replace(_set(new, chosen, editing.text.strip()), editing=None) if chosen else new


def _click(new: Slice, mouse: MousePressed, context: Context) -> Update:
    """Go to a clicked step; select a clicked row, or accept it if already selected."""
    if mouse.button != 1:
        return new, ()
    if mouse.row == 0:
        return _go_to_step(new, step_at(mouse.col), context)
    if new.step == SUBMIT:
        return _submit_click(new, mouse.row - TOP - SUBMIT_TOP, context)
    return _click_row(new, mouse.row - first_row(new), context)


def _submit_click(new: Slice, row: int, context: Context) -> Update:
    after, hit = form.click(new.job, row, submit_rows(context.size), context.size.cols)
    there, effects = target.change_form(new, after)
    return submit(there) if hit else (there, effects)


def _go_to_step(new: Slice, step: int, context: Context) -> Update:
    """Go to a step already reached, or advance to the next step."""
    reached = (True, new.structure is not None, new.template is not None, new.rendered is not None, False)
    if 0 <= step < len(STEPS) and reached[step]:
        return replace(new, step=step, editing=None, error=None), ()
    if step == new.step + 1 and new.step != STRUCTURE:
        return _next(replace(new, editing=None, template_field=None), context)
    return new, ()


def _click_row(new: Slice, row: int, context: Context) -> Update:
    places = {STRUCTURE: new.stored_at, TEMPLATE: new.template_at, SETTINGS: new.setting_at}
    counts = {
        STRUCTURE: len(new.stored),
        TEMPLATE: len(templates.matching_templates(new)),
        SETTINGS: len(fields(new)),
    }
    if new.step not in places or not 0 <= row < list_rows(context.size):
        return new, ()
    place = places[new.step]
    index = place.top + row
    if index >= counts[new.step]:
        return new, ()
    if index == place.index and new.step != STRUCTURE:
        return _choose(replace(new, editing=None, template_field=None), context)
    if index == place.index:
        return show(new, new.stored[index].pk)
    names = {STRUCTURE: "stored_at", TEMPLATE: "template_at", SETTINGS: "setting_at"}
    return replace(new, editing=None, **{names[new.step]: Scroll(index, place.top)}), ()


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("enter",), _choose, "choose", "Choose, edit or toggle the selected item.", footer=True),
    Binding(("tab",), _next, "next step", "Go on to the next step.", footer=True),
    Binding(("/",), _search_templates, "search", "Search the templates.", footer=True),
    Binding(("e",), _edit_files, "edit", "Edit the input files of a VASP template.", footer=True),
    Binding(("shift tab", "esc"), _go_back, "step back", "Go one step back; nothing is lost.", footer=True),
    Binding(("a",), _toggle_advanced, "all settings", "Show or hide advanced settings.", footer=True),
    Binding(
        ("u",),
        _reset,
        "reset",
        "Reset a setting to its default, or an edited file to the template's version.",
        footer=True,
    ),
    Binding(("right", "l"), _step_file(1), "next file", "Show the next input file.", footer=True),
    Binding(("left", "h"), _step_file(-1), "previous file", "Show the previous input file."),
    Binding(
        ("r",), lambda new, _: (new, lists(search_of(new))), "reload", "Reload structures and templates."
    ),
)
