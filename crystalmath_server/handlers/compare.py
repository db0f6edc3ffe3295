"""jobs.compare: jobs side by side."""

from crystalmath_server.domain.results import comparison
from crystalmath_server.handlers.fields import fields
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.compare import CompareParams, Comparison


async def compare(ports: Ports, params: CompareParams) -> Comparison:
    """The comparison table of some jobs, without duplicates."""
    pks = tuple(dict.fromkeys(params.pks))
    with fields(pk="pks"):
        jobs = [await _job(ports, pk, place / len(pks)) for place, pk in enumerate(pks)]
    whole = comparison.sort_rows(comparison.table(jobs), params.sort, descending=params.descending)
    return comparison.select_columns(whole, params.columns)


async def _job(ports: Ports, pk: int, done: float) -> comparison.Job:
    ports.server.progress(f"reading job {pk}", done)
    return await ports.jobs.show(pk), await ports.jobs.results(pk)
