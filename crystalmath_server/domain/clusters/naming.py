"""Rules for new clusters, codes and profiles: names, transports, schedulers, work folders."""

import re
from collections.abc import Collection

from crystalmath_server.domain.clusters import slurm
from crystalmath_server.protocol.clusters import CLUSTERS_LIST, CLUSTERS_UPDATE, SSH_TRANSPORT, TRANSPORTS
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import Conflict, InvalidForm, NotFound

DIRECT = "core.direct"
"""AiiDA's scheduler that starts jobs immediately."""

_CLUSTER = re.compile(r"[A-Za-z0-9][\w.-]*")
_CODE = re.compile(r"[A-Za-z0-9][\w.+-]*")
_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def no_cluster(label: str, field: str = "label") -> NotFound:
    """The error for an unknown cluster label."""
    hint = f"See: {command(CLUSTERS_LIST)}"
    return NotFound(f"There is no cluster {label!r}", field=field, hint=hint)


def check_cluster_label(label: str, taken: Collection[str], field: str) -> None:
    """Raise InvalidForm or Conflict if a computer cannot have this label."""
    if not _CLUSTER.fullmatch(label):
        hint = "Use letters, digits, dots, - and _; begin with a letter or digit."
        raise InvalidForm(f"{label!r} is not a valid cluster label", field=field, hint=hint)
    if label in taken:
        hint = (
            f"Choose another label, or change the existing cluster: {command(CLUSTERS_UPDATE, label=label)}"
        )
        raise Conflict(f"There is already a cluster {label!r}", field=field, hint=hint)


def check_transport(name: str) -> None:
    """Raise InvalidForm if new computers and inspected hosts cannot use this transport."""
    if name not in TRANSPORTS:
        hint = "core.ssh is only for existing clusters that use it; new clusters get core.ssh_async."
        detail = f"{name!r} is not a transport for a new cluster: {', '.join(TRANSPORTS)}"
        raise InvalidForm(detail, field="transport", hint=hint)


def check_backend(label: str, transport: str, backend: str | None) -> None:
    """Raise InvalidForm if a backend is set for a transport without backends."""
    if backend is not None and transport != SSH_TRANSPORT:
        detail = f"Cluster {label!r} has transport {transport}, which has no backend"
        raise InvalidForm(detail, field="backend")


def check_scheduler(name: str, known: Collection[str]) -> None:
    """Raise InvalidForm if AiiDA has no such scheduler."""
    if name not in known:
        detail = f"There is no scheduler {name!r}; schedulers: {', '.join(known)}"
        raise InvalidForm(detail, field="scheduler")


def scheduler_of(name: str) -> str:
    """The scheduler plugin of a new computer; SLURM uses this project's plugin, which submits only once."""
    return slurm.ONCE if name == slurm.NAME else name


def check_work_dir(work_dir: str) -> None:
    """Raise InvalidForm if job folders cannot be created under this path."""
    hint = "Give an absolute path; {username} becomes your user name, e.g. /scratch/{username}/crystalmath"
    try:
        plain = work_dir.format(username="user")
    except (KeyError, IndexError, ValueError) as error:
        detail = f"{work_dir!r} contains placeholders other than {{username}}"
        raise InvalidForm(detail, field="work_dir", hint=hint) from error
    if not plain.startswith("/"):
        raise InvalidForm(f"{work_dir!r} is not an absolute path", field="work_dir", hint=hint)


def check_code(label: str, path: str, cluster: str) -> None:
    """Raise InvalidForm if a code cannot have this label or path; the label may contain a +."""
    if not _CODE.fullmatch(label):
        hint = "Use letters, digits, dots, +, - and _; begin with a letter or digit."
        raise InvalidForm(f"{label!r} is not a valid code label", field="label", hint=hint)
    if not path.startswith("/"):
        hint = f"Find it on {cluster}: command -v {path}"
        raise InvalidForm(f"{path!r} is not an absolute path", field="path", hint=hint)


def check_code_is_new(label: str, taken: Collection[str], cluster: str) -> None:
    """Raise Conflict if the computer already has a code with this label."""
    if label in taken:
        hint = "Choose another label; a code that has been used is part of provenance and cannot change."
        detail = f"Cluster {cluster!r} already has a code {label!r}"
        raise Conflict(detail, field="label", hint=hint)


def check_profile_name(name: str, taken: Collection[str]) -> None:
    """Raise InvalidForm or Conflict if a new profile cannot have this name."""
    if not _PROFILE.fullmatch(name):
        hint = "Use letters, digits, - and _; begin with a letter or digit."
        raise InvalidForm(f"{name!r} is not a valid profile name", field="name", hint=hint)
    if name in taken:
        hint = f"Choose another name, or use the existing profile: crystalmath --profile {name}"
        raise Conflict(f"There is already a profile {name!r}", field="name", hint=hint)
