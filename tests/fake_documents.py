"""Documents of jobs in memory, read by the same rules as the real ones."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crystalmath_server.domain.jobs.graph_dot import dot_of
from crystalmath_server.domain.results import document_tree as tree
from crystalmath_server.domain.results import series as job_series
from crystalmath_server.domain.results.completed import complete
from crystalmath_server.domain.results.sites import sites_of
from crystalmath_server.domain.results.step_columns import columns_of
from crystalmath_server.domain.results.task_document import quantities
from crystalmath_server.ports.of_jobs import Tell
from crystalmath_server.protocol.codec import to_json
from crystalmath_server.protocol.document import DocumentParams, DocumentPart
from crystalmath_server.protocol.errors import Conflict, EngineUnavailable, InvalidForm, NotFound
from crystalmath_server.protocol.exports import ArchiveParams, DumpedJob, DumpParams, PlotParams, WrittenFile
from crystalmath_server.protocol.graph import DrawGraphParams, Graph, GraphLink, GraphNode, GraphParams
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import JobSeries, SeriesParams
from tests.fake_jobs import FakeJobs

SOURCE = "uuid-of-the-document"


def relaxation(n_steps: int = 12) -> dict[str, Any]:
    """A relaxation of copper as atomate2 has it: energy and force fall from step to step."""
    cell = [[3.6, 0.0, 0.0], [0.0, 3.6, 0.0], [0.0, 0.0, 3.6]]
    lattice = {"matrix": cell, "volume": 3.6**3}
    site = {"species": [{"element": "Cu", "occu": 1}], "abc": [0.0, 0.0, 0.0], "label": "Cu"}
    steps = [
        {
            "energy": -14.0 + 2.0**-i,
            "forces": [[0.5 * 2.0**-i, 0.0, 0.0]] * 4,
            "mol_or_struct": {"lattice": lattice},
        }
        for i in range(n_steps)
    ]
    last = steps[-1]
    output = {
        "energy": last["energy"],
        "energy_per_atom": -3.5,
        "forces": last["forces"],
        "ionic_steps": steps,
    }
    return {"structure": {"lattice": lattice, "sites": [site] * 4}, "input": {"steps": 500}, "output": output}


class FakeFiles:
    """A disk in memory, where nothing is ever written over."""

    def __init__(self) -> None:
        self.written: dict[str, str] = {}

    def write(self, path: str, text: str) -> WrittenFile:
        if path in self.written or os.path.lexists(path):
            raise Conflict(f"{path} exists already.", field="path", hint="Name another.")
        if path.startswith("/nowhere/"):
            raise InvalidForm(f"{path} cannot be written.", field="path", hint="Name another folder.")
        self.written[path] = text
        return WrittenFile(path, len(text.encode()))


class FakeExports:
    """Jobs as files in memory."""

    def __init__(self, jobs: FakeJobs, files: FakeFiles) -> None:
        self._jobs = jobs
        self._files = files

    async def dump(self, params: DumpParams, tell: Tell) -> DumpedJob:
        row = self._jobs.get(params.pk).row
        tell("writing the folder", None)
        return DumpedJob(params.path, 1, self._files.write(params.path, row.label).size)

    async def archive(self, params: ArchiveParams, tell: Tell) -> WrittenFile:
        for pk in params.pks:
            if pk not in self._jobs.jobs:
                raise NotFound(f"There is no job {pk}.", field="pks")
        tell("exporting", 0.5)
        return self._files.write(params.path, " ".join(map(str, params.pks)))


class FakeDocuments:
    """What finished jobs left; the same for all, unless a test puts another."""

    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs
        self.documents: dict[int, Mapping[str, Any]] = {}
        self.files = FakeFiles()

    def document(self, pk: int, field: str = "pk") -> Mapping[str, Any]:
        state = self._jobs.get(pk).row.state
        if pk not in self.documents and state is not JobState.FINISHED:
            raise NotFound(f"Job {pk} has left no document.", field=field)
        return self.documents.get(pk) or relaxation()

    async def complete(self, results: JobResults) -> JobResults:
        if results.state is not JobState.FINISHED:
            return results
        document = self.document(results.pk)
        columns, sites = columns_of(document), sites_of(document)
        told: dict[str, Any] = {
            "quantities": quantities(document, len(columns["step"].values) if columns else 0, None),
            "sites": to_json(sites),
            "n_sites": len(sites),
            "series": job_series.kinds_of(document),
            "steps": {name: columns[name].values for name in ("energy", "max_force") if name in columns},
        }
        return complete(results, told, SOURCE)

    async def part(self, params: DocumentParams) -> DocumentPart:
        value: Any = tree.value_at(dict(self.document(params.pk)), params.path)
        rows = tree.children_of(value, params.path, params.offset, params.limit)
        text = "" if isinstance(value, (dict, list)) else tree.preview(value, tree.LONGEST_TEXT)
        made = DocumentPart(
            pk=params.pk,
            path=params.path,
            kind=tree.kind_of(value),
            size=0,
            text=text,
            rows=rows,
            offset=params.offset,
            source=SOURCE,
        )
        return replace(made, size=tree.size_of(value))

    async def plot(self, params: PlotParams) -> WrittenFile:
        if not params.path.endswith((".png", ".svg", ".pdf")):
            raise InvalidForm(f"{params.path} tells no format.", field="path", hint="End it in .png.")
        return self.files.write(params.path, (await self.series(SeriesParams(params.pk, params.kind))).title)

    async def draw(self, params: DrawGraphParams) -> WrittenFile:
        if not params.path.endswith((".dot", ".svg", ".png", ".pdf")):
            raise InvalidForm(f"{params.path} tells no format.", field="path", hint="End it in .dot.")
        found = await self.graph(GraphParams(params.pk, params.direction, params.depth, params.limit))
        if not params.path.endswith(".dot"):
            raise EngineUnavailable("Graphviz is not here.", field="path", hint="End it in .dot.")
        return replace(self.files.write(params.path, found.dot), left_out=found.left_out)

    async def graph(self, params: GraphParams) -> Graph:
        row = self._jobs.get(params.pk).row
        node = GraphNode(row.pk, row.uuid, "CalcJobNode", row.label, is_process=True, state="finished")
        given = GraphNode(900, "given", "StructureData", "Cu4", is_process=False)
        made = GraphNode(901, "made", "Dict", "", is_process=False)
        inward, outward = (
            GraphLink(900, row.pk, "structure", "input_calc"),
            GraphLink(row.pk, 901, "summary", "create"),
        )
        nodes, links = [node], list[GraphLink]()
        if params.direction != "descendants":
            nodes, links = [*nodes, given], [*links, inward]
        if params.direction != "ancestors":
            nodes, links = [*nodes, made], [*links, outward]
        nodes = nodes[: params.limit]
        pks = {node.pk for node in nodes}
        links = [link for link in links if {link.source, link.target} <= pks]
        words = "nodes further away" if len(pks) == params.limit else ""
        return Graph(
            pk=params.pk, nodes=tuple(nodes), links=tuple(links), left_out=words, dot=dot_of(nodes, links)
        )

    async def series(self, params: SeriesParams) -> JobSeries:
        document = self.document(params.pk)
        for pk in params.others:
            self.document(pk, "others")
        columns = columns_of(document)
        match params.kind:
            case "steps":
                drawn = job_series.steps_curves(columns, params)
            case "trajectory" | "convergence":
                drawn = job_series.trajectory_curves(columns)
            case _:
                raise NotFound(f"This job has no {params.kind}.", field="kind")
        return job_series.series(params, drawn, SOURCE)
