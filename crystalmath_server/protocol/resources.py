"""Resources of a job: the cluster's defaults and the overrides of a submission."""

from typing import Annotated

from crystalmath_server.protocol.method import Bound, Doc, Length
from crystalmath_server.protocol.record import record

Amount = Annotated[int, Bound(0, 100_000_000)]
Word = Annotated[str, Length(0, 255)]
Script = Annotated[str, Length(0, 20_000)]


@record
class Resources:
    """Resources requested from the scheduler; null: the default, 0 or empty: none."""

    partition: Annotated[Word | None, Doc("partition or queue")] = None
    account: Annotated[Word | None, Doc("account to charge")] = None
    qos: Annotated[Word | None, Doc("quality of service")] = None
    walltime_s: Annotated[Amount | None, Doc("walltime limit", "s", title="walltime")] = None
    nodes: Annotated[Amount | None, Doc("number of nodes")] = None
    tasks_per_node: Annotated[Amount | None, Doc("MPI tasks per node", title="tasks a node")] = None
    threads: Annotated[Amount | None, Doc("threads per task", title="threads a task")] = None
    memory_mb: Annotated[Amount | None, Doc("memory per node", "MB", title="memory (MB)")] = None
    gpus: Annotated[Amount | None, Doc("GPUs per node; SLURM only", title="GPUs a node")] = None
    modules: Annotated[tuple[Word, ...] | None, Doc("modules to load, in order")] = None
    prepend_text: Annotated[Script | None, Doc("shell lines before the program", title="lines before")] = None
    append_text: Annotated[Script | None, Doc("shell lines after the program", title="lines after")] = None
