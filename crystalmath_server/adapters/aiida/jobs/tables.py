"""Queries on AiiDA's tables without the ORM; the only module that names them; runs on the AiiDA threads.

Each statement is built once, with bound values, so that SQLAlchemy compiles it once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from crystalmath_server.adapters.aiida.jobs.node_record import CALCJOB, WORKCHAIN, NodeRecord
from crystalmath_server.domain.jobs.nodes import CALLING_TYPES

_BATCH = 500
"""SQLite limits the number of values in a statement."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link between a node that was asked for, `near`, and another.

    Attributes
    ----------
    incoming
        Whether it ends at `near`.
    kind
        AiiDA's link type, for example input_calc.
    """

    near: int
    incoming: bool
    kind: str
    label: str
    node: NodeRecord


def read_node(pk: int) -> NodeRecord | None:
    """A node, or None if the pk does not exist."""
    storage, statements = _storage()
    row = storage.get_session().execute(statements.node, {"pk": pk}).one_or_none()
    return None if row is None else NodeRecord(*row)


def read_links(pks: Iterable[int]) -> list[Link]:
    """All links of some nodes, with the nodes at their other ends."""
    storage, statements = _storage()
    session = storage.get_session()
    return [
        Link(near, bool(incoming), kind, label, NodeRecord(*values))
        for batch in _batches(pks)
        for near, incoming, kind, label, *values in session.execute(statements.links, {"pks": batch})
    ]


def process_of(uuid: str) -> int | None:
    """The pk of the process with a UUID, or None if it does not exist."""
    storage, statements = _storage()
    found = storage.get_session().execute(statements.process, {"uuid": uuid}).scalar_one_or_none()
    return None if found is None else int(found)


def last_traceback(pk: int) -> str:
    """The last traceback in the log of a process; empty: none."""
    storage, statements = _storage()
    return storage.get_session().execute(statements.traceback, {"pk": pk}).scalar() or ""


def has_changed(since: datetime) -> bool:
    """Whether any job was modified after a time; far cheaper than reading the jobs."""
    storage, statements = _storage()
    return storage.get_session().execute(statements.changed, {"since": since}).first() is not None


def count_jobs() -> int:
    """The number of jobs, without the processes that jobs call."""
    storage, statements = _storage()
    return int(storage.get_session().execute(statements.count).scalar_one())


@dataclass(frozen=True, slots=True)
class _Statements:
    """The statements for one kind of storage."""

    node: Any
    links: Any
    process: Any
    traceback: Any
    changed: Any
    count: Any


def _storage() -> tuple[Any, _Statements]:
    from aiida.manage import get_manager

    storage: Any = get_manager().get_profile_storage()
    return storage, _statements(type(storage))


@cache
def _statements(_kind: type) -> _Statements:
    """The statements for a kind of storage; the tables of SQLite and PostgreSQL differ in their types."""
    from aiida.manage import get_manager
    from sqlalchemy import String, and_, bindparam, cast, func, literal, or_, select, type_coerce, union_all

    models: Any = get_manager().get_profile_storage().query()
    node, link, computer, entry = (
        each.__table__.c for each in (models.Node, models.Link, models.Computer, models.Log)
    )
    columns = [
        node.id,
        cast(node.uuid, String).label("uuid"),
        node.label,
        node.description,
        node.node_type,
        func.coalesce(node.process_type, "").label("process_type"),
        node.ctime,
        node.mtime,
        node.dbcomputer_id,
        func.coalesce(computer.label, "").label("computer"),
        *(
            func.coalesce(cast(each, String), "{}").label(each.name)
            for each in (node.attributes, node.extras, node.repository_metadata)
        ),
    ]
    on_computer = node.dbcomputer_id == computer.id
    nodes, computers, links = node.id.table, computer.id.table, link.id.table
    pk, pks = bindparam("pk"), bindparam("pks", expanding=True)

    def directed(near: Any, far: Any, *, incoming: bool) -> Any:
        told = [near.label("near"), literal(int(incoming)), link.type, link.label.label("link")]
        joined = links.join(nodes, node.id == far).outerjoin(computers, on_computer)
        return select(*told, *columns).select_from(joined).where(near.in_(pks))

    calling = nodes.alias()
    is_job = or_(node.node_type.like(f"{CALCJOB}%"), node.node_type.like(f"{WORKCHAIN}%"))
    runs = links.join(nodes, node.id == link.output_id).join(calling, calling.c.id == link.input_id)
    is_run = and_(calling.c.process_type.in_(CALLING_TYPES), is_job)
    counts = (
        select(func.count()).select_from(nodes).where(is_job).scalar_subquery(),
        select(func.count()).select_from(runs).where(is_run).scalar_subquery(),
    )

    return _Statements(
        node=select(*columns).select_from(nodes.outerjoin(computers, on_computer)).where(node.id == pk),
        links=union_all(
            directed(link.output_id, link.input_id, incoming=True),
            directed(link.input_id, link.output_id, incoming=False),
        ),
        process=select(node.id).where(
            node.uuid == type_coerce(bindparam("uuid"), node.uuid.type), node.node_type.like("process.%")
        ),
        traceback=select(entry.message)
        .where(entry.dbnode_id == pk, entry.message.like("Traceback%"))
        .order_by(entry.id.desc())
        .limit(1),
        changed=select(node.id).where(node.mtime > bindparam("since"), is_job).limit(1),
        count=select(counts[0] - counts[1]),
    )


def _batches(pks: Iterable[int]) -> Iterator[Sequence[int]]:
    chosen = sorted(pks)
    return (chosen[start : start + _BATCH] for start in range(0, len(chosen), _BATCH))
