"""New job: the templates, searched by name, title and summary while typing."""

from dataclasses import replace

from crystalmath_server.protocol.templates import TemplateRow
from crystalmath_tui.core.lines import Line, line
from crystalmath_tui.core.scroll import START
from crystalmath_tui.core.textfield import EMPTY, TextField, field_line, field_of
from crystalmath_tui.screens.new.model import Slice


def matching(new: Slice) -> tuple[TemplateRow, ...]:
    """The templates that have every word that is searched for."""
    wanted = new.template_search.casefold().split()
    return tuple(
        row
        for row in new.templates
        if all(word in f"{row.name} {row.title} {row.summary}".casefold() for word in wanted)
    )


def open_search(new: Slice) -> Slice:
    """Begin to type; what was searched for before is there."""
    return replace(new, template_field=field_of(new.template_search))


def clear_search(new: Slice) -> Slice:
    """Show all templates again."""
    return replace(search(new, EMPTY), template_field=None)


def search(new: Slice, field: TextField) -> Slice:
    """Search for another text."""
    changed = field.text != new.template_search
    place = START if changed else new.template_at
    return replace(new, template_field=field, template_search=field.text, template_at=place)


def search_line(new: Slice, cols: int) -> Line:
    """What is searched for, and how many templates have it; empty: nothing is."""
    if new.template_field is None and not new.template_search:
        return ()
    counts = f"{len(matching(new))} of {len(new.templates)}"
    if new.template_field is None:
        return line(("dim", " / "), new.template_search, ("dim", f"   {counts}"))
    return (
        *line(("dim", " / ")),
        *field_line(new.template_field, max(1, cols - 16)),
        *line(("dim", f"  {counts}")),
    )
