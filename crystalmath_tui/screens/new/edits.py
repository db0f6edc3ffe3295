"""New job: manual edits of input files, their errors and their confirmation."""

from dataclasses import replace

from crystalmath_server.protocol.inputs import Severity
from crystalmath_server.protocol.templates import TEMPLATES_RENDER
from crystalmath_tui.core import form
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.effects import Ask, Call, Effect, Open, Say, Tell
from crystalmath_tui.core.formatting import count
from crystalmath_tui.core.inputs import MARKS, InputsEdited, InputsOpened, VaspInputs, place_of
from crystalmath_tui.core.lines import Line, Span, line
from crystalmath_tui.screens.new.model import (
    INPUTS,
    EditsDropped,
    Slice,
    Update,
    WarningsConfirmed,
    edit_texts,
    job_spec,
    live_edits,
    shown_files,
    source_of,
)

_VASP = "vasp"
_NAMED = 6


def open_editor(new: Slice) -> tuple[Effect, ...]:
    """Open the editor on the input files, at the current file."""
    made = source_of(new)
    if made is None or not new.own or new.template is None:
        return ()
    if new.template.row.engine != _VASP:
        words = f"{new.template.row.name} has no files to edit; press Esc to go back and change its settings."
        return (Say(words, "warn"),)
    own = {file.name: file.text for file in new.own}
    vasp_inputs = VaspInputs(made, own, edit_texts(new), _tasks(new))
    return (Tell(InputsOpened(vasp_inputs, _shown_file(new))), Open("editor"))


def _shown_file(new: Slice) -> str:
    files = shown_files(new)
    return files[min(new.file, len(files) - 1)].name if files else ""


def _tasks(new: Slice) -> int | None:
    """Number of MPI tasks if the last step sets it, else None."""
    given = form.values(new.job)
    nodes, each = given.get("nodes", "") or "1", given.get("tasks_per_node", "")
    return int(nodes) * int(each) if _is_amount(nodes) and _is_amount(each) else None


def _is_amount(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < len(text) < 7 and int(text) > 0


def take(new: Slice, edited: InputsEdited) -> Update:
    """Store the edits and request the inputs with them."""
    kept = {made: files for made, files in new.edits.items() if made != edited.source}
    if edited.edits:
        kept[edited.source] = edited.edits
    after = replace(new, edits=kept)
    return _render(after) if source_of(new) == edited.source else (after, ())


def drop(new: Slice, names: tuple[str, ...]) -> Update:
    """Discard edits and return to the template's files."""
    made = source_of(new)
    if made is None:
        return new, ()
    left = {name: edit for name, edit in new.edits.get(made, {}).items() if name not in names}
    return take(new, InputsEdited(made, left))


def revert(new: Slice) -> tuple[Effect, ...]:
    """Ask, then restore the current file, or all files if none can be shown."""
    edited = live_edits(new)
    name = _shown_file(new)
    names = (name,) if name in edited else () if new.rendered else tuple(edited)
    if not names:
        return (Say(f"{name} is unedited." if name else "No file is edited."),)
    title = f"Put the template's own {', '.join(names)} back? Your edits are lost."
    return (Ask(title, (), (Tell(EditsDropped(names)),)),)


def rerender(new: Slice) -> Update | None:
    """Request the inputs with the edits, or return None without edits."""
    return _render(new) if edit_texts(new) else None


def _render(new: Slice) -> Update:
    spec = job_spec(new)
    if spec is None:
        return new, ()
    call = Call(
        TEMPLATES_RENDER, spec, "new edited inputs", spec.structures[0], "new inputs", handles_refusal=True
    )
    names = ", ".join(spec.edits)
    words = f"writing the inputs with {names} as edited" if names else "writing the inputs"
    return replace(new, step=INPUTS, rendered=None, waiting=words, error=None), (call,)


def refusal(new: Slice) -> tuple[Effect, ...]:
    """Why the input files cannot be submitted, with file and line; empty if they can."""
    found = [row for row in new.rendered.problems if row.severity is Severity.ERROR] if new.rendered else []
    if not found:
        return ()
    more = f" And {count(len(found) - 1, 'other error')}." if len(found) > 1 else ""
    return (Say(f"{place_of(found[0])}: {found[0].text.rstrip('.')}. e edits it.{more}", "error"),)


def confirmation(new: Slice) -> tuple[Effect, ...]:
    """Ask about warnings on edited input files; empty if there are none."""
    if new.rendered is None or not new.rendered.edits:
        return ()
    found = [row for row in new.rendered.problems if row.severity is Severity.WARNING]
    if not found:
        return ()
    style, sign = MARKS[Severity.WARNING]
    rows = [line((style, f"   {sign} {place_of(row)}: "), row.text) for row in found[:_NAMED]]
    if len(found) > _NAMED:
        rows.append(line(("dim", f"     and {len(found) - _NAMED} more")))
    title = f"Submit the edited input files in spite of {count(len(found), 'warning')}?"
    return (Ask(title, tuple(rows), (Tell(WarningsConfirmed(new.rendered.digest)),)),)


def notes(new: Slice, cols: int) -> tuple[Line, ...]:
    """Problems of the inputs, worst first, and files that no longer follow the settings."""
    if new.rendered is None:
        return ()
    order = tuple(Severity)
    rows = sorted(
        (row for row in new.rendered.problems if row.severity is not Severity.NOTE),
        key=lambda row: order.index(row.severity),
    )
    told = tuple(f"{row.file}:" for row in rows)
    words = [("warn", f"! {each}") for each in new.rendered.warnings if not each.startswith(told)][:2]
    words += [
        (style, f"{sign} {place_of(row)}: {row.text}")
        for row in rows[:2]
        for style, sign in [MARKS[row.severity]]
    ]
    if len(rows) > 2:
        words.append(("dim", f"  and {len(rows) - 2} more: press e to see all"))
    words += _override_warnings(new)
    return tuple(
        line((style, f" {part}")) for style, text in words for part in wrap(text, max(8, cols - 2))[:2]
    )


def _override_warnings(new: Slice) -> list[tuple[str, str]]:
    own = {file.name: file.text for file in new.own}
    changed = (name for name, edit in live_edits(new).items() if edit.own and edit.own != own.get(name, ""))
    return [
        ("warn", f"! {name} stays as you edited it; later changes to settings do not affect it")
        for name in changed
    ]


def without_inputs(new: Slice) -> tuple[Line, ...]:
    """What to do if the inputs cannot be written with the edits."""
    names = ", ".join(live_edits(new))
    if not names or new.waiting:
        return ()
    return (
        line(("warn", f" The inputs could not be written with {names} as edited.")),
        line(("dim", " e edits them, u restores the template's files.")),
    )


def edited_names(new: Slice) -> Line:
    """The names of edited files, for the last step."""
    names = ", ".join(new.rendered.edits) if new.rendered else ""
    return (Span("mark", f"   {names} edited by hand"),) if names else ()
