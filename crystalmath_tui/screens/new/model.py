"""New job: its slice of the model, its messages, and what follows from them."""

from dataclasses import field, replace

from crystalmath_server.protocol.again import JobDraft
from crystalmath_server.protocol.clusters import ClusterDetail
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.structures import StructureDetail, StructureRow
from crystalmath_server.protocol.templates import (
    FieldType,
    FormField,
    InputFile,
    Rendered,
    Restart,
    TemplateDetail,
    TemplateRow,
)
from crystalmath_tui.core.effects import Effect
from crystalmath_tui.core.form import EMPTY_FORM, Form
from crystalmath_tui.core.inputs import FileEdit, Made, is_edited
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Message
from crystalmath_tui.core.path_prompt import PathPrompt
from crystalmath_tui.core.scroll import START, Scroll
from crystalmath_tui.core.textfield import TextField
from crystalmath_tui.screens.new import form as forms

STEPS = ("structure", "template", "settings", "inputs", "submit")
STRUCTURE, TEMPLATE, SETTINGS, INPUTS, SUBMIT = range(5)
RESTART, STRUCTURES = "restart_pk", "structures"
"""Options of a job that are asked for among the settings of the template."""
_MOST_DIGITS = 10
SCRIPT = "batch script"
TOP = 2
"""Rows above the body: the steps and a rule."""
SUBMIT_TOP = 6
"""Rows of the last step above its form."""


@record
class EditsDropped(Message):
    """The user lets edits go, of files by name."""

    names: tuple[str, ...]


@record
class WarningsConfirmed(Message):
    """The user wants the input files of a digest in spite of its warnings."""

    digest: str


@record
class Slice:
    """The new job as far as it is.

    Attributes
    ----------
    texts
        Field name → what was typed in place of the default.
    editing
        The text of the setting that is being edited, or None.
    key
        Idempotency key of the inputs `key_digest`: the same for every attempt to submit them.
    job
        The form of the last step: label, cluster, code and resources.
    target
        The chosen cluster; None where it has no settings yet.
    looking_at
        Label of the cluster whose settings are on their way.
    template_field
        The text by which templates are searched, while it is typed.
    own
        Files as the template writes them, before any edit.
    edits
        Template and structure → name of a file → what stands in its place.
    waiting
        What is waited for, in words.
    like
        Pk of the job that the form was filled in from; 0: none.
    draft
        What is yet to be filled in from it.
    notes
        What could not be taken over, in words.
    """

    step: int = STRUCTURE
    path: PathPrompt = PathPrompt("new")
    stored: tuple[StructureRow, ...] = ()
    stored_at: Scroll = START
    structure: StructureDetail | None = None
    templates: tuple[TemplateRow, ...] = ()
    template_at: Scroll = START
    template_search: str = ""
    template_field: TextField | None = None
    template: TemplateDetail | None = None
    texts: dict[str, str] = field(default_factory=dict[str, str])
    refused: dict[str, str] = field(default_factory=dict[str, str])
    setting_at: Scroll = START
    editing: TextField | None = None
    advanced: bool = False
    rendered: Rendered | None = None
    own: tuple[InputFile, ...] = ()
    edits: dict[Made, dict[str, FileEdit]] = field(default_factory=dict[Made, dict[str, FileEdit]])
    file: int = 0
    top: int = 0
    job: Form = EMPTY_FORM
    target: ClusterDetail | None = None
    looking_at: str = ""
    key: str = ""
    key_digest: str = ""
    waiting: str = ""
    error: RpcError | None = None
    like: int = 0
    draft: JobDraft | None = None
    notes: tuple[str, ...] = ()


Update = tuple[Slice, tuple[Effect, ...]]


def typing(new: Slice) -> bool:
    """Whether keys are text now."""
    sought = new.step == TEMPLATE and new.template_field is not None
    return new.step in {STRUCTURE, SUBMIT} or new.editing is not None or sought


def fields(new: Slice) -> tuple[FormField, ...]:
    """The settings that are shown; one that was changed always is."""
    if new.template is None:
        return ()
    return tuple(
        row for row in new.template.fields if new.advanced or not row.advanced or row.name in new.texts
    )


def with_options(template: TemplateDetail) -> TemplateDetail:
    """The form with what else bears on the inputs: the earlier job, and structures where it takes several."""
    asked: list[FormField] = []
    if template.row.takes.most > 1:
        takes = template.row.takes
        asked.append(FormField(STRUCTURES, FieldType.TEXT, takes.what, "", help=takes.help))
    if template.row.restart is not Restart.NO:
        words = "Finished VASP job on the same cluster; atomate2 derives the inputs from its outputs."
        asked.append(
            FormField(RESTART, FieldType.INTEGER, "restart from job", minimum=1, help=words, optional=True)
        )
    return replace(template, fields=(*asked, *template.fields))


def asked(new: Slice) -> JobSpec | None:
    """What is asked for so far, as far as it bears on the inputs; None without structure and template."""
    if new.structure is None or new.template is None:
        return None
    values = forms.values(new.template.fields, new.texts)
    earlier, pks = values.pop(RESTART, None), _pks(str(values.pop(STRUCTURES, "")))
    return JobSpec(
        new.template.row.name,
        pks or (new.structure.row.pk,),
        values,
        restart_pk=earlier if isinstance(earlier, int) else None,
        edits=edit_texts(new),
    )


def _pks(text: str) -> tuple[int, ...]:
    """Pks with blanks or commas between; none where a word is not a number."""
    words = text.replace(",", " ").split()
    if not all(word.isascii() and word.isdecimal() and len(word) < _MOST_DIGITS for word in words):
        return ()
    return tuple(map(int, words))


def _wrong_structures(new: Slice) -> dict[str, str]:
    """What is wrong with the structures that were typed: the first must be the one that was chosen."""
    text = new.texts.get(STRUCTURES, "")
    if not text or new.structure is None:
        return {}
    first = new.structure.row.pk
    return {} if _pks(text)[:1] == (first,) else {STRUCTURES: f"give pks, {first} first"}


def made_of(new: Slice) -> Made | None:
    """Template and structure, where both are chosen."""
    if new.template is None or new.structure is None:
        return None
    return new.template.row.name, new.structure.row.pk


def live_edits(new: Slice) -> dict[str, FileEdit]:
    """What stands in place of files of this template on this structure, where it differs from them."""
    made = made_of(new)
    own = {file.name: file.text for file in new.own}
    found = new.edits.get(made, {}) if made else {}
    return {name: edit for name, edit in found.items() if is_edited(edit.text, own.get(name, ""))}


def edit_texts(new: Slice) -> dict[str, str]:
    """File name → text in its place."""
    return {name: edit.text for name, edit in live_edits(new).items()}


def shown_files(new: Slice) -> tuple[InputFile, ...]:
    """The input files, and the batch script where there is one."""
    if new.rendered is None:
        return ()
    script = new.rendered.script
    return (*new.rendered.files, *((InputFile(SCRIPT, script),) if script else ()))


def setting(new: Slice) -> FormField | None:
    """The selected setting."""
    shown = fields(new)
    return shown[new.setting_at.index] if 0 <= new.setting_at.index < len(shown) else None


def all_problems(new: Slice) -> dict[str, str]:
    """What is wrong with the settings: what we see, and what the server said."""
    if new.template is None:
        return {}
    return {**new.refused, **forms.problems(new.template.fields, new.texts), **_wrong_structures(new)}


def submit_rows(size: Size) -> int:
    """Rows of the form of the last step."""
    return max(3, size.rows - TOP - SUBMIT_TOP)


def list_rows(size: Size) -> int:
    """Rows of a list on the body."""
    return max(1, size.rows - TOP - 4)


def looks_like_a_path(text: str) -> bool:
    """Whether a text means a file, not a search."""
    return text.startswith((".", "~")) or "/" in text


def search_of(new: Slice) -> str:
    """What stored structures are searched for."""
    return "" if looks_like_a_path(new.path.text) else new.path.text.strip()


def step_at(col: int) -> int:
    """The step whose name stands at a column of the first line, or -1."""
    end = 0
    for index, name in enumerate(STEPS):
        end += len(name) + 6
        if col < end:
            return index
    return -1


def first_row(new: Slice) -> int:
    """Row of the first item of a list."""
    return TOP + (3 if new.step == STRUCTURE else 1)
