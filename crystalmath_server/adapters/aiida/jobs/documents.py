"""The Documents port: files from AiiDA's repository, parsed in the reading process."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

from crystalmath_server.adapters.aiida.calls import LongCalls
from crystalmath_server.adapters.aiida.graph import read_graph
from crystalmath_server.adapters.aiida.jobs.document_cache import (
    CachedDocument,
    children_with_documents,
    hold_document,
    hold_vasprun,
)
from crystalmath_server.adapters.processes import graphviz
from crystalmath_server.domain.results.completed import complete
from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.document import DocumentParams, DocumentPart
from crystalmath_server.protocol.errors import NotFound, RpcError
from crystalmath_server.protocol.exports import PlotParams, WrittenFile
from crystalmath_server.protocol.graph import DrawGraphParams, Graph, GraphParams
from crystalmath_server.protocol.jobs import ENDED
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import JobSeries, SeriesParams

MOST_POINTS = 10_000
"""Maximum number of points per curve in an image."""
MOST_TOLD = 16
"""Number of documents whose contribution to the results is kept."""

Outputs = tuple[tuple[str, str], ...]
"""The quantities of a job's results, each with the UUID of its node."""
Told = tuple[Mapping[str, Any], str]
"""What the reading process found in a document, and the UUID of the document's node."""


class Reader(Protocol):
    """The reading process."""

    async def call(self, name: str, argument: Mapping[str, Json]) -> Json:
        """Call a function of the reading process."""
        ...


class AiidaDocuments:
    """Job documents; keeps copies of the most recent ones in a temporary folder."""

    def __init__(self, runtime: LongCalls, reader: Reader) -> None:
        self._runtime = runtime
        self._reader = reader
        self._told: dict[Outputs, Told] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="crystalmath-", ignore_cleanup_errors=True)

    def close(self) -> None:
        """Remove the copies."""
        self._folder.cleanup()

    async def complete(self, results: JobResults) -> JobResults:
        """The results, completed from the job's document."""
        if results.state not in ENDED:
            return results
        outputs = tuple((row.name, row.source) for row in results.quantities)
        try:
            told, source = self._told.get(outputs) or await self._read(results.pk)
        except NotFound:
            return results  # the job has no document
        except RpcError as error:
            return replace(results, note=f"The document cannot be read: {error.data.detail or error.message}")
        self._keep(outputs, (told, source))
        return complete(results, told, source)

    async def _read(self, pk: int) -> Told:
        held = await self._document(pk)
        answer = await self._reader.call("results", {"path": held.path})
        return cast("dict[str, Any]", answer), held.source

    def _keep(self, outputs: Outputs, told: Told) -> None:
        """Keep what a document contributes: outputs of an ended job never change."""
        self._told.pop(outputs, None)
        if outputs:
            self._told[outputs] = told
        if len(self._told) > MOST_TOLD:
            del self._told[next(iter(self._told))]

    async def part(self, params: DocumentParams) -> DocumentPart:
        """A branch of a document."""
        held = await self._document(params.pk)
        argument = {"path": held.path, "source": held.source, "params": to_json(params)}
        return from_json(DocumentPart, await self._reader.call("part", argument))

    async def series(self, params: SeriesParams) -> JobSeries:
        """Curves of a job."""
        return from_json(JobSeries, await self._curves("series", params, {}))

    async def plot(self, params: PlotParams) -> WrittenFile:
        """Write curves to an image file."""
        wanted = SeriesParams(params.pk, params.kind, params.x, params.y, params.others, MOST_POINTS)
        return from_json(WrittenFile, await self._curves("plot", wanted, {"file": params.path}))

    async def _curves(self, call: str, params: SeriesParams, more: Mapping[str, Json]) -> Json:
        """Call a curve function; fetches vasprun.xml if the document lacks the data."""
        argument = {**await self._series_argument(params), **more}
        answer = await self._reader.call(call, argument)
        if not isinstance(answer, str):
            return answer
        vasprun = await self._runtime.call_long(hold_vasprun, params.pk, self._cache_folder)
        argument |= {"vasprun": vasprun.path, "vasprun_source": vasprun.source}
        return await self._reader.call(call, argument)

    async def _series_argument(self, params: SeriesParams) -> dict[str, Json]:
        pks = [params.pk]
        if params.kind == "eos":
            pks = await self._runtime.call_long(children_with_documents, params.pk)
        held = [await self._document(pk) for pk in pks]
        held += [await self._document(pk, "others") for pk in params.others]
        paths: list[Json] = [one.path for one in held]
        return {"paths": paths, "source": held[0].source, "params": to_json(params)}

    async def graph(self, params: GraphParams) -> Graph:
        """The provenance graph around a node."""
        return await self._runtime.call_long(read_graph, params)

    async def draw(self, params: DrawGraphParams) -> WrittenFile:
        """Write the provenance graph to a file."""
        graphviz.format_of(params.path)
        found = await self.graph(GraphParams(params.pk, params.direction, params.depth, params.limit))
        return WrittenFile(params.path, await graphviz.write_graph(found.dot, params.path), found.left_out)

    async def _document(self, pk: int, field: str = "pk") -> CachedDocument:
        return await self._runtime.call_long(hold_document, pk, self._cache_folder, field)

    @property
    def _cache_folder(self) -> Path:
        return Path(self._folder.name)
