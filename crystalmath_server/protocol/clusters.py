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
"""Label of the cluster that is this machine; made with the first job that runs on it."""
Label = Annotated[str, Length(1, 255), Doc("label of the cluster")]
Interval = Annotated[float, Bound(0, 3600)]
Backend = Literal["asyncssh", "openssh"]

SSH_TRANSPORT = "core.ssh_async"
LOCAL_TRANSPORT = "core.local"
TRANSPORTS = (SSH_TRANSPORT, LOCAL_TRANSPORT)
"""AiiDA's transports that a new cluster may have."""


@record
class ClusterRow:
    """One AiiDA Computer."""

    pk: int
    label: str
    hostname: str
    transport: Annotated[str, Doc("AiiDA transport, as core.ssh_async")]
    scheduler: Annotated[str, Doc("AiiDA scheduler, as core.slurm")]
    work_dir: str
    enabled: Annotated[bool, Doc("configured and enabled for this user")]
    trouble: Annotated[str, Doc("why it was not reached last time, in words; empty where it was")] = ""
    retry_at: Annotated[
        float | None, Doc("UNIX time until which it is left alone after repeated failures", "s")
    ] = None


@record
class ClusterList:
    """All clusters of the profile."""

    rows: tuple[ClusterRow, ...]


@record
class ClusterLabel(Params):
    """Which computer."""

    label: Label


@record
class ClusterDetail:
    """One computer with its settings and codes."""

    row: ClusterRow
    description: str
    defaults: Annotated[Resources, Doc("what a job gets where it asks for nothing else")]
    ssh: Annotated[dict[str, str], Doc("settings of the connection, name → value; secrets left out")]
    codes: tuple[CodeRow, ...]
    poll_interval_s: Annotated[float, Doc("least time between two looks at the queue", "s")]
    safe_interval_s: Annotated[float, Doc("least time between two connections", "s")]
    mpirun: Annotated[str, Doc("command before a parallel program")]
    potcar_dir: Annotated[str, Doc("folder of VASP's potentials on the cluster; empty: none")]
    max_jobs: Annotated[int, Doc("most jobs under way there at once, others are held; 0: no cap")] = 0
    fixed_prepend: Annotated[str, Doc("shell lines that AiiDA puts into every job here")] = ""
    fixed_append: Annotated[str, Doc("shell lines that AiiDA puts at the end of every job here")] = ""


@record
class CreateClusterParams(Params):
    """A computer that jobs shall run on; ~/.ssh/config tells how to reach it."""

    label: Label
    hostname: Annotated[str, Length(1, 255), Doc("host as in `ssh HOST`")]
    work_dir: Annotated[str, Length(1, 4096), Doc("folder for the jobs there; {username} is put in")]
    transport: Annotated[str, Doc(" or ".join(TRANSPORTS))] = SSH_TRANSPORT
    scheduler: Annotated[str, Doc("AiiDA scheduler")] = "core.slurm"
    description: Annotated[str, Length(0, 10_000)] = ""
    backend: Annotated[Backend, Doc("openssh uses an open master connection, as 2FA needs it")] = "asyncssh"
    defaults: Annotated[Resources, Doc("what a job gets where it asks for nothing else")] = field(
        default_factory=Resources
    )
    potcar_dir: Annotated[
        str, Length(0, 4096), Doc("folder of VASP's potentials there; pymatgen: this machine's own")
    ] = ""
    mpirun: Annotated[str, Length(0, 1000), Doc("command before a parallel program; empty: AiiDA's own")] = ""
    max_jobs: Annotated[int, Bound(0, 100_000), Doc("most jobs under way at once; 0: no cap")] = 0
    poll_interval_s: Annotated[Interval | None, Doc("least time between looks; null: AiiDA's", "s")] = None
    safe_interval_s: Annotated[Interval | None, Doc("between connections; null: AiiDA's", "s")] = None


@record
class UpdateClusterParams(Params):
    """What shall be another; null leaves as it is."""

    label: Label
    new_label: Annotated[Annotated[str, Length(1, 255)] | None, Doc("another label")] = None
    description: Annotated[str, Length(0, 10_000)] | None = None
    work_dir: Annotated[Annotated[str, Length(1, 4096)] | None, Doc("folder for the jobs there")] = None
    enabled: Annotated[bool | None, Doc("whether jobs may be sent there")] = None
    backend: Annotated[Backend | None, Doc("openssh uses an open master connection")] = None
    defaults: Annotated[Resources | None, Doc("fields that are null stay as they are")] = None
    potcar_dir: Annotated[Annotated[str, Length(0, 4096)] | None, Doc("folder of VASP's potentials")] = None
    mpirun: Annotated[str, Length(0, 1000)] | None = None
    max_jobs: Annotated[Annotated[int, Bound(0, 100_000)] | None, Doc("most jobs under way; 0: no cap")] = (
        None
    )
    poll_interval_s: Annotated[Interval | None, Doc("least time between two looks at the queue", "s")] = None
    safe_interval_s: Annotated[Interval | None, Doc("least time between two connections", "s")] = None


@record
class Deleted:
    """What was deleted."""

    label: str
    codes: Annotated[tuple[str, ...], Doc("labels of codes that nothing used and that went with it")] = ()


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
    """Which computer, and what to test."""

    label: Label
    steps: Annotated[tuple[StepName, ...], Doc("only these; empty: all, up to the first that fails")] = ()
    wait_s: Annotated[float, Bound(1, 600), Doc("how long the job may wait in the queue", "s")] = 60.0
    force: Annotated[bool, Doc("try at once, also where it is left alone after failures")] = False


@record
class ClusterTest:
    """A test of a cluster, step by step."""

    label: str
    ok: Annotated[bool, Doc("whether no step failed")]
    steps: tuple[Step, ...]


@record
class Partition:
    """One partition of a scheduler."""

    name: str
    default: bool
    available: Annotated[bool, Doc("whether it takes jobs")]
    time_limit_s: Annotated[int | None, Doc("longest walltime; null: none", "s")]
    nodes: Annotated[dict[str, int], Doc("state of nodes → how many")]
    cores_per_node: int
    memory_mb: Annotated[int, Doc("memory of a node", "MB")]
    gpus: Annotated[str, Doc("GPUs of a node as the scheduler names them; empty: none")] = ""


@record
class QueueJob:
    """One job in the queue of a scheduler."""

    job_id: str
    name: str
    state: Annotated[str, Doc("as AiiDA names it: queued, running …")]
    partition: str
    reason: Annotated[str, Doc("why it waits, in the scheduler's words")] = ""
    place: Annotated[int | None, Doc("place among the waiting jobs of its partition, 1 is next")] = None
    nodes: int | None = None
    cores: int | None = None
    walltime_s: Annotated[int | None, Doc("asked for", "s")] = None
    used_s: Annotated[int | None, Doc("time it has run", "s")] = None
    pk: Annotated[int | None, Doc("pk of our job; null: submitted by other means")] = None


@record
class ClusterQueue:
    """The queue of a cluster, as its user sees it."""

    label: str
    user: Annotated[str, Doc("user name there")]
    at: Annotated[float, Doc("when it was seen, UNIX time", "s")]
    partitions: tuple[Partition, ...]
    jobs: tuple[QueueJob, ...]
    notes: Annotated[tuple[str, ...], Doc("what could not be seen, and why")] = ()


@record
class DiscoverParams(Params):
    """A host to look at before a cluster is made of it."""

    hostname: Annotated[str, Length(1, 255), Doc("host as in `ssh HOST`")]
    transport: Annotated[str, Doc(" or ".join(TRANSPORTS))] = SSH_TRANSPORT
    backend: Annotated[Backend, Doc("openssh uses an open master connection")] = "asyncssh"


@record
class Discovery:
    """What can be found on a host; a proposal, no promise."""

    hostname: str
    user: str
    home: str
    scheduler: Annotated[str, Doc("AiiDA scheduler whose commands are there; empty: none")]
    version: Annotated[str, Doc("of the scheduler, in its own words")]
    partitions: tuple[Partition, ...]
    accounts: tuple[str, ...]
    qos: tuple[str, ...]
    scratch: Annotated[tuple[str, ...], Doc("folders that can be written, best first")]
    mpirun: tuple[str, ...]
    codes: Annotated[dict[str, str], Doc("kind → path of programs found in PATH")]
    notes: tuple[str, ...] = ()


@record
class SshHost:
    """One host of ~/.ssh/config."""

    name: str
    hostname: str
    user: str
    port: int
    proxy_jump: Annotated[str, Doc("jump host; empty: none")] = ""
    master: Annotated[bool, Doc("whether ssh keeps a master connection open")] = False


@record
class HostList:
    """Hosts of ~/.ssh/config, as they stand there."""

    rows: tuple[SshHost, ...]
    path: Annotated[str, Doc("the file that was read")]


_LOCAL = Example({"label": LOCALHOST})
CLUSTERS_LIST = Method("clusters.list", NoParams, ClusterList, "List clusters.", errors=AIIDA, timeout_s=30)
CLUSTERS_SHOW = Method(
    "clusters.show",
    ClusterLabel,
    ClusterDetail,
    "Show one cluster with its settings and codes.",
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
    "Delete a cluster that no job has used.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, *AIIDA),
    effect="write",
    timeout_s=60,
    example=Example({"label": "old"}),
    confirm=Confirm("Delete cluster {label} and its codes that nothing used?"),
)
CLUSTERS_TEST = Method(
    "clusters.test",
    ClusterTestParams,
    ClusterTest,
    "Test a cluster step by step, with a job of one second.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.COMPUTER_DISABLED, *AIIDA),
    timeout_s=700,
    example=_LOCAL,
)
CLUSTERS_QUEUE = Method(
    "clusters.queue",
    ClusterLabel,
    ClusterQueue,
    "Show partitions and the user's jobs on a cluster.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.SCHEDULER_REJECTED, *REMOTE, *AIIDA),
    timeout_s=120,
    example=_LOCAL,
)
CLUSTERS_DISCOVER = Method(
    "clusters.discover",
    DiscoverParams,
    Discovery,
    "Look what a host offers before a cluster is made of it.",
    errors=(ErrorCode.INVALID_FORM, *LINK),
    timeout_s=120,
    example=Example({"hostname": LOCALHOST, "transport": LOCAL_TRANSPORT}),
)
CLUSTERS_HOSTS = Method(
    "clusters.hosts", NoParams, HostList, "List hosts of ~/.ssh/config.", errors=(ErrorCode.FILE_UNREADABLE,)
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
