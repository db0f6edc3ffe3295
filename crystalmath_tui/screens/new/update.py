"""New job: structure, recipe, settings, rendered inputs, submit; each step keeps what was typed."""

from dataclasses import replace

from crystalmath_server.protocol.templates import TEMPLATES_SHOW, FormField, ShowTemplateParams
from crystalmath_tui.core import form, path_prompt
from crystalmath_tui.core.decks import DeckEdited
from crystalmath_tui.core.effects import Back, Call, FindPath, Say
from crystalmath_tui.core.keymap import MOVES, Binding, action_of
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Pasted,
)
from crystalmath_tui.core.path_prompt import PathPrompt, prompt_of
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.screen import Context
from crystalmath_tui.core.scroll import START, Scroll, move, scroll_top
from crystalmath_tui.core.textfield import TextField, edit, field_of, paste
from crystalmath_tui.screens.new import clone, edits, target
from crystalmath_tui.screens.new import form as forms
from crystalmath_tui.screens.new import templates as recipes
from crystalmath_tui.screens.new.calls import (
    answered,
    import_file,
    lists,
    render,
    show,
    stored,
    submit,
    to_submit,
    with_script,
)
from crystalmath_tui.screens.new.model import (
    INPUTS,
    RECIPE,
    SETTINGS,
    STEPS,
    STRUCTURE,
    SUBMIT,
    SUBMIT_TOP,
    TOP,
    EditsDropped,
    Slice,
    Update,
    WarningsConfirmed,
    fields,
    first_row,
    list_rows,
    looks_like_a_path,
    search_of,
    setting,
    shown_files,
    step_at,
    submit_rows,
)

_WHEEL_UP, _WHEEL_DOWN = 4, 5

KEYS = (
    *MOVES,
    Binding(("enter",), "choose", "choose", "Take, edit or switch what is selected.", footer=True),
    Binding(("tab",), "next", "next step", "Go on to the next step.", footer=True),
    Binding(("/",), "search", "search", "Search the recipes.", footer=True),
    Binding(("e",), "edit", "edit", "Edit the input files, of recipes of VASP.", footer=True),
    Binding(("shift tab", "esc"), "before", "step back", "Go one step back; nothing is lost.", footer=True),
    Binding(("a",), "advanced", "all settings", "Show or hide the settings one seldom needs.", footer=True),
    Binding(
        ("u",),
        "reset",
        "reset",
        "Put a setting back to its default, an edited file to the recipe's.",
        footer=True,
    ),
    Binding(("right", "l"), "file on", "next file", "Show the next input file.", footer=True),
    Binding(("left", "h"), "file back", "file before", "Show the input file before."),
    Binding(("r",), "reload", "reload", "Fetch structures and recipes anew."),
)


def update(new: Slice, message: Message, context: Context) -> Update:
    """Follow keys and answers."""
    match message:
        case Entered("new", args):
            return _entered(new, args)
        case Connected():
            return new, lists("")
        case KeyPressed(key):
            return _pressed(new, key, context)
        case Pasted(text):
            return _pasted(new, text)
        case MousePressed():
            return _mouse(new, message, context)
        case Answered("path names") if step := path_prompt.step(new.path, message):
            return replace(new, path=step[0]), ()
        case Answered("new path", str(path)):
            return import_file(new, path)
        case Answered("new key", str(key), digest) if new.rendered and new.rendered.digest == digest:
            return replace(new, key=key, key_digest=digest), ()
        case DeckEdited() | EditsDropped() | WarningsConfirmed():
            return _decided(new, message)
        case _:
            return answered(new, message)


def _decided(new: Slice, message: DeckEdited | EditsDropped | WarningsConfirmed) -> Update:
    """What came of the editor, or of a question about edits."""
    match message:
        case DeckEdited():
            return edits.taken(new, message)
        case EditsDropped(names):
            return edits.dropped(new, names)
        case WarningsConfirmed(digest):
            same = new.rendered is not None and new.rendered.digest == digest
            return submit(new, confirmed=True) if same else (new, ())


def _entered(new: Slice, args: tuple[str, ...]) -> Update:
    given = " ".join(args).strip()
    if not given:
        return new, lists(search_of(new))
    if args[0] == clone.LIKE and len(args) > 1:
        asked, effects = clone.asked(new, args[1])
        return asked, (*lists(search_of(new)), *effects)
    new = replace(new, like=0, draft=None, notes=())
    if pk := pk_of(given):
        fresh, effects = show(replace(new, step=STRUCTURE), pk)
    else:
        fresh = replace(new, step=STRUCTURE, path=prompt_of("new", given))
        effects = (FindPath(given, "new path"),)
    return fresh, (*lists(search_of(fresh)), *effects)


def _pressed(new: Slice, key: str, context: Context) -> Update:
    if new.editing is not None:
        return _edited(new, new.editing, key)
    if new.step == STRUCTURE:
        return _structure_key(new, key, context)
    if new.step == SUBMIT:
        return _submit_key(new, key)
    if new.step == RECIPE and new.recipe_field is not None:
        return recipes.pressed(new, new.recipe_field, key, context), ()
    return _act(new, action_of(KEYS, key), context)


def _pasted(new: Slice, text: str) -> Update:
    if new.editing is not None:
        return replace(new, editing=paste(new.editing, text)), ()
    if new.step == STRUCTURE:
        return _searched(new, replace(new.path, field=paste(new.path.field, text), names=()))
    if new.step == RECIPE and new.recipe_field is not None:
        return recipes.searched(new, paste(new.recipe_field, text)), ()
    if new.step == SUBMIT:
        return target.changed(new, form.paste_text(new.job, text))
    return new, ()


def _structure_key(new: Slice, key: str, context: Context) -> Update:
    match key:
        case "esc":
            return new, (Back(),)
        case "tab":
            return new, (path_prompt.list_names(new.path),)
        case "enter":
            return _take_structure(new)
        case "up" | "down" | "page up" | "page down":
            scroll = move(new.stored_at, key, len(new.stored), list_rows(context.size))
            return replace(new, stored_at=scroll), ()
        case _:
            field = edit(new.path.field, key)
            return _searched(new, replace(new.path, field=field, names=())) if field else (new, ())


def _searched(new: Slice, path: PathPrompt) -> Update:
    """Search among the stored ones while typing, unless it is a path."""
    before, after = search_of(new), replace(new, path=path, error=None)
    return after, (stored(search_of(after)),) if search_of(after) != before else ()


def _take_structure(new: Slice) -> Update:
    text = new.path.text.strip()
    if looks_like_a_path(text):
        return new, (FindPath(text, "new path"),)
    if 0 <= new.stored_at.index < len(new.stored):
        return show(new, new.stored[new.stored_at.index].pk)
    if text:
        return new, (FindPath(text, "new path"),)
    return new, (Say("Type the path of a structure file, or choose a stored structure.", "warn"),)


def _submit_key(new: Slice, key: str) -> Update:
    match key:
        case "esc":
            return with_script(new)
        case "enter":
            return submit(new)
        case _:
            typed = form.press_key(new.job, key)
            return target.changed(new, typed) if typed else (new, ())


def _act(new: Slice, action: str, context: Context) -> Update:
    match action:
        case "before":
            return replace(new, step=max(STRUCTURE, new.step - 1), error=None), ()
        case "next":
            return _next(new)
        case "choose":
            return _choose(new)
        case "reload":
            return new, lists(search_of(new))
        case "advanced" if new.step == SETTINGS:
            return replace(new, advanced=not new.advanced, setting_at=START), ()
        case "reset" if new.step == SETTINGS and (chosen := setting(new)):
            return _set(new, chosen, None), ()
        case "edit" | "reset" if new.step == INPUTS:
            return new, edits.opened(new) if action == "edit" else edits.reverted(new)
        case "edit":
            return new, (Say("Files are edited at the inputs: Tab goes on to them."),)
        case "file on" | "file back" if new.step == INPUTS and new.rendered:
            step = 1 if action == "file on" else -1
            return replace(new, file=(new.file + step) % max(1, len(shown_files(new))), top=0), ()
        case _:
            return _move(new, action, context), ()


def _move(new: Slice, action: str, context: Context) -> Slice:
    rows = list_rows(context.size)
    match new.step:
        case 1 if action == "search":
            return recipes.opened(new)
        case 1:
            return replace(new, recipe_at=move(new.recipe_at, action, len(recipes.shown(new)), rows))
        case 2:
            return replace(new, setting_at=move(new.setting_at, action, len(fields(new)), rows))
        case 3 if files := shown_files(new):
            count = files[min(new.file, len(files) - 1)].text.count("\n") + 1
            return replace(new, top=scroll_top(new.top, action, count, rows))
        case _:
            return new


def _next(new: Slice) -> Update:
    """Go on as far as what is there allows."""
    match new.step:
        case 1:
            return _choose(new)
        case 2:
            return render(new)
        case 3:
            return to_submit(new)
        case _:
            return new, ()


def _choose(new: Slice) -> Update:
    match new.step:
        case 1 if 0 <= new.recipe_at.index < len(recipes.shown(new)):
            name = recipes.shown(new)[new.recipe_at.index].name
            call = Call(TEMPLATES_SHOW, ShowTemplateParams(name), "new form", handles_refusal=True)
            return replace(new, waiting=f"fetching the form of {name}", error=None), (call,)
        case 2 if chosen := setting(new):
            return _begin(new, chosen), ()
        case 3:
            return to_submit(new)
        case _:
            return new, ()


def _begin(new: Slice, chosen: FormField) -> Slice:
    """Switch a field of few values; edit any other."""
    text = new.texts.get(chosen.name, forms.text_of(chosen.default))
    if forms.has_choices(chosen):
        return _set(new, chosen, forms.next_choice(chosen, text))
    return replace(new, editing=field_of(text))


def _set(new: Slice, chosen: FormField, text: str | None) -> Slice:
    """Keep a text; None, or what the default says, puts the default back."""
    texts = {name: value for name, value in new.texts.items() if name != chosen.name}
    refused = {name: words for name, words in new.refused.items() if name != chosen.name}
    if text is not None and text != forms.text_of(chosen.default):
        texts[chosen.name] = text
    return replace(new, texts=texts, refused=refused, rendered=None, error=None)


def _edited(new: Slice, editing: TextField, key: str) -> Update:
    chosen = setting(new)
    match key:
        case "esc":
            return replace(new, editing=None), ()
        case "enter" | "tab" if chosen:
            return replace(_set(new, chosen, editing.text.strip()), editing=None), ()
        case _:
            return replace(new, editing=edit(editing, key) or editing), ()


def _mouse(new: Slice, mouse: MousePressed, context: Context) -> Update:
    """The wheel moves; a click on a step goes there, one on a row selects it, another takes it."""
    if mouse.button in {_WHEEL_UP, _WHEEL_DOWN}:
        key = "up" if mouse.button == _WHEEL_UP else "down"
        return _pressed(new, key, context)
    if mouse.button != 1:
        return new, ()
    if mouse.row == 0:
        return _to_step(new, step_at(mouse.col))
    if new.step == SUBMIT:
        return _submit_click(new, mouse.row - TOP - SUBMIT_TOP, context)
    return _click(new, mouse.row - first_row(new), context)


def _submit_click(new: Slice, row: int, context: Context) -> Update:
    after, hit = form.click(new.job, row, submit_rows(context.size), context.size.cols)
    there, effects = target.changed(new, after)
    return submit(there) if hit else (there, effects)


def _to_step(new: Slice, step: int) -> Update:
    """Steps that were reached are open; the next one is asked for."""
    reached = (True, new.structure is not None, new.template is not None, new.rendered is not None, False)
    if 0 <= step < len(STEPS) and reached[step]:
        return replace(new, step=step, editing=None, error=None), ()
    if step == new.step + 1:
        return _next(new)
    return new, ()


def _click(new: Slice, row: int, context: Context) -> Update:
    places = {STRUCTURE: new.stored_at, RECIPE: new.recipe_at, SETTINGS: new.setting_at}
    counts = {STRUCTURE: len(new.stored), RECIPE: len(recipes.shown(new)), SETTINGS: len(fields(new))}
    if new.step not in places or not 0 <= row < list_rows(context.size):
        return new, ()
    place = places[new.step]
    index = place.top + row
    if index >= counts[new.step]:
        return new, ()
    if index == place.index and new.step != STRUCTURE:
        return _choose(new)
    if index == place.index:
        return show(new, new.stored[index].pk)
    names = {STRUCTURE: "stored_at", RECIPE: "recipe_at", SETTINGS: "setting_at"}
    return replace(new, editing=None, **{names[new.step]: Scroll(index, place.top)}), ()
