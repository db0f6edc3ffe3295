"""WorkChain `crystalmath.flow`: walks a jobflow Flow, and starts each job as soon as its parents are done.

1. The state of the flow follows from the flow and the called processes, see domain/flows/run.py, so the
   checkpoint holds only what the process waits for, and a restarted worker replays it.
2. A job is called under its key as link label. After a crash, the called process is found there and taken;
   one that no worker can run is marked as killed, and its job is called again.
3. Engines run as CalcJobs. Light jobs run in a process of the worker, one after another.
"""

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.engine import ExitCode, ProcessSpec, ProcessState, ToContext, WorkChain, while_

from crystalmath_server.domain.clusters.naming import DIRECT
from crystalmath_server.domain.exit_status import OF_FLOW, ExitStatus
from crystalmath_server.domain.flows.documents import FlowJob, jobs_of, label_of, output_uuid
from crystalmath_server.domain.flows.kinds import JobKind, kind_of
from crystalmath_server.domain.flows.progress import failures, progress_of
from crystalmath_server.domain.flows.run import (
    Fate,
    FlowRun,
    Outcome,
    outcome_of,
    outcomes_of_earlier,
    replay,
)
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.states import ENDED_PROCESS
from crystalmath_server.domain.results.excerpts import last_line
from crystalmath_server.plugins.called_processes import UNKNOWN_EXCEPTION, calls_of, has_started, label_for
from crystalmath_server.plugins.flow_job_calculation import FlowJobCalculation
from crystalmath_server.plugins.job_calculation import define_exit_codes, define_outputs
from crystalmath_server.plugins.job_workchain import JobWorkChain
from crystalmath_server.plugins.json_files import json_file, read_json_file
from crystalmath_server.plugins.light_job import run_light_job, summarize

_SUMMARY = "summary"
MOST_WITHOUT_SCHEDULER = 2
"""Jobs of a flow that run at a time on a computer without a scheduler."""


class FlowWorkChain(JobWorkChain, WorkChain):
    """A flow of jobs."""

    _flow_run: FlowRun | None = None
    _children: dict[str, int]
    _watched: set[int] | None = None
    _woken = False

    @classmethod
    def define(cls, spec: ProcessSpec) -> None:
        """Inputs, outputs and exit codes; `metadata.options` applies to each job of an engine."""
        super().define(spec)
        spec.input(nodes.FLOW, valid_type=orm.SinglefileData, help="The flow as jobflow serializes it.")
        spec.input(nodes.STRUCTURE, valid_type=orm.StructureData, help="Structure passed to the Maker.")
        spec.input(nodes.MAKER, valid_type=orm.Dict, help="atomate2 Maker as MSONable JSON.")
        spec.input(
            nodes.SETTINGS, valid_type=orm.Dict, required=False, help="Form values used to create the Maker."
        )
        spec.input("code", valid_type=orm.InstalledCode, help="Python with atomate2 and the engine.")
        earlier: Any = {"valid_type": orm.SinglefileData, "dynamic": True, "required": False}
        spec.input_namespace(nodes.EARLIER, help="Outputs of the jobs that need not run again.", **earlier)
        spec.input("metadata.options", valid_type=dict, is_metadata=True, help="Options of each job.")
        step: Any = cls
        chain: Any = spec
        chain.outline(while_(step.is_going_on)(step.go_on), step.finish)
        define_outputs(chain, "The flow's output, gzipped JSON.")
        define_exit_codes(chain, OF_FLOW)

    def is_going_on(self) -> bool:
        """Whether a job is waiting or running."""
        return not self._run.is_over

    def go_on(self) -> Any:
        """Take the jobs that ended and start those that can start; wait for any of the others."""
        run = self._run
        self._take_ended()
        while ready := run.ready():
            away = [job for job in ready if kind_of(job) is JobKind.ENGINE][: self._room()]
            light = [job for job in ready if kind_of(job) is not JobKind.ENGINE][:1]
            if not away and not light:
                break
            for job in away or light:  # engines first: a light job keeps this worker busy
                self._begin(job)
            self._note_progress()
            self._take_ended()
        running = [key for key, fate in run.fates.items() if fate is Fate.RUNNING]
        if not running:
            run.give_up()
        self._note_progress()
        self.ctx.clear()
        waiting = {f"running_{i}": orm.load_node(self._children[key]) for i, key in enumerate(running)}
        return ToContext(**waiting)

    def finish(self) -> ExitCode | None:
        """Return the flow's output with its quantities; fail if any job failed."""
        run = self._run
        self._note_progress()
        document = self._final_document()
        if document is not None:
            self.out(nodes.DOCUMENT, document)
            found = self._summary(document)
            for name in (nodes.SUMMARY, nodes.STRUCTURE):
                if name in found:
                    self.out(name, found[name])
        if run.count(Fate.FAILED, Fate.BLOCKED):
            code = getattr(self.exit_codes, ExitStatus.JOBS_FAILED.name)
            return code.format(reason=failures(run))
        return None

    @property
    def _run(self) -> FlowRun:
        """The state of the flow; after a restart, replayed from the called processes."""
        if self._flow_run is None:
            called = calls_of(self.node, has_started)
            ended = outcomes_of_earlier(self.inputs.get(nodes.EARLIER, {}), read_json_file)
            ended |= {key: _outcome(node) for key, node in called.items() if node.is_terminated}
            running = [key for key, node in called.items() if not node.is_terminated]
            self._children = {key: node.pk for key, node in called.items()}
            self._flow_run = replay(read_json_file(self.inputs[nodes.FLOW]), ended, running)
        return self._flow_run

    def _room(self) -> int:
        """How many more jobs of engines may start; without a scheduler, all would run at once."""
        if self.inputs.code.computer.scheduler_type != DIRECT:
            return len(self._run.jobs)
        running = sum(fate is Fate.RUNNING for fate in self._run.fates.values())
        return max(0, MOST_WITHOUT_SCHEDULER - running)

    def _take_ended(self) -> None:
        """Note the outcomes of running jobs that have ended."""
        run = self._run
        running = {self._children[key]: key for key, fate in run.fates.items() if fate is Fate.RUNNING}
        if not running:
            return
        filters = {"id": {"in": list(running)}, "attributes.process_state": {"in": list(ENDED_PROCESS)}}
        ended: list[Any] = orm.QueryBuilder().append(orm.ProcessNode, filters=filters).all(flat=True)
        for node in ended:
            self._end(running[node.pk], node)

    def _end(self, key: str, node: Any) -> None:
        if not node.is_finished_ok:
            self.report(f"job {self._run.jobs[key].name!r}, {node.pk}, failed: {_describe_end(node)}")
        self._run.end(key, _outcome(node))
        if key in self._run.faults:
            self.report(f"job {self._run.jobs[key].name!r}, {node.pk}: {self._run.faults[key]}")

    def _begin(self, job: FlowJob) -> None:
        """Run a light job, or submit another."""
        label = label_for(self.node, job.key)
        document, outputs = json_file(job.document), self._outputs_for(job)
        if kind_of(job) is JobKind.ENGINE:
            node = self._submit(job, label, document, outputs)
            self._run.start(job.key)
        else:
            light: Any = run_light_job
            metadata = {"call_link_label": label, "label": job.name[:255]}
            _, node = light.run_get_node(document, metadata=metadata, **outputs)
            self._end(job.key, node)
        self._children[job.key] = node.pk

    def _submit(self, job: FlowJob, label: str, document: Any, outputs: Mapping[str, Any]) -> Any:
        number = str(1 + len(self._children))
        metadata = {
            "options": {**self.inputs.metadata.options, nodes.RUN: number},
            "label": job.name[:255],
            "call_link_label": label,
        }
        given = {"code": self.inputs.code, nodes.JOB: document, nodes.JOB_OUTPUTS: dict(outputs)}
        return self.submit(FlowJobCalculation, {**given, "metadata": metadata})

    def _outputs_for(self, job: FlowJob) -> dict[str, Any]:
        """Link label → output, for all outputs that a job refers to, and those that these refer to."""
        rest, found = list(job.references), dict[str, Any]()
        while rest:
            uuid = rest.pop()
            key = self._run.output_key(uuid)
            if key and label_of(uuid) not in found:
                node = found[label_of(uuid)] = self._output_of(key)
                rest += node.base.attributes.get(nodes.REFERENCES, [])
        return found

    def _output_of(self, key: str) -> Any:
        earlier = self.inputs.get(nodes.EARLIER, {})
        if key in earlier:
            return earlier[key]
        child: Any = orm.load_node(self._children[key])
        return child.outputs[nodes.DOCUMENT]

    def _final_document(self) -> Any:
        """The flow's output, or else the output of its last job; None if that has none."""
        flow = read_json_file(self.inputs[nodes.FLOW])
        key = self._run.output_key(output_uuid(flow) or jobs_of(flow)[-1].uuid)
        return self._output_of(key) if key else None

    def _summary(self, document: Any) -> Mapping[str, Any]:
        done = calls_of(self.node, lambda node: node.is_terminated).get(_SUMMARY)
        if done is not None and done.is_finished_ok:
            return {name: done.outputs[name] for name in done.outputs}
        calculate: Any = summarize
        metadata = {"call_link_label": label_for(self.node, _SUMMARY), "label": _SUMMARY}
        return calculate(document, metadata=metadata)

    def _note_progress(self) -> None:
        self.node.base.extras.set(nodes.FLOW_PROGRESS, progress_of(self._run))

    # AiiDA resumes a WorkChain when all processes have ended that it waits for. The methods below resume it
    # when the first has, and subscribe to each process once, however many steps it takes part in.

    def load_instance_state(self, saved_state: Any, load_context: Any) -> None:
        """Restore from a checkpoint; the state of the flow is replayed when needed."""
        self._watched = None
        super().load_instance_state(saved_state, load_context)

    def _action_awaitables(self) -> None:
        watched = self._watched = self._watched or set()
        every, new = self._awaitables, [each for each in self._awaitables if each.pk not in watched]
        watched.update(each.pk for each in new)
        self._awaitables = new
        super()._action_awaitables()
        self._awaitables = every
        if self._woken:
            self.call_soon(self._wake)

    def _on_awaitable_finished(self, awaitable: Any) -> None:
        self.logger.info("process %d has ended", awaitable.pk)
        self._wake()

    def _wake(self) -> None:
        """Resume, now or as soon as the process waits."""
        self._woken = True
        if self.state == ProcessState.WAITING:
            self._woken = False
            self.resume()

    def _update_process_status(self) -> None:
        """Leave the status alone; it would list the pks of all processes that the flow waits for."""


def _outcome(node: Any) -> Outcome:
    """What the end of a job means for its flow."""
    if not node.is_finished_ok:
        return Outcome(is_ok=False)
    link = node.base.links.get_outgoing(link_label_filter=nodes.FOLLOW_UP).first()
    return outcome_of(read_json_file(link.node) if link else None)


def _describe_end(node: Any) -> str:
    """Description of how a job ended."""
    if node.is_killed:
        return "it was killed"
    if node.is_excepted:
        return last_line(node.exception) or UNKNOWN_EXCEPTION
    return str(node.exit_message or f"exit status {node.exit_status}")
