"""Import: a folder in which VASP ran becomes a job; cluster, folder, program, label."""

from collections.abc import Iterable
from dataclasses import replace

from crystalmath_server.protocol.clusters import CLUSTERS_LIST, LOCAL_TRANSPORT, LOCALHOST, ClusterList
from crystalmath_server.protocol.codes import CODES_LIST, CodeList, ListCodesParams
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.imports import JOBS_IMPORT, ImportJobParams
from crystalmath_server.protocol.jobs import Submitted
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.record import record
from crystalmath_tui.core import form
from crystalmath_tui.core.effects import Back, Call, Effect, FindPath, ListFolder, Open, Say, Tagged
from crystalmath_tui.core.form import Form, made
from crystalmath_tui.core.keymap import Binding
from crystalmath_tui.core.messages import Connected, Entered, KeyPressed, Message, MousePressed, Pasted
from crystalmath_tui.core.screen import Context
from crystalmath_tui.core.textfield import field_of, shared_beginning
from crystalmath_tui.core.words import error_words

SEND = frozenset({"f2", "ctrl o"})
CALL_KEY = "import run"
HEAD = 2
"""Rows above the form."""
PATH = "path"

KEYS = (
    Binding(("enter",), "next", "next", "Go to the next field, press the button."),
    Binding(("down",), "down", "down", "Next field."),
    Binding(("up", "shift tab"), "up", "up", "Previous field."),
    Binding(("tab",), "complete", "complete", "Complete a folder of this machine, else the next field."),
    Binding(("left", "right", " "), "choice", "choice", "Another choice, in a field with arrows."),
    Binding(("f2", "ctrl o"), "send", "import", "Import from any field."),
    Binding(("esc",), "close", "back", "Go back; what was typed stays."),
)


@record
class ClustersCame(Message):
    """The clusters came."""

    found: ClusterList


@record
class CodesCame(Message):
    """The codes of all clusters came."""

    found: CodeList


@record
class FoldersListed(Message):
    """Paths that begin with what was typed came."""

    typed: str
    names: tuple[str, ...]


@record
class FolderFound(Message):
    """The typed folder from the root; `about` is the number of the question."""

    about: int
    path: str


@record
class Imported(Message):
    """The job of the folder is there."""

    about: int
    submitted: Submitted


@record
class ImportFailed(Message):
    """The folder was refused."""

    about: int
    error: RpcError


@record
class Slice:
    """The form as far as it is.

    Attributes
    ----------
    local
        Labels of the clusters whose folders are this machine's.
    codes
        (cluster, code) of all codes.
    sending
        Whether an answer is waited for.
    turn
        Number of the attempt: what came of an earlier one is only told.
    """

    form: Form
    local: frozenset[str] = frozenset({LOCALHOST})
    codes: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    sending: bool = False
    turn: int = 0


def blank() -> Form:
    """Nothing chosen yet."""
    return Form(
        (
            made("cluster", "cluster", LOCALHOST, "The computer that has the folder.", (LOCALHOST,)),
            made(PATH, "folder", "", "Where INCAR, POSCAR and vasprun.xml are, from the root."),
            made("code", "program", "", "The code that ran it; none: none is claimed.", ("",)),
            made("label", "label", "", "Name of the job; empty: formula and recipe."),
        ),
        "Import",
    )


START = Slice(blank())
Update = tuple[Slice, tuple[Effect, ...]]


def update(run: Slice, message: Message, context: Context) -> Update:
    """Follow keys and answers."""
    match message:
        case Entered("import", args):
            return _entered(run, args)
        case Connected() if context.front:
            return run, _lists()
        case KeyPressed("esc"):
            return _left(run)
        case KeyPressed(key):
            return (run, ()) if run.sending else _typed(run, key)
        case Pasted(text) if not run.sending:
            return _changed(run, form.put_in(run.form, text)), ()
        case MousePressed() if not run.sending:
            return _mouse(run, message, context)
        case _:
            return _answered(run, message, context)


def _answered(run: Slice, message: Message, context: Context) -> Update:
    match message:
        case ClustersCame(found):
            return _with_clusters(run, found), ()
        case CodesCame(found):
            codes = tuple((row.cluster, row.label) for row in found.rows)
            return _with_codes(replace(run, codes=codes)), ()
        case FoldersListed(typed, names) if typed == _text(run, PATH):
            return _completed(run, names), ()
        case FolderFound(about, path) if about == run.turn and run.sending:
            return run, (_call(run, path),)
        case Imported(about, submitted):
            return _imported(run, about, submitted, context)
        case ImportFailed(about, error) if about == run.turn and run.sending:
            return _refused(run, error), ()
        case _:
            return run, ()


def _entered(run: Slice, args: tuple[str, ...]) -> Update:
    """A folder, and a cluster before it where there are two words."""
    if run.sending:
        return run, ()
    fresh = run
    if len(args) > 1:
        fresh = _texted(fresh, "cluster", args[0])
    if args:
        fresh = _texted(fresh, PATH, args[-1])
    return _with_codes(_choosing(fresh, "cluster", (_text(fresh, "cluster"),))), _lists()


def _lists() -> tuple[Effect, ...]:
    return (
        Call(CLUSTERS_LIST, NoParams(), ClustersCame, key="import clusters"),
        Call(CODES_LIST, ListCodesParams(), CodesCame, key="import codes"),
    )


def _left(run: Slice) -> Update:
    """While an answer is waited for, Esc goes back to the form; else to the screen before."""
    if run.sending:
        words = "The server goes on; the same folder never becomes a second job."
        return replace(run, sending=False, turn=run.turn + 1), (Say(words, "warn"),)
    return run, (Back(),)


def _typed(run: Slice, key: str) -> Update:
    if key in SEND or (key == "enter" and run.form.at_button):
        return _sent(run)
    if key == "tab" and is_local(run) and here(run) == PATH:
        typed = _text(run, PATH)
        return run, (ListFolder(typed, Tagged(FoldersListed, typed)),)
    after = form.typed(run.form, key)
    return (_changed(run, after), ()) if after is not None else (run, ())


def _changed(run: Slice, after: Form) -> Slice:
    """The form after a key; another cluster has other codes."""
    fresh = replace(run, form=after, names=())
    return fresh if _text(fresh, "cluster") == _text(run, "cluster") else _with_codes(fresh)


def _mouse(run: Slice, mouse: MousePressed, context: Context) -> Update:
    """The wheel moves; a click selects, a click on the button sends."""
    if mouse.button in {4, 5}:
        return _typed(run, "up" if mouse.button == 4 else "down")
    if mouse.button != 1:
        return run, ()
    after, pressed = form.clicked(run.form, mouse.row - HEAD, form_rows(context), context.size.cols)
    there = _changed(run, after)
    return _sent(there) if pressed else (there, ())


def _sent(run: Slice) -> Update:
    """A folder of this machine is made whole first."""
    path = _text(run, PATH).strip()
    if not path:
        return replace(run, form=form.complained(run.form, PATH, "Give the folder.")), ()
    sending = replace(run, sending=True, names=(), turn=run.turn + 1)
    if is_local(run):
        return sending, (FindPath(path, Tagged(FolderFound, sending.turn)),)
    return sending, (_call(sending, path),)


def _call(run: Slice, path: str) -> Effect:
    """The server makes the key of cluster and folder, so that sending again makes no second job."""
    given = form.values(run.form)
    params = ImportJobParams(path, given["cluster"], label=given["label"][:255], code=given["code"])
    done, failed = Tagged(Imported, run.turn), Tagged(ImportFailed, run.turn)
    return Call(JOBS_IMPORT, params, done, failed, key=CALL_KEY)


def _imported(run: Slice, about: int, submitted: Submitted, context: Context) -> Update:
    """To the job, unless one is elsewhere by now; the next folder is on the same cluster."""
    words = "was imported before" if submitted.reused else "is imported"
    said = Say(f"Job {submitted.pk} {words}.")
    if about != run.turn:
        return run, (said,)
    fresh = replace(_texted(_texted(run, PATH, ""), "label", ""), sending=False)
    at_path = replace(fresh, form=form.complained(fresh.form, PATH, ""))
    shown = (Back(), Open("job", (str(submitted.pk),))) if context.front else ()
    return at_path, (*shown, said)


def _refused(run: Slice, error: RpcError) -> Slice:
    """Words at the field that is wrong."""
    name = error.data.field
    words = error_words(error).removeprefix(f"{name}: ")
    return replace(run, sending=False, form=form.complained(run.form, name, words))


def _with_clusters(run: Slice, found: ClusterList) -> Slice:
    """Let every cluster that is in use be chosen."""
    used = [row for row in found.rows if row.enabled]
    local = {row.label for row in used if row.transport == LOCAL_TRANSPORT}
    labels = [row.label for row in used]
    return _choosing(
        replace(run, local=frozenset({LOCALHOST, *local})), "cluster", (*labels, _text(run, "cluster"))
    )


def _with_codes(run: Slice) -> Slice:
    """The programs of the chosen cluster; one that is not there is no longer chosen."""
    known = [label for cluster, label in run.codes if cluster == _text(run, "cluster")]
    fresh = run if _text(run, "code") in ("", *known) else _texted(run, "code", "")
    return _choosing(fresh, "code", ("", *known))


def _choosing(run: Slice, name: str, choices: Iterable[str]) -> Slice:
    unique = tuple(dict.fromkeys(choices))
    fields = tuple(replace(each, choices=unique) if each.name == name else each for each in run.form.fields)
    return replace(run, form=replace(run.form, fields=fields))


def _texted(run: Slice, name: str, text: str) -> Slice:
    fields = tuple(
        replace(each, text=field_of(text)) if each.name == name else each for each in run.form.fields
    )
    return replace(run, form=replace(run.form, fields=fields))


def _completed(run: Slice, names: tuple[str, ...]) -> Slice:
    """The text as far as all folders agree; their names where there are several."""
    folders = tuple(name for name in names if name.endswith("/"))
    shared = shared_beginning(folders)
    fresh = _texted(run, PATH, shared) if len(shared) > len(_text(run, PATH)) else run
    return replace(fresh, names=folders if len(folders) > 1 else ())


def _text(run: Slice, name: str) -> str:
    return next((each.text.text for each in run.form.fields if each.name == name), "")


def here(run: Slice) -> str:
    """Name of the selected field; empty at the button."""
    return "" if run.form.at_button else run.form.fields[run.form.scroll.index].name


def is_local(run: Slice) -> bool:
    """Whether the folder is one of this machine."""
    return _text(run, "cluster") in run.local


def form_rows(context: Context) -> int:
    """Rows of the form."""
    return max(3, context.size.rows - HEAD)


def is_typing(run: Slice) -> bool:
    """Whether keys are text now."""
    return not run.sending
