"""Results: numbers, plots, document and structure of one job; its slice, keys and update."""

from dataclasses import replace
from typing import TypeVar, cast

from crystalmath_server.protocol.document import JOBS_DOCUMENT, DocumentParams, DocumentPart
from crystalmath_server.protocol.jobs import JobPk
from crystalmath_server.protocol.method import Method
from crystalmath_server.protocol.results import JOBS_RESULTS, JobResults
from crystalmath_server.protocol.series import JOBS_SERIES, JobSeries, SeriesKind, SeriesParams
from crystalmath_server.protocol.structures import STRUCTURES_SHOW, StructureDetail, StructurePk
from crystalmath_tui.core import path_prompt
from crystalmath_tui.core.effects import Back, Call, Effect, Open, Say
from crystalmath_tui.core.keymap import MOVES, Binding, action_of
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Refused,
)
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.screen import Context, Screen
from crystalmath_tui.core.scroll import move, scroll_top
from crystalmath_tui.screens.results import export as results_export
from crystalmath_tui.screens.results import pages as results_pages
from crystalmath_tui.screens.results.model import (
    TABS,
    Slice,
    Tab,
    height_of,
    plot_name,
    structure_pk,
)
from crystalmath_tui.screens.results.tree import folded, grown, rows, toggled

P = TypeVar("P")
R = TypeVar("R")
TURN = 15.0

KEYS = (
    *MOVES,
    Binding(("tab",), "next", "next page", "Next page.", footer=True),
    Binding(("shift tab",), "previous", "previous page", "Previous page."),
    *(Binding((str(i + 1),), f"page {name}", name, f"Page {name}.") for i, name in enumerate(TABS)),
    Binding(("right", "l"), "right", "next plot", "Next plot; unfold; turn to the right.", footer=True),
    Binding(("left", "h"), "left", "plot before", "Plot before; fold; turn to the left."),
    Binding(
        ("e",), "export", "write file", "Write the plot, the numbers or the structure to a file.", footer=True
    ),
    Binding(("enter", " "), "open", "fold", "Unfold or fold a branch of the document.", footer=True),
    Binding(("x",), "x", "x axis", "Next column for x, of two columns of the steps.", footer=True),
    Binding(("y",), "y", "y axis", "Next column for y, of two columns of the steps.", footer=True),
    Binding(("b",), "before", "before/after", "The structure before or after the job.", footer=True),
    Binding(("w",), "words", "in words", "The curves in words in place of plots."),
    Binding(("J",), "job", "job", "Go to the job.", footer=True),
    Binding(("r",), "reload", "reload", "Fetch the page anew."),
    Binding(("esc",), "close", "back", "Go back.", footer=True),
)


Update = tuple[Slice, tuple[Effect, ...]]


def update(found: Slice, message: Message, context: Context) -> Update:
    """Follow keys and answers."""
    if found.path is not None and (step := path_prompt.step(found.path, message)):
        return results_export.with_path(found, *step)
    match message:
        case Entered("results", args):
            return _entered(found, args)
        case KeyPressed(key):
            return _act(found, action_of(KEYS, key), context)
        case MousePressed(_, _, button) if button in {4, 5}:
            return _moved(found, "up" if button == 4 else "down", context)
        case Answered("results page", value, (pk, what)) if pk == found.pk:
            return _kept(found, what, value)
        case Refused("results page", error, (pk, what)) if pk == found.pk:
            return replace(found, errors={**found.errors, what: error}), ()
        case Connected() if found.pk:
            return found, (*_results(found.pk), *_needed(found))
        case _:
            return results_export.answered(found, message)


def _entered(found: Slice, args: tuple[str, ...]) -> Update:
    given = args[0] if args else ""
    pk = pk_of(given)
    if not pk:
        words = f"{given or 'Nothing'} is no pk of a job: :results PK [PAGE]"
        return found, (Say(words, "warn"), *(() if found.pk else (Back(),)))
    wanted = args[1] if len(args) > 1 else ""
    return Slice(pk=pk, tab=_tab_named(wanted), turn=found.turn, last_folder=found.last_folder), _results(pk)


def _tab_named(wanted: str) -> Tab:
    """The page that begins so; the numbers where none does."""
    for name in TABS:
        if wanted and name.startswith(wanted):
            return name
    return "numbers"


def _results(pk: int) -> tuple[Effect, ...]:
    return (_page_call(JOBS_RESULTS, JobPk(pk), (pk, "results"), "results"),)


def _page_call(method: Method[P, R], params: P, about: tuple[int, str], key: str) -> Call[P, R]:
    return Call(method, params, "results page", about, key, handles_refusal=True)


def _kept(found: Slice, what: str, value: object) -> Update:
    errors = {name: error for name, error in found.errors.items() if name != what}
    found = replace(found, errors=errors)
    match value:
        case JobResults():
            kind = found.kind if found.kind in value.series else next(iter(value.series), "")
            found = replace(found, results=value, kind=kind)
            return found, _needed(found)
        case JobSeries():
            return replace(found, series={**found.series, what: value}), ()
        case DocumentPart():
            return replace(found, tree=grown(found.tree, value)), ()
        case StructureDetail():
            return replace(found, structures={**found.structures, value.row.pk: value}), ()
        case _:
            return found, ()


def _needed(found: Slice) -> tuple[Effect, ...]:
    """Calls for what the page lacks."""
    match found.tab:
        case "plots" if found.kind and plot_name(found) not in found.series:
            x, y = found.axes if found.kind == "steps" else ("", "")
            params = SeriesParams(found.pk, cast("SeriesKind", found.kind), x, y)
            return (_page_call(JOBS_SERIES, params, (found.pk, plot_name(found)), "series"),)
        case "document" if "" not in found.tree.parts:
            return _branch(found.pk, "", 0)
        case "structure" if (pk := structure_pk(found)) and pk not in found.structures:
            params = StructurePk(pk)
            return (_page_call(STRUCTURES_SHOW, params, (found.pk, "structure"), "structure"),)
        case _:
            return ()


def _branch(pk: int, path: str, offset: int) -> tuple[Effect, ...]:
    params = DocumentParams(pk, path, offset)
    return (_page_call(JOBS_DOCUMENT, params, (pk, "document"), f"document {path}"),)


def _act(found: Slice, action: str, context: Context) -> Update:
    match action:
        case "next" | "previous":
            step = 1 if action == "next" else -1
            return _turned(found, TABS[(TABS.index(found.tab) + step) % len(TABS)])
        case _ if action.startswith("page ") and action not in {"page up", "page down"}:
            return _turned(found, cast("Tab", action.removeprefix("page ")))
        case "close":
            return found, (Back(),)
        case "job":
            return found, (Open("job", (str(found.pk),)),) if found.pk else ()
        case "reload":
            fresh = Slice(found.pk, found.tab, kind=found.kind, axes=found.axes, turn=found.turn)
            fresh = replace(fresh, last_folder=found.last_folder)
            return fresh, _results(found.pk) if found.pk else ()
        case "export":
            return results_export.asked(found)
        case "words":
            return replace(found, words=not found.words), ()
        case _:
            return _on_page(found, action, context)


def _turned(found: Slice, tab: Tab) -> Update:
    found = replace(found, tab=tab)
    return found, _needed(found)


def _on_page(found: Slice, action: str, context: Context) -> Update:
    """What a key means on the page that is shown."""
    match found.tab, action:
        case "plots", "left" | "right":
            return _other_plot(found, 1 if action == "right" else -1)
        case "plots", "x" | "y":
            return _other_column(found, action)
        case "document", "open" | "right" | "left":
            return _folded(found, action)
        case "structure", "before":
            found = replace(found, before=not found.before)
            return found, _needed(found)
        case "structure", "left" | "right" | "up" | "down":
            yaw = {"left": -TURN, "right": TURN}.get(action, 0.0)
            pitch = {"up": -TURN, "down": TURN}.get(action, 0.0)
            return replace(found, turn=found.turn.turned(yaw, pitch)), ()
        case _:
            return _moved(found, action, context)


def _other_plot(found: Slice, step: int) -> Update:
    kinds = found.results.series if found.results else ()
    if not kinds:
        return found, ()
    at = kinds.index(found.kind) if found.kind in kinds else 0
    found = replace(found, kind=kinds[(at + step) % len(kinds)], tops={**found.tops, "plots": 0})
    return found, _needed(found)


def _other_column(found: Slice, axis: str) -> Update:
    """The next column for x or y; from another plot, to the columns first."""
    shown = found.series.get(plot_name(found))
    if found.kind != "steps" or shown is None or not shown.columns:
        there = "steps" in (found.results.series if found.results else ())
        found = replace(found, kind="steps") if there else found
        return found, _needed(found) if there else (Say("This job has no steps with columns.", "warn"),)
    place = 0 if axis == "x" else 1
    columns = shown.columns
    at = columns.index(found.axes[place]) if found.axes[place] in columns else -1
    chosen = columns[(at + 1) % len(columns)]
    x, y = (chosen, found.axes[1]) if axis == "x" else (found.axes[0], chosen)
    found = replace(found, axes=(x, y))
    return found, _needed(found)


def _folded(found: Slice, action: str) -> Update:
    seen = rows(found.tree)
    index = found.tree.at.index
    if index >= len(seen):
        return found, ()
    if action == "left":
        return replace(found, tree=folded(found.tree, index)), ()
    if action == "right" and seen[index].path in found.tree.open:
        return found, ()
    tree, fetch = toggled(found.tree, seen[index])
    return replace(found, tree=tree), _branch(found.pk, *fetch) if fetch else ()


def _moved(found: Slice, action: str, context: Context) -> Update:
    height = height_of(context)
    if found.tab == "document":
        at = move(found.tree.at, action, len(rows(found.tree)), height)
        return replace(found, tree=replace(found.tree, at=at)), ()
    count = len(results_pages.lines(found, context))
    top = scroll_top(found.tops.get(found.tab, 0), action, count, height)
    return replace(found, tops={**found.tops, found.tab: top}), ()


def title(found: Slice) -> str:
    """Words for the title line."""
    return f"results of {found.pk}" if found.pk else "results"


def is_typing(found: Slice) -> bool:
    """Whether keys are text now."""
    return found.path is not None


SCREEN = Screen(
    "results", Slice(), KEYS, update, results_pages.view, title, is_typing,
    (("enter", "write"), ("tab", "complete"), ("esc", "cancel")),
    usage="PK [PAGE]", summary="Show numbers, plots, document and structure of a job.",
)  # fmt: skip
