"""The job screen: pages, files in ranges, results in words and numbers."""

from dataclasses import replace
from typing import Any

from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.files import (
    FileRange,
    JobFile,
    JobFiles,
    JobLog,
    LogLine,
    ReadFileParams,
)
from crystalmath_server.protocol.jobs import JobDetail, JobRow, JobRun, JobState
from crystalmath_server.protocol.progress import JobProgress, StepColumns, StopAsked
from crystalmath_server.protocol.results import IonicStep, JobResults, Quantity
from crystalmath_server.protocol.structures import Lattice
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Ask, Back, Call, Say
from crystalmath_tui.core.lines import Size, Span
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, MousePressed, Refused
from crystalmath_tui.screens import file_viewer
from crystalmath_tui.screens.file_viewer import read_on
from crystalmath_tui.screens.job import pages as job_pages
from crystalmath_tui.screens.job import update as job
from crystalmath_tui.screens.job.update import update
from crystalmath_tui.screens.results.summary import summary_lines
from tests.built_rows import status

CONTEXT = Context(Size(12, 80), now=1000.0)
ROW = JobRow(7, "u7", "silicon", JobState.FAILED, "emt.relax", "Si2", "hpc", 1.0, 1.0, exit_status=300)
DETAIL = JobDetail(
    ROW, "", "CalcJobNode", "finished", "", "42", "/scratch/7", "", "It did not converge.",
    "Use a smaller step.",
    "EMT 1", {"fmax": 0.01, "relax_cell": True}, (), (),
)  # fmt: skip


def words(lines: tuple) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


def entered(*args: str) -> tuple[job.Slice, tuple[Any, ...]]:
    return update(job.Slice(), Entered("job", args), CONTEXT)


def press(screen: job.Slice, *keys: str) -> tuple[job.Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for key in keys:
        screen, effects = update(screen, KeyPressed(key), CONTEXT)
    return screen, effects


def test_entering_fetches_the_page() -> None:
    screen, effects = entered("7")
    assert (screen.pk, [effect.method.name for effect in effects]) == (7, ["jobs.show"])
    _, effects = entered("7", "log")
    assert [effect.method.name for effect in effects] == ["jobs.show", "jobs.log"]


def test_a_wrong_pk_is_refused_in_words() -> None:
    for given in ("x", "", "0", "9" * 30, "٣"):
        screen, effects = entered(given)
        assert screen == job.Slice()
        assert effects[-1] == Back()


def test_an_answer_about_another_job_is_dropped() -> None:
    screen, _ = entered("7")
    assert update(screen, Answered("job page", DETAIL, (8, "page")), CONTEXT)[0] == screen


def test_the_summary_says_state_reason_and_way_out() -> None:
    screen, _ = update(entered("7")[0], Answered("job page", DETAIL, (7, "page")), CONTEXT)
    shown = words(job.view(screen, Context(Size(40, 80), now=1000.0)))
    for part in (
        "failed",
        "exit status 300",
        "It did not converge.",
        "→ Use a smaller step.",
        "EMT 1",
        "fmax",
    ):
        assert part in shown


def test_an_error_is_shown_on_its_page_and_goes_with_the_next_answer() -> None:
    screen, _ = update(
        entered("7")[0], Refused("job page", NotFound("no job 7", hint="List them."), (7, "summary")), CONTEXT
    )
    assert "no job 7. List them." in words(job.view(screen, CONTEXT))
    screen, _ = update(screen, Answered("job page", DETAIL, (7, "page")), CONTEXT)
    assert "no job 7" not in words(job.view(screen, CONTEXT))


def test_a_living_job_is_fetched_now_and_then_an_ended_one_only_when_the_list_moved() -> None:
    for state, later in ((JobState.RUNNING, True), (JobState.FAILED, False)):
        detail = replace(DETAIL, row=replace(ROW, state=state))
        screen, _ = update(entered("7")[0], Answered("job page", detail, (7, "page")), CONTEXT)
        screen, effects = update(screen, Answered("status", status()), CONTEXT)
        assert effects
        assert update(screen, Answered("status", status()), CONTEXT)[1] == ()
        assert bool(update(screen, Answered("status", status()), replace(CONTEXT, now=1003.0))[1]) == later
        assert (
            update(screen, Answered("status", status()), replace(CONTEXT, now=1003.0, front=False))[1] == ()
        )


def test_a_file_is_read_in_ranges() -> None:
    file = JobFile("retrieved", "out.txt", 200)
    screen, _ = update(
        entered("7", "files")[0], Answered("job page", JobFiles((file,)), (7, "page")), CONTEXT
    )
    screen, effects = press(screen, "enter")
    assert effects[0].params == ReadFileParams(7, "out.txt", "retrieved", 0)
    first = FileRange("out.txt", 0, 200, 100, "utf-8", "row\n" * 25)
    screen, _ = update(screen, Answered("job file", first, (7, file)), CONTEXT)
    screen, effects = press(screen, "G")
    assert effects[0].params.offset == 100
    assert press(screen, "G")[1] == ()
    screen, _ = update(
        screen, Answered("job file", replace(first, offset=100, next_offset=200), (7, file)), CONTEXT
    )
    assert press(screen, "G")[1] == ()
    assert screen.viewer is not None
    assert screen.viewer.content == "row\n" * 50
    assert press(screen, "esc")[0].viewer is None
    assert press(screen, "esc", "esc")[1] == (Back(),)


def test_a_binary_file_is_said_to_be_one() -> None:
    file = JobFile("retrieved", "wave", 2048)
    screen, _ = update(
        entered("7", "files")[0], Answered("job page", JobFiles((file,)), (7, "page")), CONTEXT
    )
    screen, _ = press(screen, "enter")
    screen, _ = update(
        screen, Answered("job file", FileRange("wave", 0, 2048, 9, "base64", "AAEC"), (7, file)), CONTEXT
    )
    assert "A binary file of 2.0 kB" in words(job.view(screen, CONTEXT))
    assert press(screen, "G")[1] == ()


def test_a_click_on_a_tab_turns_the_page() -> None:
    screen, _ = entered("7")
    col = words(job.view(screen, CONTEXT)[:1]).index("results")
    assert update(screen, MousePressed(0, col, 1), CONTEXT)[0].tab == "results"


def test_following_keeps_the_end_of_the_log_in_sight() -> None:
    log = JobLog(tuple(LogLine(0.0, "INFO", "x", f"line {i}") for i in range(99)))
    screen, _ = update(entered("7", "log")[0], Answered("job page", log, (7, "page")), CONTEXT)
    assert "line 98" not in words(job.view(screen, CONTEXT))
    screen, _ = press(screen, "f")
    assert "line 98" in words(job.view(screen, CONTEXT))
    longer = JobLog((*log.lines, LogLine(0.0, "INFO", "x", "line 99")))
    screen, _ = update(screen, Answered("job page", longer, (7, "page")), CONTEXT)
    assert "line 99" in words(job.view(screen, CONTEXT))
    assert not press(screen, "k")[0].follow


def test_results_have_units_changes_and_steps() -> None:
    before = Lattice(4.0, 4.0, 4.0, 90.0, 90.0, 90.0, 64.0)
    after = Lattice(3.9, 4.0, 4.0, 90.0, 90.0, 90.0, 62.4)
    steps = (IonicStep(0, -1.0, 0.5), IonicStep(1, -2.0, 0.01))
    energy = Quantity("energy_per_atom", "energy per atom", -1.0, "eV/atom", "u")
    found = JobResults(7, JobState.FINISHED, "EMT 1", (energy,), steps, before, after)
    shown = words(summary_lines(found, 80))
    for part in ("-1 eV/atom", "-2.500 %", "+0.000 %", "Å³", "-2.000000 ┤ •", "0.01000"):
        assert part in shown, shown
    nothing = JobResults(7, JobState.RUNNING, "", (), ())
    assert "No results yet." in words(summary_lines(nothing, 80))


RUN = JobProgress(
    7, JobState.RUNNING, "work", "step 3 of at most 99", ionic_step=3, most_ionic_steps=99, energy_ev=-3.5,
    max_force_ev_a=0.25, force_limit_ev_a=0.01, quiet_s=4.0, estimate="it cannot be told",
    steps=StepColumns((1, 2, 3), (-3.0, -3.4, -3.5), (1.0, 0.5, None), (2.0, None, 2.0)),
)  # fmt: skip
GROWING = JobFile("work", "OSZICAR", 4)
TALL = Context(Size(40, 80), now=1000.0)


def running() -> job.Slice:
    row = replace(ROW, state=JobState.RUNNING)
    return update(entered("7")[0], Answered("job page", replace(DETAIL, row=row), (7, "page")), CONTEXT)[0]


def test_the_page_of_the_run_has_numbers_a_plot_and_the_numbers_of_the_plot() -> None:
    screen, effects = press(running(), "6")
    assert [effect.method.name for effect in effects] == ["jobs.show", "jobs.progress"]
    shown = words(job.view(update(screen, Answered("job page", RUN, (7, "page")), TALL)[0], TALL))
    for part in ("3 of at most 99", "-3.500000 eV", "0.2500 eV/Å, to fall below 0.01", "it cannot be told"):
        assert part in shown
    assert "•" in shown
    assert "energy of 3 steps [eV]" in shown
    assert "-3.400000" in shown


def test_a_stuck_run_is_said_first() -> None:
    stuck = replace(RUN, stuck=True, words="No new step for 9 min: it may be stuck")
    screen, _ = update(press(running(), "6")[0], Answered("job page", stuck, (7, "page")), TALL)
    assert job.view(screen, TALL)[3][0] == Span("error", " No new step for 9 min: it may be stuck")


def test_files_are_those_that_were_kept_and_those_on_the_computer() -> None:
    screen, effects = press(running(), "3")
    assert [getattr(effect.params, "source", None) for effect in effects] == [None, "", "work"]
    for found in (JobFiles((JobFile("inputs", "INCAR", 9),)), JobFiles((GROWING,), "/scratch/7")):
        screen, _ = update(screen, Answered("job page", found, (7, "page")), CONTEXT)
    shown = words(job.view(screen, CONTEXT))
    assert "INCAR" in shown
    assert "OSZICAR" in shown
    _, effects = press(screen, "j", "enter")
    assert (effects[0].params.path, effects[0].params.source) == ("OSZICAR", "work")


def opened() -> job.Slice:
    screen, _ = press(running(), "3")
    screen, _ = update(screen, Answered("job page", JobFiles((GROWING,), "/scratch/7"), (7, "page")), CONTEXT)
    screen, _ = press(screen, "enter")
    part = FileRange("OSZICAR", 0, 4, 4, "utf-8", "one\n")
    return update(screen, Answered("job file", part, (7, GROWING)), CONTEXT)[0]


def test_a_file_is_followed_while_it_grows_and_no_longer_when_one_scrolls_up() -> None:
    screen, effects = press(opened(), "f")
    assert effects[0].params.offset == 4
    many = "".join(f"line {n}\n" for n in range(100))
    part = FileRange("OSZICAR", 4, 4 + len(many), 4 + len(many), "utf-8", many)
    screen, _ = update(screen, Answered("job file", part, (7, GROWING)), CONTEXT)
    assert "line 99" in words(job.view(screen, CONTEXT))
    screen, reads = update(screen, Answered("status", status()), CONTEXT)
    assert [effect.params.offset for effect in reads if isinstance(effect, Call)] == [4 + len(many)]
    paused, _ = press(screen, "k")
    assert paused.viewer
    assert not paused.viewer.following
    assert "line 99" not in words(job.view(paused, CONTEXT))
    assert update(paused, Answered("status", status()), CONTEXT)[1] == ()


def test_of_a_large_file_the_end_alone_is_followed_and_kept() -> None:
    screen = opened()
    assert screen.viewer
    large = replace(screen, viewer=replace(screen.viewer, size=10_000_000))
    screen, effects = press(large, "f")
    assert effects[0].params.offset > 9_000_000
    assert "end only" in words(job.view(screen, CONTEXT))
    viewer = replace(file_viewer.Viewer(GROWING, following=True), reading=False)
    for n in range(4):
        text = "x\n" * 400_000
        end = (n + 1) * len(text)
        viewer = read_on(viewer, FileRange("OSZICAR", n * len(text), end, end, "utf-8", text))
    assert len(viewer.content) <= file_viewer.KEPT
    assert viewer.skipped


def test_a_stop_is_asked_for_and_told() -> None:
    _, effects = press(running(), "S")
    (question,) = effects
    assert isinstance(question, Ask)
    assert [effect.method.name for effect in question.yes] == ["jobs.stop"]  # type: ignore[attr-defined]
    told = Answered("job stop", StopAsked(7, "LSTOP", "/scratch/7", "It ends soon."))
    assert update(running(), told, CONTEXT)[1] == (Say("It ends soon."),)
    finished, _ = update(entered("7")[0], Answered("job page", DETAIL, (7, "page")), CONTEXT)
    assert isinstance(press(finished, "S")[1][0], Say)


def test_runs_of_a_job_that_corrects_itself_are_told() -> None:
    diff = "--- before/INCAR\n+++ now/INCAR\n@@ -1 +1 @@\n-ALGO = Fast\n+ALGO = Normal\n"
    first = JobRun(
        8,
        JobState.FAILED,
        340,
        "VASP was cut off",
        "zheev: INCAR: ALGO = Normal",
        {"INCAR": diff},
        ("WAVECAR",),
    )
    detail = replace(DETAIL, options={"corrections": 3}, runs=(first, JobRun(9, JobState.RUNNING)))
    shown = words(job_pages.summary(detail, 1000.0, 80))
    for part in (
        "corrections",
        "run 1",
        "VASP was cut off",
        "→ zheev",
        "+ALGO = Normal",
        "WAVECAR copied",
        "run 2",
    ):
        assert part in shown
    assert "before/INCAR" not in shown
    assert " runs" not in words(job_pages.summary(DETAIL, 1000.0, 80))
