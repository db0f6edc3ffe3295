"""Editor: panes beside and below the text, with problems, the current tag and input facts."""

from collections.abc import Sequence

from crystalmath_server.protocol.inputs import InputFacts, InputProblem, KnownTag
from crystalmath_tui.core.cells import cut, fit, wrap
from crystalmath_tui.core.formatting import number
from crystalmath_tui.core.incar_line import Choice, assignments, spot
from crystalmath_tui.core.inputs import MARKS, MAY_BE_EMPTY, place_of
from crystalmath_tui.core.lines import Line, Span, fit_line, highlight, line
from crystalmath_tui.screens.editor.model import OpenFile, Slice, here, of_file, of_line

_MOST_VALUES = 14
_LONGEST_CHOICE = 64
_TOLD_OF = {
    "KPOINTS": ("k-points", "spacing"),
    "POSCAR": ("formula", "closest"),
    "POTCAR.spec": ("ENMAX", "electrons"),
}
"""Facts shown below the text, by file."""


def problem_lines(problems: Sequence[InputProblem], cols: int, rows: int) -> tuple[Line, ...]:
    """Problems with their hints in at most `rows` rows; an ellipsis marks omitted rows."""
    found: list[Line] = []
    for each in problems:
        style, sign = MARKS[each.severity]
        words = f"{each.severity}: {each.text.rstrip('.')}. {each.hint}".strip()
        parts = wrap(words, max(8, cols - 4))
        found += [line((style, f" {sign if not i else ' '} {part}")) for i, part in enumerate(parts)]
    if len(found) > rows:
        found = [*found[: rows - 1], line(*found[rows - 1], ("dim", " …"))] if rows else []
    return tuple(found)


def of_here(editor: Slice) -> tuple[InputProblem, ...]:
    """Problems on the cursor line, or of the whole file if the line has none."""
    file = here(editor)
    if file is None:
        return ()
    return of_line(editor) or tuple(row for row in of_file(editor, file.name) if not row.line)


def tag_here(editor: Slice) -> str:
    """The INCAR tag under the cursor, or an empty string."""
    file = here(editor)
    return spot(file.area.line, file.area.col).tag if file and file.name == "INCAR" else ""


def _value_here(editor: Slice, name: str) -> str:
    file = here(editor)
    return assignments(file.area.line).get(name, "") if file else ""


def _template_value(editor: Slice, name: str) -> str:
    own = editor.vasp_inputs.own.get("INCAR", "") if editor.vasp_inputs else ""
    return assignments(own).get(name, "not set")


def _facts(editor: Slice, tag: KnownTag) -> list[tuple[str, str]]:
    values = " ".join(tag.values[:_MOST_VALUES]) + (" …" if len(tag.values) > _MOST_VALUES else "")
    return [
        ("kind", tag.kind),
        ("template", _template_value(editor, tag.name)),
        ("default", tag.default),
        ("group", tag.group),
        ("values", "" if tag.kind == "bool" else values),
    ]


def brief(editor: Slice, cols: int) -> tuple[Line, ...]:
    """A short description of the tag under the cursor."""
    file, name = here(editor), tag_here(editor)
    tag = editor.tags.get(name)
    if _is_left_out(file):
        return (line(("dim", " This file is left out while it is empty.")),)
    if file and file.name in _TOLD_OF:
        rows = ((row, value) for row, value in _inputs_rows(editor.facts) if row in _TOLD_OF[file.name])
        return tuple(line(("dim", f" {row:<10}"), value) for row, value in rows)
    if tag is None:
        return (line(("dim", f" {name}: no tag that is known")),) if name and editor.tags else ()
    facts = (f"{what} {value}" for what, value in _facts(editor, tag) if value and what != "group")
    meaning = tag.meanings.get(_value_here(editor, name), "")
    told = f"{_value_here(editor, name)}: {meaning}. " if meaning else ""
    shown = cut("  " + " · ".join(facts), max(0, cols - len(name) - 1))
    words = wrap(f"{told}{tag.summary}", max(8, cols - 2))
    return (line(("accent", f" {name}"), ("dim", shown)), *(line(f" {part}") for part in words))


def _is_left_out(file: OpenFile | None) -> bool:
    return file is not None and file.name in MAY_BE_EMPTY and not file.area.text.strip()


def pane(editor: Slice, cols: int, rows: int) -> tuple[Line, ...]:
    """The tag, the input facts and all problems."""
    lines = [*_tag_lines(editor, cols), *_inputs_lines(editor.facts, cols)]
    left = rows - len(lines) - 2
    if editor.problems and left > 1:
        lines += [(), line(("heading", f"problems {len(editor.problems)}"), ("dim", "  F3 shows all"))]
        lines += [problem_row(each, cols) for each in editor.problems[: max(0, left)]]
    return tuple(lines)


def problem_row(each: InputProblem, cols: int) -> Line:
    """A problem on one line."""
    style, sign = MARKS[each.severity]
    place = f"{sign} {place_of(each)} "
    return (Span(style, place), Span("", cut(each.text, max(0, cols - len(place)))))


def _tag_lines(editor: Slice, cols: int) -> list[Line]:
    name = tag_here(editor)
    tag = editor.tags.get(name)
    if tag is None:
        words = f"{name} is not a known tag." if name and editor.tags else "No tag under the cursor."
        words = "This file is left out while it is empty." if _is_left_out(here(editor)) else words
        return [line(("dim", words))]
    lines = [line(("strong", name)), *(line(part) for part in wrap(tag.summary, cols) if part)]
    for what, value in _facts(editor, tag):
        if value and not (what == "values" and tag.meanings):
            parts = wrap(value, max(8, cols - 9))
            lines += [line(("dim", f"{what if not i else '':<9}"), part) for i, part in enumerate(parts)]
    now = _value_here(editor, name)
    others = [value for value in tag.values if value not in tag.meanings]
    lines += [_meaning(value, words, cols, now=value == now) for value, words in tag.meanings.items()]
    if tag.meanings and others:
        lines += [line(("dim", part)) for part in wrap(f"also {' '.join(others)}", cols)[:2]]
    return lines


def _meaning(value: str, text: str, cols: int, *, now: bool) -> Line:
    style = "accent" if now else ""
    return (Span(style, f"{'▸' if now else ' '} {value:<9} "), Span("dim", cut(text, max(0, cols - 12))))


def _inputs_rows(facts: InputFacts) -> list[tuple[str, str]]:
    """Names and values of the known input facts."""
    spacing = ", ".join(f"{value:.3f}" for value in facts.spacing)
    irreducible = f", {facts.n_irreducible} by symmetry" if facts.n_irreducible else ""
    rows = (
        ("formula", f"{facts.formula} {facts.spacegroup}".strip()),
        ("k-points", f"{facts.kpoints}{irreducible}" if facts.kpoints else ""),
        ("spacing", f"{spacing} 1/Å" if spacing else ""),
        ("closest", f"{number(facts.closest)} Å" if facts.closest is not None else ""),
        ("ENMAX", f"{number(facts.enmax)} eV" if facts.enmax is not None else ""),
        ("electrons", number(facts.electrons) if facts.electrons is not None else ""),
    )
    return [(name, value) for name, value in rows if value]


def _inputs_lines(facts: InputFacts, cols: int) -> list[Line]:
    lines = [
        line(("dim", f"{name:<10}"), cut(value, max(0, cols - 10))) for name, value in _inputs_rows(facts)
    ]
    return [(), line(("heading", "input files")), *lines] if lines else []


def choice_lines(choices: Sequence[Choice], index: int, cols: int, rows: int) -> tuple[tuple[Line, ...], int]:
    """The completion list that fits in the given size, and its width."""
    top = max(0, min(index - rows // 2, len(choices) - rows))
    shown = choices[top : top + rows]
    name = max(len(each.text) for each in shown) + 1
    width = max(1, min(cols, _LONGEST_CHOICE, name + 4 + max(len(each.meaning) for each in shown)))
    lines = tuple(
        _choice_line(each, name, width, selected_one=place == index) for place, each in enumerate(shown, top)
    )
    return lines, width


def _choice_line(each: Choice, name: int, width: int, *, selected_one: bool) -> Line:
    """One completion; the selected one has a marker and a different background."""
    words = cut(each.meaning, max(0, width - name - 3))
    if selected_one:
        return highlight(line(("strong", f"▸ {fit(each.text, name)} "), words), width)
    return fit_line(line(("bar.strong", f"  {fit(each.text, name)} "), ("bar", words)), width, "bar")
