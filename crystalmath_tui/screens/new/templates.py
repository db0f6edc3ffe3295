"""New job: the recipes, searched by name, title and summary while typing."""

from dataclasses import replace

from crystalmath_server.protocol.templates import TemplateRow
from crystalmath_tui.core.lines import Line, line
from crystalmath_tui.core.screen import Context
from crystalmath_tui.core.scroll import START, move
from crystalmath_tui.core.textfield import EMPTY, TextField, edit, field_line, field_of
from crystalmath_tui.screens.new.model import Slice, list_rows


def shown(new: Slice) -> tuple[TemplateRow, ...]:
    """The recipes that have every word that is searched for."""
    wanted = new.recipe_search.casefold().split()
    return tuple(
        row
        for row in new.recipes
        if all(word in f"{row.name} {row.title} {row.summary}".casefold() for word in wanted)
    )


def opened(new: Slice) -> Slice:
    """Begin to type; what was searched for before is there."""
    return replace(new, recipe_field=field_of(new.recipe_search))


def pressed(new: Slice, field: TextField, key: str, context: Context) -> Slice:
    """Type; Enter keeps what was found, Esc shows all again, arrows go through the list."""
    match key:
        case "enter" | "tab":
            return replace(new, recipe_field=None)
        case "esc":
            return replace(searched(new, EMPTY), recipe_field=None)
        case "up" | "down" | "page up" | "page down":
            return replace(new, recipe_at=move(new.recipe_at, key, len(shown(new)), list_rows(context.size)))
        case _:
            return searched(new, edit(field, key) or field)


def searched(new: Slice, field: TextField) -> Slice:
    """Search for another text."""
    changed = field.text != new.recipe_search
    place = START if changed else new.recipe_at
    return replace(new, recipe_field=field, recipe_search=field.text, recipe_at=place)


def search_line(new: Slice, cols: int) -> Line:
    """What is searched for, and how many recipes have it; empty: nothing is."""
    if new.recipe_field is None and not new.recipe_search:
        return ()
    found = f"{len(shown(new))} of {len(new.recipes)}"
    if new.recipe_field is None:
        return line(("dim", " / "), new.recipe_search, ("dim", f"   {found}"))
    return (
        *line(("dim", " / ")),
        *field_line(new.recipe_field, max(1, cols - 16)),
        *line(("dim", f"  {found}")),
    )
