"""Results: update and keys of the screen for the results of one job."""

from dataclasses import replace
from typing import Literal, TypeVar, cast

from crystalmath_server.protocol.document import JOBS_DOCUMENT, DocumentParams, DocumentPart
from crystalmath_server.protocol.jobs import JobPk
from crystalmath_server.protocol.method import Method
from crystalmath_server.protocol.results import JOBS_RESULTS, JobResults
from crystalmath_server.protocol.series import JOBS_SERIES, JobSeries, SeriesKind, SeriesParams
from crystalmath_server.protocol.structures import STRUCTURES_SHOW, StructureDetail, StructurePk
from crystalmath_tui.core import path_prompt
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Effect, Open, Say
from crystalmath_tui.core.keymap import MOVES, Action, Binding, dispatch, emit
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    Move,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.screen import Screen
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
from crystalmath_tui.screens.results.tree import add_part, fold, rows, toggle

P = TypeVar("P")
R = TypeVar("R")
TURN = 15.0

Update = tuple[Slice, tuple[Effect, ...]]


def update(page: Slice, message: Message, context: Context) -> Update:
    """Handle keys and answers."""
    if page.path is not None and (step := path_prompt.step(page.path, message)):
        return results_export.with_path(page, *step)
    match message:
        case Entered("results", args):
            return _enter(page, args)
        case KeyPressed(key):
            return dispatch(KEYS, update, page, key, context) or (page, ())
        case Scrolled(to):
            return _scroll(page, to, context)
        case Answered("results page", value, (pk, what)) if pk == page.pk:
            return _keep(page, what, value)
        case Refused("results page", error, (pk, what)) if pk == page.pk:
            return replace(page, errors={**page.errors, what: error}), ()
        case Connected() if page.pk:
            return page, (*_results(page.pk), *_missing_data(page))
        case _:
            return results_export.receive(page, message)


def _enter(page: Slice, args: tuple[str, ...]) -> Update:
    given = args[0] if args else ""
    pk = pk_of(given)
    if not pk:
        words = f"{given or 'Nothing'} is not a pk of a job: :results PK [PAGE]"
        return page, (Say(words, "warn"), *(() if page.pk else (Back(),)))
    wanted = args[1] if len(args) > 1 else ""
    return Slice(pk=pk, tab=_tab_of(wanted), turn=page.turn, last_folder=page.last_folder), _results(pk)


def _tab_of(wanted: str) -> Tab:
    """The page whose name starts with the text, or the numbers page."""
    for name in TABS:
        if wanted and name.startswith(wanted):
            return name
    return "numbers"


def _results(pk: int) -> tuple[Effect, ...]:
    return (_page_call(JOBS_RESULTS, JobPk(pk), (pk, "results"), "results"),)


def _page_call(method: Method[P, R], params: P, about: tuple[int, str], key: str) -> Call[P, R]:
    return Call(method, params, "results page", about, key, handles_refusal=True)


def _keep(page: Slice, what: str, value: object) -> Update:
    errors = {name: error for name, error in page.errors.items() if name != what}
    page = replace(page, errors=errors)
    match value:
        case JobResults():
            kind = page.kind if page.kind in value.series else next(iter(value.series), "")
            page = replace(page, results=value, kind=kind)
            return page, _missing_data(page)
        case JobSeries():
            return replace(page, series={**page.series, what: value}), ()
        case DocumentPart():
            return replace(page, tree=add_part(page.tree, value)), ()
        case StructureDetail():
            return replace(page, structures={**page.structures, value.row.pk: value}), ()
        case _:
            return page, ()


def _missing_data(page: Slice) -> tuple[Effect, ...]:
    """Calls for the missing data of the page."""
    match page.tab:
        case "plots" if page.kind and plot_name(page) not in page.series:
            x, y = page.axes if page.kind == "steps" else ("", "")
            params = SeriesParams(page.pk, cast("SeriesKind", page.kind), x, y)
            return (_page_call(JOBS_SERIES, params, (page.pk, plot_name(page)), "series"),)
        case "document" if "" not in page.tree.parts:
            return _branch(page.pk, "", 0)
        case "structure" if (pk := structure_pk(page)) and pk not in page.structures:
            params = StructurePk(pk)
            return (_page_call(STRUCTURES_SHOW, params, (page.pk, "structure"), "structure"),)
        case _:
            return ()


def _branch(pk: int, path: str, offset: int) -> tuple[Effect, ...]:
    params = DocumentParams(pk, path, offset)
    return (_page_call(JOBS_DOCUMENT, params, (pk, "document"), f"document {path}"),)


def _turn_to(page: Slice, tab: Tab) -> Update:
    page = replace(page, tab=tab)
    return page, _missing_data(page)


def _show_tab(tab: Tab) -> Action[Slice]:
    return lambda page, _: _turn_to(page, tab)


def _step_tab(step: int) -> Action[Slice]:
    return lambda page, _: _turn_to(page, TABS[(TABS.index(page.tab) + step) % len(TABS)])


def _open_job(page: Slice, _: Context) -> Update:
    return page, (Open("job", (str(page.pk),)),) if page.pk else ()


def _reload(page: Slice, _: Context) -> Update:
    fresh = Slice(page.pk, page.tab, kind=page.kind, axes=page.axes, turn=page.turn)
    return replace(fresh, last_folder=page.last_folder), _results(page.pk) if page.pk else ()


def _toggle_words(page: Slice, _: Context) -> Update:
    return replace(page, as_text=not page.as_text), ()


def _toggle_before(page: Slice, _: Context) -> Update:
    if page.tab != "structure":
        return page, ()
    page = replace(page, before=not page.before)
    return page, _missing_data(page)


def _sideways(side: Literal["left", "right"]) -> Action[Slice]:
    """Switch the plot, fold a branch or rotate the structure, depending on the page."""
    step = 1 if side == "right" else -1

    def act(page: Slice, _: Context) -> Update:
        match page.tab:
            case "plots":
                return _other_plot(page, step)
            case "document":
                return _fold(page, side)
            case "structure":
                return replace(page, turn=page.turn.rotate(step * TURN, 0.0)), ()
            case _:
                return page, ()

    return act


def _tilt(to: Literal["up", "down"]) -> Action[Slice]:
    """Tilt the structure; on other pages, scroll by one line."""

    def act(page: Slice, context: Context) -> Update:
        if page.tab != "structure":
            return _scroll(page, to, context)
        return replace(page, turn=page.turn.rotate(0.0, TURN if to == "up" else -TURN)), ()

    return act


def _toggle_branch(page: Slice, _: Context) -> Update:
    return _fold(page, "open") if page.tab == "document" else (page, ())


def _step_axis(axis: Literal["x", "y"]) -> Action[Slice]:
    return lambda page, _: _other_column(page, axis) if page.tab == "plots" else (page, ())


def _other_plot(page: Slice, step: int) -> Update:
    kinds = page.results.series if page.results else ()
    if not kinds:
        return page, ()
    at = kinds.index(page.kind) if page.kind in kinds else 0
    page = replace(page, kind=kinds[(at + step) % len(kinds)], tops={**page.tops, "plots": 0})
    return page, _missing_data(page)


def _other_column(page: Slice, axis: str) -> Update:
    """Plot the next column as x or y; switch to the steps plot first if needed."""
    shown = page.series.get(plot_name(page))
    if page.kind != "steps" or shown is None or not shown.columns:
        there = "steps" in (page.results.series if page.results else ())
        page = replace(page, kind="steps") if there else page
        return page, _missing_data(page) if there else (Say("This job has no step data to plot.", "warn"),)
    place = 0 if axis == "x" else 1
    columns = shown.columns
    at = columns.index(page.axes[place]) if page.axes[place] in columns else -1
    chosen = columns[(at + 1) % len(columns)]
    x, y = (chosen, page.axes[1]) if axis == "x" else (page.axes[0], chosen)
    page = replace(page, axes=(x, y))
    return page, _missing_data(page)


def _fold(page: Slice, action: str) -> Update:
    seen = rows(page.tree)
    index = page.tree.at.index
    if index >= len(seen):
        return page, ()
    if action == "left":
        return replace(page, tree=fold(page.tree, index)), ()
    if action == "right" and seen[index].path in page.tree.open:
        return page, ()
    tree, fetch = toggle(page.tree, seen[index])
    return replace(page, tree=tree), _branch(page.pk, *fetch) if fetch else ()


def _scroll(page: Slice, to: Move, context: Context) -> Update:
    height = height_of(context)
    if page.tab == "document":
        at = move(page.tree.at, to, len(rows(page.tree)), height)
        return replace(page, tree=replace(page.tree, at=at)), ()
    count = len(results_pages.lines(page, context))
    top = scroll_top(page.tops.get(page.tab, 0), to, count, height)
    return replace(page, tops={**page.tops, page.tab: top}), ()


def title(page: Slice) -> str:
    """The text of the title line."""
    return f"results of {page.pk}" if page.pk else "results"


def is_typing(page: Slice) -> bool:
    """Whether keystrokes are text input."""
    return page.path is not None


KEYS: tuple[Binding[Slice], ...] = (
    Binding(("j", "down"), _tilt("down"), "down", "Move one line down; rotate the structure down."),
    Binding(("k", "up"), _tilt("up"), "up", "Move one line up; rotate the structure up."),
    *MOVES[2:],
    Binding(("tab",), _step_tab(1), "next page", "Next page.", footer=True),
    Binding(("shift tab",), _step_tab(-1), "previous page", "Previous page."),
    *(Binding((str(i + 1),), _show_tab(name), name, f"Show the {name} page.") for i, name in enumerate(TABS)),
    Binding(("right", "l"), _sideways("right"), "next plot", "Next plot; expand; rotate right.", footer=True),
    Binding(("left", "h"), _sideways("left"), "previous plot", "Previous plot; collapse; rotate left."),
    Binding(
        ("e",),
        lambda page, _: results_export.ask_path(page),
        "write file",
        "Write the plot, numbers or structure to a file.",
        footer=True,
    ),
    Binding(
        ("enter", " "), _toggle_branch, "fold", "Expand or collapse a branch of the document.", footer=True
    ),
    Binding(("x",), _step_axis("x"), "x axis", "Plot the next column of the steps as x.", footer=True),
    Binding(("y",), _step_axis("y"), "y axis", "Plot the next column of the steps as y.", footer=True),
    Binding(
        ("b",), _toggle_before, "before/after", "Toggle the structure before and after the job.", footer=True
    ),
    Binding(("w",), _toggle_words, "in words", "Describe the curves in words instead of plots."),
    Binding(("J",), _open_job, "job", "Open the job.", footer=True),
    Binding(("r",), _reload, "reload", "Reload the page."),
    Binding(("esc",), emit(Back()), "back", "Go back.", footer=True),
)

SCREEN = Screen(
    "results", Slice(), KEYS, update, results_pages.view, title, is_typing,
    (("enter", "write"), ("tab", "complete"), ("esc", "cancel")),
    usage="PK [PAGE]", summary="Show numbers, plots, document and structure of a job.",
)  # fmt: skip
