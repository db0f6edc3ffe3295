"""New job: where it runs and what it asks for, with the defaults of the cluster in sight."""

import math
from collections.abc import Iterable
from dataclasses import replace

from crystalmath_server.protocol.clusters import (
    CLUSTERS_LIST,
    CLUSTERS_SHOW,
    ClusterDetail,
    ClusterLabel,
    ClusterList,
)
from crystalmath_server.protocol.errors import InvalidForm, NotFound, RpcError
from crystalmath_server.protocol.jobs import SubmitJobParams
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_tui.core import form
from crystalmath_tui.core.effects import Call, Effect
from crystalmath_tui.core.form import Field, Form, new_field
from crystalmath_tui.core.messages import Answered, Message, Refused
from crystalmath_tui.core.resources import changes, resource_fields, shown
from crystalmath_tui.core.words import error_text
from crystalmath_tui.screens.new.model import (
    SUBMIT,
    Slice,
    Update,
    chosen_values,
    edit_texts,
)

LOCALHOST = "localhost"
VASP = "vasp"
MOST_MB = 100_000
NO, YES = "no", "yes"
MOST_CORRECTIONS = 10
_HEAD = 7  # fields above those of resources


def blank() -> Form:
    """A job here, that asks for nothing."""
    return Form((*_head("", LOCALHOST, "", (LOCALHOST,), ()), *_resources(Resources())), "Submit")


def _head(label: str, cluster: str, code: str, clusters: Iterable[str], codes: Iterable[str]) -> list[Field]:
    return [
        new_field("label", "label", label, "Name of the job; empty: formula and recipe."),
        new_field("cluster", "cluster", cluster, "Where it runs.", tuple(clusters)),
        new_field("code", "program", code, "Code on the cluster; none: the one that fits.", ("", *codes)),
        new_field("retrieve", "further files", "", "Of VASP, to be brought back: CHGCAR WAVECAR, or *."),
        new_field("retrieve_mb", "up to MB", "50", "Larger ones stay on the cluster."),
        new_field(
            "corrections", "corrections", "0", "Of VASP: runs that failed, corrected as custodian would."
        ),
        new_field("reuse", "reuse results", NO, "Take those of a job that had the same inputs.", (NO, YES)),
    ]


def _resources(defaults: Resources) -> tuple[Field, ...]:
    return resource_fields(defaults, "resources: the cluster's defaults, to be overridden")


def cluster_of(new: Slice) -> str:
    """Label of the cluster that is chosen."""
    return form.values(new.job).get("cluster", LOCALHOST)


def open_form(new: Slice) -> Update:
    """Go to the last step; what was typed there before stays."""
    rendered = replace(new.rendered, script="") if new.rendered else None  # another may be asked for now
    job = new.job if new.job.fields else blank()
    there = replace(new, step=SUBMIT, job=job, rendered=rendered, error=None)
    listed = Call(CLUSTERS_LIST, NoParams(), "new clusters")
    looking, effects = _look_up(there)
    return looking, (listed, *effects)


def _look_up(new: Slice) -> Update:
    """Fetch the defaults of the cluster that is chosen."""
    label = cluster_of(new)
    call: Effect = Call(CLUSTERS_SHOW, ClusterLabel(label), "new target", label, handles_refusal=True)
    return replace(new, looking_at=label), (call,)


def change_form(new: Slice, job: Form) -> Update:
    """Take the form as it is after a key; another cluster has other defaults."""
    after = replace(new, job=job, error=None)
    return (after, ()) if cluster_of(after) == cluster_of(new) else _look_up(after)


def answered(new: Slice, message: Message) -> Update:
    """Take what came about clusters."""
    match message:
        case Answered("new clusters", ClusterList() as found):
            return _with_clusters(new, found)
        case Answered("new target", ClusterDetail() as detail, label) if label == new.looking_at:
            return _with_target(new, detail), ()
        case Refused("new target", error, label) if label == new.looking_at:
            return _without_target(new, error), ()
        case _:
            return new, ()


def is_other(new: Slice) -> bool:
    """Whether the defaults shown are still those of another cluster."""
    return new.target is not None and new.target.row.label != cluster_of(new)


def _with_clusters(new: Slice, found: ClusterList) -> Update:
    """Let every cluster that is in use be chosen; where there is but one, VASP is most likely there."""
    labels = tuple(row.label for row in found.rows if row.enabled)
    listed = with_choices(new, "cluster", tuple(dict.fromkeys((*labels, cluster_of(new)))))
    others = [label for label in labels if label != LOCALHOST]
    if len(others) == 1 and _is_vasp_unplaced(new):
        return _look_up(with_text(listed, "cluster", others[0]))
    return listed, ()


def _is_vasp_unplaced(new: Slice) -> bool:
    """Whether it is a job of VASP for which nobody could choose a cluster yet."""
    unseen = any(each.name == "cluster" and each.choices == (LOCALHOST,) for each in new.job.fields)
    return unseen and not new.like and new.template is not None and new.template.row.engine == VASP


def with_choices(new: Slice, name: str, choices: tuple[str, ...]) -> Slice:
    """The form with other choices in one field."""
    fields = tuple(replace(each, choices=choices) if each.name == name else each for each in new.job.fields)
    return replace(new, job=replace(new.job, fields=fields))


def _with_target(new: Slice, detail: ClusterDetail) -> Slice:
    """Show other defaults where nothing else was typed."""
    based = _with_defaults(new, detail.defaults)
    known = tuple(code.label for code in detail.codes)
    code = form.values(based.job).get("code", "")
    fresh = based if code in known else with_text(based, "code", "")
    return replace(with_choices(fresh, "code", ("", *known)), target=detail, looking_at="")


def _without_target(new: Slice, error: RpcError) -> Slice:
    """Say that a cluster cannot be used; that of this machine is made with the first job."""
    bare = replace(_with_defaults(new, Resources()), target=None, looking_at="")
    if isinstance(error, NotFound) and cluster_of(new) == LOCALHOST:
        return bare
    return replace(bare, job=form.with_error(bare.job, "cluster", error_text(error)))


def _with_defaults(new: Slice, defaults: Resources) -> Slice:
    old = new.target.defaults if new.target else Resources()
    typed = form.values(new.job)
    fields = tuple(
        each
        if typed.get(each.name, "") == shown(each.name, getattr(old, each.name))
        else replace(each, text=_text(new, each.name))
        for each in _resources(defaults)
    )
    return replace(new, job=replace(new.job, fields=(*new.job.fields[:_HEAD], *fields)))


def _text(new: Slice, name: str) -> form.TextField:
    return next((each.text for each in new.job.fields if each.name == name), form.EMPTY)


def with_text(new: Slice, name: str, text: str) -> Slice:
    """The form with another text in one field."""
    fields = tuple(
        replace(each, text=form.field_of(text)) if each.name == name else each for each in new.job.fields
    )
    return replace(new, job=replace(new.job, fields=fields))


def clear_label(new: Slice) -> Slice:
    """The next job is another one: cluster and resources stay, the label does not."""
    return with_text(new, "label", "")


def submit_params(new: Slice) -> SubmitJobParams | None:
    """What jobs.submit gets, or None where something is missing.

    Raises
    ------
    InvalidForm
        With the name of the field that is wrong.
    """
    if not (new.structure and new.template and new.rendered and new.key):
        return None
    given = form.values(new.job)
    defaults = new.target.defaults if new.target else Resources()
    values, earlier = chosen_values(new)
    return SubmitJobParams(
        template=new.rendered.template,
        structure_pk=new.structure.row.pk,
        key=new.key,
        values=values,
        restart_pk=earlier,
        digest=new.rendered.digest,
        label=given.get("label", "")[:255],
        cluster=cluster_of(new),
        code=given.get("code", ""),
        resources=changes(given, defaults),
        reuse=given.get("reuse") == YES,
        retrieve=tuple(given.get("retrieve", "").replace(",", " ").split()),
        retrieve_mb=_megabytes(given.get("retrieve_mb", "")),
        corrections=_corrections(given.get("corrections", "")),
        edits=(texts := edit_texts(new)),
        confirm=bool(texts),
    )


def _megabytes(text: str) -> float:
    """A limit of size.

    Raises
    ------
    InvalidForm
        It is no number from 0 up.
    """
    try:
        limit = float(text or 0)
    except ValueError:
        limit = math.nan
    if not 0 <= limit <= MOST_MB:
        raise InvalidForm(f"give a number from 0 to {MOST_MB}", field="retrieve_mb")
    return limit


def _corrections(text: str) -> int:
    """How many corrections are allowed.

    Raises
    ------
    InvalidForm
        It is no number from 0 to 10.
    """
    word = text.strip() or "0"
    if not word.isascii() or not word.isdigit() or int(word) > MOST_CORRECTIONS:
        raise InvalidForm(f"give a whole number from 0 to {MOST_CORRECTIONS}", field="corrections")
    return int(word)


def with_complaint(new: Slice, error: RpcError) -> Slice | None:
    """The form with the complaint at its field, or None where the error is about none of them."""
    name = error.data.field.rpartition(".")[2]
    if name not in form.values(new.job):
        return None
    words = error_text(error).removeprefix(f"{error.data.field}: ")
    return replace(new, job=form.with_error(new.job, name, words), error=None, waiting="", step=SUBMIT)
