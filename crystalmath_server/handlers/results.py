"""jobs.results, jobs.document, jobs.series, jobs.plot: results of a job."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.document import DocumentParams, DocumentPart
from crystalmath_server.protocol.exports import PlotParams, WrittenFile
from crystalmath_server.protocol.jobs import JobPk
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import JobSeries, SeriesParams


async def results(ports: Ports, params: JobPk) -> JobResults:
    """Results of a job from its summary, completed from its document."""
    return await ports.documents.complete(await ports.jobs.results(params.pk))


async def document(ports: Ports, params: DocumentParams) -> DocumentPart:
    """A branch of a job's document."""
    return await ports.documents.part(params)


async def plot(ports: Ports, params: PlotParams) -> WrittenFile:
    """Plot curves of a job to an image file."""
    return await ports.documents.plot(params)


async def series(ports: Ports, params: SeriesParams) -> JobSeries:
    """Curves of a job."""
    return await ports.documents.series(params)
