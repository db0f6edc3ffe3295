"""Resources of a job: defaults of a cluster and what a submit asks for in their place."""

from typing import Annotated

from crystalmath_server.protocol.method import Bound, Doc, Length
from crystalmath_server.protocol.record import record

Amount = Annotated[int, Bound(0, 100_000_000)]
Word = Annotated[str, Length(0, 255)]
Script = Annotated[str, Length(0, 20_000)]


@record
class Resources:
    """What a job asks of the scheduler; null leaves a field to the default, 0 or empty means none."""

    partition: Annotated[Word | None, Doc("partition or queue")] = None
    account: Annotated[Word | None, Doc("account that pays")] = None
    qos: Annotated[Word | None, Doc("quality of service")] = None
    walltime_s: Annotated[Amount | None, Doc("longest run time", "s", title="walltime")] = None
    nodes: Annotated[Amount | None, Doc("nodes of a job")] = None
    tasks_per_node: Annotated[Amount | None, Doc("MPI tasks on each node", title="tasks a node")] = None
    threads: Annotated[Amount | None, Doc("threads of each task", title="threads a task")] = None
    memory_mb: Annotated[Amount | None, Doc("memory on each node", "MB", title="memory (MB)")] = None
    gpus: Annotated[Amount | None, Doc("GPUs on each node; through SLURM only", title="GPUs a node")] = None
    modules: Annotated[tuple[Word, ...] | None, Doc("modules to load, in order")] = None
    prepend_text: Annotated[Script | None, Doc("shell lines before the program", title="lines before")] = None
    append_text: Annotated[Script | None, Doc("shell lines after the program", title="lines after")] = None
