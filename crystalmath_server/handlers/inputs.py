"""inputs.*: check, compare and explain VASP input files given as text."""

from collections.abc import Mapping

from crystalmath_server.handlers.fields import fields
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.files import ReadFileParams
from crystalmath_server.protocol.inputs import (
    INPUTS_FILES,
    CheckInputsParams,
    DiffInputsParams,
    InputDiff,
    InputReport,
    InputSource,
    ListTagsParams,
    TagList,
)
from crystalmath_server.protocol.job_spec import JobSpec

_TAKEN = (*INPUTS_FILES, "POTCAR")
_CHUNK = 1_048_576


async def check(ports: Ports, params: CheckInputsParams) -> InputReport:
    """Problems and properties of the given files."""
    _check_names(params.files, "files")
    return await ports.workbench.check_inputs(params.files, params.tasks)


async def diff(ports: Ports, params: DiffInputsParams) -> InputDiff:
    """Differences between two sets of input files."""
    left = await _inputs(ports, params.left, "left")
    right = await _inputs(ports, params.right, "right")
    return await ports.workbench.diff_inputs(left, right)


async def tags(ports: Ports, params: ListTagsParams) -> TagList:
    """Tags whose name contains the text, or else whose summary or topic does."""
    rows = (await ports.workbench.known_tags()).rows
    name, words = params.search.strip().upper(), params.search.strip().casefold()
    named = tuple(row for row in rows if name in row.name)
    return TagList(named or tuple(row for row in rows if words in f"{row.summary} {row.group}".casefold()))


def _check_names(files: Mapping[str, str], field: str) -> None:
    hint = f"Give one or more of: {', '.join(_TAKEN)}."
    for name in files:
        if name not in _TAKEN:
            raise InvalidForm(f"{name[:60]!r} is not a VASP input file", field=field, hint=hint)
    if not files:
        raise InvalidForm("No input file is given", field=field, hint=hint)


async def _inputs(ports: Ports, source: InputSource, side: str) -> Mapping[str, str]:
    """Texts of a source; exactly one kind of source must be given."""
    kinds = [bool(source.files), source.job_pk is not None, bool(source.template)]
    if sum(kinds) != 1 or bool(source.template) != (source.structure_pk is not None):
        hint = f"Give {side} one of: files; job_pk; template with structure_pk."
        raise InvalidForm(
            f"The source of the {side} input files is missing or ambiguous", field=side, hint=hint
        )
    if source.files:
        _check_names(source.files, f"{side}.files")
        return source.files
    structure = f"{side}.structure_pk"
    with fields(
        pk=f"{side}.job_pk" if source.job_pk else structure, structures=structure, name=f"{side}.template"
    ):
        if source.job_pk is not None:
            return await _of_job(ports, source.job_pk, side)
        return await _of_template(ports, source, side)


async def _of_template(ports: Ports, source: InputSource, side: str) -> Mapping[str, str]:
    pk = source.structure_pk or 0
    document = await ports.structures.document(pk)
    prepared = await ports.workbench.render(JobSpec(source.template, (pk,), source.values), [document])
    found = {file.name: file.text for file in prepared.rendered.files if file.name in INPUTS_FILES}
    return _a_inputs(found, f"{prepared.rendered.template} makes", f"{side}.template")


async def _of_job(ports: Ports, pk: int, side: str) -> Mapping[str, str]:
    rows = (await ports.jobs.files(pk)).rows
    names = [row.path for row in rows if row.source == "inputs" and row.path in INPUTS_FILES]
    found = {name: await _text(ports, pk, name) for name in names}
    return _a_inputs(found, f"Job {pk} has", f"{side}.job_pk")


def _a_inputs(files: Mapping[str, str], whose: str, field: str) -> Mapping[str, str]:
    if "INCAR" not in files:
        hint = "Choose a job or a VASP template."
        raise InvalidForm(f"{whose} no VASP input files", field=field, hint=hint)
    return files


async def _text(ports: Ports, pk: int, name: str) -> str:
    """A complete file of a job, read range by range."""
    parts: list[str] = []
    offset, size = 0, 1
    while offset < size:
        part = await ports.jobs.read(ReadFileParams(pk, name, "inputs", offset, _CHUNK))
        parts.append(part.content if part.encoding == "utf-8" else "")
        offset, size = max(part.next_offset, offset + 1), part.size
    return "".join(parts)
