"""New job: the cluster, code and resources of the job, with cluster defaults."""

from dataclasses import fields as fields_of
from dataclasses import replace
from typing import Any

from crystalmath_server.protocol.clusters import (
    CLUSTERS_LIST,
    CLUSTERS_SHOW,
    LOCALHOST,
    ClusterDetail,
    ClusterLabel,
    ClusterList,
)
from crystalmath_server.protocol.errors import NotFound, RpcError
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import SubmitJobParams
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_tui.core import form, record_form
from crystalmath_tui.core.effects import Call, Effect
from crystalmath_tui.core.form import Field, Form
from crystalmath_tui.core.formatting import error_text
from crystalmath_tui.core.messages import Answered, Message, Refused
from crystalmath_tui.core.resources import changes, resource_fields, text_of
from crystalmath_tui.screens.new.model import (
    SUBMIT,
    Slice,
    Update,
    job_spec,
)

VASP = "vasp"
_ELSEWHERE = frozenset(
    {
        "template", "structures", "values", "restart_pk", "edits", "resources",
        "key", "digest", "confirm",
    }
)  # fmt: skip
"""Parameters of jobs.submit set by other steps, in their own section or automatically."""
ASKED_HERE = tuple(row.name for row in fields_of(SubmitJobParams) if row.name not in _ELSEWHERE)
"""All other parameters; each is a form field of the type of the parameter."""


def blank() -> Form:
    """An empty form for a job on this machine."""
    bare = Form((*record_form.rows(SubmitJobParams, ASKED_HERE), *_resources(Resources())), "Submit")
    here = with_text(bare, "cluster", LOCALHOST)
    return with_choices(with_choices(here, "cluster", (LOCALHOST,)), "code", ("",))


def _resources(defaults: Resources) -> tuple[Field, ...]:
    return resource_fields(defaults, "resources (cluster defaults; edit to override)")


def cluster_of(new: Slice) -> str:
    """Label of the chosen cluster."""
    return form.values(new.job).get("cluster", LOCALHOST)


def open_form(new: Slice) -> Update:
    """Go to the last step; earlier input is kept."""
    rendered = replace(new.rendered, script="") if new.rendered else None  # the script may change
    job = new.job if new.job.fields else blank()
    there = replace(new, step=SUBMIT, job=job, rendered=rendered, error=None)
    listed = Call(CLUSTERS_LIST, NoParams(), "new clusters")
    looking, effects = _look_up(there)
    return looking, (listed, *effects)


def _look_up(new: Slice) -> Update:
    """Fetch the defaults of the chosen cluster."""
    label = cluster_of(new)
    call: Effect = Call(CLUSTERS_SHOW, ClusterLabel(label), "new target", label, handles_refusal=True)
    return replace(new, looking_at=label), (call,)


def change_form(new: Slice, job: Form) -> Update:
    """Store the changed form; fetch the defaults of a newly chosen cluster."""
    after = replace(new, job=job, error=None)
    return (after, ()) if cluster_of(after) == cluster_of(new) else _look_up(after)


def receive(new: Slice, message: Message) -> Update:
    """Store an answer about clusters."""
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
    """Whether the defaults shown still belong to another cluster."""
    return new.target is not None and new.target.row.label != cluster_of(new)


def _with_clusters(new: Slice, clusters: ClusterList) -> Update:
    """Offer all enabled clusters; select the only remote cluster for a VASP job."""
    labels = tuple(row.label for row in clusters.rows if row.enabled)
    known = tuple(dict.fromkeys((*labels, cluster_of(new))))
    listed = replace(new, job=with_choices(new.job, "cluster", known))
    others = [label for label in labels if label != LOCALHOST]
    if len(others) == 1 and _is_vasp_unplaced(new):
        return _look_up(replace(listed, job=with_text(listed.job, "cluster", others[0])))
    return listed, ()


def _is_vasp_unplaced(new: Slice) -> bool:
    """Whether this is a VASP job for which no cluster could be chosen yet."""
    unseen = any(each.name == "cluster" and each.choices == (LOCALHOST,) for each in new.job.fields)
    return unseen and not new.like and new.template is not None and new.template.row.engine == VASP


def with_choices(job: Form, name: str, choices: tuple[str, ...]) -> Form:
    """The form with the choices of one field replaced."""
    fields = tuple(replace(each, choices=choices) if each.name == name else each for each in job.fields)
    return replace(job, fields=fields)


def _with_target(new: Slice, detail: ClusterDetail) -> Slice:
    """Store the cluster's settings and defaults."""
    based = _with_defaults(new, detail.defaults)
    known = tuple(code.label for code in detail.codes)
    code = form.values(based.job).get("code", "")
    fresh = based.job if code in known else with_text(based.job, "code", "")
    return replace(based, job=with_choices(fresh, "code", ("", *known)), target=detail, looking_at="")


def _without_target(new: Slice, error: RpcError) -> Slice:
    """Show that a cluster is unusable; localhost is created with the first job."""
    bare = replace(_with_defaults(new, Resources()), target=None, looking_at="")
    if isinstance(error, NotFound) and cluster_of(new) == LOCALHOST:
        return bare
    return replace(bare, job=form.with_error(bare.job, "cluster", error_text(error)))


def _with_defaults(new: Slice, defaults: Resources) -> Slice:
    old = new.target.defaults if new.target else Resources()
    typed = form.values(new.job)
    fields = tuple(
        each
        if typed.get(each.name, "") == text_of(each.name, getattr(old, each.name))
        else replace(each, text=_text(new, each.name))
        for each in _resources(defaults)
    )
    return replace(new, job=replace(new.job, fields=(*new.job.fields[: len(ASKED_HERE)], *fields)))


def _text(new: Slice, name: str) -> form.TextField:
    return next((each.text for each in new.job.fields if each.name == name), form.EMPTY)


def with_text(job: Form, name: str, text: str) -> Form:
    """The form with the text of one field replaced."""
    fields = tuple(
        replace(each, text=form.field_of(text)) if each.name == name else each for each in job.fields
    )
    return replace(job, fields=fields)


def fill_in(spec: JobSpec) -> Form:
    """The form filled in from an earlier job; the rest uses the cluster's defaults."""
    job = blank()
    here = {row.name for row in fields_of(JobSpec)} & set(ASKED_HERE)
    texts = {name: record_form.text_of(getattr(spec, name)) for name in here}
    texts |= {row.name: text_of(row.name, getattr(spec.resources, row.name)) for row in fields_of(Resources)}
    texts["cluster"] = spec.cluster or LOCALHOST
    for name, text in texts.items():
        job = with_text(job, name, text)
    job = with_choices(job, "cluster", tuple(dict.fromkeys((texts["cluster"], LOCALHOST))))
    return with_choices(job, "code", tuple(dict.fromkeys(("", spec.code))))


def clear_label(new: Slice) -> Slice:
    """Clear label and description for the next job; keep cluster and resources."""
    return replace(new, job=with_text(with_text(new.job, "label", ""), "description", ""))


def submit_params(new: Slice) -> SubmitJobParams | None:
    """Parameters of jobs.submit, or None if something is missing.

    Raises
    ------
    InvalidForm
        With the name of the invalid field.
    """
    spec = job_spec(new)
    if spec is None or not (new.rendered and new.key):
        return None
    given = form.values(new.job)
    chosen = {name: record_form.value_of(SubmitJobParams, name, given.get(name, "")) for name in ASKED_HERE}
    defaults = new.target.defaults if new.target else Resources()
    before = {row.name: getattr(spec, row.name) for row in fields_of(JobSpec)}
    sent: dict[str, Any] = before | chosen | {"template": new.rendered.template}
    sent["resources"] = changes(given, defaults)
    return SubmitJobParams(**sent, key=new.key, digest=new.rendered.digest, confirm=bool(spec.edits))


def with_complaint(new: Slice, error: RpcError) -> Slice | None:
    """The form with the error at its field, or None if the error is about no field."""
    name = error.data.field.rpartition(".")[2]
    if name not in form.values(new.job):
        return None
    words = error_text(error).removeprefix(f"{error.data.field}: ")
    return replace(new, job=form.with_error(new.job, name, words), error=None, waiting="", step=SUBMIT)
