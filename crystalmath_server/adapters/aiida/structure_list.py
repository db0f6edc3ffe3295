"""Pages of structures, newest first, read by projection."""

from typing import Any

from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results.crystal import formula_of
from crystalmath_server.protocol.errors import InvalidParams
from crystalmath_server.protocol.structures import ListStructuresParams, StructurePage, StructureRow

BATCH = 500


def page(params: ListStructuresParams) -> StructurePage:
    """Rows that match the search, and a cursor if there are more.

    Structures made by other tools have no stored formula for the database to search, so compute it here.
    """
    below = _cursor(params.cursor)
    rows: list[StructureRow] = []
    while len(rows) <= params.limit:
        batch = _batch(params.search, below)
        rows += [row for row in batch if _matches(row, params.search)]
        if len(batch) < BATCH:
            break
        below = batch[-1].pk
    more = len(rows) > params.limit
    rows = rows[: params.limit]
    return StructurePage(tuple(rows), str(rows[-1].pk) if more else "")


def _cursor(text: str) -> int | None:
    if not text:
        return None
    if not text.isdigit():
        raise InvalidParams(f"cursor {text!r} was not returned by structures.list", field="cursor")
    return int(text)


def _matches(row: StructureRow, search: str) -> bool:
    text = search.casefold()
    return text in row.label.casefold() or text in row.formula.casefold()


def _filters(search: str, below: int | None) -> dict[str, Any]:
    filters: dict[str, Any] = {} if below is None else {"id": {"<": below}}
    if search:
        pattern = {"ilike": f"%{_escape(search)}%"}
        filters["or"] = [
            {"label": pattern},
            {f"extras.{nodes.FORMULA}": pattern},
            {"extras": {"!has_key": nodes.FORMULA}},
        ]
    return filters


def _escape(text: str) -> str:
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return text


def _batch(search: str, below: int | None) -> list[StructureRow]:
    from aiida import orm

    extras = [f"extras.{name}" for name in (nodes.FORMULA, nodes.N_SITES)]
    project = ["id", "uuid", "label", "ctime", *extras]
    query = orm.QueryBuilder().append(orm.StructureData, filters=_filters(search, below), project=project)
    query.order_by({orm.StructureData: {"id": "desc"}}).limit(BATCH)
    found = query.all()
    foreign = _foreign([row[0] for row in found if not row[4] or row[5] is None])
    rows: list[StructureRow] = []
    for pk, uuid, label, created, formula, n_sites in found:
        name, count = foreign.get(pk, (formula, n_sites))
        rows.append(StructureRow(pk, uuid, label, name, count, created.timestamp()))
    return rows


def _foreign(pks: list[int]) -> dict[int, tuple[str, int]]:
    """Formula and number of sites of structures that store neither."""
    if not pks:
        return {}
    from aiida import orm

    project = ["id", "attributes.kinds", "attributes.sites"]
    query = orm.QueryBuilder().append(orm.StructureData, filters={"id": {"in": pks}}, project=project)
    return {pk: _formula(kinds, sites) for pk, kinds, sites in query.all()}


def _formula(kinds: list[dict[str, Any]], sites: list[dict[str, Any]]) -> tuple[str, int]:
    symbols = {kind["name"]: kind["symbols"][0] for kind in kinds}
    return formula_of([symbols[site["kind_name"]] for site in sites]), len(sites)
