"""The set-up of clusters and codes: from a host to a form, from a form to a call, and back with reasons."""

from dataclasses import replace
from typing import Any

import pytest

from crystalmath_server.protocol.clusters import (
    ClusterDetail,
    ClusterRow,
    CreateClusterParams,
    Discovery,
    HostList,
    Partition,
    SshHost,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codes import CodeKind, CodeRow, CreateCodeParams
from crystalmath_server.protocol.errors import Conflict, InvalidForm, TransportFailed
from crystalmath_server.protocol.resources import Resources
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Open, Say
from crystalmath_tui.core.form import values
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, MousePressed, Pasted, Refused
from crystalmath_tui.screens.setup.update import (
    Slice,
    is_typing,
    update,
)
from crystalmath_tui.screens.setup.view import view

CONTEXT = Context(Size(21, 80))
HPC = SshHost("hpc", "login.hpc.example", "anna", 22, "gate", master=True)
CONFIG = HostList((HPC, SshHost("old", "old.example", "anna", 22)), "/home/anna/.ssh/config")
PARTITIONS = (
    Partition("debug", False, True, 600, {"idle": 1}, 8, 16000),
    Partition("normal", True, True, 86400, {"idle": 9}, 64, 256000, "a100:4"),
)
FOUND = Discovery(
    "hpc", "anna", "/home/anna", "core.slurm", "slurm 23", PARTITIONS, ("proj", "other"), ("high",),
    ("/scratch/anna",), ("srun -n {tot_num_mpiprocs}",), {"vasp_std": "/opt/vasp/vasp_std"}, ("A note.",),
)  # fmt: skip
ROW = ClusterRow(1, "hpc", "hpc", "core.ssh_async", "core.slurm", "/scratch", enabled=True)
DETAIL = ClusterDetail(
    ROW, "words", Resources(partition="debug", walltime_s=600), {}, (), 10.0, 30.0, "srun", "/pot"
)  # fmt: skip


def press(setup: Slice, *keys: str) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for key in keys:
        setup, effects = update(setup, KeyPressed(key), CONTEXT)
    return setup, effects


def told(setup: Slice, *messages: Any) -> Slice:
    for message in messages:
        setup = update(setup, message, CONTEXT)[0]
    return setup


def words(setup: Slice) -> str:
    return "\n".join("".join(span.text for span in line) for line in view(setup, CONTEXT))


def at_hosts() -> Slice:
    return told(Slice(), Entered("setup"), Answered("setup hosts", CONFIG))


def at_form() -> Slice:
    looking, _ = press(at_hosts(), "down", "down", "enter")
    return told(looking, Answered("setup discovery", FOUND, looking.turn))


def filled(setup: Slice, **texts: str) -> Slice:
    """The form with other texts."""
    fields = tuple(
        replace(each, text=replace(each.text, text=texts.get(each.name, each.text.text)))
        for each in setup.form.fields
    )
    return replace(setup, form=replace(setup.form, fields=fields))


def params_of(setup: Slice) -> Any:
    (call,) = press(setup, "f2")[1]
    assert isinstance(call, Call)
    return call.params


def test_hosts_of_the_ssh_config_are_shown_and_one_is_looked_at() -> None:
    assert "login.hpc.example  as anna  through gate  master connection" in words(at_hosts())
    setup, (call,) = press(at_hosts(), "down", "down", "enter")
    assert (call.method.name, call.params.hostname, call.params.backend) == (
        "clusters.discover",
        "hpc",
        "openssh",
    )
    assert "Looking around on hpc" in words(setup)
    _, (call,) = press(at_hosts(), *"old", "enter")
    assert (call.params.hostname, call.params.transport, call.params.backend) == (
        "old", "core.ssh_async", "asyncssh",
    )  # fmt: skip
    _, (call,) = press(at_hosts(), "down", "enter")
    assert (call.params.hostname, call.params.transport) == ("localhost", "core.local")
    assert isinstance(press(at_hosts(), "enter")[1][0], Say)


def test_what_was_found_is_proposed() -> None:
    found = values(at_form().form)
    assert found["label"] == "hpc"
    assert (found["scheduler"], found["partition"], found["account"]) == ("core.slurm", "normal", "proj")
    assert (found["work_dir"], found["vasp_std"]) == ("/scratch/anna/crystalmath", "/opt/vasp/vasp_std")
    helps = {each.name: each.help for each in at_form().form.fields}
    assert "debug, normal" in helps["partition"]
    assert "1-00:00:00 at most" in helps["walltime_s"]
    assert "64 cores" in helps["tasks_per_node"]
    assert "A note." in words(at_form())


def test_the_form_becomes_the_call() -> None:
    params = params_of(
        filled(at_form(), walltime_s="1:00:00", modules="vasp/6, mkl", poll_interval_s="5", max_jobs="20")
    )
    assert isinstance(params, CreateClusterParams)
    assert (params.hostname, params.backend, params.poll_interval_s) == ("hpc", "openssh", 5.0)
    assert (params.defaults.walltime_s, params.defaults.modules) == (3600, ("vasp/6", "mkl"))
    assert (params.safe_interval_s, params.max_jobs) == (None, 20)


@pytest.mark.parametrize(
    "name, text",
    [
        ("walltime_s", "soon"),
        ("nodes", "two"),
        ("poll_interval_s", "x"),
        ("safe_interval_s", "nan"),
        ("label", ""),
        ("max_jobs", "-1"),
    ],
)
def test_a_wrong_text_is_told_at_its_field_and_nothing_is_sent(name: str, text: str) -> None:
    setup, effects = press(filled(at_form(), **{name: text}), "f2")
    assert (effects, setup.stage, setup.form.complaint[0]) == ((), "form", name)
    assert setup.form.complaint[1][:20] in words(setup)


def test_what_the_server_refuses_is_told_at_its_field() -> None:
    setup, _ = press(at_form(), "f2")
    error = InvalidForm("There is no partition 'x'", field="defaults.partition", hint="Choose another.")
    setup = told(setup, Refused("cluster saved", error, setup.turn))
    assert setup.stage == "form"
    assert setup.form.fields[setup.form.scroll.index].name == "partition"
    assert "Choose another." in words(setup)
    setup, _ = press(at_form(), "f2")
    setup = told(setup, Refused("cluster saved", Conflict("hpc is there already", field="label"), setup.turn))
    assert values(setup.form)["partition"] == "normal", "nothing that was typed is lost"


def test_a_new_cluster_gets_its_codes_and_is_tested() -> None:
    setup, _ = press(at_form(), "f2")
    _, effects = update(setup, Answered("cluster saved", DETAIL), CONTEXT)
    assert isinstance(effects[0], Say)
    assert isinstance(effects[1], Call)
    assert effects[1].params == CreateCodeParams("hpc", "vasp_std", "/opt/vasp/vasp_std", CodeKind.VASP_STD)
    assert effects[2:] == (Back(), Open("cluster", ("hpc", "test")))


def test_who_went_elsewhere_is_left_there() -> None:
    setup, _ = press(at_form(), "f2")
    _, effects = update(setup, Answered("cluster saved", DETAIL), replace(CONTEXT, front=False))
    assert not [effect for effect in effects if isinstance(effect, Back | Open)]


def test_clusters_that_others_saved_are_not_ours() -> None:
    setup, _ = press(at_form(), "f2")
    other = replace(DETAIL, row=replace(ROW, label="other"))
    assert update(setup, Answered("cluster saved", other), CONTEXT) == (setup, ())
    assert update(at_form(), Answered("cluster saved", DETAIL), CONTEXT)[1] == ()


def test_a_host_that_cannot_be_looked_at_is_set_up_by_hand() -> None:
    setup, _ = press(at_hosts(), *"far", "enter")
    late = Refused("setup discovery", TransportFailed("late"), setup.turn - 1)
    assert told(setup, late) == setup
    setup = told(setup, Refused("setup discovery", TransportFailed("far did not answer"), setup.turn))
    assert "far did not answer" in words(setup)
    setup, _ = press(setup, "f2")
    assert (setup.stage, values(setup.form)["hostname"]) == ("form", "far")
    assert params_of(setup).work_dir == "/scratch/{username}/crystalmath"


def test_no_ssh_config_is_no_obstacle() -> None:
    setup = told(
        Slice(), Entered("setup"), Refused("setup hosts", InvalidForm("~/.ssh/config is not a file"))
    )
    assert "~/.ssh/config is not a file" in words(setup)
    assert press(setup, "down", "enter")[0].stage == "looking"


def test_a_cluster_is_changed() -> None:
    setup, (call,) = update(Slice(), Entered("setup", ("edit", "hpc")), CONTEXT)
    assert call.method.name == "clusters.show"  # type: ignore[attr-defined]
    setup = told(setup, Answered("setup cluster", DETAIL, setup.turn))
    assert values(setup.form)["walltime_s"] == "0:10:00"
    params = params_of(filled(setup, new_label="big", partition="", walltime_s="60"))
    assert isinstance(params, UpdateClusterParams)
    assert (params.label, params.new_label) == ("hpc", "big")
    assert params.defaults is not None
    assert (params.defaults.partition, params.defaults.walltime_s) == ("", 60), "empty asks for none"
    setup, _ = press(filled(setup, new_label="big"), "f2")
    renamed = replace(DETAIL, row=replace(ROW, label="big"))
    _, effects = update(setup, Answered("cluster saved", renamed), CONTEXT)
    assert effects[1:] == (Back(), Open("cluster", ("big", "summary")))


def test_a_code_is_made_known() -> None:
    setup, _ = update(Slice(), Entered("setup", ("code", "hpc")), CONTEXT)
    setup = filled(setup, path="/opt/vasp_gam", kind="vasp_gam", label="gam", modules="vasp/6")
    params = params_of(setup)
    assert params == CreateCodeParams("hpc", "gam", "/opt/vasp_gam", CodeKind.VASP_GAM, ("vasp/6",))
    saving, _ = press(setup, "f2")
    made = CodeRow(7, "u", "gam", "hpc", CodeKind.VASP_GAM, "/opt/vasp_gam")
    assert update(saving, Answered("code saved", made), CONTEXT)[1][1:] == (
        Back(),
        Open("cluster", ("hpc", "codes")),
    )
    assert press(filled(setup, path=""), "f2")[0].form.complaint[0] == "path"


def test_wrong_words_go_back() -> None:
    _, effects = update(Slice(), Entered("setup", ("x",)), CONTEXT)
    assert isinstance(effects[0], Say)
    assert effects[1] == Back()


def test_esc_goes_one_stage_back_and_drops_what_is_on_its_way() -> None:
    looking, _ = press(at_hosts(), "down", "enter")
    assert not is_typing(looking)
    back, _ = press(looking, "esc")
    assert told(back, Answered("setup discovery", FOUND, looking.turn)) == back
    assert press(back, "esc")[1] == (Back(),)
    saving, _ = press(at_form(), "f2")
    setup, (say,) = press(saving, "esc")
    assert (setup.stage, "may have been saved" in say.text) == ("form", True)
    assert values(setup.form) == values(at_form().form)


def test_a_form_that_was_left_is_still_there() -> None:
    setup, _ = press(at_form(), "2", "esc")
    assert "F2 goes back to the form" in words(setup)
    setup, _ = press(setup, "f2")
    assert (setup.stage, values(setup.form)["label"]) == ("form", "hpc2")


def test_clicks_choose_hosts_and_fields_and_press_the_button() -> None:
    setup, effects = update(at_hosts(), MousePressed(4, 3, 1), CONTEXT)
    assert (setup.scroll.index, effects) == (2, ())
    assert update(setup, MousePressed(4, 3, 1), CONTEXT)[0].stage == "looking"
    setup, _ = update(at_form(), MousePressed(6, 3, 1), CONTEXT)
    assert setup.form.fields[setup.form.scroll.index].name == "scheduler"
    again, _ = update(setup, MousePressed(6, 3, 1), CONTEXT)
    assert values(again.form)["scheduler"] == "core.pbspro"
    end, _ = press(at_form(), "up")
    row = next(i for i, each in enumerate(words(end).split("\n")) if "Create and test" in each)
    assert update(end, MousePressed(row, 25, 1), CONTEXT)[0].stage == "saving"


def test_a_host_name_is_pasted() -> None:
    assert told(at_hosts(), Pasted("node7\n")).host.text == "node7"
    assert values(told(at_form(), Pasted("-2")).form)["label"] == "hpc-2"
