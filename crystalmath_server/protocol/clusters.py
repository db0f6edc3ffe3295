"""clusters.*: clusters that run jobs."""

from dataclasses import field
from enum import StrEnum
from typing import Annotated, Literal

from crystalmath_server.protocol.codes import CodeRow, Step
from crystalmath_server.protocol.error_codes import AIIDA, LINK, REMOTE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Confirm, Doc, Example, Length, Method, NoParams, Params
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.resources import Resources

LOCALHOST = "localhost"
"""Label of the cluster for this machine; created with the first local job."""
Label = Annotated[str, Length(1, 255), Doc("label of the cluster")]
Interval = Annotated[float, Bound(0, 3600)]
Backend = Literal["asyncssh", "openssh"]

SSH_TRANSPORT = "core.ssh_async"
LOCAL_TRANSPORT = "core.local"
TRANSPORTS = (SSH_TRANSPORT, LOCAL_TRANSPORT)
"""AiiDA transports allowed for a new cluster."""


@record
class ClusterRow:
    """One AiiDA Computer."""

    pk: int
    label: str
    hostname: str
    transport: Annotated[str, Doc("AiiDA transport, e.g. core.ssh_async")]
    scheduler: Annotated[str, Doc("AiiDA scheduler, e.g. core.slurm")]
    work_dir: str
    enabled: Annotated[bool, Doc("configured and enabled for this user")]
    trouble: Annotated[str, Doc("why the last connection failed; empty if it succeeded")] = ""
    retry_at: Annotated[
        float | None, Doc("UNIX time of the next connection attempt after repeated failures", "s")
    ] = None


@record
class ClusterList:
    """All clusters of the profile."""

    rows: tuple[ClusterRow, ...]


@record
class ClusterLabel(Params):
    """A cluster by label."""

    label: Label


@record
class ClusterDetail:
    """One cluster with its settings and codes."""

    row: ClusterRow
    description: str
    defaults: Annotated[Resources, Doc("default resources of a job")]
    ssh: Annotated[dict[str, str], Doc("connection settings, name → value, without secrets")]
    codes: tuple[CodeRow, ...]
    poll_interval_s: Annotated[float, Doc("minimum time between queue polls", "s")]
    safe_interval_s: Annotated[float, Doc("minimum time between connections", "s")]
    mpirun: Annotated[str, Doc("command before a parallel program")]
    potcar_dir: Annotated[str, Doc("folder of the VASP potentials on the cluster; empty: none")]
    max_jobs: Annotated[
        int, Doc("maximum number of active jobs on the cluster, further jobs are held; 0: no limit")
    ] = 0
    fixed_prepend: Annotated[
        str, Doc("shell lines that AiiDA puts at the start of every job on this cluster")
    ] = ""
    fixed_append: Annotated[
        str, Doc("shell lines that AiiDA puts at the end of every job on this cluster")
    ] = ""


@record
class CreateClusterParams(Params):
    """A cluster to run jobs on; ~/.ssh/config holds the connection details."""

    label: Label
    hostname: Annotated[str, Length(1, 255), Doc("host as in `ssh HOST`")]
    work_dir: Annotated[
        str,
        Length(1, 4096),
        Doc("work folder on the cluster; {username} is replaced by the user name on the cluster"),
    ]
    transport: Annotated[str, Doc(" or ".join(TRANSPORTS))] = SSH_TRANSPORT
    scheduler: Annotated[str, Doc("AiiDA scheduler")] = "core.slurm"
    description: Annotated[str, Length(0, 10_000)] = ""
    backend: Annotated[Backend, Doc("openssh uses an open master connection, which 2FA requires")] = (
        "asyncssh"
    )
    defaults: Annotated[Resources, Doc("default resources of a job")] = field(default_factory=Resources)
    potcar_dir: Annotated[
        str,
        Length(0, 4096),
        Doc("folder of the VASP potentials on the cluster; pymatgen: use those of this machine"),
    ] = ""
    mpirun: Annotated[
        str, Length(0, 1000), Doc("command before a parallel program; empty: AiiDA's default")
    ] = ""
    max_jobs: Annotated[int, Bound(0, 100_000), Doc("maximum number of active jobs; 0: no limit")] = 0
    poll_interval_s: Annotated[
        Interval | None, Doc("minimum time between queue polls; null: AiiDA's default", "s")
    ] = None
    safe_interval_s: Annotated[
        Interval | None, Doc("minimum time between connections; null: AiiDA's default", "s")
    ] = None


@record
class UpdateClusterParams(Params):
    """Settings to change; null leaves a setting unchanged."""

    label: Label
    new_label: Annotated[Annotated[str, Length(1, 255)] | None, Doc("new label")] = None
    description: Annotated[str, Length(0, 10_000)] | None = None
    work_dir: Annotated[Annotated[str, Length(1, 4096)] | None, Doc("work folder on the cluster")] = None
    enabled: Annotated[bool | None, Doc("whether jobs may run on the cluster")] = None
    backend: Annotated[Backend | None, Doc("openssh uses an open master connection")] = None
    defaults: Annotated[Resources | None, Doc("default resources of a job; null fields stay unchanged")] = (
        None
    )
    potcar_dir: Annotated[
        Annotated[str, Length(0, 4096)] | None, Doc("folder of the VASP potentials on the cluster")
    ] = None
    mpirun: Annotated[str, Length(0, 1000)] | None = None
    max_jobs: Annotated[
        Annotated[int, Bound(0, 100_000)] | None, Doc("maximum number of active jobs; 0: no limit")
    ] = None
    poll_interval_s: Annotated[Interval | None, Doc("minimum time between queue polls", "s")] = None
    safe_interval_s: Annotated[Interval | None, Doc("minimum time between connections", "s")] = None


@record
class Deleted:
    """The deleted cluster and codes."""

    label: str
    codes: Annotated[tuple[str, ...], Doc("labels of unused codes deleted with the cluster")] = ()


class StepName(StrEnum):
    """The steps of clusters.test, in order."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    HOST_KEY = "host_key"
    LOGIN = "login"
    WORK_DIR = "work_dir"
    SCHEDULER = "scheduler"
    JOB = "job"
    CODES = "codes"
    POTCARS = "potcars"


@record
class ClusterTestParams(Params):
    """A cluster and the steps to test."""

    label: Label
    steps: Annotated[tuple[StepName, ...], Doc("steps to run; empty: all, up to the first failure")] = ()
    wait_s: Annotated[float, Bound(1, 600), Doc("longest time the test job may wait in the queue", "s")] = (
        60.0
    )
    force: Annotated[bool, Doc("connect now, even during the pause after repeated failures")] = False


@record
class ClusterTest:
    """Results of a cluster test, step by step."""

    label: str
    ok: Annotated[bool, Doc("whether every step that ran succeeded")]
    steps: tuple[Step, ...]


@record
class Partition:
    """One scheduler partition."""

    name: str
    default: bool
    available: Annotated[bool, Doc("whether the partition accepts jobs")]
    time_limit_s: Annotated[int | None, Doc("walltime limit; null: none", "s")]
    nodes: Annotated[dict[str, int], Doc("node state → number of nodes")]
    cores_per_node: int
    memory_mb: Annotated[int, Doc("memory per node", "MB")]
    gpus: Annotated[str, Doc("GPUs per node in the scheduler's notation; empty: none")] = ""


@record
class QueueJob:
    """One job in the scheduler's queue."""

    job_id: str
    name: str
    state: Annotated[str, Doc("AiiDA's name of the state: queued, running …")]
    partition: str
    reason: Annotated[str, Doc("why the job is pending, as reported by the scheduler")] = ""
    place: Annotated[int | None, Doc("position among the pending jobs of its partition; 1 is next")] = None
    nodes: int | None = None
    cores: int | None = None
    walltime_s: Annotated[int | None, Doc("requested walltime", "s")] = None
    used_s: Annotated[int | None, Doc("elapsed run time", "s")] = None
    pk: Annotated[int | None, Doc("pk of the job in AiiDA; null: not submitted by crystalmath")] = None


@record
class ClusterQueue:
    """The queue of a cluster as the user sees it."""

    label: str
    user: Annotated[str, Doc("user name on the cluster")]
    at: Annotated[float, Doc("UNIX time of the query", "s")]
    partitions: tuple[Partition, ...]
    jobs: tuple[QueueJob, ...]
    notes: Annotated[tuple[str, ...], Doc("what could not be queried, and why")] = ()


@record
class DiscoverParams(Params):
    """A host to inspect before setting it up as a cluster."""

    hostname: Annotated[str, Length(1, 255), Doc("host as in `ssh HOST`")]
    transport: Annotated[str, Doc(" or ".join(TRANSPORTS))] = SSH_TRANSPORT
    backend: Annotated[Backend, Doc("openssh uses an open master connection")] = "asyncssh"


@record
class Discovery:
    """Settings detected on a host, as a proposal for a new cluster."""

    hostname: str
    user: str
    home: str
    scheduler: Annotated[str, Doc("AiiDA scheduler whose commands exist on the host; empty: none")]
    version: Annotated[str, Doc("version reported by the scheduler")]
    partitions: tuple[Partition, ...]
    accounts: tuple[str, ...]
    qos: tuple[str, ...]
    scratch: Annotated[tuple[str, ...], Doc("writable folders, best first")]
    mpirun: tuple[str, ...]
    codes: Annotated[dict[str, str], Doc("code kind → path of a program found in PATH")]
    notes: tuple[str, ...] = ()


@record
class SshHost:
    """One host of ~/.ssh/config."""

    name: str
    hostname: str
    user: str
    port: int
    proxy_jump: Annotated[str, Doc("jump host; empty: none")] = ""
    master: Annotated[bool, Doc("whether a master connection is configured")] = False


@record
class HostList:
    """Hosts in ~/.ssh/config."""

    rows: tuple[SshHost, ...]
    path: Annotated[str, Doc("the SSH configuration file")]


_LOCAL = Example({"label": LOCALHOST})
CLUSTERS_LIST = Method("clusters.list", NoParams, ClusterList, "List clusters.", errors=AIIDA, timeout_s=30)
CLUSTERS_SHOW = Method(
    "clusters.show",
    ClusterLabel,
    ClusterDetail,
    "Show a cluster with its settings and codes.",
    errors=(ErrorCode.NOT_FOUND, *AIIDA),
    timeout_s=30,
    example=_LOCAL,
)
CLUSTERS_CREATE = Method(
    "clusters.create",
    CreateClusterParams,
    ClusterDetail,
    "Set up a cluster.",
    errors=(ErrorCode.CONFLICT, ErrorCode.INVALID_FORM, *AIIDA),
    effect="write",
    timeout_s=30,
    example=Example({"label": "hpc", "hostname": "hpc", "work_dir": "/scratch/{username}/crystalmath"}),
)
CLUSTERS_UPDATE = Method(
    "clusters.update",
    UpdateClusterParams,
    ClusterDetail,
    "Change settings of a cluster.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.INVALID_FORM, *AIIDA),
    effect="write",
    timeout_s=30,
    example=Example({"label": LOCALHOST, "description": "This machine"}),
)
CLUSTERS_DELETE = Method(
    "clusters.delete",
    ClusterLabel,
    Deleted,
    "Delete a cluster that has no jobs.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, *AIIDA),
    effect="write",
    timeout_s=60,
    example=Example({"label": "old"}),
    confirm=Confirm("Delete cluster {label} and its unused codes?"),
)
CLUSTERS_TEST = Method(
    "clusters.test",
    ClusterTestParams,
    ClusterTest,
    "Test a cluster step by step, including a one-second job.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.COMPUTER_DISABLED, *AIIDA),
    timeout_s=700,
    example=_LOCAL,
)
CLUSTERS_QUEUE = Method(
    "clusters.queue",
    ClusterLabel,
    ClusterQueue,
    "Show the partitions of a cluster and your jobs in its queue.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.SCHEDULER_REJECTED, *REMOTE, *AIIDA),
    timeout_s=120,
    example=_LOCAL,
)
CLUSTERS_DISCOVER = Method(
    "clusters.discover",
    DiscoverParams,
    Discovery,
    "Detect settings of a host before you set it up as a cluster.",
    errors=(ErrorCode.INVALID_FORM, *LINK),
    timeout_s=120,
    example=Example({"hostname": LOCALHOST, "transport": LOCAL_TRANSPORT}),
)
CLUSTERS_HOSTS = Method(
    "clusters.hosts",
    NoParams,
    HostList,
    "List the hosts in ~/.ssh/config.",
    errors=(ErrorCode.FILE_UNREADABLE,),
)
METHODS = (
    CLUSTERS_LIST,
    CLUSTERS_SHOW,
    CLUSTERS_CREATE,
    CLUSTERS_UPDATE,
    CLUSTERS_DELETE,
    CLUSTERS_TEST,
    CLUSTERS_QUEUE,
    CLUSTERS_DISCOVER,
    CLUSTERS_HOSTS,
)
