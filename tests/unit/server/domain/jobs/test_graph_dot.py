"""Provenance in the language of Graphviz."""

from crystalmath_server.domain.jobs.graph_dot import dot_of
from crystalmath_server.protocol.graph import GraphLink, GraphNode


def test_labels_cannot_break_out_of_their_quotes() -> None:
    evil = GraphNode(1, "u", "Dict", 'a "quote" \\ and\na line', is_process=False)
    job = GraphNode(2, "v", "CalcJobNode", "job", is_process=True, state="finished")
    found = dot_of([evil, job], [GraphLink(1, 2, "in", "input_calc"), GraphLink(2, 1, "out", "return")])
    assert found.splitlines() == [
        "digraph provenance {",
        '  n1 [label="Dict 1\\na \\"quote\\" \\\\ and\\na line", shape=ellipse];',
        '  n2 [label="CalcJobNode 2 (finished)\\njob", shape=box];',
        '  n1 -> n2 [label="in"];',
        '  n2 -> n1 [label="out", style=dashed];',
        "}",
    ]
