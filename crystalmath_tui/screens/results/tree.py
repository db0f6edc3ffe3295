"""Results: the document of a job as a folding tree, fetched branch by branch."""

from dataclasses import field, replace

from crystalmath_server.protocol.document import DocumentChild, DocumentPart
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.cells import cut, width
from crystalmath_tui.core.lines import Line, Span
from crystalmath_tui.core.scroll import START, Scroll

_BRANCHES = frozenset({"object", "array"})


@record
class Tree:
    """Fetched and expanded branches."""

    parts: dict[str, DocumentPart] = field(default_factory=dict[str, DocumentPart])
    open: frozenset[str] = frozenset({""})
    at: Scroll = START


@record
class Row:
    """One row of the tree; without a child, a message about missing content."""

    depth: int
    path: str
    child: DocumentChild | None = None
    text: str = ""


def rows(tree: Tree) -> tuple[Row, ...]:
    """The visible rows, top to bottom."""
    return tuple(_below(tree, "", 0))


def _below(tree: Tree, path: str, depth: int) -> list[Row]:
    part = tree.parts.get(path)
    if part is None:
        return [Row(depth, path, text="Loading …")]
    found: list[Row] = []
    for child in part.rows:
        found.append(Row(depth, child.path, child))
        deeper = len(child.path) > len(path)  # guards against a malformed answer: no node is below itself
        if deeper and child.path in tree.open and is_branch(child):
            found += _below(tree, child.path, depth + 1)
    if left := part.size - len(part.rows):
        found.append(Row(depth, path, text=f"… {left} more; Enter fetches them"))
    return found


def is_branch(child: DocumentChild) -> bool:
    """Whether the child has children."""
    return child.kind in _BRANCHES and child.size > 0


def add_part(tree: Tree, part: DocumentPart) -> Tree:
    """The tree with a new branch, or with more children of a branch."""
    known = tree.parts.get(part.path)
    if known is not None and part.offset == len(known.rows):
        part = replace(known, rows=(*known.rows, *part.rows))
    elif part.offset:
        return tree
    return replace(tree, parts={**tree.parts, part.path: part})


def toggle(tree: Tree, row: Row) -> tuple[Tree, tuple[str, int] | None]:
    """Collapse or expand a row; also the path and offset of a part to fetch, if any."""
    if row.child is None:
        part = tree.parts.get(row.path)
        return tree, (row.path, len(part.rows)) if part and row.text else None
    if not is_branch(row.child):
        return tree, None
    if row.path in tree.open:
        return replace(tree, open=tree.open - {row.path}), None
    fetch = None if row.path in tree.parts else (row.path, 0)
    return replace(tree, open=tree.open | {row.path}), fetch


def fold(tree: Tree, index: int) -> Tree:
    """Collapse the branch of a row, or its parent branch."""
    found = rows(tree)
    if index >= len(found):
        return tree
    row = found[index]
    path = row.path if row.child and row.path in tree.open else row.path.rpartition("/")[0]
    if not path:
        return tree
    place = next((i for i, each in enumerate(found) if each.path == path), index)
    return replace(tree, open=tree.open - {path}, at=replace(tree.at, index=place))


def row_line(tree: Tree, row: Row, cols: int) -> Line:
    """One row: fold sign, name, and value or size."""
    indent = " " * (1 + 2 * row.depth)
    if row.child is None:
        return (Span("dim", f"{indent}{row.text}"),)
    child = row.child
    if not is_branch(child):
        room = max(0, cols - width(indent) - width(child.name) - 4)
        return (Span("dim", f"{indent}  {child.name}  "), Span("", cut(child.preview, room)))
    sign = "▾" if row.path in tree.open else "▸"
    unit = "entries" if child.kind == "array" else "fields"
    more = f"  {child.preview}" if child.kind == "object" or child.preview else ""
    head = f"{indent}{sign} {child.name}"
    return (Span("accent", head), Span("dim", f"  {child.size} {unit}{more}"))
