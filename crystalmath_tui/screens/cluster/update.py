"""Cluster: model slice, update and keys of the screen for one cluster."""

from collections.abc import Callable
from dataclasses import field, replace
from typing import Literal, get_args

from crystalmath_server.protocol.clusters import (
    CLUSTERS_QUEUE,
    CLUSTERS_SHOW,
    CLUSTERS_TEST,
    ClusterDetail,
    ClusterLabel,
    ClusterQueue,
    ClusterTest,
    ClusterTestParams,
    Deleted,
    StepName,
)
from crystalmath_server.protocol.codes import CODES_TEST, CodePk, CodeRow, CodeTest, Outcome, Step
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.record import record
from crystalmath_tui.core import clusters
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Effect, Open, Say
from crystalmath_tui.core.keymap import MOVES, Action, Binding, dispatch, emit
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Move,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.scroll import START, Scroll, move, scroll_top

Tab = Literal["summary", "codes", "queue", "test"]
TABS: tuple[Tab, ...] = get_args(Tab)
STEPS: tuple[StepName, ...] = tuple(StepName)
_LONGEST_TEXT = 1000  # lines
_QUEUE_S = 30.0  # maximum age of the queue while its page is shown


@record
class Slice:
    """One cluster and the page shown.

    Attributes
    ----------
    running
        The test step in progress.
    turn
        Number of the test run; answers to earlier runs are dropped.
    """

    label: str = ""
    tab: Tab = "summary"
    detail: ClusterDetail | None = None
    queue: ClusterQueue | None = None
    steps: tuple[Step, ...] = ()
    running: StepName | None = None
    turn: int = 0
    code_tests: dict[int, CodeTest] = field(default_factory=dict[int, CodeTest])
    errors: dict[str, RpcError] = field(default_factory=dict[str, RpcError])
    places: dict[str, Scroll] = field(default_factory=dict[str, Scroll])
    asked_at: float = 0.0
    force: bool = False


Update = tuple[Slice, tuple[Effect, ...]]


def update(cluster: Slice, message: Message, context: Context) -> Update:
    """Handle keys and answers."""
    match message:
        case Entered("cluster", args):
            return _enter(cluster, args, context)
        case KeyPressed(key):
            return dispatch(KEYS, update, cluster, key, context) or (cluster, ())
        case Scrolled(to):
            return _scroll(cluster, to, context), ()
        case MousePressed():
            return _click(cluster, message, context)
        case Answered("cluster deleted", Deleted() as deleted) if deleted.label == cluster.label:
            return Slice(turn=cluster.turn + 1), (Back(),) if context.front else ()
        case Connected() if cluster.label:
            return cluster, _fetch(cluster)
        case Answered("status") if context.front and _queue_is_old(cluster, context.now):
            return replace(cluster, asked_at=context.now), _fetch(cluster)
        case _:
            return _on_answer(cluster, message)


def _on_answer(cluster: Slice, message: Message) -> Update:
    """Store an answer if it is about this cluster."""
    match message:
        case Answered("cluster", ClusterDetail() as detail, about) if about == cluster.label:
            return replace(cluster, detail=detail, errors=_without(cluster, "summary", "codes")), ()
        case Answered("cluster queue", ClusterQueue() as queue, about) if about == cluster.label:
            return _with_queue(cluster, queue), ()
        case Answered("cluster test", ClusterTest() as test, about) if about == (cluster.label, cluster.turn):
            return _add_steps(cluster, test)
        case Answered("cluster code test", CodeTest() as test, about) if about == cluster.label:
            return replace(cluster, code_tests={**cluster.code_tests, test.pk: test}), ()
        case Refused("cluster", error, about) if about == cluster.label:
            return replace(cluster, errors={**cluster.errors, "summary": error}), ()
        case Refused("cluster queue", error, about) if about == cluster.label:
            return replace(cluster, errors={**cluster.errors, "queue": error}), ()
        case Refused("cluster test", error, about) if about == (cluster.label, cluster.turn):
            return replace(cluster, errors={**cluster.errors, "test": error}, running=None), ()
        case Answered("cluster saved", ClusterDetail() as detail) if (
            cluster.detail and detail.row.pk == cluster.detail.row.pk
        ):
            return _on_save(cluster, detail), ()
        case Answered("code saved", CodeRow() as code) if code.cluster == cluster.label:
            return cluster, _fetch(replace(cluster, tab="codes"))
        case _:
            return cluster, ()


def _with_queue(cluster: Slice, queue: ClusterQueue) -> Slice:
    """Store the queue and keep the selection on its job."""
    place = cluster.places.get("queue", START)
    before = cluster.queue.jobs if cluster.queue else ()
    job_id = before[place.index].job_id if place.index < len(before) else ""
    found = (index for index, job in enumerate(queue.jobs) if job.job_id == job_id)
    places = {**cluster.places, "queue": Scroll(next(found, place.index), place.top)}
    return replace(cluster, queue=queue, places=places, errors=_without(cluster, "queue"))


def _on_save(cluster: Slice, detail: ClusterDetail) -> Slice:
    """Store the saved settings; after a change of label, pending answers no longer match."""
    if detail.row.label == cluster.label:
        return replace(cluster, detail=detail)
    return replace(
        cluster, label=detail.row.label, detail=detail, steps=(), running=None, turn=cluster.turn + 1
    )


def _without(cluster: Slice, *names: str) -> dict[str, RpcError]:
    return {name: error for name, error in cluster.errors.items() if name not in names}


def _enter(cluster: Slice, args: tuple[str, ...], context: Context) -> Update:
    """Open a cluster by label and page; `test` starts the test unless one is running."""
    label = args[0] if args else cluster.label
    if not label:
        return cluster, (Say("Which cluster? :cluster LABEL", "warn"), Back())
    tab = _tab_of(args[1]) if len(args) > 1 else TABS[0]
    known = cluster if label == cluster.label else Slice(label=label, turn=cluster.turn + 1)
    fresh = replace(known, tab=tab, asked_at=context.now)
    if tab == "test" and fresh.running is None:
        tested, effects = _start(replace(fresh, force=False))
        return tested, (*_show(fresh), *effects)
    return fresh, (*_show(fresh), *(_fetch(fresh) if tab == "queue" else ()))


def _tab_of(text: str) -> Tab:
    """The page whose name starts with the text, or the first page."""
    for name in TABS:
        if name.startswith(text):
            return name
    return TABS[0]


def _show(cluster: Slice) -> tuple[Effect, ...]:
    call = Call(CLUSTERS_SHOW, ClusterLabel(cluster.label), "cluster", cluster.label, handles_refusal=True)
    return (call,)


def _fetch(cluster: Slice) -> tuple[Effect, ...]:
    """Request the data of the page; only its key starts the test."""
    if cluster.tab == "test":
        return ()
    if cluster.tab != "queue":
        return _show(cluster)
    call = Call(
        CLUSTERS_QUEUE, ClusterLabel(cluster.label), "cluster queue", cluster.label, handles_refusal=True
    )
    return (call,)


def _queue_is_old(cluster: Slice, now: float) -> bool:
    return cluster.tab == "queue" and now - cluster.asked_at > _QUEUE_S


def _start(cluster: Slice) -> Update:
    """Start the test at its first step."""
    first = replace(
        cluster,
        tab="test",
        steps=(),
        running=STEPS[0],
        turn=cluster.turn + 1,
        errors=_without(cluster, "test"),
    )
    return first, (_step(first, STEPS[0]),)


def _step(cluster: Slice, name: StepName) -> Effect:
    return Call(
        CLUSTERS_TEST,
        ClusterTestParams(cluster.label, (name,), force=cluster.force),
        "cluster test",
        (cluster.label, cluster.turn),
        handles_refusal=True,
    )


def _add_steps(cluster: Slice, test: ClusterTest) -> Update:
    """Add the finished steps and start the next one unless a step failed."""
    steps = cluster.steps + test.steps
    count = len(steps)
    if not test.ok or count >= len(STEPS) or not test.steps:
        return replace(cluster, steps=steps, running=None), _show(cluster)
    running = replace(cluster, steps=steps, running=STEPS[count])
    return running, (_step(running, STEPS[count]),)


def _show_tab(tab: Tab) -> Action[Slice]:
    return lambda cluster, context: _turn_to(cluster, tab, context)


def _step_tab(step: int) -> Action[Slice]:
    return lambda cluster, context: _turn_to(
        cluster, TABS[(TABS.index(cluster.tab) + step) % len(TABS)], context
    )


def _turn_to(cluster: Slice, tab: Tab, context: Context) -> Update:
    turned = replace(cluster, tab=tab, asked_at=context.now)
    return turned, _fetch(turned)


def _reload(cluster: Slice, context: Context) -> Update:
    return _turn_to(cluster, cluster.tab, context)


def _test(*, force: bool) -> Action[Slice]:
    """Test the selected code, or the cluster unless its test is running."""

    def act(cluster: Slice, _: Context) -> Update:
        if cluster.tab == "codes":
            return cluster, _code_test(cluster)
        if cluster.running is not None:
            return replace(cluster, tab="test"), ()
        return _start(replace(cluster, force=force))

    return act


def _on_cluster(effects: Callable[[ClusterDetail], tuple[Effect, ...]]) -> Action[Slice]:
    """An action that needs the cluster to be loaded."""

    def act(cluster: Slice, _: Context) -> Update:
        if cluster.detail is None:
            return cluster, (Say("The cluster is not loaded yet.", "warn"),)
        return cluster, effects(cluster.detail)

    return act


def _open(screen: str, *words: str) -> Action[Slice]:
    """Open a screen with the given words and the cluster label as arguments."""
    return lambda cluster, _: (cluster, (Open(screen, (*words, cluster.label)),))


def _open_job(cluster: Slice) -> tuple[Effect, ...]:
    jobs = cluster.queue.jobs if cluster.queue else ()
    index = cluster.places.get("queue", START).index
    if cluster.tab != "queue" or index >= len(jobs):
        return ()
    if (pk := jobs[index].pk) is None:
        return (Say(f"Job {jobs[index].job_id} was not submitted by crystalmath.", "warn"),)
    return (Open("job", (str(pk),)),)


def _code_test(cluster: Slice) -> tuple[Effect, ...]:
    """Test the selected code."""
    codes = cluster.detail.codes if cluster.detail else ()
    index = cluster.places.get("codes", START).index
    if index >= len(codes):
        return (Say("There is no code to test; press n to add one.", "warn"),)
    pk = codes[index].pk
    call = Call(CODES_TEST, CodePk(pk), "cluster code test", cluster.label, key=f"code {pk}")
    return (Say(f"Looking at {codes[index].label} on {cluster.label} …"), call)


def rows_of(cluster: Slice) -> int:
    """Number of selectable rows on the current page; 0 if the page is text."""
    if cluster.tab == "codes":
        return len(cluster.detail.codes) if cluster.detail else 0
    return len(cluster.queue.jobs) if cluster.tab == "queue" and cluster.queue else 0


def choose(cluster: Slice, index: int) -> Update:
    """Select a row, or open the row if already selected."""
    place = cluster.places.get(cluster.tab, START)
    if index == place.index:
        return cluster, _open_job(cluster)
    return replace(cluster, places={**cluster.places, cluster.tab: Scroll(index, place.top)}), ()


def _scroll(cluster: Slice, to: Move, context: Context) -> Slice:
    """Select another row or scroll the text; the view clamps the scroll position."""
    place = cluster.places.get(cluster.tab, START)
    height = max(1, context.size.rows - 2)
    if count := rows_of(cluster):
        after = move(place, to, count, height)
    else:
        after = Scroll(0, scroll_top(place.top, to, _LONGEST_TEXT, height))
    return replace(cluster, places={**cluster.places, cluster.tab: after})


def _click(cluster: Slice, mouse: MousePressed, context: Context) -> Update:
    """Switch the page on a click on its tab."""
    if mouse.button == 1 and mouse.row == 0 and (tab := _tab_at(mouse.col)):
        return _turn_to(cluster, tab, context)
    return cluster, ()


def _tab_at(col: int) -> Tab | None:
    """The tab at a column of the first line."""
    end = 1
    for name in TABS:
        end += len(name) + 4
        if col < end:
            return name
    return None


def failed_step(cluster: Slice) -> Step | None:
    """The failed step, or None."""
    return next((step for step in cluster.steps if step.outcome is Outcome.FAILED), None)


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("tab", "right", "l"), _step_tab(1), "next page", "Next page.", footer=True),
    Binding(("shift tab", "left", "h"), _step_tab(-1), "previous page", "Previous page."),
    *(Binding((str(i + 1),), _show_tab(name), name, f"Show the {name} page.") for i, name in enumerate(TABS)),
    Binding(
        ("t",),
        _test(force=False),
        "test",
        "Test step by step; on the codes page, test the selected code.",
        footer=True,
    ),
    Binding(
        ("T",), _test(force=True), "test now", "Test now, even if connections are paused after failures."
    ),
    Binding(("n",), _open("setup", "code"), "new code", "Add a code on this cluster.", footer=True),
    Binding(("e",), _open("setup", "edit"), "edit", "Edit the settings.", footer=True),
    Binding(("P",), _open("potcars"), "POTCARs", "Check which POTCARs are installed."),
    Binding(
        ("x",),
        _on_cluster(lambda detail: clusters.enable(detail.row)),
        "on/off",
        "Disable the cluster, or enable it again.",
    ),
    Binding(
        ("d",),
        _on_cluster(lambda detail: clusters.delete(detail.row, len(detail.codes))),
        "delete",
        "Delete the cluster; asks first.",
        footer=True,
    ),
    Binding(
        ("enter",),
        lambda cluster, _: (cluster, _open_job(cluster)),
        "open job",
        "Open the selected job if crystalmath submitted it.",
    ),
    Binding(("r",), _reload, "reload", "Reload the page."),
    Binding(("esc",), emit(Back()), "back", "Go back."),
)
