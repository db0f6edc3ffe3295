"""New job: the recipes, searched by name, title and summary while typing."""

from dataclasses import replace

from crystalmath_server.protocol.templates import TemplateRow
from crystalmath_tui.core.lines import Line, line
from crystalmath_tui.core.scroll import START
from crystalmath_tui.core.textfield import EMPTY, TextField, field_line, field_of
from crystalmath_tui.screens.new.model import Slice


def matching(new: Slice) -> tuple[TemplateRow, ...]:
    """The recipes that have every word that is searched for."""
    wanted = new.recipe_search.casefold().split()
    return tuple(
        row
        for row in new.recipes
        if all(word in f"{row.name} {row.title} {row.summary}".casefold() for word in wanted)
    )


def open_search(new: Slice) -> Slice:
    """Begin to type; what was searched for before is there."""
    return replace(new, recipe_field=field_of(new.recipe_search))


def clear_search(new: Slice) -> Slice:
    """Show all recipes again."""
    return replace(search(new, EMPTY), recipe_field=None)


def search(new: Slice, field: TextField) -> Slice:
    """Search for another text."""
    changed = field.text != new.recipe_search
    place = START if changed else new.recipe_at
    return replace(new, recipe_field=field, recipe_search=field.text, recipe_at=place)


def search_line(new: Slice, cols: int) -> Line:
    """What is searched for, and how many recipes have it; empty: nothing is."""
    if new.recipe_field is None and not new.recipe_search:
        return ()
    counts = f"{len(matching(new))} of {len(new.recipes)}"
    if new.recipe_field is None:
        return line(("dim", " / "), new.recipe_search, ("dim", f"   {counts}"))
    return (
        *line(("dim", " / ")),
        *field_line(new.recipe_field, max(1, cols - 16)),
        *line(("dim", f"  {counts}")),
    )
