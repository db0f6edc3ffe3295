"""New job: model slice, messages and derived values."""

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
from crystalmath_tui.core.inputs import FileEdit, InputsSource, is_edited
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Message
from crystalmath_tui.core.path_prompt import PathPrompt
from crystalmath_tui.core.scroll import START, Scroll
from crystalmath_tui.core.textfield import TextField
from crystalmath_tui.screens.new import form as forms

STEPS = ("structure", "template", "settings", "inputs", "submit")
STRUCTURE, TEMPLATE, SETTINGS, INPUTS, SUBMIT = range(5)
RESTART, STRUCTURES = "restart_pk", "structures"
"""Job options shown among the template's settings."""
_MOST_DIGITS = 10
SCRIPT = "batch script"
TOP = 2
"""Number of rows above the body: the steps and a rule."""
SUBMIT_TOP = 6
"""Number of rows above the form on the last step."""


@record
class EditsDropped(Message):
    """The user discards the edits of the named files."""

    names: tuple[str, ...]


@record
class WarningsConfirmed(Message):
    """The user accepts the warnings on the input files with this digest."""

    digest: str


@record
class Slice:
    """The new job as specified so far.

    Attributes
    ----------
    texts
        Typed text by field name, for values that replace a default.
    editing
        The text of the setting being edited, or None.
    key
        Idempotency key of the inputs `key_digest`: the same for every attempt to submit them.
    job
        The form of the last step: label, cluster, code and resources.
    target
        The chosen cluster; None until its settings are loaded.
    looking_at
        Label of the cluster whose settings are being loaded.
    template_field
        The template search text while being typed.
    own
        Files as written by the template, before any edit.
    edits
        Edits by template and structure, then by file name.
    waiting
        Description of the pending request.
    like
        Pk of the cloned job; 0 if none.
    draft
        Draft values not yet filled in.
    notes
        What could not be copied from the cloned job.
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
    edits: dict[InputsSource, dict[str, FileEdit]] = field(
        default_factory=dict[InputsSource, dict[str, FileEdit]]
    )
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


def is_typing(new: Slice) -> bool:
    """Whether keystrokes are text input."""
    sought = new.step == TEMPLATE and new.template_field is not None
    return new.step in {STRUCTURE, SUBMIT} or new.editing is not None or sought


def fields(new: Slice) -> tuple[FormField, ...]:
    """The settings shown; changed settings are always included."""
    if new.template is None:
        return ()
    return tuple(
        row for row in new.template.fields if new.advanced or not row.advanced or row.name in new.texts
    )


def with_options(template: TemplateDetail) -> TemplateDetail:
    """Add the options that affect the inputs: restart job and, if supported, several structures."""
    asked: list[FormField] = []
    if template.row.takes.most > 1:
        takes = template.row.takes
        asked.append(FormField(STRUCTURES, FieldType.TEXT, takes.what, "", help=takes.help))
    if template.row.restart is not Restart.NO:
        words = "Ended VASP job on the same cluster; atomate2 derives the inputs from that job."
        asked.append(
            FormField(RESTART, FieldType.INTEGER, "restart from job", minimum=1, help=words, optional=True)
        )
    return replace(template, fields=(*asked, *template.fields))


def job_spec(new: Slice) -> JobSpec | None:
    """The specification that determines the inputs; None without structure and template."""
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
    """Parse pks separated by spaces or commas; empty if a word is not a number."""
    words = text.replace(",", " ").split()
    if not all(word.isascii() and word.isdecimal() and len(word) < _MOST_DIGITS for word in words):
        return ()
    return tuple(map(int, words))


def _wrong_structures(new: Slice) -> dict[str, str]:
    """Problems of the typed structures; the first must be the chosen structure."""
    text = new.texts.get(STRUCTURES, "")
    if not text or new.structure is None:
        return {}
    first = new.structure.row.pk
    return {} if _pks(text)[:1] == (first,) else {STRUCTURES: f"give pks, {first} first"}


def source_of(new: Slice) -> InputsSource | None:
    """Template and structure, or None unless both are chosen."""
    if new.template is None or new.structure is None:
        return None
    return new.template.row.name, new.structure.row.pk


def live_edits(new: Slice) -> dict[str, FileEdit]:
    """Edits for this template and structure that differ from the template's files."""
    made = source_of(new)
    own = {file.name: file.text for file in new.own}
    found = new.edits.get(made, {}) if made else {}
    return {name: edit for name, edit in found.items() if is_edited(edit.text, own.get(name, ""))}


def edit_texts(new: Slice) -> dict[str, str]:
    """Edited text by file name."""
    return {name: edit.text for name, edit in live_edits(new).items()}


def shown_files(new: Slice) -> tuple[InputFile, ...]:
    """The input files, and the batch script if there is one."""
    if new.rendered is None:
        return ()
    script = new.rendered.script
    return (*new.rendered.files, *((InputFile(SCRIPT, script),) if script else ()))


def selected_setting(new: Slice) -> FormField | None:
    """The selected setting."""
    shown = fields(new)
    return shown[new.setting_at.index] if 0 <= new.setting_at.index < len(shown) else None


def all_problems(new: Slice) -> dict[str, str]:
    """Problems of the settings, found locally or reported by the server."""
    if new.template is None:
        return {}
    return {**new.refused, **forms.problems(new.template.fields, new.texts), **_wrong_structures(new)}


def submit_rows(size: Size) -> int:
    """Number of form rows on the last step."""
    return max(3, size.rows - TOP - SUBMIT_TOP)


def list_rows(size: Size) -> int:
    """Number of list rows in the body."""
    return max(1, size.rows - TOP - 4)


def looks_like_a_path(text: str) -> bool:
    """Whether a text is a file path, not a search."""
    return text.startswith((".", "~")) or "/" in text


def search_of(new: Slice) -> str:
    """The search text for stored structures."""
    return "" if looks_like_a_path(new.path.text) else new.path.text.strip()


def step_at(col: int) -> int:
    """The step at a column of the first line, or -1."""
    end = 0
    for index, name in enumerate(STEPS):
        end += len(name) + 6
        if col < end:
            return index
    return -1


def first_row(new: Slice) -> int:
    """Screen row of the first list item."""
    return TOP + (3 if new.step == STRUCTURE else 1)
