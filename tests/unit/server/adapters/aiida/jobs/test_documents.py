"""What a document contributes to the results is read once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import anyio
import pytest

from crystalmath_server.adapters.aiida.jobs.document_cache import CachedDocument
from crystalmath_server.adapters.aiida.jobs.documents import MOST_TOLD, AiidaDocuments
from crystalmath_server.protocol.errors import WorkerCrashed
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.results import JobResults, Quantity

T = TypeVar("T")
TOLD: dict[str, Any] = {"quantities": {}, "sites": [], "n_sites": 7, "series": ["steps"], "steps": {}}


class Runtime:
    async def call_long(self, fn: Callable[..., T], *args: object) -> T:
        del fn
        return CachedDocument(f"job {args[0]}", "document")  # pyright: ignore[reportReturnType]


class Reader:
    def __init__(self) -> None:
        self.paths: list[str] = []
        self.fails = False

    async def call(self, name: str, argument: Mapping[str, Json]) -> Json:
        assert name == "results"
        self.paths.append(str(argument["path"]))
        if self.fails:
            raise WorkerCrashed("gone")
        return TOLD


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def documents(reader: Reader) -> Iterator[AiidaDocuments]:
    made = AiidaDocuments(Runtime(), reader)
    yield made
    made.close()


def results(pk: int, state: JobState = JobState.FINISHED) -> JobResults:
    return JobResults(pk, state, "", (Quantity("energy", "energy", -1.0, "eV", f"summary of {pk}"),), ())


def complete(documents: AiidaDocuments, given: JobResults) -> JobResults:
    return anyio.run(documents.complete, given)


def test_a_document_is_read_once(documents: AiidaDocuments, reader: Reader) -> None:
    first = complete(documents, results(1))
    assert (first.n_sites, first.series, first.document) == (7, ("steps",), "document")
    assert complete(documents, results(1)) == first
    assert reader.paths == ["job 1"]


def test_other_outputs_are_another_document(documents: AiidaDocuments, reader: Reader) -> None:
    complete(documents, results(1))
    complete(documents, replace(results(2), pk=1))  # AiiDA may give the pk of a deleted job again
    assert reader.paths == ["job 1", "job 1"]


def test_only_the_last_documents_are_kept(documents: AiidaDocuments, reader: Reader) -> None:
    for pk in range(1, MOST_TOLD + 2):
        complete(documents, results(pk))
    complete(documents, results(MOST_TOLD + 1))
    complete(documents, results(1))
    assert len(reader.paths) == MOST_TOLD + 2


def test_jobs_without_quantities_and_running_ones_are_not_kept(
    documents: AiidaDocuments, reader: Reader
) -> None:
    bare = replace(results(1), quantities=())
    complete(documents, bare)
    complete(documents, bare)
    complete(documents, results(2, JobState.RUNNING))
    assert reader.paths == ["job 1", "job 1"]


def test_a_failure_is_not_kept(documents: AiidaDocuments, reader: Reader) -> None:
    reader.fails = True
    assert "gone" in complete(documents, results(1)).note
    reader.fails = False
    assert complete(documents, results(1)).n_sites == 7
