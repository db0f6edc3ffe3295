"""New job: the form filled in from an earlier job, and what could not be taken over."""

from dataclasses import fields as fields_of
from dataclasses import replace

from crystalmath_server.protocol.again import JOBS_CLONE, JobDraft
from crystalmath_server.protocol.jobs import JobPk
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.structures import STRUCTURES_SHOW, StructurePk
from crystalmath_server.protocol.templates import TEMPLATES_SHOW, ShowTemplateParams
from crystalmath_tui.core.decks import FileEdit
from crystalmath_tui.core.effects import Call, Say
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.resources import shown
from crystalmath_tui.screens.new import form as forms
from crystalmath_tui.screens.new import target
from crystalmath_tui.screens.new.model import (
    RESTART,
    Slice,
    Update,
)

LIKE = "like"
"""Word before the pk of the earlier job."""


def ask(new: Slice, text: str) -> Update:
    """Ask what the earlier job was made of; what is typed now stays until the answer is here."""
    pk = pk_of(text)
    if not pk:
        return new, (Say("Like which job? :new like PK", "warn"),)
    call = Call(JOBS_CLONE, JobPk(pk), "new draft", handles_refusal=True)
    return replace(new, waiting=f"looking at job {pk}", error=None), (call,)


def begin(new: Slice, draft: JobDraft) -> Update:
    """A fresh form with what the draft says; its structure is looked up first."""
    fresh = Slice(
        stored=new.stored,
        recipes=new.recipes,
        edits=new.edits,
        like=draft.pk,
        draft=draft,
        notes=(*(row.reason for row in draft.left_out), *_unasked(draft)),
    )
    filled = _with_target(_with_edits(fresh, draft), draft)
    if draft.structure_pk is None:
        return filled, ()
    call = Call(STRUCTURES_SHOW, StructurePk(draft.structure_pk), "new structure", handles_refusal=True)
    return replace(filled, waiting=f"looking at structure {draft.structure_pk}"), (call,)


def _with_edits(new: Slice, draft: JobDraft) -> Slice:
    """The files that were edited by hand in place of the recipe's again, and no others."""
    if draft.structure_pk is None:
        return new
    files = {name: FileEdit(text) for name, text in draft.edits.items()}
    return replace(new, edits={**new.edits, (draft.template, draft.structure_pk): files})


def _unasked(draft: JobDraft) -> tuple[str, ...]:
    """What a job can have, but no field of the form asks for."""
    if not draft.retrieve:
        return ()
    names = ", ".join(draft.retrieve)
    return (f"Only the command line asks for more files to come back: --retrieve {names}",)


def _with_target(new: Slice, draft: JobDraft) -> Slice:
    """Label, cluster, program and resources; what it did not ask for is left to the cluster's defaults."""
    texts = {row.name: shown(row.name, getattr(draft.resources, row.name)) for row in fields_of(Resources)}
    given = {"label": draft.label, "cluster": draft.cluster or target.LOCALHOST, "code": draft.code, **texts}
    if draft.corrections:
        given["corrections"] = str(draft.corrections)
    filled = replace(new, job=target.blank())
    for name, text in given.items():
        filled = target.with_text(filled, name, text)
    filled = target.with_choices(
        filled, "cluster", tuple(dict.fromkeys((given["cluster"], target.LOCALHOST)))
    )
    return target.with_choices(filled, "code", tuple(dict.fromkeys(("", draft.code))))


def with_structure(new: Slice) -> Update:
    """On to the recipe of the draft; without one it is chosen by hand."""
    if new.draft is None or not new.draft.template:
        return replace(new, draft=None), ()
    name = new.draft.template
    call = Call(TEMPLATES_SHOW, ShowTemplateParams(name), "new form", handles_refusal=True)
    return replace(new, waiting=f"fetching the form of {name}"), (call,)


def with_form(new: Slice) -> Slice:
    """The settings of the draft, where it is its recipe."""
    draft = new.draft
    if draft is None or new.template is None or new.template.row.name != draft.template:
        return replace(new, draft=None)
    texts = {name: forms.text_of(value) for name, value in draft.values.items()}
    if draft.restart_pk is not None:
        texts[RESTART] = str(draft.restart_pk)
    return replace(new, texts=texts, draft=None)
