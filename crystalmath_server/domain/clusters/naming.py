"""Rules for new clusters, codes and profiles: names, transports, schedulers, work folders."""

import re
from collections.abc import Collection

from crystalmath_server.domain.clusters import labels, slurm
from crystalmath_server.protocol.clusters import CLUSTERS_LIST, CLUSTERS_UPDATE, SSH_TRANSPORT, TRANSPORTS
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import Conflict, InvalidForm, NotFound

DIRECT = "core.direct"
"""The scheduler that starts jobs at once."""

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def no_cluster(label: str, field: str = "label") -> NotFound:
    """Nothing has this label."""
    hint = f"See: {command(CLUSTERS_LIST)}"
    return NotFound(f"There is no cluster {label!r}", field=field, hint=hint)


def check_cluster_label(label: str, taken: Collection[str], field: str) -> None:
    """Raise InvalidForm or Conflict where a computer cannot have this label."""
    labels.check_cluster(label, field)
    if label in taken:
        hint = f"Choose another label, or change that one: {command(CLUSTERS_UPDATE, label=label)}"
        raise Conflict(f"There is a cluster {label!r} already", field=field, hint=hint)


def check_transport(name: str) -> None:
    """Raise InvalidForm where new computers, and hosts that are looked at, do not get this transport."""
    if name not in TRANSPORTS:
        hint = "core.ssh is kept for clusters that have it already; new ones get core.ssh_async."
        detail = f"{name!r} is not a transport for a new cluster: {', '.join(TRANSPORTS)}"
        raise InvalidForm(detail, field="transport", hint=hint)


def check_backend(label: str, transport: str, backend: str | None) -> None:
    """Raise InvalidForm where a backend is chosen for a transport that has none."""
    if backend is not None and transport != SSH_TRANSPORT:
        detail = f"Cluster {label!r} has transport {transport}, which has no backend"
        raise InvalidForm(detail, field="backend")


def check_scheduler(name: str, known: Collection[str]) -> None:
    """Raise InvalidForm where AiiDA has no such scheduler."""
    if name not in known:
        detail = f"There is no scheduler {name!r}; schedulers: {', '.join(known)}"
        raise InvalidForm(detail, field="scheduler")


def scheduler_of(asked: str) -> str:
    """The scheduler that a new computer gets; SLURM's is ours, which submits once."""
    return slurm.ONCE if asked == slurm.NAME else asked


def check_work_dir(work_dir: str) -> None:
    """Raise InvalidForm where folders of jobs cannot be made below this path."""
    hint = "Give a folder from the root; {username} becomes your name there: /scratch/{username}/crystalmath"
    try:
        plain = work_dir.format(username="user")
    except (KeyError, IndexError, ValueError) as error:
        detail = f"{work_dir!r} holds more in braces than {{username}}"
        raise InvalidForm(detail, field="work_dir", hint=hint) from error
    if not plain.startswith("/"):
        raise InvalidForm(f"{work_dir!r} does not begin at the root", field="work_dir", hint=hint)


def check_code(label: str, path: str, cluster: str) -> None:
    """Raise InvalidForm where a code cannot have this label or path."""
    labels.check_code(label, "label")
    if not path.startswith("/"):
        hint = f"Find it on {cluster}: command -v {path}"
        raise InvalidForm(f"{path!r} does not begin at the root", field="path", hint=hint)


def check_code_is_new(label: str, taken: Collection[str], cluster: str) -> None:
    """Raise Conflict where the computer has a code of this label."""
    if label in taken:
        hint = "Choose another label; a code that was used is part of provenance and stays as it is."
        detail = f"Cluster {cluster!r} has a code {label!r} already"
        raise Conflict(detail, field="label", hint=hint)


def check_profile_name(name: str, taken: Collection[str]) -> None:
    """Raise InvalidForm or Conflict where a new profile cannot have this name."""
    if not _PROFILE.fullmatch(name):
        hint = "Use letters, digits, - and _; begin with a letter or digit."
        raise InvalidForm(f"{name!r} is not a name for a profile", field="name", hint=hint)
    if name in taken:
        hint = f"Choose another name, or use the profile: crystalmath --profile {name}"
        raise Conflict(f"There is a profile {name!r} already", field="name", hint=hint)
