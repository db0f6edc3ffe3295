"""New job: template search by name, title and summary."""

from dataclasses import replace

from crystalmath_server.protocol.templates import TemplateRow
from crystalmath_tui.core.lines import Line, line
from crystalmath_tui.core.scroll import START
from crystalmath_tui.core.textfield import EMPTY, TextField, field_line, field_of
from crystalmath_tui.screens.new.model import Slice


def matching_templates(new: Slice) -> tuple[TemplateRow, ...]:
    """The templates that match every word of the search."""
    wanted = new.template_search.casefold().split()
    return tuple(
        row
        for row in new.templates
        if all(word in f"{row.name} {row.title} {row.summary}".casefold() for word in wanted)
    )


def open_search(new: Slice) -> Slice:
    """Start typing in the search field; the previous search is kept."""
    return replace(new, template_field=field_of(new.template_search))


def clear_search(new: Slice) -> Slice:
    """Show all templates again."""
    return replace(search(new, EMPTY), template_field=None)


def search(new: Slice, field: TextField) -> Slice:
    """Change the search text."""
    changed = field.text != new.template_search
    place = START if changed else new.template_at
    return replace(new, template_field=field, template_search=field.text, template_at=place)


def search_line(new: Slice, cols: int) -> Line:
    """The search text and number of matches; empty without a search."""
    if new.template_field is None and not new.template_search:
        return ()
    counts = f"{len(matching_templates(new))} of {len(new.templates)}"
    if new.template_field is None:
        return line(("dim", " / "), new.template_search, ("dim", f"   {counts}"))
    return (
        *line(("dim", " / ")),
        *field_line(new.template_field, max(1, cols - 16)),
        *line(("dim", f"  {counts}")),
    )
