"""The last step of a new job: cluster, program and resources over the defaults of the cluster."""

from dataclasses import replace
from typing import Any

from crystalmath_server.protocol.clusters import ClusterDetail, ClusterList, ClusterRow
from crystalmath_server.protocol.codes import CodeKind, CodeRow
from crystalmath_server.protocol.errors import InvalidForm, NotFound, TransportFailed
from crystalmath_server.protocol.jobs import SubmitJobParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.structures import Lattice, StructureDetail, StructureRow
from crystalmath_server.protocol.templates import InputFile, Rendered, TemplateDetail, TemplateRow
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Call, Say
from crystalmath_tui.core.form import values
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, KeyPressed, MousePressed, Pasted, Refused
from crystalmath_tui.screens.new.model import (
    INPUTS,
    SCRIPT,
    SUBMIT,
    Slice,
)
from crystalmath_tui.screens.new.update import update
from crystalmath_tui.screens.new.view import view

CONTEXT = Context(Size(21, 80))
COPPER = StructureDetail(
    StructureRow(3, "u3", "copper", "Cu4", 4, 0.0), Lattice(3.6, 3.6, 3.6, 90, 90, 90, 46.7), "", 9.0, (), ""
)
RELAX = TemplateDetail(TemplateRow("emt.relax", "Relax", "emt", "relax", "", "", runnable=True), ())
RENDERED = Rendered("emt.relax", (InputFile("POSCAR", "Cu4"),), (), "d1")
AT_INPUTS = Slice(
    INPUTS, structure=COPPER, template=RELAX, rendered=RENDERED, key="key-0001", key_digest="d1"
)
HPC = ClusterRow(1, "hpc", "hpc", "core.ssh_async", "core.slurm", "/scratch", enabled=True)
LOCAL = replace(HPC, pk=2, label="localhost", scheduler="core.direct")
OFF = replace(HPC, pk=3, label="off", enabled=False)
CODE = CodeRow(7, "u", "vasp_std", "hpc", CodeKind.VASP_STD, "/opt/vasp_std")
ASKED = Resources(partition="short", walltime_s=3600, nodes=2)


def detail(row: ClusterRow, asked: Resources = Resources(), *codes: CodeRow) -> ClusterDetail:  # noqa: B008  frozen
    return ClusterDetail(row, "", asked, {}, codes, 10.0, 30.0, "", "")


def press(new: Slice, *keys: str) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for key in keys:
        new, effects = update(new, KeyPressed(key), CONTEXT)
    return new, effects


def told(new: Slice, *messages: Any) -> Slice:
    for message in messages:
        new = update(new, message, CONTEXT)[0]
    return new


def words(new: Slice) -> str:
    return "\n".join("".join(span.text for span in line) for line in view(new, CONTEXT))


def at_submit() -> Slice:
    new, effects = press(AT_INPUTS, "enter")
    assert [effect.method.name for effect in effects] == ["clusters.list", "clusters.show"]
    return told(
        new,
        Answered("new clusters", ClusterList((HPC, LOCAL, OFF))),
        Answered("new target", detail(LOCAL), "localhost"),
    )


def on_hpc() -> Slice:
    new, (call,) = press(at_submit(), "down", "right")
    assert isinstance(call, Call)
    assert (call.method.name, call.params.label) == ("clusters.show", "hpc")
    return told(new, Answered("new target", detail(HPC, ASKED, CODE), "hpc"))


def go_to(new: Slice, name: str) -> Slice:
    while new.job.at_button or new.job.fields[new.job.scroll.index].name != name:
        new, _ = press(new, "down")
    return new


def sent(new: Slice) -> SubmitJobParams:
    (call,) = press(new, "enter")[1]
    assert isinstance(call, Call)
    assert isinstance(call.params, SubmitJobParams)
    return call.params


def test_clusters_in_use_can_be_chosen() -> None:
    assert at_submit().job.fields[1].choices == ("hpc", "localhost")


def test_without_a_choice_the_job_runs_here_and_asks_for_nothing() -> None:
    params = sent(at_submit())
    assert (params.cluster, params.code, params.resources) == ("localhost", "", Resources())


def test_defaults_of_the_cluster_are_shown_and_not_sent() -> None:
    shown = values(on_hpc().job)
    assert (shown["partition"], shown["walltime_s"], shown["nodes"]) == ("short", "1:00:00", "2")
    params = sent(on_hpc())
    assert (params.cluster, params.resources) == ("hpc", Resources())


def test_what_is_typed_overrides_and_what_is_emptied_asks_for_none() -> None:
    new, _ = press(go_to(on_hpc(), "partition"), "ctrl u", *"long")
    new, _ = press(go_to(new, "walltime_s"), "ctrl u")
    assert sent(new).resources == Resources(partition="long", walltime_s=0)


def test_what_was_typed_goes_along_to_another_cluster() -> None:
    new, _ = press(go_to(at_submit(), "nodes"), "4")
    new, _ = press(go_to(new, "cluster"), "left")
    assert isinstance(press(new, "enter")[1][0], Say), "the defaults shown are those of localhost"
    new = told(new, Answered("new target", detail(HPC, ASKED), "hpc"))
    assert (values(new.job)["nodes"], values(new.job)["partition"]) == ("4", "short")
    assert sent(new).resources == Resources(nodes=4)


def test_codes_of_the_cluster_can_be_chosen() -> None:
    new, _ = press(go_to(on_hpc(), "code"), "right")
    assert sent(new).code == "vasp_std"
    new, _ = press(go_to(new, "cluster"), "right")
    new = told(new, Answered("new target", detail(LOCAL), "localhost"))
    assert sent(new).code == "", "there is no such code here"


def test_results_are_reused_only_where_asked_for() -> None:
    assert sent(at_submit()).reuse is False
    assert sent(press(go_to(at_submit(), "reuse"), "right")[0]).reuse is True


def test_a_wrong_number_is_told_at_its_field() -> None:
    new, effects = press(go_to(at_submit(), "nodes"), "x", "enter")
    assert effects == ()
    assert new.job.complaint[0] == "nodes"
    assert "'x' is not a number" in words(new)


def test_what_the_server_refuses_is_told_at_its_field() -> None:
    error = InvalidForm("There is no partition 'x'", field="resources.partition", hint="Choose another.")
    new = told(on_hpc(), Refused("new submit", error))
    assert new.job.fields[new.job.scroll.index].name == "partition"
    assert "There is no partition 'x'. Choose another." in words(new)
    assert new.error is None


def test_localhost_need_not_be_there_yet_but_others_must() -> None:
    new, _ = press(AT_INPUTS, "enter")
    assert told(new, Refused("new target", NotFound("no cluster localhost"), "localhost")).job.complaint == (
        "",
        "",
    )
    new, _ = press(at_submit(), "down", "right")
    lost = told(new, Refused("new target", TransportFailed("no answer"), "hpc"))
    assert lost.job.complaint[0] == "cluster"
    assert told(lost, Answered("new target", detail(LOCAL, ASKED), "localhost")) == lost, (
        "nobody waits for it"
    )


def test_what_is_typed_stays_when_one_goes_back() -> None:
    new, _ = press(on_hpc(), "up", *"mine", "esc", "enter")
    assert (new.step, values(new.job)["label"], values(new.job)["cluster"]) == (SUBMIT, "mine", "hpc")
    assert values(told(new, Pasted("-2")).job)["label"] == "mine-2"


def test_clicks_select_fields_and_submit() -> None:
    lines = words(at_submit()).split("\n")
    row = next(i for i, line in enumerate(lines) if line.startswith(" cluster"))
    new = told(at_submit(), MousePressed(row, 3, 1))
    assert new.job.fields[new.job.scroll.index].name == "cluster"
    end, _ = press(at_submit(), "up")
    row = next(i for i, line in enumerate(words(end).split("\n")) if line.strip() == "Submit")
    _, (call,) = update(end, MousePressed(row, 24, 1), CONTEXT)
    assert isinstance(call, Call)
    assert call.method.name == "jobs.submit"


def test_going_back_shows_the_batch_script_of_the_cluster_chosen() -> None:
    new, (call,) = press(go_to(on_hpc(), "partition"), "esc")
    assert (new.step, call.method.name) == (INPUTS, "templates.render")
    assert (call.params.cluster, call.params.structures) == ("hpc", (3,))
    assert "hpc" in new.waiting
    shown = told(new, Answered("new script", replace(RENDERED, script="#!/bin/bash\n#SBATCH --nodes=2\n")))
    assert (shown.step, shown.waiting, shown.key) == (INPUTS, "", "key-0001")
    assert SCRIPT in words(shown)
    assert "#SBATCH --nodes=2" in words(shown)
    assert "Cu4" in words(press(shown, "right")[0])
    again = press(shown, "enter")[0]
    assert (again.step, again.rendered) == (SUBMIT, RENDERED)
    other = told(new, Answered("new script", replace(RENDERED, digest="d2", script="#!/bin/bash")))
    assert other.rendered == RENDERED


def test_corrections_are_asked_for_as_a_number() -> None:
    assert sent(at_submit()).corrections == 0
    assert sent(told(press(go_to(at_submit(), "corrections"), "backspace")[0], Pasted("3"))).corrections == 3
    for wrong in ("11", "x", "-1"):
        new = told(press(go_to(at_submit(), "corrections"), "backspace")[0], Pasted(wrong))
        after, effects = press(new, "enter")
        assert effects == ()
        assert "whole number from 0 to 10" in words(after)


def test_further_files_and_their_limit() -> None:
    new = told(go_to(at_submit(), "retrieve"), Pasted("CHGCAR, DOS*"))
    params = sent(new)
    assert (params.retrieve, params.retrieve_mb) == (("CHGCAR", "DOS*"), 50.0)
    wrong = told(go_to(at_submit(), "retrieve_mb"), Pasted("x"))
    after, effects = press(wrong, "enter")
    assert effects == ()
    assert "number from 0" in words(after)


def test_a_job_of_vasp_goes_to_the_only_cluster_until_another_is_chosen() -> None:
    template = AT_INPUTS.template
    assert template
    vasp = replace(AT_INPUTS, template=replace(template, row=replace(template.row, engine="vasp")))
    opened, _ = press(vasp, "enter")
    new, (call,) = update(opened, Answered("new clusters", ClusterList((HPC, LOCAL, OFF))), CONTEXT)
    assert isinstance(call, Call)
    assert (call.method.name, call.params.label) == ("clusters.show", "hpc")
    new = told(new, Answered("new target", detail(HPC, ASKED, CODE), "hpc"))
    assert values(new.job)["cluster"] == "hpc"
    here, _ = press(go_to(new, "cluster"), "right")
    assert values(here.job)["cluster"] == "localhost"
    again, effects = update(here, Answered("new clusters", ClusterList((HPC, LOCAL, OFF))), CONTEXT)
    assert (values(again.job)["cluster"], effects) == ("localhost", ())
    two = ClusterList((HPC, replace(HPC, label="other"), LOCAL))
    assert values(told(opened, Answered("new clusters", two)).job)["cluster"] == "localhost"
