"""The graph screen: a tree in both directions, and jumps from node to node."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.protocol.errors import EngineUnavailable, NotFound
from crystalmath_server.protocol.exports import WrittenFile
from crystalmath_server.protocol.graph import Graph, GraphLink, GraphNode
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, FindPath, Open, Say
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, Refused
from crystalmath_tui.screens.graph import Slice, rows, update, view

CONTEXT = Context(Size(20, 80))
NODES = (
    GraphNode(5, "u5", "CalcJobNode", "relax", is_process=True, state="finished"),
    GraphNode(1, "u1", "StructureData", "Cu4", is_process=False),
    GraphNode(2, "u2", "WorkChainNode", "equation of state", is_process=True, state="waiting"),
    GraphNode(7, "u7", "Dict", "", is_process=False),
)
LINKS = (
    GraphLink(1, 5, "structure", "input_calc"),
    GraphLink(2, 1, "made", "create"),
    GraphLink(5, 7, "summary", "create"),
)
GRAPH = Graph(5, NODES, LINKS, "", "digraph provenance {}")


def press(found: Slice, *keys: str) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for key in keys:
        found, effects = update(found, KeyPressed(key), CONTEXT)
    return found, effects


def loaded() -> Slice:
    found, _ = update(Slice(), Entered("graph", ("5",)), CONTEXT)
    return update(found, Answered("graph", GRAPH, 5), CONTEXT)[0]


def told(found: Slice, message: Any) -> tuple[Slice, tuple[Any, ...]]:
    return update(found, message, CONTEXT)


def words(found: Slice) -> str:
    return "\n".join("".join(span.text for span in row) for row in view(found, CONTEXT))


def test_the_tree_goes_both_ways() -> None:
    shown = words(loaded())
    for part in ("CalcJobNode 5", "came from", "structure: StructureData 1", "led to", "summary: Dict 7"):
        assert part in shown
    assert "WorkChainNode 2" not in shown


def test_branches_unfold_and_fold() -> None:
    found, _ = press(loaded(), "j", "j", "right")
    assert "made: WorkChainNode 2  waiting" in words(found)
    found, _ = press(found, "left")
    assert "WorkChainNode 2" not in words(found)
    found, _ = press(found, "left")
    assert "StructureData 1" not in words(found)


def test_one_jumps_to_jobs_and_to_the_graph_of_others() -> None:
    assert press(loaded(), "J")[1] == (Open("job", ("5",)),)
    found, effects = press(loaded(), "j", "j", "o")
    assert (found.pk, effects[0].params.pk) == (1, 1)
    found, effects = press(found, "esc")
    assert (found.pk, effects[0].params.pk) == (5, 5)
    assert press(found, "esc")[1] == (Back(),)


def test_what_did_not_come_or_is_no_pk_is_said() -> None:
    found, _ = update(
        loaded(), Refused("graph", NotFound("There is no node 5", field="pk", hint="Look."), 5), CONTEXT
    )
    assert "There is no node 5. Look." in words(found)
    assert update(Slice(), Entered("graph", ("x",)), CONTEXT)[1][-1] == Back()


PKS = st.integers(1, 5)
ANY_LINKS = st.lists(st.builds(GraphLink, PKS, PKS, st.text(max_size=5), st.just("create")), max_size=12)


@given(ANY_LINKS, st.lists(st.sampled_from(["j", "k", "l", "h", "G", "g"]), max_size=30))
def test_loops_and_holes_do_no_harm(links: list[GraphLink], keys: list[str]) -> None:
    found, _ = update(loaded(), Answered("graph", Graph(5, NODES, tuple(links), "more", ""), 5), CONTEXT)
    found, _ = press(found, *keys)
    assert rows(found)
    assert len(view(found, CONTEXT)) <= 20


def test_the_graph_is_written_where_one_says() -> None:
    found, _ = press(loaded(), "e")
    assert "write to provenance-5.dot" in words(found)
    found, _ = press(found, "ctrl u", *"/tmp/a.doc")
    found, effects = press(found, "enter")
    assert (found.path is not None, ".svg" in effects[0].text) == (True, True)
    found, effects = press(found, "ctrl u", *"/tmp/a.svg", "enter")
    assert isinstance(effects[0], FindPath)
    found, effects = told(found, Answered("graph path", "/tmp/a.svg", 5))
    assert (effects[0].method.name, effects[0].params.path) == ("nodes.draw", "/tmp/a.svg")
    assert told(found, effects[0].answer(WrittenFile("/tmp/a.svg", 10)))[1] == (
        Say("Wrote /tmp/a.svg, 10 B."),
    )
    refused = effects[0].refuse(EngineUnavailable("no Graphviz", hint="End the path in .dot."))
    assert told(found, refused)[1][0].text.endswith("no Graphviz. End the path in .dot.")
    assert press(press(found, "e")[0], "esc")[0].path is None
