"""Flows run by the state machine in random orders, and by jobflow itself."""

import random
import warnings
from collections.abc import Mapping
from tempfile import TemporaryDirectory
from typing import Any

from jobflow import Flow, Job, JobStore, run_locally
from jobflow.core.flow import get_flow
from maggma.stores import MemoryStore
from monty.json import jsanitize

from crystalmath_server.domain.flows.documents import references_in
from crystalmath_server.domain.flows.run import FlowRun, Outcome
from crystalmath_server.plugins.jobflow_run import run_flow_job

Outputs = dict[str, Any]


def document_of(flow: Flow | Job | list[Any]) -> dict[str, Any]:
    return jsanitize(get_flow(flow).as_dict(), strict=True, enum_values=True)


def run(flow: Mapping[str, Any], seed: int = 0) -> tuple[FlowRun, dict[str, Outputs], dict[str, Outcome]]:
    """Run a flow in a random order: its state, uuid → outputs by index, key → outcome."""
    chance, run = random.Random(seed), FlowRun(flow)
    outputs: dict[str, Outputs] = {}
    outcomes: dict[str, Outcome] = {}
    running: list[str] = []
    while ready := [job.key for job in run.ready()] + running:
        key = chance.choice(ready)
        if key not in running:
            running.append(key)
            run.start(key)
            continue
        running.remove(key)
        outcomes[key] = outcome_of(run, key, outputs)
        run.end(key, outcomes[key])
    return run, outputs, outcomes


def outcome_of(run: FlowRun, key: str, outputs: dict[str, Outputs]) -> Outcome:
    job = run.jobs[key]
    known = {uuid: found[max(found, key=int)] for uuid, found in outputs.items()}
    try:
        output, follow_up = run_flow_job(dict(job.document), known)
    except ValueError:
        return Outcome(is_ok=False)
    outputs.setdefault(job.uuid, {})[str(job.index)] = output
    follow_up.pop("references", None)
    return Outcome(**follow_up)


def run_by_jobflow(flow: Flow) -> dict[str, Outputs]:
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    with warnings.catch_warnings(), TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # of jobs without connections, and of its own dependencies
        run_locally(flow, store=store, log=False, root_dir=folder)
    found: dict[str, Outputs] = {}
    for row in store.query({}, load=True):
        found.setdefault(row["uuid"], {})[str(row["index"])] = row["output"]
    return found


def comparable(outputs: dict[str, Outputs], flow: Flow) -> tuple[dict[str, Outputs], list[str]]:
    """Outputs of the flow's own jobs; those of jobs added on the way, whose uuids are random, by value."""
    own = {uuid: {**found} for uuid, found in outputs.items() if uuid in flow.all_uuids}
    others = [repr(found) for uuid, found in outputs.items() if uuid not in own]
    for found in own.values():
        found.update({index: "references" for index, output in found.items() if references_in(output)})
    return own, sorted(others)


def shuffled(outcomes: Mapping[str, Outcome], seed: int) -> dict[str, Outcome]:
    """The outcomes in a random order."""
    keys = sorted(outcomes)
    random.Random(seed).shuffle(keys)
    return {key: outcomes[key] for key in keys}
