"""Clusters and codes in memory, with the refusals of the real ones."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

from crystalmath_server.domain import slurm
from crystalmath_server.domain.potcar_library import OPEN, PotcarLibrary, listing, potcar
from crystalmath_server.domain.potcar_words import verdict
from crystalmath_server.domain.resources import check, check_against, merged, options
from crystalmath_server.protocol.clusters import (
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
from crystalmath_server.protocol.errors import Conflict, InvalidForm, NotFound, TransportFailed
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.potcars import PotcarCheck
from crystalmath_server.protocol.resources import Resources

LOCALHOST = ClusterRow(1, "localhost", "localhost", "core.local", "core.direct", "/tmp/work", enabled=True)
PARTITIONS = (
    Partition("debug", True, True, None, {"idle": 3}, 2, 2000),
    Partition("short", False, True, 60, {"idle": 1}, 2, 2000),
)
PYTHON = CodeRow(1, str(uuid.uuid4()), "python", "localhost", CodeKind.PYTHON, "/usr/bin/python3")
HOSTS = HostList((SshHost("hpc", "login.hpc.example", "me", 22, "gate"),), "/home/me/.ssh/config")


class FakeCodes:
    """Codes in memory."""

    def __init__(self) -> None:
        self.rows = {1: PYTHON}

    async def list_codes(self, params: ListCodesParams) -> CodeList:
        rows = [row for row in self.rows.values() if params.cluster in ("", row.cluster)]
        rows = [row for row in rows if params.kind in (None, row.kind)]
        return CodeList(tuple(sorted(rows, key=lambda row: (row.cluster, row.label))))

    async def create(self, params: CreateCodeParams) -> CodeRow:
        if params.cluster not in self.clusters():
            raise NotFound(f"There is no computer {params.cluster!r}", field="cluster")
        if not params.path.startswith("/"):
            raise InvalidForm(f"{params.path!r} does not begin at the root", field="path")
        check(Resources(modules=params.modules), "core.slurm", "code")
        if any((row.cluster, row.label) == (params.cluster, params.label) for row in self.rows.values()):
            raise Conflict(f"There is a code {params.label!r} already", field="label")
        pk = len(self.rows) + 1
        self.rows[pk] = CodeRow(
            pk,
            str(uuid.uuid4()),
            params.label,
            params.cluster,
            params.kind,
            params.path,
            params.modules,
            params.prepend_text,
            params.description,
        )
        return self.rows[pk]

    async def test(self, pk: int) -> CodeTest:
        if pk not in self.rows:
            raise NotFound(f"There is no code {pk}", field="pk")
        return CodeTest(pk, True, (Step("file", "The file is there", Outcome.OK, self.rows[pk].path),))

    def clusters(self) -> set[str]:
        return {"localhost"}


class FakeClusters:
    """Computers in memory; `broken` names the step at which tests fail."""

    def __init__(self, codes: FakeCodes) -> None:
        self.codes = codes
        self.details = {"localhost": detail_of(LOCALHOST)}
        self.running: dict[str, tuple[int, ...]] = {}
        self.broken: StepName | None = None
        self.unreachable: set[str] = set()
        codes.clusters = lambda: set(self.details)

    async def list_clusters(self) -> ClusterList:
        return ClusterList(tuple(self.details[label].row for label in sorted(self.details)))

    async def show(self, label: str) -> ClusterDetail:
        found = await self.codes.list_codes(ListCodesParams(self._get(label).row.label))
        return replace(self._get(label), codes=found.rows)

    async def create(self, params: CreateClusterParams) -> ClusterDetail:
        self._refuse_taken(params.label, "label")
        if params.transport not in ("core.ssh_async", "core.local"):
            raise InvalidForm(f"{params.transport!r} is no transport", field="transport")
        if not params.scheduler.startswith("core."):
            raise InvalidForm(f"There is no scheduler {params.scheduler!r}", field="scheduler")
        if not params.work_dir.startswith("/"):
            raise InvalidForm(f"{params.work_dir!r} does not begin at the root", field="work_dir")
        check(params.defaults, params.scheduler, "defaults")
        row = ClusterRow(
            len(self.details) + 1,
            params.label,
            params.hostname,
            params.transport,
            params.scheduler,
            params.work_dir,
            enabled=True,
        )
        made = replace(
            detail_of(row),
            description=params.description,
            defaults=merged(Resources(tasks_per_node=1), params.defaults),
            potcar_dir=params.potcar_dir,
        )
        self.details[params.label] = made
        return made

    async def update(self, params: UpdateClusterParams) -> ClusterDetail:
        old = self._get(params.label)
        label = params.new_label or params.label
        if label != params.label:
            self._refuse_taken(label, "new_label")
        if params.work_dir is not None and not params.work_dir.startswith("/"):
            raise InvalidForm(f"{params.work_dir!r} does not begin at the root", field="work_dir")
        defaults = merged(old.defaults, params.defaults or Resources())
        check(defaults, old.row.scheduler, "defaults")
        enabled = old.row.enabled if params.enabled is None else params.enabled
        row = replace(old.row, label=label, enabled=enabled, work_dir=params.work_dir or old.row.work_dir)
        new = replace(
            old,
            row=row,
            defaults=defaults,
            description=old.description if params.description is None else params.description,
            potcar_dir=old.potcar_dir if params.potcar_dir is None else params.potcar_dir,
        )
        del self.details[params.label]
        self.details[label] = new
        return await self.show(label)

    async def delete(self, label: str) -> Deleted:
        self._get(label)
        if pks := self.running.get(label):
            raise Conflict(f"{len(pks)} jobs need {label}: {', '.join(map(str, pks))}", field="label")
        del self.details[label]
        gone = [row for row in self.codes.rows.values() if row.cluster == label]
        for row in gone:
            del self.codes.rows[row.pk]
        return Deleted(label, tuple(row.label for row in gone))

    async def test(self, params: ClusterTestParams, tell: Callable[[str], None]) -> ClusterTest:
        self._get(params.label)
        steps: list[Step] = []
        for name in params.steps or tuple(StepName):
            broken = any(step.outcome is Outcome.FAILED for step in steps)
            outcome = Outcome.FAILED if name is self.broken else Outcome.OK
            tell(name)
            steps.append(Step(name, name, Outcome.NOT_REACHED if broken else outcome))
        return ClusterTest(
            params.label, all(step.outcome is not Outcome.FAILED for step in steps), tuple(steps)
        )

    async def queue(self, label: str) -> ClusterQueue:
        self._get(label)
        if label in self.unreachable:
            raise TransportFailed(f"{label} did not answer in time")
        job = QueueJob("7", "theirs", "queued", "debug", "Resources", 1, 1, 2, 3600, 0)
        return ClusterQueue(label, "me", 1.0, PARTITIONS, (job, replace(job, job_id="8", pk=1, place=2)))

    async def discover(self, params: DiscoverParams) -> Discovery:
        if params.hostname in self.unreachable:
            raise TransportFailed(f"{params.hostname} cannot be reached", field="hostname")
        return Discovery(
            params.hostname,
            "me",
            "/home/me",
            "core.slurm",
            "slurm 23",
            PARTITIONS,
            ("proj",),
            ("normal",),
            ("/scratch/me", "/home/me"),
            ("srun -n {tot_num_mpiprocs}",),
            {"vasp_std": "/opt/vasp/vasp_std"},
        )

    async def hosts(self) -> HostList:
        return HOSTS

    async def options(self, label: str, wanted: Resources) -> Mapping[str, Json]:
        found = self._get(label, "cluster")
        resources = merged(found.defaults, wanted)
        check(resources, found.row.scheduler)
        check_against(resources, PARTITIONS if found.row.scheduler in slurm.NAMES else ())
        return options(resources, found.row.scheduler)

    def _get(self, label: str, field: str = "label") -> ClusterDetail:
        if label not in self.details:
            raise NotFound(f"There is no computer {label!r}", field=field)
        return self.details[label]

    def _refuse_taken(self, label: str, field: str) -> None:
        if label in self.details:
            raise Conflict(f"There is a computer {label!r} already", field=field)


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
        seen = listing("/pot", "\n".join((OPEN, *paths)))
        told = dict.fromkeys(paths, "PAW_PBE")
        rows = [potcar(place, seen, functional, symbol, told) for symbol in symbols]
        return verdict(cluster, functional, place, seen, rows)


def detail_of(row: ClusterRow) -> ClusterDetail:
    return ClusterDetail(row, "", Resources(tasks_per_node=1), {}, (), 10.0, 15.0, "mpirun", "")
