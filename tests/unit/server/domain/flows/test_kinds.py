"""Where the jobs of a flow run."""

import dataclasses

import pytest

from crystalmath_server.domain.flows.documents import jobs_of
from crystalmath_server.domain.flows.kinds import JobKind, kind_of, why_not_offered
from crystalmath_server.plugins.jobflow_run import ASE_MODULES
from tests import flow_jobs as do
from tests.flow_runs import document_of


@pytest.mark.parametrize(
    "module,kind",
    [
        ("atomate2.ase.jobs", JobKind.ENGINE),
        ("atomate2.forcefields.md", JobKind.ENGINE),
        ("crystalmath_server.plugins.makers", JobKind.ENGINE),
        ("atomate2.vasp.jobs.core", JobKind.NOT_OFFERED),
        ("atomate2.common.jobs.eos", JobKind.LIGHT),
        ("atomate2.cp2k.jobs.core", JobKind.NOT_OFFERED),
        ("atomate2.vasp.sets", JobKind.NOT_OFFERED),
        ("atomate2_extra.jobs", JobKind.LIGHT),
    ],
)
def test_the_module_of_a_maker_says_where_its_job_runs(module: str, kind: JobKind) -> None:
    (job,) = jobs_of(document_of(do.number(1)))
    assert kind_of(job) is JobKind.LIGHT
    function = {**job.document["function"], "@bound": {"@module": module, "@class": "SomeMaker"}}
    made = dataclasses.replace(job, document={**job.document, "function": function})
    assert kind_of(made) is kind
    reason = why_not_offered(made)
    assert (f"{module}.SomeMaker" in reason) is bool(reason) is (kind is JobKind.NOT_OFFERED)


def test_jobs_that_report_their_steps_are_those_of_engines() -> None:
    """The script that runs on the cluster cannot import the table, so it lists the modules itself."""
    (job,) = jobs_of(document_of(do.number(1)))
    modules = [*ASE_MODULES, "atomate2.common.jobs.eos", "atomate2.vasp.jobs.core"]
    for module in modules:
        function = {**job.document["function"], "@bound": {"@module": module, "@class": "SomeMaker"}}
        made = dataclasses.replace(job, document={**job.document, "function": function})
        assert (kind_of(made) is JobKind.ENGINE) is (module in ASE_MODULES)
