"""WorkChain `crystalmath.mend`: VASP, run again with custodian's corrections until it ends well or must ask.

1. After each run custodian looks once, in its own order and with its own counts, at what came back.
2. A correction makes the next input files; at most `max_iterations` - 1 of them are made unasked.
3. Where it knows none, or may make no more, the process pauses and says why; play runs once more.
4. Every step may be done twice, since a worker that is killed does its last step again: what was called
   before is found by its link label and taken.
"""

from collections.abc import Callable, Mapping
from typing import Any

from aiida import orm
from aiida.common.links import LinkType
from aiida.engine import BaseRestartWorkChain, ExitCode, ProcessSpec, ToContext, append_, while_
from plumpy.process_states import ProcessState

from crystalmath_server.domain.diagnosis import self_correction as mending
from crystalmath_server.domain.diagnosis.self_correction import Look, NextAction
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.plugins.broker_tolerant_process import BrokerTolerantProcess
from crystalmath_server.plugins.vasp_calculation import VaspCalculation
from crystalmath_server.plugins.vasp_correction import correct

_RUN = "iteration"
_LOOK = "correction"
_UNUSED = ("handler_overrides", "on_unhandled_failure", "pause_on_max_iterations")


class VaspRestartWorkChain(BrokerTolerantProcess, BaseRestartWorkChain):
    """A VASP job that corrects itself."""

    _process_class = VaspCalculation

    @classmethod
    def define(cls, spec: ProcessSpec) -> None:
        """Inputs and outputs are those of a run; `metadata.options` are what each run gets."""
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
        """The first run has the job's own inputs; its settings do not carry the job's key."""
        super().setup()
        self.ctx.inputs = dict(self.exposed_inputs(VaspCalculation))
        given = self.inputs.settings.get_dict() if nodes.SETTINGS in self.inputs else {}
        self.ctx.inputs[nodes.SETTINGS] = orm.Dict(given).store()
        self.ctx.corrections = 0
        self.ctx.question = ""
        self.ctx.earlier = None

    def run_process(self) -> Any:
        """Submit the next run, unless that was done before the worker was killed."""
        number = self.ctx.iteration + 1
        run, label = self._begun_before(f"{_RUN}_{number:03d}", _has_begun)
        if run is None:
            metadata = {
                "options": {**self.inputs.metadata.options, nodes.RUN: str(number)},
                "label": f"{self.node.label}, run {number}"[:255],
                "call_link_label": label,
                "disable_cache": True,  # a run that failed must not be answered by itself
            }
            run = self.submit(VaspCalculation, {**self.ctx.inputs, "metadata": metadata})
            self.report(f"run {number} is {run.pk}")
        self.ctx.iteration = number
        return ToContext(children=append_(run))

    def inspect_process(self) -> ExitCode | None:
        """What follows from the run that has ended."""
        run = self.ctx.children[-1]
        if run.is_killed:
            return self.exit_codes.ERROR_SUB_PROCESS_KILLED
        look = self._look(run)
        made = self.ctx.corrections
        most = self.inputs[nodes.MOST_RUNS].value - 1
        match mending.turn(look, ended_well=run.is_finished_ok, made=made, most=most):
            case NextAction.DONE:
                self.ctx.is_finished = True
                left = f"; left as it is: {mending.words(look.corrections)}" if look.corrections else ""
                self.report(f"run {run.pk} ended well{left}")
                return None
            case NextAction.ASK:
                self.ctx.question = mending.question(run.pk, _how(run), look, made)
                self.report(self.ctx.question)
            case NextAction.CORRECT:
                self.report(f"run {run.pk} is corrected: {mending.words(look.corrections)}")
        self.ctx.corrections += look.corrects
        return None

    def _look(self, run: Any) -> Look:
        """What custodian makes of a run; the next run's inputs are then in the context."""
        outputs = run.base.links.get_outgoing(link_type=LinkType.CREATE)
        back = outputs.get_node_by_label("retrieved") if "retrieved" in outputs.all_link_labels() else None
        if back is None:
            return Look(trouble="nothing came back of it")
        done, label = self._begun_before(
            f"{_LOOK}_{self.ctx.iteration:03d}", lambda node: node.is_finished_ok
        )
        found = done.outputs if done is not None else self._corrected(back, label)
        self._take(run, found)
        return mending.read(found[nodes.CORRECTION].get_dict())

    def _corrected(self, back: Any, label: str) -> Mapping[str, Any]:
        given = self.ctx.inputs
        calculate: Any = correct
        called = {"call_link_label": label}
        return calculate(back, given[nodes.FILES], given[nodes.SETTINGS], self.ctx.earlier, metadata=called)

    def _take(self, run: Any, found: Mapping[str, Any]) -> None:
        """Start the next run from the corrected input files and what this run left on the cluster."""
        self.ctx.earlier = found[nodes.CORRECTION]
        if nodes.FILES not in found:
            return
        inputs = {**self.ctx.inputs, **{name: found[name] for name in (nodes.FILES, nodes.SETTINGS)}}
        inputs.pop(nodes.RESTART, None)
        if found[nodes.SETTINGS][nodes.COPIED]:
            inputs[nodes.RESTART] = run.outputs.remote_folder
        self.ctx.inputs = inputs

    def must_ask(self) -> bool:
        """Whether nobody has answered yet; the question is taken back by play alone."""
        return bool(self.ctx.question)

    def ask(self) -> None:
        """Pause with the question as status."""
        self.pause(self.ctx.question)

    def on_playing(self) -> None:
        """It was let go on."""
        super().on_playing()
        self.ctx.question = ""

    def _setup_metadata(self, metadata: dict[str, Any]) -> None:
        """Names and computer of the job stand where a calculation has them, so that lists need not care."""
        options = metadata.pop("options", {})
        self.node.base.attributes.set_many(
            {name: options[name] for name in nodes.ATTRIBUTES if name in options}
        )
        self.node.computer = self.inputs.code.computer
        super()._setup_metadata(metadata)

    def _begun_before(self, label: str, may_be_taken: Callable[[Any], bool]) -> tuple[Any, str]:
        """What was called under a label before the worker was killed, or None and a label that is free."""
        kinds = (LinkType.CALL_CALC, LinkType.CALL_WORK)
        links = self.node.base.links.get_outgoing(link_type=kinds, link_label_filter=f"{label}%").all()
        for node in (link.node for link in links):
            if may_be_taken(node):
                return node, label
            _bury(node)
        return None, f"{label}_{len(links)}" if links else label


def _has_begun(run: Any) -> bool:
    return run.is_terminated or run.checkpoint is not None


def _bury(node: Any) -> None:
    """Mark what a killed worker left and nobody can continue with; else it would seem to run for ever."""
    if not node.is_terminated:
        node.set_process_state(ProcessState.KILLED)
        node.set_process_status(mending.ABANDONED)
        node.seal()


def _how(run: Any) -> str:
    """How a run ended, in words."""
    if run.is_excepted:
        return (str(run.exception or "").strip().splitlines() or ["AiiDA or a plugin raised"])[-1]
    return f"exit status {run.exit_status}: {run.exit_message or 'no message was left'}"


def _check(inputs: Mapping[str, Any], _ports: Any) -> str | None:
    """What is wrong with the inputs of a run, before any is submitted."""
    ports: Any = VaspCalculation.spec().inputs
    given = {name: value for name, value in inputs.items() if name in ports and name != "metadata"}
    options = dict(inputs.get("metadata", {}).get("options", {}))
    fault = ports.validate(ports.pre_process({**given, "metadata": {"options": options}}))
    return str(fault) if fault is not None else None
