"""AiiDA codes, the programs installed on clusters; functions run on the AiiDA thread."""

from pathlib import PurePosixPath
from typing import Any

from crystalmath_server.domain.clusters import naming
from crystalmath_server.domain.clusters.resources import check, parts_of_script, script
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.protocol.codes import (
    CODES_LIST,
    CodeKind,
    CodeList,
    CodeRow,
    CreateCodeParams,
    ListCodesParams,
)
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.resources import Resources


def read_codes(params: ListCodesParams) -> CodeList:
    """All codes that match the filters."""
    from aiida import orm

    filters = {"label": params.cluster} if params.cluster else {}
    query = orm.QueryBuilder().append(orm.Computer, filters=filters, tag="computer")
    found = query.append(orm.InstalledCode, with_computer="computer").all(flat=True)
    rows = [_row(code) for code in found]
    kept = [row for row in rows if params.kind in (None, row.kind)]
    return CodeList(tuple(sorted(kept, key=lambda row: (row.cluster, row.label, row.pk))))


def codes_on(computer: Any) -> tuple[CodeRow, ...]:
    """The codes of one computer."""
    return read_codes(ListCodesParams(computer.label)).rows


def read_code(pk: int) -> CodeRow:
    """One code; raises NotFound."""
    from aiida import orm

    found = orm.QueryBuilder().append(orm.InstalledCode, filters={"id": pk}).first(flat=True)
    if found is None:
        raise NotFound(f"There is no code {pk}", field="pk", hint=f"See: {command(CODES_LIST)}")
    return _row(found)


def _row(code: Any) -> CodeRow:
    modules, text = parts_of_script(code.prepend_text)
    return CodeRow(
        pk=code.pk,
        uuid=code.uuid,
        label=code.label,
        cluster=code.computer.label,
        kind=_kind(code),
        path=str(code.filepath_executable),
        modules=modules,
        prepend_text=text,
        description=code.description,
    )


def _kind(code: Any) -> CodeKind:
    """The stored kind of a code; for codes made by other tools, inferred from the file name."""
    stored = code.base.extras.get(nodes.CODE_KIND, "")
    name = PurePosixPath(code.filepath_executable).name
    known = {kind.value for kind in CodeKind}
    if stored in known:
        return CodeKind(stored)
    if name in known:
        return CodeKind(name)
    return CodeKind.PYTHON if name.startswith("python") else CodeKind.OTHER


def create(params: CreateCodeParams) -> CodeRow:
    """Store a code.

    Raises
    ------
    RpcError
        NOT_FOUND, CONFLICT, INVALID_FORM with the field.
    """
    from aiida import orm

    computer = orm.QueryBuilder().append(orm.Computer, filters={"label": params.cluster}).first(flat=True)
    if computer is None:
        raise naming.no_cluster(params.cluster, "cluster")
    _check(params, computer)
    code = orm.InstalledCode(
        label=params.label,
        description=params.description,
        computer=computer,
        filepath_executable=params.path,
        prepend_text=script(params.modules, params.prepend_text),
    )
    code.base.extras.set(nodes.CODE_KIND, params.kind.value)
    return _row(code.store())


def _check(params: CreateCodeParams, computer: Any) -> None:
    naming.check_code(params.label, params.path, computer.label)
    check(Resources(modules=params.modules), computer.scheduler_type, "")
    naming.check_code_is_new(params.label, {row.label for row in codes_on(computer)}, computer.label)
