"""Graph: what a node came from and what came of it, as a tree that folds."""

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
from crystalmath_tui.core.effects import Back, Call, Effect, FindPath, Open, Say
from crystalmath_tui.core.keymap import MOVES, Binding, action_of
from crystalmath_tui.core.lines import Line, Span, fit_line, highlight, line
from crystalmath_tui.core.messages import (
    Answered,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Refused,
)
from crystalmath_tui.core.path_prompt import PathPrompt, prompt_lines, prompt_of
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.screen import Context, Screen
from crystalmath_tui.core.scroll import START, Scroll, clamp, move
from crystalmath_tui.core.words import error_text, file_size

_DEEPEST = 20
_MOST_ROWS = 2000
_ENDINGS = (".dot", ".svg", ".png", ".pdf")
_SIDES = {"from": "came from", "to": "led to"}

KEYS = (
    *MOVES,
    Binding(("right", "l", "enter", " "), "unfold", "unfold", "Unfold what is behind a node.", footer=True),
    Binding(("left", "h"), "fold", "fold", "Fold it.", footer=True),
    Binding(("o",), "centre", "from here", "The graph around the selected node.", footer=True),
    Binding(
        ("e",), "export", "write file", "Write the graph as DOT, or as an image by Graphviz.", footer=True
    ),
    Binding(("J",), "job", "job", "Go to the selected job.", footer=True),
    Binding(("r",), "reload", "reload", "Fetch the graph anew."),
    Binding(("esc",), "close", "back", "Go back.", footer=True),
)


@record
class Row:
    """One line: a node at the end of a path, with the link that leads to it."""

    path: tuple[str | int, ...]
    words: str
    node: GraphNode | None = None
    behind: int = 0


@record
class Slice:
    """The node in the middle, and what is unfolded around it."""

    pk: int = 0
    graph: Graph | None = None
    error: RpcError | None = None
    open: frozenset[tuple[str | int, ...]] = frozenset({("from",), ("to",)})
    at: Scroll = START
    past: tuple[int, ...] = field(default=())
    path: PathPrompt | None = None


Update = tuple[Slice, tuple[Effect, ...]]


def update(found: Slice, message: Message, context: Context) -> Update:
    """Follow keys and answers."""
    if found.path is not None and (step := path_prompt.step(found.path, message)):
        return _with_path(found, *step)
    match message:
        case Entered("graph", args):
            return _entered(found, args)
        case KeyPressed(key):
            return _act(found, action_of(KEYS, key), context)
        case MousePressed(_, _, button) if button in {4, 5}:
            return _act(found, "up" if button == 4 else "down", context)
        case Answered("graph", Graph() as graph, pk) if pk == found.pk:
            return replace(found, graph=graph, error=None), ()
        case Refused("graph", error, pk) if pk == found.pk:
            return replace(found, error=error), ()
        case _:
            return _written(found, message)


def _with_path(
    found: Slice, path: PathPrompt, effects: tuple[Effect, ...], outcome: path_prompt.Outcome
) -> Update:
    """Where the graph goes; its ending says in which format."""
    if outcome == "closed":
        return replace(found, path=None), ()
    if outcome == "typing":
        return replace(found, path=path), effects
    if not path.text.endswith(_ENDINGS):
        return found, (Say(f"End the path in {', '.join(_ENDINGS)}.", "warn"),)
    return replace(found, path=None), (FindPath(path.text, "graph path", found.pk),)


def _written(found: Slice, message: Message) -> Update:
    match message:
        case Answered("graph path", str(path), about) if about == found.pk:
            return found, (
                Call(NODES_DRAW, DrawGraphParams(found.pk, path), "graph file", path, handles_refusal=True),
            )
        case Answered("graph file", WrittenFile() as made, path):
            left = f" Not all: {made.left_out}." if made.left_out else ""
            return found, (Say(f"Wrote {path}, {file_size(made.size)}.{left}", "warn" if left else "info"),)
        case Refused("graph file", error, path):
            return found, (Say(f"{path} was not written: {error_text(error)}", "error"),)
        case _:
            return found, ()


def _entered(found: Slice, args: tuple[str, ...]) -> Update:
    given = args[0] if args else ""
    pk = pk_of(given)
    if not pk:
        words = f"{given or 'Nothing'} is no pk of a node: :graph PK"
        return found, (Say(words, "warn"), *(() if found.pk else (Back(),)))
    return _around(pk)


def _around(pk: int, past: tuple[int, ...] = ()) -> Update:
    call = Call(NODES_GRAPH, GraphParams(pk), "graph", pk, handles_refusal=True)
    return Slice(pk=pk, past=past), (call,)


def rows(found: Slice) -> tuple[Row, ...]:
    """The lines that are in sight."""
    if found.graph is None or not found.graph.nodes:
        return ()
    seen = [Row((), "", found.graph.nodes[0])]
    for side, words in _SIDES.items():
        count = len(_behind(found.graph, found.pk, side))
        seen.append(Row((side,), words, None, count))
        if (side,) in found.open:
            _grow(found, found.graph, (side,), found.pk, seen)
    return tuple(seen)


def _grow(found: Slice, graph: Graph, path: tuple[str | int, ...], pk: int, seen: list[Row]) -> None:
    """Add what is behind a node; a path never comes twice to the same one."""
    side = str(path[0])
    nodes = {node.pk: node for node in graph.nodes}
    for link in _behind(graph, pk, side):
        far = link.source if side == "from" else link.target
        if far in path or far not in nodes or len(path) > _DEEPEST or len(seen) > _MOST_ROWS:
            continue
        below = (*path, far)
        seen.append(Row(below, link.label, nodes[far], len(_behind(graph, far, side))))
        if below in found.open:
            _grow(found, graph, below, far, seen)


def _behind(graph: Graph, pk: int, side: str) -> list[GraphLink]:
    """Links that lead on from a node, away from the middle."""
    return [link for link in graph.links if (link.target if side == "from" else link.source) == pk]


def _act(found: Slice, action: str, context: Context) -> Update:
    seen = rows(found)
    row = seen[found.at.index] if found.at.index < len(seen) else Row((), "")
    match action:
        case "close" if found.past:
            return _around(found.past[-1], found.past[:-1])
        case "close":
            return found, (Back(),)
        case "reload":
            return _around(found.pk, found.past) if found.pk else (found, ())
        case "unfold":
            return replace(found, open=found.open | {row.path}), ()
        case "fold":
            return _folded(found, row, seen), ()
        case "export" if found.graph:
            return replace(found, path=prompt_of("graph", f"provenance-{found.pk}.dot")), ()
        case "centre" if row.node and row.node.pk != found.pk:
            return _around(row.node.pk, (*found.past, found.pk))
        case "job" if row.node and row.node.is_process:
            return found, (Open("job", (str(row.node.pk),)),)
        case "job":
            return found, (Say("That node is no job.", "warn"),)
        case _:
            return replace(found, at=move(found.at, action, len(seen), _height(context))), ()


def _folded(found: Slice, row: Row, seen: tuple[Row, ...]) -> Slice:
    """Fold a line that is unfolded, else the one that it hangs on."""
    path = row.path if row.path in found.open else row.path[:-1]
    place = next((i for i, each in enumerate(seen) if each.path == path), found.at.index)
    return replace(found, open=found.open - {path}, at=replace(found.at, index=place))


def _height(context: Context) -> int:
    return max(1, context.size.rows - 1)


def view(found: Slice, context: Context) -> tuple[Line, ...]:
    """What is left out, then the tree."""
    cols = context.size.cols
    if found.error:
        return (
            (),
            *(line(("error", f" {text}")) for text in wrap(error_text(found.error), max(8, cols - 2))),
        )
    seen = rows(found)
    if not seen or found.graph is None:
        return ((), line(("dim", f" {context.trouble or 'Loading …'}")))
    left = f" Not all: {found.graph.left_out}." if found.graph.left_out else ""
    head = line(("warn", left), ("dim", f" {len(found.graph.nodes)} nodes; o: the graph around a node"))
    if found.path is not None:
        head = prompt_lines(found.path, "write to", cols)[0]
    at = clamp(found.at, len(seen), _height(context))
    shown = seen[at.top : at.top + _height(context)]
    painted = (_painted(found, row) for row in shown)
    return (
        fit_line(head, cols),
        *(highlight(row, cols) if at.top + i == at.index else row for i, row in enumerate(painted)),
    )


def _painted(found: Slice, row: Row) -> Line:
    indent = " " * (1 + 2 * len(row.path))
    sign = "▾ " if row.path in found.open else "▸ " if row.behind else "  "
    if row.node is None:
        return line(
            ("heading", f"{indent}{sign if row.behind else '  '}{row.words}"), ("dim", f"  {row.behind}")
        )
    node = row.node
    words = f"{row.words}: " if row.words else ""
    return (
        Span("dim", f"{indent}{sign}{words}"),
        Span("accent" if node.is_process else "", f"{node.type} {node.pk}"),
        Span("dim", f"  {node.state}" if node.state else ""),
        Span("", f"  {node.label}" if node.label else ""),
    )


def _title(found: Slice) -> str:
    return f"graph of {found.pk}" if found.pk else "graph"


def is_typing(found: Slice) -> bool:
    """Whether keys are text now."""
    return found.path is not None


SCREEN = Screen(
    "graph", Slice(), KEYS, update, view, _title, is_typing,
    (("enter", "write"), ("tab", "complete"), ("esc", "cancel")), usage="PK",
    summary="Show what a node came from and what came of it.",
)  # fmt: skip
