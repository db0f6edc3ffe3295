"""The screen that makes a job of a folder: completion, errors at their field, the way to the job."""

from typing import Any

import pytest

from crystalmath_server.protocol.clusters import ClusterList, ClusterRow
from crystalmath_server.protocol.codes import CodeKind, CodeList, CodeRow
from crystalmath_server.protocol.errors import ConnectionLost, InvalidForm, RpcError
from crystalmath_server.protocol.imports import ImportJobParams
from crystalmath_server.protocol.jobs import JobState, Submitted
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, FindPath, ListFolder, Open, Say
from crystalmath_tui.core.form import values
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, MousePressed, Pasted, Refused
from crystalmath_tui.screens.imports.update import (
    START,
    Slice,
)
from crystalmath_tui.screens.imports.view import SCREEN
from crystalmath_tui.screens.jobs import update as jobs

CONTEXT = Context(Size(21, 80), now=1000.0)
ELSEWHERE = Context(Size(21, 80), now=1000.0, front=False)
HERE = ClusterRow(1, "localhost", "localhost", "core.local", "core.direct", "/w", enabled=True)
HPC = ClusterRow(2, "hpc", "login", "core.ssh_async", "core.slurm", "/w", enabled=True)
OFF = ClusterRow(3, "off", "login", "core.ssh_async", "core.slurm", "/w", enabled=False)
CODE = CodeRow(7, "u", "vasp_std", "hpc", CodeKind.VASP_STD, "/opt/vasp_std")
DONE = Submitted(9, "u", JobState.CREATED, "vasp.imported", reused=False)


def told(run: Slice, *messages: Any, context: Context = CONTEXT) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for message in messages:
        run, effects = SCREEN.update(run, message, context)
    return run, effects


def keys(run: Slice, *pressed: str) -> tuple[Slice, tuple[Any, ...]]:
    return told(run, *map(KeyPressed, pressed))


def ready() -> Slice:
    came = (
        Answered("import clusters", ClusterList((HERE, HPC, OFF))),
        Answered("import codes", CodeList((CODE,))),
    )
    return told(START, Entered("import"), *came)[0]


def filled() -> Slice:
    return told(keys(ready(), "right", "down")[0], Pasted("/scratch/run"))[0]


def sent() -> Slice:
    return keys(filled(), "f2")[0]


def words(run: Slice) -> str:
    return "\n".join("".join(span.text for span in line) for line in SCREEN.view(run, CONTEXT))


def test_it_is_reached_from_the_jobs_and_fetches_what_may_be_chosen() -> None:
    assert jobs.update(jobs.Slice(), KeyPressed("i"), CONTEXT)[1] == (Open("import"),)
    _, effects = told(START, Entered("import"))
    assert [effect.method.name for effect in effects] == ["clusters.list", "codes.list"]
    cluster, _, code, _ = ready().form.fields
    assert cluster.choices == ("localhost", "hpc")
    assert code.choices == ("",)
    assert keys(ready(), "right")[0].form.fields[2].choices == ("", "vasp_std")


def test_words_of_the_command_fill_the_form() -> None:
    run, _ = told(START, Entered("import", ("hpc", "/a/b")))
    assert (values(run.form)["cluster"], values(run.form)["path"]) == ("hpc", "/a/b")
    assert values(told(START, Entered("import", ("/c",)))[0].form)["path"] == "/c"


def test_a_folder_of_this_machine_is_completed() -> None:
    run, _ = told(ready(), KeyPressed("down"), Pasted("/tm"))
    run, effects = keys(run, "tab")
    assert isinstance(effects[0], ListFolder)
    run, _ = told(run, Answered("path names", ("/tmp/",), ("import", "/tm")))
    assert values(run.form)["path"] == "/tmp/"
    run, _ = told(run, Answered("path names", ("/tmp/a1/", "/tmp/a2/", "/tmp/a.out"), ("import", "/tmp/")))
    assert values(run.form)["path"] == "/tmp/a"
    assert "/tmp/a2/" in words(run)
    assert told(run, Answered("path names", ("/old/",), ("import", "/old")))[0] == run


def test_elsewhere_tab_goes_to_the_next_field() -> None:
    run, effects = keys(filled(), "tab")
    assert (run.form.scroll.index, effects) == (2, ())


def test_it_is_sent_as_typed_and_ends_on_the_job() -> None:
    run, effects = keys(filled(), "f2")
    (call,) = effects
    assert isinstance(call, Call)
    assert call.params == ImportJobParams("/scratch/run", "hpc")
    assert "Importing /scratch/run of hpc" in words(run)
    assert keys(run, "x")[0] == run, "nothing is typed while one waits"
    after, effects = told(run, Answered("import run", DONE, run.turn))
    assert effects == (Back(), Open("job", ("9",)), Say("Job 9 is imported."))
    assert values(after.form) == {"cluster": "hpc", "path": "", "code": "", "label": ""}


def test_a_folder_of_this_machine_is_made_whole_first() -> None:
    run, effects = keys(told(keys(ready(), "down")[0], Pasted("~/run"))[0], "f2")
    assert isinstance(effects[0], FindPath)
    _, effects = told(run, Answered("import path", "/home/me/run", run.turn))
    assert effects[0].params.path == "/home/me/run"


@pytest.mark.parametrize(
    "error, place",
    [
        (InvalidForm("no run", field="path", hint="Look."), 1),
        (InvalidForm("no such code", field="code", hint="Look."), 2),
        (ConnectionLost("gone"), 3),
    ],
)
def test_an_error_is_told_at_its_field_and_nothing_is_lost(error: RpcError, place: int) -> None:
    run = keys(filled(), "down", "down")[0]
    run = told(run, Pasted("mine"), KeyPressed("f2"))[0]
    after, effects = told(run, Refused("import run", error, run.turn))
    assert after.form.scroll.index == place
    assert not effects
    assert values(after.form)["path"] == "/scratch/run"
    assert values(after.form)["label"] == "mine"
    assert error.data.detail in words(after)


def test_without_a_folder_nothing_is_sent() -> None:
    run, effects = keys(ready(), "f2")
    assert not effects
    assert run.form.complaint == ("path", "Give the folder.")


def test_esc_while_waiting_keeps_the_form_and_a_late_answer_is_told() -> None:
    run, (say,) = keys(sent(), "esc")
    assert say.style == "warn"
    assert values(run.form)["path"] == "/scratch/run"
    assert told(run, Answered("import run", DONE, sent().turn))[1] == (Say("Job 9 is imported."),)
    assert keys(run, "esc")[1] == (Back(),)


def test_whoever_went_elsewhere_stays_there() -> None:
    run = sent()
    assert told(run, Answered("import run", DONE, run.turn), context=ELSEWHERE)[1] == (
        Say("Job 9 is imported."),
    )


def test_a_click_on_the_button_imports() -> None:
    rows = words(filled()).splitlines()
    row = next(i for i, text in enumerate(rows) if text.strip() == "Import")
    assert told(filled(), MousePressed(row, 22, 1))[0].sending
