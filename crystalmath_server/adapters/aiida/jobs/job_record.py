"""A job with its inputs, outputs and runs, read by a few queries; runs on the AiiDA threads."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from crystalmath_server.adapters.aiida.jobs.node_record import CALCFUNCTION, CALCJOB, WORKCHAIN, NodeRecord
from crystalmath_server.adapters.aiida.jobs.tables import Link, read_links, read_node
from crystalmath_server.domain.diagnosis import self_correction
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.jobs import JOBS_LIST

_CALLS = ("call_calc", "call_work")
_OUTPUTS = ("create", "return")


@dataclass(frozen=True)
class JobRecord:
    """A job, or a run of a self-correcting job.

    Attributes
    ----------
    inputs, outputs
        Nodes by link label.
    structure
        The input structure.
    called
        Called processes, oldest first.
    runs
        The runs of a self-correcting job, oldest first, without those that never began; empty for other jobs.
    reports
        Custodian's conclusions about the runs, by run pk.
    """

    node: NodeRecord
    inputs: Mapping[str, NodeRecord]
    outputs: Mapping[str, NodeRecord]
    structure: NodeRecord | None = None
    caller: NodeRecord | None = None
    called: tuple[NodeRecord, ...] = ()
    runs: "tuple[JobRecord, ...]" = ()
    reports: Mapping[int, self_correction.CorrectionReport] = field(
        default_factory=dict[int, self_correction.CorrectionReport]
    )

    @property
    def pk(self) -> int:
        """The pk of its process node."""
        return self.node.pk

    @property
    def last_run(self) -> "JobRecord":
        """The last run of a self-correcting job; otherwise, or before its first run, the job itself."""
        return self.runs[-1] if self.runs else self

    @property
    def run_nodes(self) -> list[NodeRecord]:
        """The runs of a self-correcting job, oldest first, with those that never began."""
        if self.node.process_type != nodes.VASP_RESTART_PROCESS:
            return []
        return [one for one in self.called if one.node_type.startswith(CALCJOB)]


def read_job(pk: int) -> JobRecord:
    """A job by pk; raises NotFound."""
    node = read_process(pk)
    return _with_runs(_linked(node, read_links([pk])))


def read_process(pk: int) -> NodeRecord:
    """The process node of a job alone.

    Raises
    ------
    NotFound
        No CalcJob or workflow has this pk.
    """
    node = read_node(pk)
    if node is None or not node.node_type.startswith((CALCJOB, WORKCHAIN)):
        raise NotFound(f"There is no job {pk}", field="pk", hint=f"See: {command(JOBS_LIST)}")
    return node


def job_of_folder(folder: NodeRecord) -> int | None:
    """The job that ran in a remote folder or was imported from it."""
    links = read_links([folder.pk])
    creator = next((link.node for link in links if link.incoming and link.kind == "create"), None)
    if creator is None:
        imports = (link.node.pk for link in links if not link.incoming and link.label == nodes.SOURCE)
        return next(imports, None)
    caller = _caller(read_links([creator.pk]))
    return (
        caller.pk if caller is not None and caller.process_type == nodes.VASP_RESTART_PROCESS else creator.pk
    )


def _linked(node: NodeRecord, links: Iterable[Link]) -> JobRecord:
    found = sorted(links, key=lambda link: link.node.pk)
    given = {link.label: link.node for link in found if link.incoming and link.kind.startswith("input_")}
    made = {link.label: link.node for link in found if not link.incoming and link.kind in _OUTPUTS}
    structure = given.get(nodes.STRUCTURE)
    return JobRecord(
        node,
        given,
        made,
        structure if structure is not None and structure.is_structure else None,
        _caller(found),
        tuple(link.node for link in found if not link.incoming and link.kind in _CALLS),
    )


def _caller(links: Iterable[Link]) -> NodeRecord | None:
    return next((link.node for link in links if link.incoming and link.kind in _CALLS), None)


def _with_runs(job: JobRecord) -> JobRecord:
    """A self-correcting job with its runs, and with what custodian concluded about each."""
    runs = [run for run in job.run_nodes if run.attributes.get("process_status") != self_correction.ABANDONED]
    if not runs:
        return job
    looks = [one for one in job.called if one.node_type.startswith(CALCFUNCTION)]
    links: defaultdict[int, list[Link]] = defaultdict(list)
    for link in read_links(node.pk for node in (*runs, *looks)):
        links[link.near].append(link)
    records = tuple(_linked(run, links[run.pk]) for run in runs)
    examined = (_linked(look, links[look.pk]) for look in looks)
    return replace(job, runs=records, reports=_reports(records, examined))


def _reports(
    runs: Iterable[JobRecord], looks: Iterable[JobRecord]
) -> dict[int, self_correction.CorrectionReport]:
    run_of = {run.outputs["retrieved"].pk: run.pk for run in runs if "retrieved" in run.outputs}
    return {
        run_of[back.pk]: self_correction.from_dict(look.outputs[nodes.CORRECTION].attributes)
        for look in looks
        if nodes.CORRECTION in look.outputs
        and (back := look.inputs.get("retrieved")) is not None
        and back.pk in run_of
    }
