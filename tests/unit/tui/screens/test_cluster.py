"""The screens of clusters: the list, one cluster, its queue and its test."""

from dataclasses import replace
from typing import Any

from crystalmath_server.protocol.clusters import (
    ClusterDetail,
    ClusterList,
    ClusterQueue,
    ClusterRow,
    ClusterTest,
    Deleted,
    Partition,
    QueueJob,
    StepName,
)
from crystalmath_server.protocol.codes import CodeKind, CodeRow, CodeTest, Outcome, Step
from crystalmath_server.protocol.errors import TransportFailed
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.system import Part, PartState
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Ask, Back, Call, Open, Say
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, MousePressed, Refused
from crystalmath_tui.screens import clusters as listing
from crystalmath_tui.screens.cluster import update as one
from crystalmath_tui.screens.cluster.view import SCREEN
from tests.built_rows import status

CONTEXT = Context(Size(21, 80), now=1000.0)
ROW = ClusterRow(1, "hpc", "login", "core.ssh_async", "core.slurm", "/scratch", enabled=True)
LOCAL = replace(ROW, pk=2, label="localhost")
CODE = CodeRow(7, "u", "vasp_std", "hpc", CodeKind.VASP_STD, "/opt/vasp_std", ("vasp/6",))
DETAIL = ClusterDetail(
    ROW, "", Resources(partition="short", walltime_s=3600), {}, (CODE,), 10, 30, "srun", "/pot"
)
JOBS = (
    QueueJob("11", "relax", "queued", "short", "Priority", 3, walltime_s=7200, pk=42),
    QueueJob("12", "other", "running", "short", used_s=60),
)
SHORT = Partition("short", True, True, 3600, {"idle": 3}, 64, 256000)
QUEUE = ClusterQueue("hpc", "anna", 990.0, (SHORT,), JOBS)
_READY = Part(PartState.READY)
STATUS = Answered("status", status(clients=0, jobs_revision=0))


def listed(*keys: str) -> tuple[listing.Slice, tuple[Any, ...]]:
    slice_, _ = listing.update(listing.Slice(), Answered("clusters", ClusterList((ROW, LOCAL))), CONTEXT)
    effects: tuple[Any, ...] = ()
    for key in keys:
        slice_, effects = listing.update(slice_, KeyPressed(key), CONTEXT)
    return slice_, effects


def opened(*args: str) -> tuple[one.Slice, tuple[Any, ...]]:
    return SCREEN.update(one.Slice(), Entered("cluster", args), CONTEXT)


def told(cluster: one.Slice, *messages: Any) -> tuple[one.Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for message in messages:
        cluster, effects = SCREEN.update(cluster, message, CONTEXT)
    return cluster, effects


def methods(effects: tuple[Any, ...]) -> list[str]:
    return [effect.method.name for effect in effects if isinstance(effect, Call)]


def words(cluster: one.Slice, context: Context = CONTEXT) -> str:
    return "\n".join("".join(span.text for span in line) for line in SCREEN.view(cluster, context))


def step(cluster: one.Slice, name: StepName, outcome: Outcome = Outcome.OK, hint: str = "") -> Answered:
    row = Step(name, f"title of {name}", outcome, "what was seen", hint)
    return Answered(
        "cluster test",
        ClusterTest("hpc", outcome is not Outcome.FAILED, (row,)),
        (cluster.label, cluster.turn),
    )


def test_the_list_opens_tests_edits_and_asks_before_it_deletes() -> None:
    assert listed("enter")[1] == (Open("cluster", ("hpc",)),)
    assert listed("down", "t")[1] == (Open("cluster", ("localhost", "test")),)
    assert listed("e")[1] == (Open("setup", ("edit", "hpc")),)
    assert listed("n")[1] == (Open("setup"),)
    (ask,) = listed("d")[1]
    assert isinstance(ask, Ask)
    assert methods(ask.yes) == ["clusters.delete"]
    (ask,) = listed("x")[1]
    assert isinstance(ask, Ask), "jobs there can no longer be reached"
    assert ask.yes[0].params.enabled is False  # type: ignore[attr-defined]


def test_the_list_says_what_is_wrong_with_a_cluster() -> None:
    bad = replace(ROW, trouble="hpc did not answer", retry_at=5000.0)
    shown, _ = listing.update(listing.Slice(), Answered("clusters", ClusterList((bad,))), CONTEXT)
    text = "\n".join("".join(span.text for span in line) for line in listing.view(shown, CONTEXT))
    assert "rests until" in text
    assert "hpc did not answer" in text


def test_the_list_keeps_its_selection_and_is_fetched_when_old() -> None:
    slice_, _ = listed("down")
    slice_, _ = listing.update(slice_, Answered("clusters", ClusterList((LOCAL, ROW))), CONTEXT)
    assert listing.chosen_row(slice_) == LOCAL
    assert listing.update(slice_, STATUS, CONTEXT)[1] == ()
    later = replace(CONTEXT, now=1011.0)
    assert methods(listing.update(slice_, STATUS, later)[1]) == ["clusters.list"]
    assert methods(listing.update(slice_, Answered("cluster saved", DETAIL), CONTEXT)[1]) == ["clusters.list"]


def test_a_click_selects_a_cluster_and_another_opens_it() -> None:
    slice_, effects = listing.update(listed()[0], MousePressed(3, 4, 1), CONTEXT)
    assert (slice_.scroll.index, effects) == (1, ())
    assert listing.update(slice_, MousePressed(3, 4, 1), CONTEXT)[1] == (Open("cluster", ("localhost",)),)


def test_the_summary_shows_the_settings() -> None:
    cluster, effects = opened("hpc")
    assert methods(effects) == ["clusters.show"]
    shown = words(told(cluster, Answered("cluster", DETAIL, "hpc"))[0])
    for text in ("core.slurm", "/pot", "1:00:00", "short", "every 30 s"):
        assert text in shown
    assert told(cluster, Answered("cluster", DETAIL, "other"))[0] == cluster


def test_no_label_goes_back_with_words() -> None:
    _, effects = opened()
    assert isinstance(effects[0], Say)
    assert effects[1] == Back()


def test_the_queue_shows_partitions_places_and_opens_our_jobs() -> None:
    cluster, effects = told(opened("hpc")[0], KeyPressed("3"))
    assert methods(effects) == ["clusters.queue"]
    cluster, _ = told(cluster, Answered("cluster queue", QUEUE, "hpc"))
    shown = words(cluster, replace(CONTEXT, size=Size(21, 140)))
    for text in ("short*", "idle 3", "2 jobs of anna", "Priority", "2h00"):
        assert text in shown
    assert told(cluster, KeyPressed("enter"))[1] == (Open("job", ("42",)),)
    assert isinstance(told(cluster, KeyPressed("down"), KeyPressed("enter"))[1][0], Say)


def test_the_queue_is_fetched_again_when_it_is_old() -> None:
    cluster, _ = told(opened("hpc")[0], KeyPressed("3"))
    assert SCREEN.update(cluster, STATUS, replace(CONTEXT, now=1020.0))[1] == ()
    assert methods(SCREEN.update(cluster, STATUS, replace(CONTEXT, now=1040.0))[1]) == ["clusters.queue"]


def test_the_selection_stays_on_its_job() -> None:
    cluster, _ = told(opened("hpc")[0], KeyPressed("3"), Answered("cluster queue", QUEUE, "hpc"))
    first = replace(JOBS[0], job_id="10", pk=41)
    cluster, _ = told(cluster, Answered("cluster queue", replace(QUEUE, jobs=(first, *JOBS)), "hpc"))
    assert told(cluster, KeyPressed("enter"))[1] == (Open("job", ("42",)),)


def test_many_partitions_leave_room_for_the_jobs() -> None:
    many = replace(QUEUE, partitions=tuple(replace(SHORT, name=f"p{i}") for i in range(30)))
    shown = words(told(opened("hpc")[0], KeyPressed("3"), Answered("cluster queue", many, "hpc"))[0])
    assert "… and 22 more" in shown
    assert "relax" in shown


def test_a_queue_that_cannot_be_seen_says_why() -> None:
    error = TransportFailed("hpc did not answer", hint="See whether the host is up.")
    cluster, _ = told(opened("hpc")[0], KeyPressed("3"), Refused("cluster queue", error, "hpc"))
    assert "hpc did not answer. See whether the host is up." in words(cluster)
    assert "hpc did not answer" not in words(told(cluster, Answered("cluster queue", QUEUE, "hpc"))[0])


def test_the_test_goes_step_by_step_to_its_end() -> None:
    cluster, effects = opened("hpc", "test")
    for name in StepName:
        call = effects[-1]
        assert (call.method.name, call.params.steps) == ("clusters.test", (name,))
        cluster, effects = told(cluster, step(cluster, name))
    assert methods(effects) == ["clusters.show"]
    assert "The cluster is ready." in words(cluster)


def test_a_step_that_fails_ends_the_test_with_its_way_out() -> None:
    cluster, _ = opened("hpc", "test")
    cluster, effects = told(cluster, step(cluster, StepName.RESOLVE, Outcome.FAILED, "Correct the name."))
    assert "clusters.test" not in methods(effects)
    shown = words(cluster)
    assert "→ Correct the name." in shown
    assert "The test failed." in shown
    assert "a job of one second" in shown, "what was not tried stands there too"
    _, (again,) = told(cluster, KeyPressed("T"))
    assert again.params.force


def test_what_is_not_known_is_no_failure_and_no_success() -> None:
    cluster, _ = opened("hpc", "test")
    for name in StepName:
        outcome = Outcome.NOT_REACHED if name is StepName.CODES else Outcome.OK
        cluster, _ = told(cluster, step(cluster, name, outcome))
    assert "Nothing failed, but this is not known yet: title of codes." in words(cluster)


def test_answers_of_an_earlier_test_are_dropped_and_one_runs_at_a_time() -> None:
    cluster, _ = opened("hpc", "test")
    late = replace(step(cluster, StepName.RESOLVE), about=("hpc", cluster.turn - 1))
    assert told(cluster, late)[0] == cluster
    assert methods(told(cluster, KeyPressed("t"))[1]) == []
    again, effects = SCREEN.update(cluster, Entered("cluster", ("hpc", "test")), CONTEXT)
    assert (again.turn, methods(effects)) == (cluster.turn, ["clusters.show"])


def test_a_lost_connection_ends_the_test_with_words() -> None:
    cluster, _ = opened("hpc", "test")
    cluster, _ = told(
        cluster, Refused("cluster test", TransportFailed("the server is gone"), ("hpc", cluster.turn))
    )
    assert cluster.running is None
    assert "the server is gone" in words(cluster)


def test_codes_are_shown_and_tested() -> None:
    cluster, _ = told(opened("hpc")[0], Answered("cluster", DETAIL, "hpc"), KeyPressed("2"))
    assert "vasp_std" in words(cluster)
    cluster, effects = told(cluster, KeyPressed("t"))
    assert (effects[-1].method.name, effects[-1].params.pk) == ("codes.test", 7)
    failed = Step("file", "The file is there", Outcome.FAILED, "no such file", "Correct the path.")
    cluster, _ = told(cluster, Answered("cluster code test", CodeTest(7, False, (failed,)), "hpc"))
    assert "→ Correct the path." in words(cluster)
    empty, effects = told(cluster, Answered("cluster", replace(DETAIL, codes=()), "hpc"), KeyPressed("t"))
    assert "n to make a program known" in words(empty)
    assert methods(effects) == []
    assert methods(told(cluster, Answered("code saved", CODE))[1]) == ["clusters.show"]


def test_a_new_label_is_followed_and_drops_the_test_of_the_old_one() -> None:
    cluster, _ = opened("hpc", "test")
    cluster, _ = told(cluster, Answered("cluster", DETAIL, "hpc"))
    running = step(cluster, StepName.RESOLVE)
    renamed, _ = told(cluster, Answered("cluster saved", replace(DETAIL, row=replace(ROW, label="big"))))
    assert (renamed.label, renamed.running) == ("big", None)
    assert told(renamed, running)[0] == renamed


def test_a_deleted_cluster_is_left() -> None:
    cluster, _ = told(opened("hpc")[0], Answered("cluster", DETAIL, "hpc"))
    (ask,) = told(cluster, KeyPressed("d"))[1]
    assert "1 code on it" in "".join(span.text for line in ask.details for span in line)
    assert told(cluster, Answered("cluster deleted", Deleted("hpc")))[1] == (Back(),)
    assert told(cluster, Answered("cluster deleted", Deleted("other")))[0] == cluster


def test_clicks_turn_pages_and_open_jobs_and_texts_end() -> None:
    cluster, effects = told(opened("hpc")[0], MousePressed(0, 22, 1))
    assert (cluster.tab, methods(effects)) == ("queue", ["clusters.queue"])
    cluster, _ = told(cluster, Answered("cluster queue", QUEUE, "hpc"), MousePressed(6, 3, 1))
    assert cluster.places["queue"].index == 1
    cluster, _ = told(cluster, MousePressed(5, 3, 1))
    assert told(cluster, MousePressed(5, 3, 1))[1] == (Open("job", ("42",)),)
    cluster, _ = told(cluster, Answered("cluster", DETAIL, "hpc"), KeyPressed("1"), KeyPressed("G"))
    assert cluster.places["summary"].top < 20
