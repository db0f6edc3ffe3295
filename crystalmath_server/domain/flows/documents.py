"""Reads jobs and their dependencies from the JSON of a jobflow Flow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, cast

Document = Mapping[str, Any]
_PREFIX = "job_"


class InvalidFlow(ValueError):
    """The document is not a flow that can be run; the message says why."""


@dataclass(frozen=True, slots=True)
class FlowJob:
    """One job of a flow.

    Attributes
    ----------
    uuid, index
        jobflow's identity of the job; a replacement has the same uuid and the next index.
    parents
        uuids of the jobs that must end first, because their outputs are inputs or because of a linear order.
    references
        uuids of the jobs whose outputs are inputs.
    is_strict
        Whether the job must not run after a parent has failed.
    document
        The job as jobflow serializes it, with unresolved references.
    """

    uuid: str
    index: int
    name: str
    parents: frozenset[str]
    references: frozenset[str]
    is_strict: bool
    document: Document

    @property
    def key(self) -> str:
        """Unique name of the job within its flow, suitable as a link label."""
        return key_of(self.uuid, self.index)


def key_of(uuid: str, index: int) -> str:
    """The key of a job."""
    return f"{label_of(uuid)}_{index}"


def label_of(uuid: str) -> str:
    """The link label of the output of the job with this uuid."""
    return _PREFIX + uuid.replace("-", "_")


def uuid_of(label: str) -> str:
    """The uuid of the job whose output has this link label."""
    return label.removeprefix(_PREFIX).replace("_", "-")


def class_of(document: object) -> str:
    """The class of a serialized object; empty if it is something else."""
    return str(cast("Document", document).get("@class", "")) if isinstance(document, Mapping) else ""


def references_in(document: object) -> frozenset[str]:
    """Uuids of all output references within a document."""
    found: set[str] = set()
    rest = [document]
    while rest:
        each = rest.pop()
        if class_of(each) == "OutputReference":
            found.add(str(cast("Document", each)["uuid"]))
        elif isinstance(each, Mapping):
            rest.extend(cast("Document", each).values())
        elif isinstance(each, (list, tuple)):
            rest.extend(cast("list[object]", each))
    return frozenset(found)


def jobs_of(flow: Document) -> tuple[FlowJob, ...]:
    """The jobs of a flow in the order in which they are listed.

    Raises
    ------
    InvalidFlow
        The document is not a flow, lists a job twice, or its jobs depend on each other in a circle.
    """
    if class_of(flow) not in {"Flow", "Job"}:
        msg = f"expected a jobflow Flow, not {class_of(flow) or type(flow).__name__}"
        raise InvalidFlow(msg)
    documents = list(_jobs_in(flow))
    uuids = [str(document["uuid"]) for document in documents]
    if len(set(uuids)) < len(uuids):
        msg = f"the flow {flow.get('name')!r} lists a job twice"
        raise InvalidFlow(msg)
    references = {
        uuid: references_in([document["function_args"], document["function_kwargs"]])
        for uuid, document in zip(uuids, documents, strict=True)
    }
    parents = {uuid: set(found) for uuid, found in references.items()}
    for before, after in _linear_edges(flow, references):
        parents[after].add(before)
    _refuse_cycle(parents)
    rows = zip(uuids, documents, strict=True)
    return tuple(_job(document, parents[uuid], references[uuid]) for uuid, document in rows)


def output_uuid(flow: Document) -> str:
    """Uuid of the job whose whole output is the flow's output; empty if the output is something else."""
    output: Any = flow.get("output")
    return str(output["uuid"]) if class_of(output) == "OutputReference" and not output["attributes"] else ""


def _job(document: Document, parents: set[str], references: frozenset[str]) -> FlowJob:
    missing: Any = document["config"]["on_missing_references"]
    on_missing = missing["value"] if class_of(missing) else missing
    return FlowJob(
        uuid=str(document["uuid"]),
        index=int(document["index"]),
        name=str(document["name"]),
        parents=frozenset(parents),
        references=references,
        is_strict=on_missing == "error",
        document=document,
    )


def _jobs_in(document: Document) -> Iterator[Document]:
    """The jobs of a job or a flow, with those of inner flows."""
    if class_of(document) == "Job":
        yield document
    else:
        for each in document["jobs"]:
            yield from _jobs_in(each)


def _linear_edges(flow: Document, references: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    """Pairs of uuids, earlier and later, that the linear order of a flow or of an inner flow adds."""
    if class_of(flow) == "Job":
        return
    for each in flow["jobs"]:
        yield from _linear_edges(each, references)
    if flow.get("order") != "linear":
        return
    for first, second in pairwise(flow["jobs"]):
        yield from ((leaf, root) for leaf in _ends(first, references) for root in _starts(second, references))


def _edges(flow: Document, references: Mapping[str, frozenset[str]]) -> tuple[set[str], set[tuple[str, str]]]:
    members = {str(job["uuid"]) for job in _jobs_in(flow)}
    edges = {(parent, uuid) for uuid in members for parent in references[uuid] & members}
    return members, edges | set(_linear_edges(flow, references))


def _ends(flow: Document, references: Mapping[str, frozenset[str]]) -> set[str]:
    """Uuids of the jobs that no other job of the flow depends on."""
    members, edges = _edges(flow, references)
    return members - {before for before, _ in edges}


def _starts(flow: Document, references: Mapping[str, frozenset[str]]) -> set[str]:
    """Uuids of the jobs that depend on no other job of the flow."""
    members, edges = _edges(flow, references)
    return members - {after for _, after in edges}


def _refuse_cycle(parents: Mapping[str, set[str]]) -> None:
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        msg = f"jobs depend on each other in a circle: {' → '.join(map(str, error.args[1]))}"
        raise InvalidFlow(msg) from error
