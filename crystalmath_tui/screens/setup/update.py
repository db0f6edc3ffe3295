"""Setup: create a cluster from a host of ~/.ssh/config, edit a cluster, or add a code."""

from dataclasses import replace
from typing import Literal

from crystalmath_server.protocol.clusters import (
    CLUSTERS_CREATE,
    CLUSTERS_DISCOVER,
    CLUSTERS_HOSTS,
    CLUSTERS_SHOW,
    CLUSTERS_UPDATE,
    LOCAL_TRANSPORT,
    LOCALHOST,
    SSH_TRANSPORT,
    ClusterDetail,
    ClusterLabel,
    DiscoverParams,
    Discovery,
    HostList,
    SshHost,
)
from crystalmath_server.protocol.codes import CODES_CREATE, CodeRow
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.record import record
from crystalmath_tui.core import form
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Effect, Open, Say
from crystalmath_tui.core.form import EMPTY_FORM, Form
from crystalmath_tui.core.formatting import error_text
from crystalmath_tui.core.keymap import Binding, dispatch
from crystalmath_tui.core.lines import Line, line
from crystalmath_tui.core.messages import (
    Answered,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Move,
    Pasted,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.scroll import START, Scroll, clamp, move
from crystalmath_tui.core.textfield import EMPTY, TextField, edit, paste
from crystalmath_tui.screens.setup import fields as texts

Stage = Literal["hosts", "looking", "form", "saving"]
Purpose = Literal["cluster", "edit", "code"]
HEAD, WORDS = 2, 6
"""Rows above the hosts, and rows below them for messages."""


@record
class Slice:
    """Progress of the setup from a host to a cluster.

    Attributes
    ----------
    host
        Host name typed on the first line of the host list.
    turn
        Number of the request; answers to earlier requests are dropped.
    """

    purpose: Purpose = "cluster"
    stage: Stage = "hosts"
    label: str = ""
    hosts: HostList | None = None
    host: TextField = EMPTY
    scroll: Scroll = START
    target: SshHost | None = None
    form: Form = EMPTY_FORM
    notes: tuple[str, ...] = ()
    error: RpcError | None = None
    turn: int = 0


Update = tuple[Slice, tuple[Effect, ...]]


def update(setup: Slice, message: Message, context: Context) -> Update:
    """Handle keys and answers."""
    match message:
        case Entered("setup", args):
            return _enter(setup, args)
        case KeyPressed(key):
            return dispatch(KEYS, update, setup, key, context) or (_type(setup, key), ())
        case Scrolled(to):
            return _step(setup, to, context), ()
        case Pasted(text):
            return _paste(setup, text), ()
        case MousePressed():
            return _click(setup, message, context)
        case Answered("cluster saved") | Answered("code saved") if _is_awaited(setup, message):
            return _on_saved(setup, context)
        case _:
            return _on_answer(setup, message), ()


def _on_answer(setup: Slice, message: Message) -> Slice:
    match message:
        case Answered("setup hosts", HostList() as found):
            return replace(setup, hosts=found)
        case Answered("setup discovery", Discovery() as found, about) if about == setup.turn:
            return _propose(setup, found)
        case Answered("setup cluster", ClusterDetail() as detail, about) if about == setup.turn:
            return replace(setup, stage="form", form=Form(texts.of_detail(detail), "Save"))
        case Refused("setup cluster" | "setup discovery" | "cluster saved" | "code saved", error, about) if (
            about == setup.turn
        ):
            return _with_error(setup, error)
        case Refused("setup hosts", error):
            return replace(setup, hosts=HostList((), ""), notes=(error_text(error),))
        case _:
            return setup


def _enter(setup: Slice, args: tuple[str, ...]) -> Update:
    """Start from the arguments: none for a new cluster, `edit LABEL` or `code LABEL`."""
    turn = setup.turn + 1
    match args:
        case ("edit", label):
            fresh = Slice("edit", "looking", label, turn=turn)
            return fresh, (_ask(fresh),)
        case ("code", label):
            return Slice("code", "form", label, form=Form(texts.of_code(), "Add"), turn=turn), ()
        case ():
            hosts = Call(CLUSTERS_HOSTS, NoParams(), "setup hosts", key="hosts", handles_refusal=True)
            return Slice(turn=turn), (hosts,)
        case _:
            return setup, (
                Say("Give no arguments for a new cluster, or edit LABEL, or code LABEL.", "warn"),
                Back(),
            )


def _ask(setup: Slice) -> Effect:
    """The current request: the settings of a cluster, or the discovery of a host."""
    if setup.purpose == "edit":
        return Call(
            CLUSTERS_SHOW,
            ClusterLabel(setup.label),
            "setup cluster",
            setup.turn,
            key="setup",
            handles_refusal=True,
        )
    name, transport, backend = _target(setup)
    return Call(
        CLUSTERS_DISCOVER,
        DiscoverParams(name, transport, "openssh" if backend == "openssh" else "asyncssh"),
        "setup discovery",
        setup.turn,
        key="setup",
        handles_refusal=True,
    )


def _target(setup: Slice) -> tuple[str, str, str]:
    """Host, transport and ssh program of the chosen host."""
    if setup.target is None:
        return LOCALHOST, LOCAL_TRANSPORT, "asyncssh"
    return setup.target.name, SSH_TRANSPORT, "openssh" if setup.target.master else "asyncssh"


def _leave(setup: Slice, _: Context) -> Update:
    """Go one stage back and drop the current request."""
    back = replace(setup, turn=setup.turn + 1, error=None)
    if setup.stage == "saving":
        return replace(back, stage="form"), (Say("The changes may have been saved anyway.", "warn"),)
    if setup.purpose == "cluster" and setup.stage in {"looking", "form"}:
        return replace(back, stage="hosts"), ()
    return back, (Back(),)


def _step(setup: Slice, to: Move, context: Context) -> Slice:
    """Select the next host or field; the host list starts with a typed name and this machine."""
    if setup.stage == "hosts":
        return replace(setup, scroll=move(setup.scroll, to, count_hosts(setup), host_rows(setup, context)))
    return _type(setup, to)


def _next(setup: Slice, _: Context) -> Update:
    """Choose the host, go to the next field, or press the button."""
    if setup.stage == "hosts":
        return _look(setup)
    at_button = setup.stage == "form" and setup.form.at_button
    return _send(setup) if at_button else (_type(setup, "enter"), ())


def _save(setup: Slice, _: Context) -> Update:
    """Save the form; on the host list, return to the form or open one without discovery."""
    if setup.stage == "form":
        return _send(setup)
    if setup.stage == "hosts" and setup.error is not None:
        return _by_hand(setup), ()
    if setup.stage == "hosts" and setup.form.fields:
        return replace(setup, stage="form"), ()
    return setup, ()


def _type(setup: Slice, key: str) -> Slice:
    """Edit the host name or the field."""
    if setup.stage == "hosts":
        text = edit(setup.host, key)
        return replace(setup, host=text, scroll=START) if text is not None else setup
    if setup.stage == "form" and (after := form.press_key(setup.form, key)):
        return replace(setup, form=after, error=None)
    return setup


def host_rows(setup: Slice, context: Context) -> int:
    """Number of rows of the host list; the rows below it are for errors and notes."""
    has_words = setup.error or setup.form.fields or not (setup.hosts and setup.hosts.rows)
    return max(1, context.size.rows - HEAD - (WORDS if has_words else 0))


def form_rows(setup: Slice, context: Context) -> int:
    """Number of form rows below the title and the notes."""
    return max(3, context.size.rows - 1 - len(note_lines(setup, context.size.cols)))


def note_lines(setup: Slice, cols: int) -> tuple[Line, ...]:
    """Notes shown above the form."""
    return tuple(line(("warn", f" {part}")) for note in setup.notes for part in wrap(note, max(8, cols - 2)))


def _click(setup: Slice, mouse: MousePressed, context: Context) -> Update:
    """Select an item on a click; accept it if already selected."""
    if mouse.button != 1 or setup.stage not in {"hosts", "form"}:
        return setup, ()
    click = _click_host if setup.stage == "hosts" else _click_form
    return click(setup, mouse.row, context)


def _click_host(setup: Slice, row: int, context: Context) -> Update:
    at = clamp(setup.scroll, count_hosts(setup), host_rows(setup, context))
    index = at.top + row - HEAD
    if not 0 <= row - HEAD < host_rows(setup, context) or index >= count_hosts(setup):
        return setup, ()
    if index == setup.scroll.index:
        return _look(setup)
    return replace(setup, scroll=Scroll(index, at.top)), ()


def _click_form(setup: Slice, row: int, context: Context) -> Update:
    above = context.size.rows - form_rows(setup, context)
    after, pressed = form.click(setup.form, row - above, form_rows(setup, context), context.size.cols)
    there = replace(setup, form=after)
    return _send(there) if pressed else (there, ())


def count_hosts(setup: Slice) -> int:
    """Number of lines in the list: the input line, this machine and the hosts."""
    return 2 + len(setup.hosts.rows if setup.hosts else ())


def _look(setup: Slice) -> Update:
    """Start the discovery of the chosen host."""
    rows = setup.hosts.rows if setup.hosts else ()
    index = setup.scroll.index
    if index == 0:
        name = setup.host.text.strip()
        if not name:
            return setup, (Say("Type a host name, or choose a host below.", "warn"),)
        known = next((row for row in rows if row.name == name), None)
        target = known or SshHost(name, name, "", 22)
    else:
        target = rows[index - 2] if 2 <= index < len(rows) + 2 else None
    looking = replace(setup, stage="looking", target=target, error=None, turn=setup.turn + 1)
    return looking, (_ask(looking),)


def _label_of(setup: Slice) -> str:
    name = setup.target.name if setup.target else "here"
    return "".join(char if char.isalnum() or char in "-_." else "-" for char in name).strip("-._")


def _propose(setup: Slice, discovery: Discovery) -> Slice:
    _, transport, backend = _target(setup)
    fields = texts.of_discovery(discovery, _label_of(setup), transport, backend)
    return replace(setup, stage="form", form=Form(fields, "Create and test"), notes=discovery.notes)


def _by_hand(setup: Slice) -> Slice:
    """A form without proposals, for a host that cannot be inspected."""
    name, transport, backend = _target(setup)
    fields = texts.of_nothing(name, _label_of(setup), transport, backend)
    note = "The host could not be inspected; fill in what you know."
    return replace(setup, stage="form", form=Form(fields, "Create and test"), error=None, notes=(note,))


def _paste(setup: Slice, text: str) -> Slice:
    if setup.stage == "hosts":
        return replace(setup, host=paste(setup.host, text), scroll=START)
    return replace(setup, form=form.paste_text(setup.form, text)) if setup.stage == "form" else setup


def _send(setup: Slice) -> Update:
    """Validate the form and send it; show an error at its field."""
    saving = replace(setup, stage="saving", error=None, turn=setup.turn + 1)
    try:
        return saving, (_save_call(saving),)
    except RpcError as error:
        return _with_error(setup, error), ()


def _save_call(setup: Slice) -> Effect:
    given = form.values(setup.form)
    if setup.purpose == "code":
        params = texts.code_params(setup.label, given)
        return Call(CODES_CREATE, params, "code saved", setup.turn, "setup", handles_refusal=True)
    if setup.purpose == "edit":
        changes = texts.update_params(setup.label, given)
        return Call(CLUSTERS_UPDATE, changes, "cluster saved", setup.turn, "setup", handles_refusal=True)
    return Call(
        CLUSTERS_CREATE,
        texts.create_params(given),
        "cluster saved",
        setup.turn,
        "setup",
        handles_refusal=True,
    )


def _is_awaited(setup: Slice, saved: Message) -> bool:
    """Whether an answer belongs to the form being saved."""
    label = _label(setup)
    match saved:
        case _ if setup.stage != "saving":
            return False
        case Answered("cluster saved", ClusterDetail() as detail):
            return setup.purpose != "code" and detail.row.label == label
        case Answered("code saved", CodeRow() as code):
            return setup.purpose == "code" and (code.cluster, code.label) == (setup.label, label)
        case _:
            return False


def _label(setup: Slice) -> str:
    """The label entered in the form."""
    return form.values(setup.form).get("new_label" if setup.purpose == "edit" else "label", "")


def _on_saved(setup: Slice, context: Context) -> Update:
    """Open the saved item if this screen is in front; add codes to a new cluster and test it."""
    done = replace(setup, stage="hosts", form=EMPTY_FORM, turn=setup.turn + 1)
    label = _label(setup)
    match setup.purpose:
        case "code":
            effects = (Say(f"Added code {label} on {setup.label}."), *_to(context, setup.label, "codes"))
        case "edit":
            effects = (Say(f"Saved cluster {label}."), *_to(context, label, "summary"))
        case _:
            effects = (Say(f"Created cluster {label}."), *_codes(setup), *_to(context, label, "test"))
    return done, effects


def _to(context: Context, label: str, tab: str) -> tuple[Effect, ...]:
    return (Back(), Open("cluster", (label, tab))) if context.front else ()


def _codes(setup: Slice) -> tuple[Effect, ...]:
    """Add the codes named in the form of a new cluster."""
    found = texts.codes_of(form.values(setup.form))
    return tuple(Call(CODES_CREATE, params, "code saved", key=params.label) for params in found)


def _with_error(setup: Slice, error: RpcError) -> Slice:
    """Show the error at its field, named by the last part of a dotted name."""
    if setup.stage == "looking":
        stage: Stage = "hosts" if setup.purpose == "cluster" else "looking"
        return replace(setup, stage=stage, error=error)
    name = error.data.field.rpartition(".")[2]
    return replace(
        setup, stage="form", error=error, form=form.with_error(setup.form, name, error_text(error))
    )


def is_typing(setup: Slice) -> bool:
    """Whether keystrokes are text input."""
    return setup.stage in {"hosts", "form"}


KEYS: tuple[Binding[Slice], ...] = (
    Binding(("enter",), _next, "choose", "Choose the host, go to the next field, or press the button."),
    Binding(("down", "tab"), Scrolled("down"), "down", "Next host or field."),
    Binding(("up", "shift tab"), Scrolled("up"), "up", "Previous host or field."),
    Binding(("left", "right", " "), None, "choice", "Change the choice in a field with arrows."),
    Binding(("f2", "ctrl o"), _save, "save", "Save from any field."),
    Binding(("esc",), _leave, "back", "Go back to the hosts, then leave; nothing is saved."),
)
