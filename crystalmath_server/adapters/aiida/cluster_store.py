"""Reads, creates, updates and deletes AiiDA computers; runs on the AiiDA thread.

Settings that AiiDA has a property for are stored in that property; our own go in the computer's metadata.
"""

from dataclasses import dataclass
from typing import Any

from crystalmath_server.adapters.aiida.codes import codes_on
from crystalmath_server.adapters.remote.connections import Target
from crystalmath_server.domain.clusters import naming
from crystalmath_server.domain.clusters.resources import check, merge
from crystalmath_server.domain.jobs.states import ENDED_PROCESS
from crystalmath_server.protocol.clusters import (
    CLUSTERS_UPDATE,
    LOCAL_TRANSPORT,
    SSH_TRANSPORT,
    ClusterDetail,
    ClusterList,
    ClusterRow,
    CreateClusterParams,
    Deleted,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.codes import CodeRow
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import ComputerDisabled, Conflict
from crystalmath_server.protocol.resources import Resources

METADATA = "crystalmath"
"""The metadata key for our own settings: defaults, potcar_dir."""

_SHOWN_PKS = 8
_SECRET = ("password", "passphrase", "key_filename", "script")


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """The database facts needed to query a computer."""

    pk: int
    target: Target
    scheduler: Any
    scheduler_type: str
    work_dir: str
    defaults: Resources
    potcar_dir: str
    codes: tuple[CodeRow, ...]
    poll_interval_s: float


def read_clusters() -> ClusterList:
    """All computers, sorted by label."""
    from aiida import orm

    found: list[Any] = orm.QueryBuilder().append(orm.Computer).all(flat=True)
    return ClusterList(tuple(sorted((_row(computer) for computer in found), key=lambda row: row.label)))


def find(label: str) -> Any:
    """The computer with a label; raises NotFound."""
    from aiida import orm

    found = orm.QueryBuilder().append(orm.Computer, filters={"label": label}).first(flat=True)
    if found is None:
        raise naming.no_cluster(label)
    return found


def _row(computer: Any) -> ClusterRow:
    return ClusterRow(
        pk=computer.pk,
        label=computer.label,
        hostname=computer.hostname,
        transport=computer.transport_type,
        scheduler=computer.scheduler_type,
        work_dir=computer.get_workdir(),
        enabled=computer.is_user_enabled(_user()),
    )


def _user() -> Any:
    from aiida import orm

    return orm.User.collection.get_default()


def read_detail(label: str) -> ClusterDetail:
    """One computer; raises NotFound."""
    return _detail(find(label))


def _detail(computer: Any) -> ClusterDetail:
    settings = computer.get_configuration()
    return ClusterDetail(
        row=_row(computer),
        description=computer.description,
        defaults=defaults_of(computer),
        ssh={name: str(value) for name, value in settings.items() if not _is_secret(name)},
        codes=codes_on(computer),
        poll_interval_s=float(computer.get_minimum_job_poll_interval()),
        safe_interval_s=_safe_interval(computer),
        mpirun=" ".join(computer.get_mpirun_command()),
        potcar_dir=potcar_dir_of(computer),
        max_jobs=max_jobs_of(computer),
        fixed_prepend=computer.get_prepend_text(),
        fixed_append=computer.get_append_text(),
    )


def _is_secret(name: str) -> bool:
    return any(word in name for word in _SECRET)


def _safe_interval(computer: Any) -> float:
    default = computer.get_transport_class()._DEFAULT_SAFE_OPEN_INTERVAL  # noqa: SLF001  AiiDA has no public name for it
    return float(computer.get_configuration().get("safe_interval", default))


def _own(computer: Any) -> dict[str, Any]:
    return dict(computer.get_property(METADATA, None) or {})


def potcar_dir_of(computer: Any) -> str:
    """The folder of VASP potentials on a computer; empty if none is set."""
    return str(_own(computer).get("potcar_dir", ""))


def max_jobs_of(computer: Any) -> int:
    """The maximum number of active jobs on a computer; 0 means no cap."""
    return int(_own(computer).get("max_jobs") or 0)


def defaults_of(computer: Any) -> Resources:
    """The default resources: our own settings override AiiDA's."""
    memory_kb = computer.get_default_memory_per_machine()
    aiida = Resources(
        tasks_per_node=computer.get_default_mpiprocs_per_machine(),
        memory_mb=memory_kb // 1024 if memory_kb else None,
    )
    return merge(aiida, from_json(Resources, _own(computer).get("defaults", {})))


def create(params: CreateClusterParams) -> ClusterDetail:
    """Store a computer and configure it for this user."""
    from aiida import orm

    _check_new(params)
    computer: Any = orm.Computer(
        label=params.label,
        hostname=params.hostname,
        description=params.description,
        transport_type=params.transport,
        scheduler_type=naming.scheduler_of(params.scheduler),
        workdir=params.work_dir,
    ).store()
    try:
        computer.configure(**_connection(params))
        computer.set_default_mpiprocs_per_machine(1)
        _set_own(computer, params.defaults, params.potcar_dir, params.max_jobs)
        _set_plain(computer, params)
    except BaseException:
        orm.Computer.collection.delete(computer.pk)
        raise
    return _detail(computer)


def _connection(params: CreateClusterParams) -> dict[str, Any]:
    """Keyword arguments for AiiDA's `configure`."""
    found: dict[str, Any] = {}
    if params.transport == SSH_TRANSPORT:
        found |= {"host": params.hostname, "backend": params.backend}
    if params.safe_interval_s is not None:
        found["safe_interval"] = params.safe_interval_s
    return found


def _check_new(params: CreateClusterParams) -> None:
    from aiida.plugins.entry_point import get_entry_point_names

    naming.check_cluster_label(params.label, _existing_label(params.label), "label")
    naming.check_transport(params.transport)
    naming.check_scheduler(params.scheduler, get_entry_point_names("aiida.schedulers"))
    naming.check_work_dir(params.work_dir)
    check(params.defaults, params.scheduler, "defaults")


def _existing_label(label: str) -> tuple[str, ...]:
    """A tuple with the label if a computer already uses it."""
    from aiida import orm

    return (label,) if orm.QueryBuilder().append(orm.Computer, filters={"label": label}).count() else ()


def _set_own(computer: Any, defaults: Resources, potcar_dir: str, max_jobs: int) -> None:
    given = {name: value for name, value in to_json(defaults).items() if value is not None}
    computer.set_property(METADATA, {"defaults": given, "potcar_dir": potcar_dir, "max_jobs": max_jobs})


def _set_plain(computer: Any, params: CreateClusterParams | UpdateClusterParams) -> None:
    """Set the AiiDA properties that both forms have in common."""
    if params.mpirun:
        computer.set_mpirun_command(params.mpirun.split())
    if params.poll_interval_s is not None:
        computer.set_minimum_job_poll_interval(params.poll_interval_s)


def update(params: UpdateClusterParams) -> ClusterDetail:
    """Change the given settings; everything is checked before anything is changed."""
    computer = find(params.label)
    own = _own(computer)
    defaults = from_json(Resources, own.get("defaults", {}))
    defaults = merge(defaults, params.defaults) if params.defaults else defaults
    _check_changes(params, computer, defaults)
    potcar_dir = own.get("potcar_dir", "") if params.potcar_dir is None else params.potcar_dir
    max_jobs = max_jobs_of(computer) if params.max_jobs is None else params.max_jobs
    _set_own(computer, defaults, potcar_dir, max_jobs)
    _set_plain(computer, params)
    _set_texts(computer, params)
    _set_connection(computer, params)
    return _detail(computer)


def _check_changes(params: UpdateClusterParams, computer: Any, defaults: Resources) -> None:
    if params.new_label is not None and params.new_label != params.label:
        naming.check_cluster_label(params.new_label, _existing_label(params.new_label), "new_label")
    if params.work_dir is not None:
        naming.check_work_dir(params.work_dir)
    naming.check_backend(computer.label, computer.transport_type, params.backend)
    check(defaults, computer.scheduler_type, "defaults")


def _set_texts(computer: Any, params: UpdateClusterParams) -> None:
    if params.new_label is not None:
        computer.label = params.new_label
    if params.description is not None:
        computer.description = params.description
    if params.work_dir is not None:
        computer.set_workdir(params.work_dir)


def _set_connection(computer: Any, params: UpdateClusterParams) -> None:
    given = {"safe_interval": params.safe_interval_s, "backend": params.backend}
    changes = {name: value for name, value in given.items() if value is not None}
    if changes or (params.enabled and not computer.is_configured):
        computer.configure(**changes)
    if params.enabled is not None and computer.is_configured:
        computer.get_authinfo(_user()).enabled = params.enabled


def delete(label: str) -> Deleted:
    """Delete a computer and its codes if nothing else needs them."""
    from aiida import orm
    from aiida.tools import delete_nodes

    computer = find(label)
    codes, used = _codes_and_others(computer)
    if used:
        raise Conflict(_usage_message(computer, used), field="label", hint=_disable(label))
    if codes:
        delete_nodes([pk for pk, _ in codes], dry_run=False)
    orm.Computer.collection.delete(computer.pk)
    return Deleted(label, tuple(name for _, name in codes))


def _codes_and_others(computer: Any) -> tuple[list[tuple[int, str]], list[int]]:
    """The computer's codes, and the nodes that use the codes or the computer, newest first."""
    from aiida import orm

    query = orm.QueryBuilder().append(orm.Computer, filters={"id": computer.pk}, tag="computer")
    codes = query.append(orm.AbstractCode, with_computer="computer", project=["id", "label"]).all()
    users = orm.QueryBuilder().append(
        orm.AbstractCode, filters={"id": {"in": [pk for pk, _ in codes] or [-1]}}, tag="c"
    )
    used = set(users.append(orm.ProcessNode, with_incoming="c", project="id").all(flat=True))
    query = orm.QueryBuilder().append(orm.Computer, filters={"id": computer.pk}, tag="computer")
    query.append(
        orm.Node,
        with_computer="computer",
        project="id",
        filters={"id": {"!in": [pk for pk, _ in codes] or [-1]}},
    )
    used |= set(query.all(flat=True))
    return [(pk, name) for pk, name in codes], sorted(used, reverse=True)


def _usage_message(computer: Any, used: list[int]) -> str:
    """A message that counts the jobs running on a computer, or else the nodes that need it."""
    from aiida import orm

    filters: dict[str, Any] = {"id": {"in": used}}
    ended = {"attributes.process_state": {"in": list(ENDED_PROCESS)}}
    query = orm.QueryBuilder().append(orm.CalcJobNode, filters={**filters, "!and": [ended]}, project="id")
    running = sorted(query.all(flat=True), reverse=True)
    if running:
        return f"{_count(running, 'job')} on {computer.label!r} not ended: {_pks(running)}"
    jobs = orm.QueryBuilder().append(orm.CalcJobNode, filters=filters, project="id").all(flat=True)
    what, pks = ("job", jobs) if jobs else ("node", used)
    needs = "needs" if len(pks) == 1 else "need"
    return f"{_count(pks, what)} {needs} cluster {computer.label!r}: {_pks(sorted(pks, reverse=True))}"


def _count(items: list[int], noun: str) -> str:
    return f"{len(items)} {noun}" if len(items) == 1 else f"{len(items)} {noun}s"


def _pks(pks: list[int]) -> str:
    more = f" and {len(pks) - _SHOWN_PKS} more" if len(pks) > _SHOWN_PKS else ""
    return ", ".join(map(str, pks[:_SHOWN_PKS])) + more


def _disable(label: str) -> str:
    off = command(CLUSTERS_UPDATE, label=label, enabled=False)
    return f"The provenance graph needs it. Disable it instead: {off}"


def facts(label: str) -> ClusterFacts:
    """The facts needed to query a computer; raises NotFound, or ComputerDisabled if not configured."""
    computer = find(label)
    if not computer.is_configured:
        hint = f"Configure it: {command(CLUSTERS_UPDATE, label=label, enabled=True)}"
        raise ComputerDisabled(f"Cluster {label!r} is not configured for this user", hint=hint)
    return ClusterFacts(
        pk=computer.pk,
        target=_target(computer),
        scheduler=computer.get_scheduler(),
        scheduler_type=computer.scheduler_type,
        work_dir=computer.get_workdir(),
        defaults=defaults_of(computer),
        potcar_dir=potcar_dir_of(computer),
        codes=codes_on(computer),
        poll_interval_s=float(computer.get_minimum_job_poll_interval()),
    )


def _target(computer: Any) -> Target:
    factory, settings = computer.get_transport_class(), computer.get_configuration()
    hostname = computer.hostname
    local = computer.transport_type == LOCAL_TRANSPORT
    host = "" if local else settings.get("host") or hostname
    return Target(
        computer.label,
        host,
        computer.transport_type,
        _safe_interval(computer),
        lambda: factory(machine=hostname, **settings),
    )


def our_jobs(computer_pk: int, job_ids: list[str]) -> dict[str, int]:
    """Map scheduler ids to the pk of our newest job; schedulers reuse ids."""
    from aiida import orm

    query = orm.QueryBuilder().append(orm.Computer, filters={"id": computer_pk}, tag="computer")
    filters = {"attributes.job_id": {"in": job_ids or [""]}}
    query.append(
        orm.CalcJobNode, with_computer="computer", filters=filters, project=["attributes.job_id", "id"]
    )
    rows: list[Any] = query.all()
    return dict(sorted(rows, key=lambda row: row[1]))
