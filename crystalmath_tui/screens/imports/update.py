"""Import: the form that turns a VASP run folder into a job."""

from collections.abc import Iterable
from dataclasses import replace

from crystalmath_server.protocol.clusters import CLUSTERS_LIST, LOCAL_TRANSPORT, LOCALHOST, ClusterList
from crystalmath_server.protocol.codes import CODES_LIST, CodeList, ListCodesParams
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.imports import JOBS_IMPORT, ImportJobParams
from crystalmath_server.protocol.jobs import Submitted
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.record import record
from crystalmath_tui.core import form, path_prompt
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Effect, FindPath, Open, Say
from crystalmath_tui.core.form import Form, new_field
from crystalmath_tui.core.formatting import error_text
from crystalmath_tui.core.keymap import Binding, dispatch
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Pasted,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.path_prompt import PathPrompt, prompt_of
from crystalmath_tui.core.textfield import field_of

CALL_KEY = "import run"
HEAD = 2
"""Number of rows above the form."""
PATH = "path"


@record
class Slice:
    """The import form.

    Attributes
    ----------
    local
        Labels of the clusters that use this machine's file system.
    codes
        (cluster, code) pairs of all codes.
    sending
        Whether an import is in progress.
    turn
        Number of the attempt; results of earlier attempts are only reported.
    """

    form: Form
    local: frozenset[str] = frozenset({LOCALHOST})
    codes: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    sending: bool = False
    turn: int = 0


def blank() -> Form:
    """An empty form."""
    return Form(
        (
            new_field("cluster", "cluster", LOCALHOST, "The cluster that has the folder.", (LOCALHOST,)),
            new_field(PATH, "folder", "", "Absolute path of the folder with INCAR, POSCAR and vasprun.xml."),
            new_field("code", "program", "", "The code that ran the calculation; optional.", ("",)),
            new_field("label", "label", "", "Label of the job; default: formula and template."),
        ),
        "Import",
    )


START = Slice(blank())
Update = tuple[Slice, tuple[Effect, ...]]


def update(run: Slice, message: Message, context: Context) -> Update:
    """Handle keys and answers."""
    match message:
        case Entered("import", args):
            return _enter(run, args)
        case Connected() if context.front:
            return run, _lists()
        case KeyPressed(key):
            return dispatch(KEYS, update, run, key, context) or (_type(run, key), ())
        case Scrolled(to):
            return _type(run, to), ()
        case Pasted(text) if not run.sending:
            return _change_form(run, form.paste_text(run.form, text)), ()
        case MousePressed(button=1) if not run.sending:
            return _click(run, message, context)
        case _:
            return _on_answer(run, message, context)


def _on_answer(run: Slice, message: Message, context: Context) -> Update:
    match message:
        case Answered("import clusters", ClusterList() as found):
            return _with_clusters(run, found), ()
        case Answered("import codes", CodeList() as found):
            codes = tuple((row.cluster, row.label) for row in found.rows)
            return _with_codes(replace(run, codes=codes)), ()
        case Answered("path names", names, about) if about == ("import", _prompt(run).text):
            return _complete(run, names), ()
        case Answered("import path", str(path), about) if about == run.turn and run.sending:
            return run, (_call(run, path),)
        case Answered("import run", Submitted() as submitted, about):
            return _show_job(run, about, submitted, context)
        case Refused("import run", error, about) if about == run.turn and run.sending:
            return _with_error(run, error), ()
        case _:
            return run, ()


def _enter(run: Slice, args: tuple[str, ...]) -> Update:
    """Fill in the folder, preceded by a cluster if two arguments are given."""
    if run.sending:
        return run, ()
    fresh = run
    if len(args) > 1:
        fresh = _with_text(fresh, "cluster", args[0])
    if args:
        fresh = _with_text(fresh, PATH, args[-1])
    return _with_codes(_with_choices(fresh, "cluster", (_text(fresh, "cluster"),))), _lists()


def _lists() -> tuple[Effect, ...]:
    return (
        Call(CLUSTERS_LIST, NoParams(), "import clusters"),
        Call(CODES_LIST, ListCodesParams(), "import codes"),
    )


def _leave(run: Slice, _: Context) -> Update:
    """Return to the form during an import, otherwise to the previous screen."""
    if run.sending:
        words = "The server continues; importing the folder again does not create a second job."
        return replace(run, sending=False, turn=run.turn + 1), (Say(words, "warn"),)
    return run, (Back(),)


def _next(run: Slice, _: Context) -> Update:
    """Go to the next field, or press the button."""
    return _send(run) if run.form.at_button else (_type(run, "enter"), ())


def _complete_or_step(run: Slice, _: Context) -> Update:
    """Complete a local folder; in other fields, go to the next field."""
    if is_local(run) and here(run) == PATH and not run.sending:
        return run, (path_prompt.list_names(_prompt(run)),)
    return _type(run, "tab"), ()


def _type(run: Slice, key: str) -> Slice:
    after = None if run.sending else form.press_key(run.form, key)
    return _change_form(run, after) if after is not None else run


def _change_form(run: Slice, after: Form) -> Slice:
    """Replace the form; a different cluster updates the list of codes."""
    fresh = replace(run, form=after, names=())
    return fresh if _text(fresh, "cluster") == _text(run, "cluster") else _with_codes(fresh)


def _click(run: Slice, mouse: MousePressed, context: Context) -> Update:
    """Select a field on a click; send the form on a click on the button."""
    after, pressed = form.click(run.form, mouse.row - HEAD, form_rows(context), context.size.cols)
    there = _change_form(run, after)
    return _send(there) if pressed else (there, ())


def _send(run: Slice) -> Update:
    """Send the form; a local path is resolved first."""
    if run.sending:
        return run, ()
    path = _text(run, PATH).strip()
    if not path:
        return replace(run, form=form.with_error(run.form, PATH, "Give the folder.")), ()
    sending = replace(run, sending=True, names=(), turn=run.turn + 1)
    if is_local(run):
        return sending, (FindPath(path, "import path", sending.turn),)
    return sending, (_call(sending, path),)


def _call(run: Slice, path: str) -> Effect:
    """The import call; the server's key makes repeated calls create one job."""
    given = form.values(run.form)
    params = ImportJobParams(path, given["cluster"], label=given["label"][:255], code=given["code"])
    return Call(JOBS_IMPORT, params, CALL_KEY, run.turn, handles_refusal=True)


def _show_job(run: Slice, about: int, submitted: Submitted, context: Context) -> Update:
    """Open the job if this screen is still in front; keep the cluster for the next folder."""
    words = "was imported before" if submitted.reused else "is imported"
    said = Say(f"Job {submitted.pk} {words}.")
    if about != run.turn:
        return run, (said,)
    fresh = replace(_with_text(_with_text(run, PATH, ""), "label", ""), sending=False)
    at_path = replace(fresh, form=form.with_error(fresh.form, PATH, ""))
    shown = (Back(), Open("job", (str(submitted.pk),))) if context.front else ()
    return at_path, (*shown, said)


def _with_error(run: Slice, error: RpcError) -> Slice:
    """Show the error at its field."""
    name = error.data.field
    words = error_text(error).removeprefix(f"{name}: ")
    return replace(run, sending=False, form=form.with_error(run.form, name, words))


def _with_clusters(run: Slice, clusters: ClusterList) -> Slice:
    """Offer all enabled clusters as choices."""
    used = [row for row in clusters.rows if row.enabled]
    local = {row.label for row in used if row.transport == LOCAL_TRANSPORT}
    labels = [row.label for row in used]
    return _with_choices(
        replace(run, local=frozenset({LOCALHOST, *local})), "cluster", (*labels, _text(run, "cluster"))
    )


def _with_codes(run: Slice) -> Slice:
    """Offer the codes of the chosen cluster; clear a code that the cluster lacks."""
    known = [label for cluster, label in run.codes if cluster == _text(run, "cluster")]
    fresh = run if _text(run, "code") in ("", *known) else _with_text(run, "code", "")
    return _with_choices(fresh, "code", ("", *known))


def _with_choices(run: Slice, name: str, choices: Iterable[str]) -> Slice:
    unique = tuple(dict.fromkeys(choices))
    fields = tuple(replace(each, choices=unique) if each.name == name else each for each in run.form.fields)
    return replace(run, form=replace(run.form, fields=fields))


def _with_text(run: Slice, name: str, text: str) -> Slice:
    fields = tuple(
        replace(each, text=field_of(text)) if each.name == name else each for each in run.form.fields
    )
    return replace(run, form=replace(run.form, fields=fields))


def _prompt(run: Slice) -> PathPrompt:
    return prompt_of("import", _text(run, PATH), folders=True)


def _complete(run: Slice, names: tuple[str, ...]) -> Slice:
    """Complete the folder to the common prefix; list the names if several match."""
    prompt = path_prompt.complete(_prompt(run), names)
    longer = run if prompt.field == _prompt(run).field else _with_text(run, PATH, prompt.field.text)
    return replace(longer, names=prompt.names)


def _text(run: Slice, name: str) -> str:
    return next((each.text.text for each in run.form.fields if each.name == name), "")


def here(run: Slice) -> str:
    """Name of the selected field; empty on the button."""
    return "" if run.form.at_button else run.form.fields[run.form.scroll.index].name


def is_local(run: Slice) -> bool:
    """Whether the folder is on this machine."""
    return _text(run, "cluster") in run.local


def form_rows(context: Context) -> int:
    """Number of form rows that fit."""
    return max(3, context.size.rows - HEAD)


def is_typing(run: Slice) -> bool:
    """Whether keystrokes are text input."""
    return not run.sending


KEYS: tuple[Binding[Slice], ...] = (
    Binding(("enter",), _next, "next", "Go to the next field, or press the button."),
    Binding(("down",), Scrolled("down"), "down", "Next field."),
    Binding(("up", "shift tab"), Scrolled("up"), "up", "Previous field."),
    Binding(("tab",), _complete_or_step, "complete", "Complete a local folder, or go to the next field."),
    Binding(("left", "right", " "), None, "choice", "Change the choice in a field with arrows."),
    Binding(("f2", "ctrl o"), lambda run, _: _send(run), "import", "Import from any field."),
    Binding(("esc",), _leave, "back", "Go back; your input is kept."),
)
