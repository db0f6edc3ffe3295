"""Cluster defaults + requested resources → AiiDA's metadata.options, with checks; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from crystalmath_server.domain.clusters import slurm
from crystalmath_server.protocol.clusters import Partition
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.resources import Resources

_BY_TOTAL = frozenset({"core.lsf", "core.sge"})
_WORD = re.compile(r"[A-Za-z0-9][\w.,+@:/~=-]*")
_MODULE = re.compile(r"[A-Za-z0-9][\w.+@:/~=-]*")
_WORDS = ("partition", "account", "qos")
_KB = 1024
NO_MODULE = "crystalmath: cannot load the modules"
"""Prefix of the line in which the job script reports modules that cannot be loaded."""


def merge(defaults: Resources, overrides: Resources) -> Resources:
    """`defaults` overridden by every non-null field of `overrides`."""
    given = {row.name: getattr(overrides, row.name) for row in fields(overrides)}
    return replace(defaults, **{name: value for name, value in given.items() if value is not None})


def check(wanted: Resources, scheduler: str, field: str = "resources") -> None:
    """Reject resources that no scheduler could accept.

    Parameters
    ----------
    field
        Parameter that holds `wanted`; empty if its fields are themselves parameters.

    Raises
    ------
    InvalidForm
        With the dotted name of the field.
    """
    prefix = f"{field}." if field else ""
    for name in _WORDS:
        word = getattr(wanted, name)
        if word and not _WORD.fullmatch(word):
            raise InvalidForm(f"{word!r} is not a valid {name} name", field=f"{prefix}{name}")
    for module in wanted.modules or ():
        if not _MODULE.fullmatch(module):
            hint = "Give module names one by one, as for `module load`."
            raise InvalidForm(f"{module!r} is not a valid module name", field=f"{prefix}modules", hint=hint)
    if wanted.gpus and scheduler not in slurm.NAMES:
        hint = "Leave gpus at 0 and request GPUs in prepend_text, in your scheduler's syntax."
        raise InvalidForm(
            f"GPUs can be requested only with SLURM, not {scheduler}", field=f"{prefix}gpus", hint=hint
        )


def check_against(wanted: Resources, partitions: Sequence[Partition], accounts: Sequence[str] = ()) -> None:
    """Reject resources that a cluster is known not to have; accept all if nothing is known.

    Raises
    ------
    InvalidForm
        With the dotted name of the field.
    """
    if wanted.account and accounts and wanted.account not in accounts:
        detail = f"You have no account {wanted.account!r} on this cluster; accounts: {', '.join(accounts)}"
        raise InvalidForm(detail, field="resources.account")
    if not partitions:
        return
    found = _partition(wanted, partitions)
    if found is None:
        names = ", ".join(row.name for row in partitions)
        detail = f"There is no partition {wanted.partition!r}; partitions: {names}"
        raise InvalidForm(detail, field="resources.partition")
    _check_limits(wanted, found)


def _partition(wanted: Resources, partitions: Sequence[Partition]) -> Partition | None:
    """The requested partition; the default one if none is named."""
    if wanted.partition:
        names = wanted.partition.split(",")
        return next((row for row in partitions if row.name in names), None)
    return next((row for row in partitions if row.default), partitions[0])


def _check_limits(wanted: Resources, partition: Partition) -> None:
    limits = (
        ("walltime_s", wanted.walltime_s, partition.time_limit_s, "s"),
        ("nodes", wanted.nodes, sum(partition.nodes.values()) or None, "nodes"),
        (
            "tasks_per_node",
            (wanted.tasks_per_node or 1) * (wanted.threads or 1),
            partition.cores_per_node or None,
            "cores",
        ),
        ("memory_mb", wanted.memory_mb, partition.memory_mb or None, "MB"),
    )
    for name, value, limit, unit in limits:
        if value and limit is not None and value > limit:
            detail = f"{value} {unit} exceeds the limit of partition {partition.name}: {limit} {unit}"
            hint = "Request less, or choose another partition."
            raise InvalidForm(detail, field=f"resources.{name}", hint=hint)


def options(wanted: Resources, scheduler: str) -> dict[str, Json]:
    """AiiDA's metadata.options; null, 0 and empty fields are left to AiiDA and the scheduler."""
    found: dict[str, Any] = {
        "resources": _machines(wanted, scheduler),
        "queue_name": wanted.partition,
        "account": wanted.account,
        "qos": wanted.qos,
        "max_wallclock_seconds": wanted.walltime_s,
        "max_memory_kb": (wanted.memory_mb or 0) * _KB,
        "prepend_text": script(wanted.modules or (), wanted.prepend_text or ""),
        "append_text": wanted.append_text,
        "custom_scheduler_commands": f"#SBATCH --gpus-per-node={wanted.gpus}" if wanted.gpus else "",
    }
    if wanted.threads:
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        found["environment_variables"] = dict.fromkeys(names, str(wanted.threads))
    return {name: value for name, value in found.items() if value}


def _machines(wanted: Resources, scheduler: str) -> Mapping[str, Json]:
    nodes, tasks = wanted.nodes or 1, wanted.tasks_per_node or 1
    if scheduler in _BY_TOTAL:
        return {"tot_num_mpiprocs": nodes * tasks, "parallel_env": "mpi"}
    threads = {"num_cores_per_mpiproc": wanted.threads} if wanted.threads else {}
    return {"num_machines": nodes, "num_mpiprocs_per_machine": tasks, **threads}


_LOAD = "module load "
_OR_END = f' || {{{{ echo "{NO_MODULE} {{names}}" >&2; exit 74; }}}}'


def script(modules: Sequence[str], text: str) -> str:
    """Shell lines that load the modules, followed by `text`."""
    names = " ".join(modules)
    load = f"{_LOAD}{names}{_OR_END.format(names=names)}" if modules else ""
    return "\n".join(part for part in (load, text.strip("\n")) if part)


def parts_of_script(text: str) -> tuple[tuple[str, ...], str]:
    """The modules loaded in the first line, and the other lines; the inverse of `script`."""
    first, _, rest = text.partition("\n")
    if not first.startswith(_LOAD):
        return (), text
    return tuple(first.removeprefix(_LOAD).partition(" ||")[0].split()), rest
