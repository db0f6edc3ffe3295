"""New job: rendering of the steps."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from crystalmath_server.protocol.structures import Lattice, StructureDetail, StructureRow
from crystalmath_server.protocol.templates import FormField, TemplateRow
from crystalmath_tui.core.cells import cut, width, wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.form import form_lines
from crystalmath_tui.core.formatting import age, error_text
from crystalmath_tui.core.lines import Line, Size, Span, beside, fit_lines, highlight, line
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import clamp
from crystalmath_tui.core.table import Column, fit_columns, heading, row
from crystalmath_tui.core.textfield import field_line
from crystalmath_tui.screens.new import edits, templates
from crystalmath_tui.screens.new import form as forms
from crystalmath_tui.screens.new.model import (
    INPUTS,
    SETTINGS,
    STEPS,
    STRUCTURE,
    SUBMIT,
    TEMPLATE,
    Slice,
    all_problems,
    fields,
    is_typing,
    list_rows,
    selected_setting,
    shown_files,
    submit_rows,
)
from crystalmath_tui.screens.new.update import KEYS, update

_WIDE = 110
_MOST_NOTES = 5
_STORED = (
    Column("pk", "pk", 6, 8, rank=1, right=True),
    Column("label", "label", 16, 60, rank=0),
    Column("formula", "formula", 10, 24, rank=2),
    Column("sites", "sites", 5, 6, rank=3, right=True),
    Column("age", "age", 5, 6, rank=4, right=True),
)
_TEMPLATES = (
    Column("name", "template", 16, 32, rank=0),
    Column("runs", "runs here", 9, 9, rank=1),
    Column("title", "", 20, 200, rank=2),
)


def view(new: Slice, context: Context) -> tuple[Line, ...]:
    """The steps, the body of the current step, and errors."""
    cols = context.size.cols
    tail = _tail(new, context)[: max(0, context.size.rows - 4)]
    rows = max(0, context.size.rows - 2 - len(tail))
    inside = replace(context, size=Size(rows + 2, cols))
    body = fit_lines(_BODIES[new.step](new, inside), Size(rows, cols))
    return (_steps(new), line(("rule", "─" * cols)), *body, *tail)


def _steps(new: Slice) -> Line:
    """All steps, with marks on the current and finished steps."""
    spans: list[Span] = []
    for index, name in enumerate(STEPS):
        style = "accent" if index == new.step else "" if _is_done(new, index) else "dim"
        mark = "▸" if index == new.step else "✓" if _is_done(new, index) else " "
        spans.append(Span(style, f" {mark} {name}   "))
    return tuple(spans)


def _is_done(new: Slice, step: int) -> bool:
    return (new.structure is not None, new.template is not None, *[new.rendered is not None] * 2, False)[step]


def _tail(new: Slice, context: Context) -> tuple[Line, ...]:
    """The pending request with its progress, or the error with its hint."""
    if new.error is not None:
        parts = wrap(error_text(new.error), context.size.cols - 2)
        return ((), *(line(("error", f" {part}")) for part in parts))
    told = context.progress_of("new ")
    if new.waiting:
        return ((), line(("dim", f" … {new.waiting}"), ("accent", f"   {told}")))
    return _notes(new, context.size.cols)


def _notes(new: Slice, cols: int) -> tuple[Line, ...]:
    """What could not be copied from the cloned job."""
    if not new.notes:
        return ()
    parts = [part for words in new.notes for part in wrap(f"! {words}", max(8, cols - 2))]
    more = [f"and {len(parts) - _MOST_NOTES} more lines"] if len(parts) > _MOST_NOTES + 1 else []
    kept = parts[:_MOST_NOTES] if more else parts
    return (
        line(("heading", f" not as in job {new.like}")),
        *(line(("warn", f" {part}")) for part in (*kept, *more)),
    )


def _structure(new: Slice, context: Context) -> tuple[Line, ...]:
    cols = context.size.cols
    left_cols = cols - 45 if cols >= _WIDE and new.structure else cols
    prompt = line(("dim", " file or search "))
    rows: list[Line] = [(*prompt, *field_line(new.path.field, max(1, left_cols - 17))), ()]
    rows += _names(new, left_cols) if new.path.names else _stored_list(new, context, left_cols)
    if left_cols == cols:
        return tuple(rows)
    pane = _detail(new.structure)
    return beside(rows, pane, left_cols, Size(max(0, context.size.rows - 2), cols))


def _names(new: Slice, cols: int) -> list[Line]:
    """Path completions of the typed text."""
    return [line(("dim", f" {part}")) for part in wrap("   ".join(new.path.names), max(1, cols - 2))]


def _stored_list(new: Slice, context: Context, cols: int) -> list[Line]:
    if not new.stored:
        words = "no matching stored structure" if new.path.text else "no structures stored yet"
        hint = "type the path of a file (CIF, POSCAR, …); Tab completes, Enter reads it"
        return [line(("dim", f" {words}: {hint}"))]
    table = fit_columns(_STORED, cols - 1)
    rows = list_rows(context.size)
    place = clamp(new.stored_at, len(new.stored), rows)
    lines: list[Line] = [(Span("", " "), *heading(table))]
    for index, each in enumerate(new.stored[place.top : place.top + rows], place.top):
        shown = (Span("", " "), *row(table, _stored_cells(each, context.now)))
        lines.append(highlight(shown, cols) if index == place.index else shown)
    return lines


def _stored_cells(each: StructureRow, now: float) -> dict[str, Span]:
    return {
        "pk": Span("number", str(each.pk)),
        "label": Span("", each.label),
        "formula": Span("", each.formula),
        "sites": Span("number", str(each.n_sites)),
        "age": Span("dim", age(now - each.created_at)),
    }


def _detail(structure: StructureDetail | None) -> tuple[Line, ...]:
    """Cell, symmetry and density."""
    if structure is None:
        return ()
    cell = structure.lattice
    return (
        line(("strong", f"{structure.row.formula}  {structure.row.label}")),
        line(("dim", "pk       "), str(structure.row.pk)),
        line(("dim", "sites    "), str(structure.row.n_sites)),
        line(("dim", "symmetry "), structure.spacegroup),
        line(("dim", "a b c    "), f"{cell.a:.4f} {cell.b:.4f} {cell.c:.4f} Å"),
        line(("dim", "angles   "), f"{cell.alpha:.2f} {cell.beta:.2f} {cell.gamma:.2f} °"),
        line(("dim", "volume   "), f"{cell.volume:.3f} Å³"),
        line(("dim", "density  "), f"{structure.density_g_cm3:.3f} g/cm³"),
        (),
        *(
            line(f"{site.species:<4}" + "".join(f"{x:9.5f}" for x in site.frac))
            for site in structure.sites[:50]
        ),
    )


def _brief(structure: StructureDetail | None) -> Line:
    """The chosen structure in one line."""
    if structure is None:
        return ()
    cell: Lattice = structure.lattice
    lengths = f"a {cell.a:.4f} b {cell.b:.4f} c {cell.c:.4f} Å"
    words = f"{structure.row.n_sites} sites  {structure.spacegroup}  {lengths}"
    return line(("strong", f" {structure.row.formula}"), ("dim", f"  pk {structure.row.pk}  {words}"))


def _templates(new: Slice, context: Context) -> tuple[Line, ...]:
    if not new.templates:
        return (line(("dim", " Loading the templates …")),)
    found, search = templates.matching_templates(new), templates.search_line(new, context.size.cols)
    if not found:
        return (search, (), line(("dim", " no template has all these words; Esc shows all again")))
    table = fit_columns(_TEMPLATES, context.size.cols - 1)
    rows = list_rows(context.size)
    place = clamp(new.template_at, len(found), rows)
    lines: list[Line] = [search or (Span("", " "), *heading(table))]
    for index, each in enumerate(found[place.top : place.top + rows], place.top):
        shown = (Span("", " "), *row(table, _template_cells(each)))
        lines.append(highlight(shown, context.size.cols) if index == place.index else shown)
    chosen = found[place.index]
    words = chosen.reason or chosen.summary
    return (
        *lines,
        line(("warn" if chosen.reason else "dim", f" {cut(words, context.size.cols - 2)}")),
        _brief(new.structure),
    )


def _template_cells(each: TemplateRow) -> dict[str, Span]:
    style = "" if each.runnable else "dim"
    return {
        "name": Span(style, each.name),
        "runs": Span("ok" if each.runnable else "dim", "yes" if each.runnable else "no"),
        "title": Span(style, each.title),
    }


def _settings(new: Slice, context: Context) -> tuple[Line, ...]:
    shown = fields(new)
    wrong = all_problems(new)
    rows = list_rows(context.size)
    place = clamp(new.setting_at, len(shown), rows)
    name = new.template.row.name if new.template else ""
    hidden = len(new.template.fields) - len(shown) if new.template else 0
    more = f"   {hidden} more: press a" if hidden else ""
    lines: list[Line] = [line(("heading", f" settings of {name}"), ("dim", more))]
    for index, each in enumerate(shown[place.top : place.top + rows], place.top):
        at = index == place.index
        spans = _setting_line(new, each, wrong.get(each.name, ""), editing=at)
        lines.append(highlight(spans, context.size.cols) if at and new.editing is None else spans)
    return (*lines, *_about(selected_setting(new), context.size.cols))


def _setting_line(new: Slice, each: FormField, problem: str, *, editing: bool) -> Line:
    title = f" {each.title:<26.26} "
    unit = Span("dim", f" {each.unit:<6}")
    if editing and new.editing is not None:
        return (Span("strong", title), *field_line(new.editing, 24), unit)
    text = new.texts.get(each.name, forms.text_of(each.default))
    changed = Span("mark", " changed") if each.name in new.texts else Span("dim", "")
    note = Span("error", f" {problem}") if problem else changed
    return (Span("", title), Span("number", f"{text:<24.24}"), unit, note)


def _about(chosen: FormField | None, cols: int) -> tuple[Line, ...]:
    """Help of the selected setting."""
    if chosen is None:
        return ()
    facts = f" {chosen.name}: {forms.bounds_words(chosen)}; default {forms.text_of(chosen.default)}"
    return (line(("dim", facts)), *(line(("dim", f" {part}")) for part in wrap(chosen.help, cols - 2)[:2]))


def _inputs(new: Slice, context: Context) -> tuple[Line, ...]:
    files = shown_files(new)
    if new.rendered is None or not files:
        return edits.without_inputs(new)
    at = min(new.file, len(files) - 1)
    names = _tabs([file.name for file in files], new.rendered.edits, at, context.size.cols)
    warned = edits.notes(new, context.size.cols)
    if new.rendered.copied:
        warned += (line(("dim", f" copied on the cluster: {', '.join(new.rendered.copied)}")),)
    text = files[at].text.split("\n")
    rows = max(0, context.size.rows - 3 - len(warned))
    return (names, *warned, *(line(f" {part}") for part in text[new.top : new.top + rows]))


def _tabs(names: Sequence[str], edited: Collection[str], at: int, cols: int) -> Line:
    """File tabs, scrolled so that the current file and the next one are visible."""
    words = [f" {'▸' if index == at else ' '} {name} " for index, name in enumerate(names)]
    marks = ["edited " if name in edited else "" for name in names]
    widths = [width(word) + len(mark) for word, mark in zip(words, marks, strict=True)]
    first = 0
    while first < at and sum(widths[first : at + 2]) > cols - 2:
        first += 1
    spans = [Span("dim", " …" if first else "")]
    for index in range(first, len(words)):
        spans += [Span("accent" if index == at else "dim", words[index]), Span("mark", marks[index])]
    return tuple(span for span in spans if span.text)


def _submit(new: Slice, context: Context) -> tuple[Line, ...]:
    template, structure, rendered = new.template, new.structure, new.rendered
    if template is None or structure is None or rendered is None:
        return ()
    changed = ", ".join(f"{name} {text}" for name, text in new.texts.items()) or "all defaults"
    return (
        line(("dim", " template    "), ("strong", rendered.template), f"  {template.row.title}"),
        (Span("dim", " structure"), *_brief(structure)),
        line(("dim", " settings  "), changed),
        line(("dim", " digest    "), rendered.digest[:16], *edits.edited_names(new)),
        line(
            ("accent", " Enter submits"),
            ("dim", ", ↑ ↓ move between fields, Esc shows the inputs and batch script"),
        ),
        (),
        *form_lines(new.job, submit_rows(context.size), context.size.cols),
    )


_BODIES = {
    STRUCTURE: _structure,
    TEMPLATE: _templates,
    SETTINGS: _settings,
    INPUTS: _inputs,
    SUBMIT: _submit,
}


def _title(new: Slice) -> str:
    return f"new job like {new.like}" if new.like else "new job"


SCREEN = Screen(
    "new", Slice(), KEYS, update, view, _title,
    typing=is_typing, usage="[PATH|PK|like JOB]", summary="Prepare and submit a job.",
)  # fmt: skip
