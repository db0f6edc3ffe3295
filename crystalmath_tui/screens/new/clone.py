"""New job: fill in the form from an earlier job."""

from dataclasses import replace

from crystalmath_server.protocol.again import JOBS_CLONE, JobDraft
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import JobPk
from crystalmath_server.protocol.structures import STRUCTURES_SHOW, StructurePk
from crystalmath_server.protocol.templates import TEMPLATES_SHOW, ShowTemplateParams
from crystalmath_tui.core.effects import Call, Say
from crystalmath_tui.core.inputs import FileEdit
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.screens.new import form as forms
from crystalmath_tui.screens.new import target
from crystalmath_tui.screens.new.model import (
    RESTART,
    STRUCTURES,
    Slice,
    Update,
)

LIKE = "like"
"""Argument before the pk of the earlier job."""


def ask(new: Slice, text: str) -> Update:
    """Request the specification of an earlier job; the form stays until the answer arrives."""
    pk = pk_of(text)
    if not pk:
        return new, (Say("Which job? :new like PK", "warn"),)
    call = Call(JOBS_CLONE, JobPk(pk), "new draft", handles_refusal=True)
    return replace(new, waiting=f"loading job {pk}", error=None), (call,)


def begin(new: Slice, draft: JobDraft) -> Update:
    """Start a new form from the draft; fetch its structure first."""
    fresh = Slice(
        stored=new.stored,
        templates=new.templates,
        edits=new.edits,
        job=target.fill_in(draft.spec),
        like=draft.pk,
        draft=draft,
        notes=tuple(row.reason for row in draft.left_out),
    )
    filled = _with_edits(fresh, draft.spec)
    if not draft.spec.structures:
        return filled, ()
    first = draft.spec.structures[0]
    call = Call(STRUCTURES_SHOW, StructurePk(first), "new structure", handles_refusal=True)
    return replace(filled, waiting=f"loading structure {first}"), (call,)


def _with_edits(new: Slice, spec: JobSpec) -> Slice:
    """Restore the draft's manual edits, and no others."""
    if not spec.structures:
        return new
    files = {name: FileEdit(text) for name, text in spec.edits.items()}
    return replace(new, edits={**new.edits, (spec.template, spec.structures[0]): files})


def with_structure(new: Slice) -> Update:
    """Fetch the draft's template; without one the user chooses a template."""
    name = new.draft.spec.template if new.draft else ""
    if not name:
        return replace(new, draft=None), ()
    call = Call(TEMPLATES_SHOW, ShowTemplateParams(name), "new form", handles_refusal=True)
    return replace(new, waiting=f"fetching the form of {name}"), (call,)


def with_form(new: Slice) -> Slice:
    """Fill in the draft's settings if the template matches."""
    spec = new.draft.spec if new.draft else None
    if spec is None or new.template is None or new.template.row.name != spec.template:
        return replace(new, draft=None)
    texts = {name: forms.text_of(value) for name, value in spec.values.items()}
    if spec.restart_pk is not None:
        texts[RESTART] = str(spec.restart_pk)
    if len(spec.structures) > 1:
        texts[STRUCTURES] = " ".join(map(str, spec.structures))
    return replace(new, texts=texts, draft=None)
