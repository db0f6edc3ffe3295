"""Flows of Makers as JSON, and their refusal before anything runs."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from jobflow import Flow, Maker, job
from pymatgen.core import Lattice, Structure

from crystalmath_server.adapters.worker import templates
from crystalmath_server.adapters.worker.flow_jobs import flow_of
from crystalmath_server.domain.flows.documents import jobs_of
from crystalmath_server.protocol.errors import InvalidForm, InvalidTemplate
from crystalmath_server.protocol.job_spec import JobSpec
from tests import flow_jobs as do

COPPER = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])


@dataclass
class OtherCode(Maker):
    name: str = "other"  # pyright: ignore[reportIncompatibleMethodOverride]

    @job
    def make(self, structure: Structure) -> int:
        return len(structure)


OtherCode.__module__ = "atomate2.cp2k.jobs.core"


@dataclass
class Flows(Maker):
    name: str = "flows"  # pyright: ignore[reportIncompatibleMethodOverride]
    step: Any = field(default_factory=lambda: None)

    def make(self, structure: Structure) -> Flow:
        if self.step is None:
            msg = "a step is missing"
            raise ValueError(msg)
        return Flow([do.number(1), self.step.make(structure)])


def test_a_job_of_a_code_that_is_not_supported_is_refused() -> None:
    with pytest.raises(InvalidTemplate, match="OtherCode, whose code is not supported"):
        flow_of(Flows(step=OtherCode()), COPPER)


def test_a_maker_that_raises_names_the_field() -> None:
    with pytest.raises(InvalidForm, match="makes no flow: ValueError: a step is missing") as caught:
        flow_of(Flows(), COPPER)
    assert caught.value.data.field == "values"


@pytest.mark.parametrize("kind,number", [("elastic", 4), ("eos", 9), ("double_relax", 2)])
@pytest.mark.parametrize("engine", ["emt", "chgnet"])
def test_templates_of_flows_render_their_jobs(engine: str, kind: str, number: int) -> None:
    name = f"{engine}.{kind}"
    shown = templates.show_template(name)
    assert shown.row.flow
    assert all(row.title for row in shown.fields)
    made = templates.render(JobSpec(name, (1,)), [COPPER.as_dict()])
    assert len(jobs_of(made.flow)) == number


def test_a_setting_of_a_step_keeps_the_others() -> None:
    values: dict[str, Any] = {"bulk_relax_maker.relax_kwargs.fmax": 1e-3}
    made = templates.render(JobSpec("emt.elastic", (1,), values), [COPPER.as_dict()])
    bulk: Any = made.maker["bulk_relax_maker"]
    assert bulk["relax_kwargs"] == {"fmax": 1e-3}
    assert bulk["fix_symmetry"] is True
    with pytest.raises(InvalidForm) as caught:
        templates.render(JobSpec("emt.elastic", (1,), {"order": 7}), [COPPER.as_dict()])
    assert caught.value.data.field == "values.order"
