"""jobs.results, jobs.document, jobs.series, jobs.plot: what a job computed."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.document import DocumentParams, DocumentPart
from crystalmath_server.protocol.exports import PlotParams, WrittenFile
from crystalmath_server.protocol.jobs import JobPk
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import JobSeries, SeriesParams


async def results(ports: Ports, params: JobPk) -> JobResults:
    """What a job computed: its summary, and what the document tells beyond it."""
    return await ports.documents.complete(await ports.jobs.results(params.pk))


async def document(ports: Ports, params: DocumentParams) -> DocumentPart:
    """A branch of the document of a job."""
    return await ports.documents.part(params)


async def plot(ports: Ports, params: PlotParams) -> WrittenFile:
    """Curves of a job as an image."""
    return await ports.documents.plot(params)


async def series(ports: Ports, params: SeriesParams) -> JobSeries:
    """Curves of a job."""
    return await ports.documents.series(params)
