"""clusters.*: computers that run jobs."""

from dataclasses import dataclass
from typing import Annotated

from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Doc, Method, NoParams


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """One AiiDA Computer."""

    pk: int
    label: str
    hostname: str
    transport: Annotated[str, Doc("AiiDA transport, as core.ssh_async")]
    scheduler: Annotated[str, Doc("AiiDA scheduler, as core.slurm")]
    work_dir: str
    enabled: Annotated[bool, Doc("configured and enabled for this user")]


@dataclass(frozen=True, slots=True)
class ClusterList:
    """All computers of the profile."""

    rows: tuple[ClusterRow, ...]


CLUSTERS_LIST = Method(
    "clusters.list", NoParams, ClusterList, "List computers.", errors=(ErrorCode.NOT_READY,), timeout_s=30
)
METHODS = (CLUSTERS_LIST,)
