"""Graph: the provenance of a node as a folding tree."""

from dataclasses import field, replace

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.exports import WrittenFile
from crystalmath_server.protocol.graph import (
    NODES_DRAW,
    NODES_GRAPH,
    DrawGraphParams,
    Graph,
    GraphLink,
    GraphNode,
    GraphParams,
)
from crystalmath_server.protocol.record import record
from crystalmath_tui.core import path_prompt
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Effect, FindPath, Open, Say
from crystalmath_tui.core.formatting import error_text, file_size
from crystalmath_tui.core.keymap import MOVES, Binding, dispatch
from crystalmath_tui.core.lines import Line, Span, fit_line, highlight, line
from crystalmath_tui.core.messages import (
    Answered,
    Entered,
    KeyPressed,
    Message,
    Move,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.path_prompt import PathPrompt, prompt_lines, prompt_of
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import START, Scroll, clamp, move

_DEEPEST = 20
_MOST_ROWS = 2000
_ENDINGS = (".dot", ".svg", ".png", ".pdf")
_SIDES = {"from": "came from", "to": "led to"}


@record
class Row:
    """One line: a node at the end of a path, with the link to the node."""

    path: tuple[str | int, ...]
    text: str
    node: GraphNode | None = None
    behind: int = 0


@record
class Slice:
    """The central node and the expanded branches around it."""

    pk: int = 0
    graph: Graph | None = None
    error: RpcError | None = None
    open: frozenset[tuple[str | int, ...]] = frozenset({("from",), ("to",)})
    at: Scroll = START
    past: tuple[int, ...] = field(default=())
    path: PathPrompt | None = None


Update = tuple[Slice, tuple[Effect, ...]]


def update(page: Slice, message: Message, context: Context) -> Update:
    """Handle keys and answers."""
    if page.path is not None and (step := path_prompt.step(page.path, message)):
        return _with_path(page, *step)
    match message:
        case Entered("graph", args):
            return _enter(page, args)
        case KeyPressed(key):
            return dispatch(KEYS, update, page, key, context) or (page, ())
        case Scrolled(to):
            return _scroll(page, to, context)
        case Answered("graph", Graph() as graph, pk) if pk == page.pk:
            return replace(page, graph=graph, error=None), ()
        case Refused("graph", error, pk) if pk == page.pk:
            return replace(page, error=error), ()
        case _:
            return _on_written(page, message)


def _with_path(
    page: Slice, path: PathPrompt, effects: tuple[Effect, ...], outcome: path_prompt.Outcome
) -> Update:
    """Handle the path prompt; the file extension sets the format."""
    if outcome == "closed":
        return replace(page, path=None), ()
    if outcome == "typing":
        return replace(page, path=path), effects
    if not path.text.endswith(_ENDINGS):
        return page, (Say(f"End the path in {', '.join(_ENDINGS)}.", "warn"),)
    return replace(page, path=None), (FindPath(path.text, "graph path", page.pk),)


def _on_written(page: Slice, message: Message) -> Update:
    match message:
        case Answered("graph path", str(path), about) if about == page.pk:
            return page, (
                Call(NODES_DRAW, DrawGraphParams(page.pk, path), "graph file", path, handles_refusal=True),
            )
        case Answered("graph file", WrittenFile() as made, path):
            left = f" Not all: {made.left_out}." if made.left_out else ""
            return page, (Say(f"Wrote {path}, {file_size(made.size)}.{left}", "warn" if left else "info"),)
        case Refused("graph file", error, path):
            return page, (Say(f"{path} was not written: {error_text(error)}", "error"),)
        case _:
            return page, ()


def _enter(page: Slice, args: tuple[str, ...]) -> Update:
    given = args[0] if args else ""
    pk = pk_of(given)
    if not pk:
        words = f"{given or 'Nothing'} is not a pk of a node: :graph PK"
        return page, (Say(words, "warn"), *(() if page.pk else (Back(),)))
    return _around(pk)


def _around(pk: int, past: tuple[int, ...] = ()) -> Update:
    call = Call(NODES_GRAPH, GraphParams(pk), "graph", pk, handles_refusal=True)
    return Slice(pk=pk, past=past), (call,)


def rows(page: Slice) -> tuple[Row, ...]:
    """The visible rows of the tree."""
    if page.graph is None or not page.graph.nodes:
        return ()
    seen = [Row((), "", page.graph.nodes[0])]
    for side, words in _SIDES.items():
        count = len(_behind(page.graph, page.pk, side))
        seen.append(Row((side,), words, None, count))
        if (side,) in page.open:
            _grow(page, page.graph, (side,), page.pk, seen)
    return tuple(seen)


def _grow(page: Slice, graph: Graph, path: tuple[str | int, ...], pk: int, seen: list[Row]) -> None:
    """Add the nodes behind a node; a path never visits a node twice."""
    side = str(path[0])
    nodes = {node.pk: node for node in graph.nodes}
    for link in _behind(graph, pk, side):
        far = link.source if side == "from" else link.target
        if far in path or far not in nodes or len(path) > _DEEPEST or len(seen) > _MOST_ROWS:
            continue
        below = (*path, far)
        seen.append(Row(below, link.label, nodes[far], len(_behind(graph, far, side))))
        if below in page.open:
            _grow(page, graph, below, far, seen)


def _behind(graph: Graph, pk: int, side: str) -> list[GraphLink]:
    """Links from a node away from the central node."""
    return [link for link in graph.links if (link.target if side == "from" else link.source) == pk]


def _selected_row(page: Slice) -> Row:
    lines = rows(page)
    return lines[page.at.index] if page.at.index < len(lines) else Row((), "")


def _close(page: Slice, _: Context) -> Update:
    return _around(page.past[-1], page.past[:-1]) if page.past else (page, (Back(),))


def _reload(page: Slice, _: Context) -> Update:
    return _around(page.pk, page.past) if page.pk else (page, ())


def _unfold(page: Slice, _: Context) -> Update:
    return replace(page, open=page.open | {_selected_row(page).path}), ()


def _ask_path(page: Slice, _: Context) -> Update:
    return (replace(page, path=prompt_of("graph", f"provenance-{page.pk}.dot")) if page.graph else page), ()


def _center(page: Slice, _: Context) -> Update:
    node = _selected_row(page).node
    return _around(node.pk, (*page.past, page.pk)) if node and node.pk != page.pk else (page, ())


def _open_job(page: Slice, _: Context) -> Update:
    node = _selected_row(page).node
    if node and node.is_process:
        return page, (Open("job", (str(node.pk),)),)
    return page, (Say("That node is not a job.", "warn"),)


def _scroll(page: Slice, to: Move, context: Context) -> Update:
    return replace(page, at=move(page.at, to, len(rows(page)), _height(context))), ()


def _fold(page: Slice, _: Context) -> Update:
    """Collapse an expanded row, or the parent of any other row."""
    row = _selected_row(page)
    path = row.path if row.path in page.open else row.path[:-1]
    place = next((i for i, each in enumerate(rows(page)) if each.path == path), page.at.index)
    return replace(page, open=page.open - {path}, at=replace(page.at, index=place)), ()


def _height(context: Context) -> int:
    return max(1, context.size.rows - 1)


def view(page: Slice, context: Context) -> tuple[Line, ...]:
    """The header, with a note on omitted nodes, then the tree."""
    cols = context.size.cols
    if page.error:
        return (
            (),
            *(line(("error", f" {text}")) for text in wrap(error_text(page.error), max(8, cols - 2))),
        )
    seen = rows(page)
    if not seen or page.graph is None:
        return ((), line(("dim", f" {context.connection_error or 'Loading …'}")))
    left = f" Not all: {page.graph.left_out}." if page.graph.left_out else ""
    head = line(("warn", left), ("dim", f" {len(page.graph.nodes)} nodes; o centers the graph on a node"))
    if page.path is not None:
        head = prompt_lines(page.path, "write to", cols)[0]
    at = clamp(page.at, len(seen), _height(context))
    shown = seen[at.top : at.top + _height(context)]
    painted = (_paint(page, row) for row in shown)
    return (
        fit_line(head, cols),
        *(highlight(row, cols) if at.top + i == at.index else row for i, row in enumerate(painted)),
    )


def _paint(page: Slice, row: Row) -> Line:
    indent = " " * (1 + 2 * len(row.path))
    sign = "▾ " if row.path in page.open else "▸ " if row.behind else "  "
    if row.node is None:
        return line(
            ("heading", f"{indent}{sign if row.behind else '  '}{row.text}"), ("dim", f"  {row.behind}")
        )
    node = row.node
    words = f"{row.text}: " if row.text else ""
    return (
        Span("dim", f"{indent}{sign}{words}"),
        Span("accent" if node.is_process else "", f"{node.type} {node.pk}"),
        Span("dim", f"  {node.state}" if node.state else ""),
        Span("", f"  {node.label}" if node.label else ""),
    )


def _title(page: Slice) -> str:
    return f"graph of {page.pk}" if page.pk else "graph"


def is_typing(page: Slice) -> bool:
    """Whether keystrokes are text input."""
    return page.path is not None


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("right", "l", "enter", " "), _unfold, "unfold", "Expand the selected node.", footer=True),
    Binding(("left", "h"), _fold, "fold", "Collapse the selected node.", footer=True),
    Binding(("o",), _center, "from here", "Center the graph on the selected node.", footer=True),
    Binding(
        ("e",), _ask_path, "write file", "Write the graph as DOT, or as an image with Graphviz.", footer=True
    ),
    Binding(("J",), _open_job, "job", "Open the selected job.", footer=True),
    Binding(("r",), _reload, "reload", "Reload the graph."),
    Binding(("esc",), _close, "back", "Go back.", footer=True),
)

SCREEN = Screen(
    "graph", Slice(), KEYS, update, view, _title, is_typing,
    (("enter", "write"), ("tab", "complete"), ("esc", "cancel")), usage="PK",
    summary="Show the provenance of a node: what it came from and what it led to.",
)  # fmt: skip
