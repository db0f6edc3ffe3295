"""New job: calls of the steps and handling of their answers."""

from dataclasses import replace

from crystalmath_server.protocol.again import JobDraft
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.job_spec import spec_of
from crystalmath_server.protocol.jobs import JOBS_SUBMIT, Submitted
from crystalmath_server.protocol.structures import (
    STRUCTURES_IMPORT,
    STRUCTURES_LIST,
    STRUCTURES_SHOW,
    ImportStructureParams,
    ListStructuresParams,
    StructureDetail,
    StructurePage,
    StructurePk,
)
from crystalmath_server.protocol.templates import (
    TEMPLATES_LIST,
    TEMPLATES_RENDER,
    ListTemplatesParams,
    Rendered,
    TemplateDetail,
    TemplateList,
)
from crystalmath_tui.core.effects import Back, Call, Effect, NewKey, Open, Say
from crystalmath_tui.core.messages import Answered, Message, Refused
from crystalmath_tui.core.scroll import START, Scroll
from crystalmath_tui.screens.new import clone, edits, target
from crystalmath_tui.screens.new.model import (
    INPUTS,
    RESTART,
    SETTINGS,
    STRUCTURE,
    STRUCTURES,
    SUBMIT,
    TEMPLATE,
    Slice,
    Update,
    all_problems,
    fields,
    job_spec,
    search_of,
    with_options,
)

STEP_OF = {
    "new draft": STRUCTURE,
    "new structure": STRUCTURE,
    "new form": TEMPLATE,
    "new inputs": SETTINGS,
    "new edited inputs": INPUTS,
    "new script": SUBMIT,
    "new submit": SUBMIT,
}
"""The step that shows the error of a call."""


def receive(new: Slice, message: Message) -> Update:
    """Store the answer to a call."""
    match message:
        case Answered("new stored", StructurePage() as page, search) if search == search_of(new):
            return replace(new, stored=page.rows, stored_at=START), ()
        case Answered("new structure", StructureDetail() as structure):
            return clone.with_structure(_with_structure(new, structure))
        case Answered("new templates", TemplateList() as templates):
            return replace(new, templates=templates.rows), ()
        case Answered("new form", TemplateDetail() as template):
            return clone.with_form(_with_form(new, template)), ()
        case Answered("new draft", JobDraft() as draft):
            return clone.begin(new, draft)
        case Answered("new submit", Submitted() as submitted):
            return _show_job(new, submitted)
        case Refused(tag, error) if tag in STEP_OF:
            return _with_error(new, STEP_OF[tag], error), ()
        case _:
            return _on_rendered(new, message)


def _on_rendered(new: Slice, message: Message) -> Update:
    """Store the inputs: the template's own, then the edited inputs, if any."""
    match message:
        case Answered("new inputs", Rendered() as rendered, pk) if _is_of(new, pk):
            own = replace(new, own=rendered.files)
            return edits.rerender(own) or _with_inputs(own, rendered)
        case Answered("new edited inputs", Rendered() as rendered, pk) if _is_of(new, pk):
            return _with_inputs(new, rendered)
        case Answered("new script", Rendered() as rendered):
            return _with_script(new, rendered)
        case _:
            return target.receive(new, message)


def lists(search: str) -> tuple[Effect, ...]:
    """Fetch stored structures and templates."""
    return (search_stored(search), Call(TEMPLATES_LIST, ListTemplatesParams(), "new templates"))


def search_stored(search: str) -> Effect:
    """Search the stored structures."""
    params = ListStructuresParams(search=search[:255], limit=200)
    return Call(STRUCTURES_LIST, params, "new stored", search)


def show(new: Slice, pk: int) -> Update:
    """Fetch a stored structure."""
    call = Call(STRUCTURES_SHOW, StructurePk(pk), "new structure", handles_refusal=True)
    return replace(new, waiting=f"loading structure {pk}", error=None), (call,)


def import_file(new: Slice, path: str) -> Update:
    """Import a structure file on the server."""
    params = ImportStructureParams(path=path)
    call = Call(STRUCTURES_IMPORT, params, "new structure", handles_refusal=True)
    return replace(new, waiting=f"reading {path}", error=None), (call,)


def _with_structure(new: Slice, structure: StructureDetail) -> Slice:
    return replace(new, structure=structure, step=TEMPLATE, rendered=None, waiting="", error=None)


def _with_form(new: Slice, template: TemplateDetail) -> Slice:
    """Store the template's form; keep the typed values if the template is unchanged."""
    same = new.template is not None and new.template.row.name == template.row.name
    earlier = {name: text for name, text in new.texts.items() if name == RESTART}
    texts = new.texts if same else earlier
    place = new.setting_at if same else START
    return replace(
        new, template=with_options(template), texts=texts, refused={}, setting_at=place, step=SETTINGS,
        rendered=None, waiting="", error=None,
    )  # fmt: skip


def _is_of(new: Slice, structure_pk: object) -> bool:
    """Whether inputs belong to the chosen structure."""
    return new.structure is not None and new.structure.row.pk == structure_pk


def _with_inputs(new: Slice, rendered: Rendered) -> Update:
    """Store the inputs; inputs that differ from those of the key get a new key."""
    shown = replace(new, rendered=rendered, step=INPUTS, file=0, top=0, waiting="", error=None)
    if rendered.digest == new.key_digest:
        return shown, ()
    return replace(shown, key="", key_digest=""), (NewKey("new key", rendered.digest),)


def _show_job(new: Slice, submitted: Submitted) -> Update:
    """Show the job; the next submission creates another job, even from the same inputs."""
    words = "was submitted before" if submitted.reused else "is submitted"
    fresh = replace(
        target.clear_label(new),
        step=SETTINGS,
        rendered=None,
        key="",
        key_digest="",
        waiting="",
        error=None,
        like=0,
        notes=(),
    )
    return fresh, (Back(), Open("job", (str(submitted.pk),)), Say(f"Job {submitted.pk} {words}."))


def _with_error(new: Slice, step: int, error: RpcError) -> Slice:
    """Store the error at its step, and select the setting or resource it is about."""
    if step == SUBMIT and (with_error := target.with_complaint(new, error)):
        return with_error
    failed = replace(new, error=error, waiting="", step=step)
    name = error.data.field.removeprefix("values.")
    rows = new.template.fields if new.template else ()
    if (name == error.data.field and name not in {RESTART, STRUCTURES}) or all(
        row.name != name for row in rows
    ):
        return failed
    shown = replace(failed, step=SETTINGS, advanced=True, refused={name: error.data.detail})
    index = next(index for index, row in enumerate(fields(shown)) if row.name == name)
    return replace(shown, setting_at=Scroll(index, max(0, index - 3)))


def submit(new: Slice, *, confirmed: bool = False) -> Update:
    """Submit the job with the same key on every attempt; ask first about warnings on edited files."""
    if target.is_other(new):
        return new, (Say(f"The settings of {target.cluster_of(new)} are still loading.", "warn"),)
    try:
        params = None if new.waiting else target.submit_params(new)
    except RpcError as error:
        return _with_error(new, SUBMIT, error), ()
    if params is None:
        return new, ()
    if not confirmed and (question := edits.confirmation(new)):
        return new, question
    call = Call(JOBS_SUBMIT, params, "new submit", handles_refusal=True)
    return replace(new, waiting="submitting", error=None), (call,)


def render(new: Slice) -> Update:
    """Request the rendered inputs unless a setting is invalid."""
    wrong = all_problems(new)
    if wrong:
        name, words = next(iter(wrong.items()))
        return new, (Say(f"{name}: {words}", "warn"),)
    spec = job_spec(new)
    if spec is None:
        return new, (Say("Choose a structure and a template first.", "warn"),)
    pk = spec.structures[0]
    params = replace(spec, edits={})
    call = Call(TEMPLATES_RENDER, params, "new inputs", pk, handles_refusal=True)
    return replace(new, waiting="writing the inputs", error=None), (call,)


def with_script(new: Slice) -> Update:
    """Return to the inputs and request the batch script for the chosen cluster."""
    back = replace(new, step=INPUTS, error=None)
    try:
        params = None if new.waiting or target.is_other(new) else target.submit_params(new)
    except RpcError:  # reported on submission
        return back, ()
    if params is None:
        return back, ()
    wanted = spec_of(params)
    call = Call(TEMPLATES_RENDER, wanted, "new script", key="new inputs", handles_refusal=True)
    return replace(back, waiting=f"writing the batch script for {params.cluster}"), (call,)


def _with_script(new: Slice, rendered: Rendered) -> Update:
    """Show the script if the inputs have not changed."""
    if new.rendered is None or rendered.digest != new.rendered.digest:
        return replace(new, waiting=""), ()
    shown = replace(new, rendered=rendered, waiting="")
    return (replace(shown, file=len(rendered.files), top=0) if rendered.script else shown), ()


def to_submit(new: Slice) -> Update:
    """Go to the last step if the template is runnable."""
    if new.template is None or new.rendered is None:
        return new, ()
    if not new.template.row.runnable:
        return new, (Say(f"{new.template.row.name} cannot run: {new.template.row.reason}", "warn"),)
    if wrong := edits.refusal(new):
        return new, wrong
    return target.open_form(new)
