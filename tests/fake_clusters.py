"""Clusters and codes in memory, with the refusals of the real ones."""

import base64
import gzip
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from crystalmath_server.domain.clusters import naming, slurm
from crystalmath_server.domain.clusters.resources import check, check_against, merge, options
from crystalmath_server.domain.potcars.library import OPEN as LIBRARY_OPEN
from crystalmath_server.domain.potcars.library import PotcarLibrary, listing, potcar
from crystalmath_server.domain.potcars.verdict import verdict
from crystalmath_server.domain.vasp_run.run_folder import OPEN, RunFolder, run_folder
from crystalmath_server.handlers.fields import fields
from crystalmath_server.protocol.clusters import (
    LOCAL_TRANSPORT,
    ClusterDetail,
    ClusterList,
    ClusterQueue,
    ClusterRow,
    ClusterTest,
    ClusterTestParams,
    CreateClusterParams,
    Deleted,
    DiscoverParams,
    Discovery,
    HostList,
    Partition,
    QueueJob,
    SshHost,
    StepName,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codes import (
    CodeKind,
    CodeList,
    CodeRow,
    CodeTest,
    CreateCodeParams,
    ListCodesParams,
    Outcome,
    Step,
)
from crystalmath_server.protocol.errors import Conflict, NotFound, TransportFailed
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.potcars import PotcarCheck
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.structures import SI_POSCAR

LOCALHOST = ClusterRow(
    pk=1,
    label="localhost",
    hostname="localhost",
    transport=LOCAL_TRANSPORT,
    scheduler="core.direct",
    work_dir="/tmp/work",
    enabled=True,
)
OLD = ClusterRow(
    pk=2,
    label="old",
    hostname="old.hpc.example",
    transport="core.ssh_async",
    scheduler=slurm.ONCE,
    work_dir="/scratch",
    enabled=True,
)
PARTITIONS = (
    Partition(
        name="debug",
        default=True,
        available=True,
        time_limit_s=None,
        nodes={"idle": 3},
        cores_per_node=2,
        memory_mb=2000,
    ),
    Partition(
        name="short",
        default=False,
        available=True,
        time_limit_s=60,
        nodes={"idle": 1},
        cores_per_node=2,
        memory_mb=2000,
    ),
)
PYTHON = CodeRow(
    pk=1,
    uuid=str(uuid.uuid4()),
    label="python",
    cluster="localhost",
    kind=CodeKind.PYTHON,
    path="/usr/bin/python3",
)
HOSTS = HostList(
    (SshHost(name="hpc", hostname="login.hpc.example", user="me", port=22, proxy_jump="gate"),),
    "/home/me/.ssh/config",
)
SCHEDULERS = ("core.direct", "core.sge", "core.slurm", slurm.ONCE)
NOBODY_WRITES = "/proc/"
NOT_THERE = ".invalid"


class FakeCodes:
    """Codes in memory."""

    def __init__(self) -> None:
        self.rows = {1: PYTHON}

    async def list_codes(self, params: ListCodesParams) -> CodeList:
        rows = [row for row in self.rows.values() if params.cluster in ("", row.cluster)]
        rows = [row for row in rows if params.kind in (None, row.kind)]
        return CodeList(tuple(sorted(rows, key=lambda row: (row.cluster, row.label))))

    async def create(self, params: CreateCodeParams) -> CodeRow:
        if params.cluster not in self.hosts():
            raise naming.no_cluster(params.cluster, "cluster")
        naming.check_code(params.label, params.path, params.cluster)
        check(Resources(modules=params.modules), "core.slurm", "")
        taken = {row.label for row in self.rows.values() if row.cluster == params.cluster}
        naming.check_code_is_new(params.label, taken, params.cluster)
        pk = max(self.rows, default=0) + 1
        self.rows[pk] = CodeRow(
            pk=pk,
            uuid=str(uuid.uuid4()),
            label=params.label,
            cluster=params.cluster,
            kind=params.kind,
            path=params.path,
            modules=params.modules,
            prepend_text=params.prepend_text,
            description=params.description,
        )
        return self.rows[pk]

    async def test(self, pk: int) -> CodeTest:
        if pk not in self.rows:
            raise NotFound(f"There is no code {pk}", field="pk")
        if self.hosts()[self.rows[pk].cluster].endswith(NOT_THERE):
            raise TransportFailed(f"{self.rows[pk].cluster} cannot be reached", field="hostname")
        outcome = Outcome.FAILED if self.rows[pk].path.startswith(NOBODY_WRITES) else Outcome.OK
        return CodeTest(pk, outcome is Outcome.OK, (Step("file", "The file is there", outcome),))

    def hosts(self) -> Mapping[str, str]:
        return {"localhost": "localhost"}


def nothing_on(_label: str) -> Sequence[int]:
    return ()


class FakeClusters:
    """Clusters in memory; jobs are those that `jobs_on` tells of."""

    def __init__(self, codes: FakeCodes, jobs_on: Callable[[str], Sequence[int]] = nothing_on) -> None:
        self.codes = codes
        self.jobs_on = jobs_on
        self.details = {row.label: detail_of(row) for row in (LOCALHOST, OLD)}
        self.seen: set[str] = set()
        codes.hosts = lambda: {label: found.row.hostname for label, found in self.details.items()}

    async def list_clusters(self) -> ClusterList:
        return ClusterList(tuple(self.details[label].row for label in sorted(self.details)))

    async def show(self, label: str) -> ClusterDetail:
        found = await self.codes.list_codes(ListCodesParams(self._get(label).row.label))
        return replace(self._get(label), codes=found.rows)

    async def create(self, params: CreateClusterParams) -> ClusterDetail:
        naming.check_cluster_label(params.label, self.details, "label")
        naming.check_transport(params.transport)
        naming.check_scheduler(params.scheduler, SCHEDULERS)
        naming.check_work_dir(params.work_dir)
        check(params.defaults, params.scheduler, "defaults")
        row = ClusterRow(
            pk=max(detail.row.pk for detail in self.details.values()) + 1,
            label=params.label,
            hostname=params.hostname,
            transport=params.transport,
            scheduler=naming.scheduler_of(params.scheduler),
            work_dir=params.work_dir,
            enabled=True,
        )
        defaults = merge(Resources(tasks_per_node=1), params.defaults)
        made = replace(detail_of(row), description=params.description, defaults=defaults)
        self.details[params.label] = _with_settings(made, params)
        return await self.show(params.label)

    async def update(self, params: UpdateClusterParams) -> ClusterDetail:
        old = self._get(params.label)
        label = params.new_label or params.label
        if label != params.label:
            naming.check_cluster_label(label, self.details, "new_label")
        if params.work_dir is not None:
            naming.check_work_dir(params.work_dir)
        naming.check_backend(params.label, old.row.transport, params.backend)
        defaults = merge(old.defaults, params.defaults or Resources())
        check(defaults, old.row.scheduler, "defaults")
        enabled = old.row.enabled if params.enabled is None else params.enabled
        row = replace(old.row, label=label, enabled=enabled, work_dir=params.work_dir or old.row.work_dir)
        description = old.description if params.description is None else params.description
        del self.details[params.label]
        self.details[label] = _with_settings(
            replace(old, row=row, defaults=defaults, description=description), params
        )
        for pk, code in self.codes.rows.items():
            self.codes.rows[pk] = replace(code, cluster=label) if code.cluster == params.label else code
        return await self.show(label)

    async def delete(self, label: str) -> Deleted:
        self._get(label)
        if pks := self.jobs_on(label):
            raise Conflict(f"{len(pks)} jobs need {label}: {', '.join(map(str, pks))}", field="label")
        del self.details[label]
        gone = [row for row in self.codes.rows.values() if row.cluster == label]
        for row in gone:
            del self.codes.rows[row.pk]
        return Deleted(label, tuple(row.label for row in gone))

    async def test(self, params: ClusterTestParams, tell: Callable[[str], None]) -> ClusterTest:
        work_dir = self._get(params.label).row.work_dir
        steps: list[Step] = []
        for name in params.steps or tuple(StepName):
            if any(step.outcome is Outcome.FAILED for step in steps):
                steps.append(Step(name, name, Outcome.NOT_REACHED))
                continue
            tell(name)
            if name is StepName.WORK_DIR and work_dir.startswith(NOBODY_WRITES):
                steps.append(
                    Step(
                        name=name,
                        title=name,
                        outcome=Outcome.FAILED,
                        detail="Not permitted.",
                        hint="Choose another.",
                    )
                )
            else:
                steps.append(Step(name, name, Outcome.OK))
        whole = all(step.outcome is not Outcome.FAILED for step in steps)
        return ClusterTest(params.label, whole, tuple(steps))

    async def queue(self, label: str) -> ClusterQueue:
        row = self._get(label).row
        if row.hostname.endswith(NOT_THERE):
            raise TransportFailed(f"{label} did not answer in time", field="hostname")
        if row.scheduler not in slurm.NAMES:
            return ClusterQueue(label=label, user="me", at=1.0, partitions=(), jobs=())
        self.seen.add(label)
        job = QueueJob(
            job_id="7",
            name="theirs",
            state="queued",
            partition="debug",
            reason="Resources",
            place=1,
            nodes=1,
            cores=2,
            walltime_s=3600,
            used_s=0,
        )
        return ClusterQueue(
            label=label,
            user="me",
            at=1.0,
            partitions=PARTITIONS,
            jobs=(job, replace(job, job_id="8", pk=1, place=2)),
        )

    async def discover(self, params: DiscoverParams) -> Discovery:
        naming.check_transport(params.transport)
        if params.hostname.endswith(NOT_THERE):
            raise TransportFailed(f"{params.hostname} cannot be reached", field="hostname")
        return Discovery(
            hostname=params.hostname,
            user="me",
            home="/home/me",
            scheduler="core.slurm",
            version="slurm 23",
            partitions=PARTITIONS,
            accounts=("proj",),
            qos=("normal",),
            scratch=("/scratch/me", "/home/me"),
            mpirun=("srun -n {tot_num_mpiprocs}",),
            codes={"vasp_std": "/opt/vasp/vasp_std"},
        )

    async def hosts(self) -> HostList:
        return HOSTS

    async def options(self, label: str, wanted: Resources) -> Mapping[str, Json]:
        found = self._get(label)
        resources = merge(found.defaults, wanted)
        if resources == Resources(tasks_per_node=1):
            return {}
        check(resources, found.row.scheduler)
        check_against(resources, PARTITIONS if label in self.seen else ())
        return options(resources, found.row.scheduler)

    def _get(self, label: str) -> ClusterDetail:
        if label not in self.details:
            raise naming.no_cluster(label)
        return self.details[label]


class FakePotcars:
    """A library that has every symbol but Fe_pv, on every computer."""

    def __init__(self, clusters: FakeClusters) -> None:
        self._clusters = clusters
        self.asked: list[tuple[str, str, tuple[str, ...]]] = []

    async def check(self, cluster: str, functional: str, symbols: tuple[str, ...]) -> PotcarCheck:
        await self._clusters.show(cluster)
        self.asked.append((cluster, functional, symbols))
        place = PotcarLibrary("/pot")
        paths = [f"/pot/potpaw_PBE.54/{name}/POTCAR" for name in {*symbols, "Fe"} - {"Fe_pv"}]
        seen = listing("/pot", "\n".join((LIBRARY_OPEN, *paths)))
        told = dict.fromkeys(paths, "PAW_PBE")
        wanted = symbols or sorted(seen.symbols(place.search_path(functional)))
        rows = [potcar(place, seen, functional, symbol, told) for symbol in wanted]
        return verdict(cluster, functional, place, seen, rows)


class FakeRunFolders:
    """One folder in which VASP ran, on every computer."""

    def __init__(self, clusters: FakeClusters) -> None:
        self._clusters = clusters
        self.looks = 0

    async def look(self, cluster: str, path: str, code: str) -> RunFolder:
        with fields(label="cluster"):
            await self._clusters.show(cluster)
        self.looks += 1
        found = {"INCAR": b"NSW = 5\n", "POSCAR": SI_POSCAR.encode(), "vasprun.xml": b""}
        if path.endswith("none"):
            found.clear()
        said = [OPEN, *(f"@@file\t{name}\tr" for name in found)]
        said += [f"@@text\t{name}\t{base64.b64encode(text).decode()}" for name, text in found.items()]
        packed = base64.b64encode(gzip.compress(b"   TITEL  = PAW_PBE Si 05Jan2001\n")).decode()
        said += ["@@titel\t   TITEL  = PAW_PBE Si 05Jan2001", f"@@potcar\tPOTCAR\t{packed}"]
        return run_folder(cluster, path, "\n".join(said))


def detail_of(row: ClusterRow) -> ClusterDetail:
    return ClusterDetail(
        row=row,
        description="",
        defaults=Resources(tasks_per_node=1),
        ssh={},
        codes=(),
        poll_interval_s=10.0,
        safe_interval_s=15.0,
        mpirun="mpirun",
        potcar_dir="",
    )


def _with_settings(detail: ClusterDetail, params: CreateClusterParams | UpdateClusterParams) -> ClusterDetail:
    """What both forms have under one name."""
    names = ("potcar_dir", "max_jobs", "poll_interval_s", "safe_interval_s")
    given = {name: value for name in names if (value := getattr(params, name)) is not None}
    return replace(detail, mpirun=params.mpirun or detail.mpirun, **given)
