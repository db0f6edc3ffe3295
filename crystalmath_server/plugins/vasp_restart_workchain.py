"""WorkChain `crystalmath.mend`: reruns VASP with custodian's corrections until it succeeds or must ask.

1. After each run, custodian checks the retrieved files once, with its own handler order and counts.
2. A correction produces the next input files; at most `max_iterations` - 1 corrections are automatic.
3. Without a correction, or at the limit, the process pauses and reports why; play runs VASP once more.
4. Any step may be repeated, because a killed worker repeats its last step; processes called before are found
   by their link label and reused.
"""

from collections.abc import Callable, Mapping
from typing import Any

from aiida import orm
from aiida.common.links import LinkType
from aiida.engine import BaseRestartWorkChain, ExitCode, ProcessSpec, ToContext, append_, while_

from crystalmath_server.domain.diagnosis import self_correction
from crystalmath_server.domain.diagnosis.self_correction import CorrectionReport, NextAction
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results.excerpts import last_line
from crystalmath_server.plugins.called_processes import (
    CALLS,
    UNKNOWN_EXCEPTION,
    has_started,
    mark_killed,
)
from crystalmath_server.plugins.job_workchain import JobWorkChain
from crystalmath_server.plugins.vasp_calculation import VaspCalculation
from crystalmath_server.plugins.vasp_correction import correct_inputs

_RUN = "iteration"
_LOOK = "correction"
_UNUSED = ("handler_overrides", "on_unhandled_failure", "pause_on_max_iterations")


class VaspRestartWorkChain(JobWorkChain, BaseRestartWorkChain):
    """A self-correcting VASP job."""

    _process_class = VaspCalculation

    @classmethod
    def define(cls, spec: ProcessSpec) -> None:
        """Inputs and outputs of a run; `metadata.options` applies to each run."""
        super().define(spec)
        spec.expose_inputs(
            VaspCalculation, exclude=("metadata", nodes.SOURCE), namespace_options={"validator": None}
        )
        spec.expose_outputs(VaspCalculation)
        spec.input("metadata.options", valid_type=dict, is_metadata=True, help="Options of each run.")
        inputs: Any = spec.inputs
        for name in _UNUSED:
            del inputs[name]
        inputs.validator = _check
        step: Any = cls
        chain: Any = spec
        again = (step.run_process, step.inspect_process, while_(step.must_ask)(step.ask))
        chain.outline(step.setup, while_(step.should_run_process)(*again), step.results)

    def setup(self) -> None:
        """Prepare the first run with the job's inputs; its settings do not contain the job's key."""
        super().setup()
        self.ctx.inputs = dict(self.exposed_inputs(VaspCalculation))
        given = self.inputs.settings.get_dict() if nodes.SETTINGS in self.inputs else {}
        self.ctx.inputs[nodes.SETTINGS] = orm.Dict(given).store()
        self.ctx.corrections = 0
        self.ctx.question = ""
        self.ctx.earlier = None

    def run_process(self) -> Any:
        """Submit the next run, unless it was submitted before the worker was killed."""
        number = self.ctx.iteration + 1
        run, label = self._find_earlier(f"{_RUN}_{number:03d}", has_started)
        if run is None:
            metadata = {
                "options": {**self.inputs.metadata.options, nodes.RUN: str(number)},
                "label": f"{self.node.label}, run {number}"[:255],
                "call_link_label": label,
                "disable_cache": True,  # caching must not return a failed run
            }
            run = self.submit(VaspCalculation, {**self.ctx.inputs, "metadata": metadata})
            self.report(f"run {number} is {run.pk}")
        self.ctx.iteration = number
        return ToContext(children=append_(run))

    def inspect_process(self) -> ExitCode | None:
        """Decide what to do after the ended run."""
        run = self.ctx.children[-1]
        if run.is_killed:
            return self.exit_codes.ERROR_SUB_PROCESS_KILLED
        look = self._check_run(run)
        made = self.ctx.corrections
        most = self.inputs[nodes.MOST_RUNS].value - 1
        match self_correction.next_action(look, ended_well=run.is_finished_ok, n_corrections=made, most=most):
            case NextAction.DONE:
                self.ctx.is_finished = True
                left = (
                    f"; not corrected: {self_correction.summary(look.corrections)}"
                    if look.corrections
                    else ""
                )
                self.report(f"run {run.pk} ended well{left}")
                return None
            case NextAction.ASK:
                self.ctx.question = self_correction.question(run.pk, _describe_end(run), look, made)
                self.report(self.ctx.question)
            case NextAction.CORRECT:
                self.report(f"run {run.pk} is corrected: {self_correction.summary(look.corrections)}")
        self.ctx.corrections += look.corrects
        return None

    def _check_run(self, run: Any) -> CorrectionReport:
        """Custodian's verdict on a run; stores the next run's inputs in the context."""
        outputs = run.base.links.get_outgoing(link_type=LinkType.CREATE)
        retrieved = (
            outputs.get_node_by_label("retrieved") if "retrieved" in outputs.all_link_labels() else None
        )
        if retrieved is None:
            return CorrectionReport(failure="no files were retrieved")
        done, label = self._find_earlier(
            f"{_LOOK}_{self.ctx.iteration:03d}", lambda node: node.is_finished_ok
        )
        found = done.outputs if done is not None else self._run_correction(retrieved, label)
        self._prepare_next_run(run, found)
        return self_correction.from_dict(found[nodes.CORRECTION].get_dict())

    def _run_correction(self, retrieved: Any, label: str) -> Mapping[str, Any]:
        given = self.ctx.inputs
        calculate: Any = correct_inputs
        called = {"call_link_label": label}
        return calculate(
            retrieved, given[nodes.FILES], given[nodes.SETTINGS], self.ctx.earlier, metadata=called
        )

    def _prepare_next_run(self, run: Any, outputs: Mapping[str, Any]) -> None:
        """Set up the next run with the corrected input files and this run's files on the cluster."""
        self.ctx.earlier = outputs[nodes.CORRECTION]
        if nodes.FILES not in outputs:
            return
        inputs = {**self.ctx.inputs, **{name: outputs[name] for name in (nodes.FILES, nodes.SETTINGS)}}
        inputs.pop(nodes.RESTART, None)
        if outputs[nodes.SETTINGS][nodes.COPIED]:
            inputs[nodes.RESTART] = run.outputs.remote_folder
        self.ctx.inputs = inputs

    def must_ask(self) -> bool:
        """Whether the question is still open; only play clears it."""
        return bool(self.ctx.question)

    def ask(self) -> None:
        """Pause with the question as status."""
        self.pause(self.ctx.question)

    def on_playing(self) -> None:
        """Clear the question when the process is resumed."""
        super().on_playing()
        self.ctx.question = ""

    def _find_earlier(self, label: str, may_be_taken: Callable[[Any], bool]) -> tuple[Any, str]:
        """The process called under a label before the worker was killed, or None and a free label."""
        links = self.node.base.links.get_outgoing(link_type=CALLS, link_label_filter=f"{label}%").all()
        for node in (link.node for link in links):
            if may_be_taken(node):
                return node, label
            mark_killed(node)
        return None, f"{label}_{len(links)}" if links else label


def _describe_end(run: Any) -> str:
    """Description of how a run ended."""
    if run.is_excepted:
        return last_line(run.exception) or UNKNOWN_EXCEPTION
    return f"exit status {run.exit_status}: {run.exit_message or 'no message was left'}"


def _check(inputs: Mapping[str, Any], _ports: Any) -> str | None:
    """Validate the inputs of the runs before submission; returns the error, or None."""
    ports: Any = VaspCalculation.spec().inputs
    given = {name: value for name, value in inputs.items() if name in ports and name != "metadata"}
    options = dict(inputs.get("metadata", {}).get("options", {}))
    fault = ports.validate(ports.pre_process({**given, "metadata": {"options": options}}))
    return str(fault) if fault is not None else None
