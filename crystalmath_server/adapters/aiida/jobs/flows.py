"""Jobs of a flow, from the flow and the processes that it called; runs on the AiiDA thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crystalmath_server.adapters.aiida.jobs.node_record import NodeRecord
from crystalmath_server.adapters.aiida.jobs.runs import load_job
from crystalmath_server.domain.diagnosis.self_correction import ABANDONED
from crystalmath_server.domain.flows.call_labels import name_of
from crystalmath_server.domain.flows.kinds import kind_of
from crystalmath_server.domain.flows.run import FlowRun, Outcome, outcome_of, outcomes_of_earlier, replay
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results.packing import unpack_json
from crystalmath_server.protocol.jobs import FlowJob, FlowJobState


@dataclass(frozen=True, slots=True)
class StoredFlow:
    """A flow with the processes of its jobs, and the outputs that it took over, by link label."""

    run: FlowRun
    processes: Mapping[str, Any]
    earlier: Mapping[str, Any]


def read_flow_jobs(process: NodeRecord) -> tuple[FlowJob, ...]:
    """The jobs of a flow in the order in which they became known; empty for any other job."""
    if process.process_type != nodes.FLOW_PROCESS:
        return ()
    node = load_job(process.pk)
    flow = _read(node)
    return tuple(_row(flow, key, node) for key in flow.run.jobs)


def done_outputs(node: Any) -> dict[str, Any]:
    """Outputs of the jobs that need not run again when the flow is retried; see nodes.EARLIER."""
    flow = _read(node)
    found = dict(flow.earlier)
    for key, process in flow.processes.items():
        if flow.run.fates.get(key) is FlowJobState.DONE:
            found[key] = _output(process, nodes.DOCUMENT)
            if (follow_up := _output(process, nodes.FOLLOW_UP)) is not None:
                found[nodes.FOLLOW_UP_OF + key] = follow_up
    return found


def _read(node: Any) -> StoredFlow:
    from aiida.common.links import LinkType

    calls = (LinkType.CALL_CALC, LinkType.CALL_WORK)
    links = node.base.links.get_outgoing(link_type=calls).all()
    processes = {
        name_of(link.link_label): link.node for link in links if link.node.process_status != ABANDONED
    }
    earlier = dict(node.inputs[nodes.EARLIER].items()) if nodes.EARLIER in node.inputs else {}
    ended = outcomes_of_earlier(earlier, _content)
    for key, process in processes.items():
        if process.is_terminated:
            ended[key] = _outcome_of(process)
    running = [key for key in processes if key not in ended]
    run = replay(_content(node.inputs[nodes.FLOW]), ended, running)
    run.ready()
    return StoredFlow(run, processes, earlier)


def _outcome_of(process: Any) -> Outcome:
    if not process.is_finished_ok:
        return Outcome(is_ok=False)
    follow_up = _output(process, nodes.FOLLOW_UP)
    return outcome_of(_content(follow_up) if follow_up is not None else None)


def _output(process: Any, label: str) -> Any:
    link = process.base.links.get_outgoing(link_label_filter=label).first()
    return link.node if link else None


def _content(node: Any) -> Any:
    return unpack_json(node.get_content("rb"))


def _row(flow: StoredFlow, key: str, node: Any) -> FlowJob:
    process, state = flow.processes.get(key), flow.run.fates[key]
    reason = flow.run.faults.get(key, "")
    if state is FlowJobState.FAILED and process is not None:
        reason = reason or str(process.exit_message or process.exception or process.process_state.value)
    if state is FlowJobState.WAITING and node.is_terminated:
        state = FlowJobState.STOPPED
    pk = process.pk if process is not None else None
    job = flow.run.jobs[key]
    return FlowJob(job.name, state, kind_of(job).value, pk, reason)
