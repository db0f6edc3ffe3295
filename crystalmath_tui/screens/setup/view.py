"""Setup: rendering of the hosts and the form."""

from crystalmath_server.protocol.clusters import LOCALHOST, SshHost
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.form import form_lines
from crystalmath_tui.core.formatting import error_text
from crystalmath_tui.core.lines import Line, Span, highlight, line
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import clamp
from crystalmath_tui.core.textfield import field_line
from crystalmath_tui.screens.setup.update import (
    KEYS,
    Slice,
    form_rows,
    host_rows,
    is_typing,
    note_lines,
    update,
)


def view(setup: Slice, context: Context) -> tuple[Line, ...]:
    """The hosts, the form or the pending request."""
    if setup.stage == "hosts":
        return _hosts(setup, context)
    if setup.stage == "form":
        return _form(setup, context)
    if setup.error is not None:
        return ((), *_paragraph("error", error_text(setup.error), context.size.cols))
    told = line(("accent", f" {context.progress_of('setup')}"))
    return ((), line(("accent", f" {_waiting_text(setup)}")), told, line(("dim", " Esc goes back.")))


def _waiting_text(setup: Slice) -> str:
    if setup.stage == "saving":
        return "Saving …"
    if setup.purpose == "edit":
        return f"Loading {setup.label} …"
    name = setup.target.name if setup.target else LOCALHOST
    return f"Looking around on {name}: scheduler, partitions, accounts, folders …"


def _paragraph(style: str, text: str, cols: int) -> tuple[Line, ...]:
    return tuple(line((style, f" {part}")) for part in wrap(text, max(8, cols - 2)))


def _hosts(setup: Slice, context: Context) -> tuple[Line, ...]:
    """An input line, this machine and the hosts of ~/.ssh/config."""
    cols, room = context.size.cols, host_rows(setup, context)
    head = line(
        ("strong", " Which host?"), ("dim", "  Type a name, or choose with ↑ ↓; Enter inspects the host.")
    )
    rows = (
        (Span("key", " host "), *field_line(setup.host, max(1, cols - 7)))
        if setup.scroll.index == 0
        else line(("dim", " host "), setup.host.text),
        line(" ", LOCALHOST, ("dim", "   this machine, without ssh")),
        *(_host_line(host) for host in (setup.hosts.rows if setup.hosts else ())),
    )
    at = clamp(setup.scroll, len(rows), room)
    shown = (
        highlight(each, cols) if at.top + i == at.index and at.index else each
        for i, each in enumerate(rows[at.top : at.top + room])
    )
    return (head, (), *shown, *_after_hosts(setup, cols))


def _host_line(host: SshHost) -> Line:
    address = "" if host.hostname == host.name else f"{host.hostname}  "
    port = "" if host.port == 22 else f" port {host.port}"
    jump = f"  through {host.proxy_jump}" if host.proxy_jump else ""
    master = "  master connection" if host.master else ""
    return line(" ", ("strong", host.name), ("dim", f"   {address}as {host.user}{port}{jump}{master}"))


def _after_hosts(setup: Slice, cols: int) -> tuple[Line, ...]:
    if setup.error is not None:
        words = "Fix the problem and press Enter again; F2 opens the form without looking."
        return ((), *_paragraph("error", error_text(setup.error), cols), *_paragraph("accent", words, cols))
    if setup.form.fields:
        return ((), line(("accent", " F2 goes back to the form.")))
    if setup.hosts is None:
        return ((), line(("dim", " Reading ~/.ssh/config …")))
    if not setup.hosts.rows:
        notes = setup.notes or ("There are no hosts in ~/.ssh/config.",)
        return ((), *(each for note in notes for each in _paragraph("dim", note, cols)))
    return ()


def _form(setup: Slice, context: Context) -> tuple[Line, ...]:
    cols = context.size.cols
    words = {"cluster": "New cluster", "edit": f"Cluster {setup.label}", "code": f"New code on {setup.label}"}
    head = line(("strong", f" {words[setup.purpose]}"), ("dim", "   ↑ ↓ move, F2 saves, Esc goes back"))
    return (head, *note_lines(setup, cols), *form_lines(setup.form, form_rows(setup, context), cols))


def _title(setup: Slice) -> str:
    return {"cluster": "new cluster", "edit": f"edit {setup.label}", "code": "new code"}[setup.purpose]


SCREEN = Screen(
    "setup",
    Slice(),
    KEYS,
    update,
    view,
    _title,
    is_typing,
    (("enter", "next"), ("f2", "save"), ("esc", "back")),
    usage="[edit LABEL | code LABEL]",
    summary="Set up or edit a cluster, or add a code.",
)
