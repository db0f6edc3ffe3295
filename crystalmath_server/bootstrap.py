"""Composition root: BINDINGS (method → handler), the wiring of adapters to ports, the running server."""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio

from crystalmath_server.adapters.aiida.daemon.daemon import DaemonWatch
from crystalmath_server.adapters.aiida.jobs.documents import AiidaDocuments
from crystalmath_server.adapters.aiida.jobs.exports import AiidaExports
from crystalmath_server.adapters.aiida.jobs.index import JobFeed
from crystalmath_server.adapters.aiida.jobs.store import AiidaJobStore
from crystalmath_server.adapters.aiida.jobs.symptoms import SymptomReader
from crystalmath_server.adapters.aiida.profiles import AiidaProfiles
from crystalmath_server.adapters.aiida.runtime import AiidaRuntime
from crystalmath_server.adapters.aiida.structures import AiidaStructures
from crystalmath_server.adapters.aiida.submit.launcher import AiidaLauncher
from crystalmath_server.adapters.aiida.submit.throttle import SubmissionThrottle
from crystalmath_server.adapters.clusters.clusters import AiidaClusters
from crystalmath_server.adapters.clusters.codes import AiidaCodes
from crystalmath_server.adapters.clusters.potcars import PotcarReader
from crystalmath_server.adapters.clusters.previous_runs import PreviousRunReader
from crystalmath_server.adapters.clusters.run_folders import RunFolderReader
from crystalmath_server.adapters.clusters.work_folders import WorkFolderReader
from crystalmath_server.adapters.processes.reading_process import ReadingProcess
from crystalmath_server.adapters.processes.workbench import WorkerBench
from crystalmath_server.adapters.remote.connections import ClusterConnections
from crystalmath_server.handlers import (
    again,
    clusters,
    codes,
    compare,
    diagnosis,
    exports,
    files,
    graph,
    imports,
    inputs,
    jobs,
    logs,
    potcars,
    profiles,
    progress,
    results,
    structures,
    system,
    templates,
)
from crystalmath_server.ports import Background, Ports, Server
from crystalmath_server.protocol.again import JOBS_CLONE, JOBS_RESTART, JOBS_RETRY
from crystalmath_server.protocol.clusters import (
    CLUSTERS_CREATE,
    CLUSTERS_DELETE,
    CLUSTERS_DISCOVER,
    CLUSTERS_HOSTS,
    CLUSTERS_LIST,
    CLUSTERS_QUEUE,
    CLUSTERS_SHOW,
    CLUSTERS_TEST,
    CLUSTERS_UPDATE,
)
from crystalmath_server.protocol.codes import CODES_CREATE, CODES_LIST, CODES_TEST
from crystalmath_server.protocol.compare import JOBS_COMPARE
from crystalmath_server.protocol.diagnosis import JOBS_DIAGNOSE
from crystalmath_server.protocol.document import JOBS_DOCUMENT
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.exports import JOBS_DUMP, JOBS_EXPORT, JOBS_PLOT, STRUCTURES_EXPORT
from crystalmath_server.protocol.files import JOBS_FILE, JOBS_FILES, JOBS_LOG
from crystalmath_server.protocol.graph import NODES_DRAW, NODES_GRAPH
from crystalmath_server.protocol.imports import JOBS_IMPORT
from crystalmath_server.protocol.inputs import INPUTS_CHECK, INPUTS_DIFF, INPUTS_TAGS
from crystalmath_server.protocol.jobs import (
    JOBS_CANCEL,
    JOBS_LIST,
    JOBS_PAUSE,
    JOBS_PLAY,
    JOBS_SHOW,
    JOBS_SUBMIT,
)
from crystalmath_server.protocol.logs import LOGS_CREDIT, LOGS_FOLLOW, LOGS_PAUSE, LOGS_RESUME, LOGS_UNFOLLOW
from crystalmath_server.protocol.potcars import POTCARS_CHECK
from crystalmath_server.protocol.profiles import PROFILES_CREATE, PROFILES_LIST
from crystalmath_server.protocol.progress import JOBS_PROGRESS, JOBS_STOP, JOBS_TRENDS
from crystalmath_server.protocol.results import JOBS_RESULTS
from crystalmath_server.protocol.series import JOBS_SERIES
from crystalmath_server.protocol.structures import STRUCTURES_IMPORT, STRUCTURES_LIST, STRUCTURES_SHOW
from crystalmath_server.protocol.system import DISCOVER, HELLO, METRICS, PING, SHUTDOWN, STATUS
from crystalmath_server.protocol.templates import TEMPLATES_LIST, TEMPLATES_RENDER, TEMPLATES_SHOW
from crystalmath_server.rpc.bindings import Binding, bind
from crystalmath_server.rpc.claim import Claim
from crystalmath_server.rpc.dispatcher import Dispatcher
from crystalmath_server.rpc.meters import Meters, TimedSelector
from crystalmath_server.rpc.server import Parts, RpcServer
from crystalmath_server.services.run_progress import RunProgress
from crystalmath_server.settings import Settings

log = logging.getLogger(__name__)

BINDINGS: tuple[Binding[Any, Any], ...] = (
    bind(HELLO, system.hello, inline=True),
    bind(PING, system.ping, inline=True),
    bind(STATUS, system.status, inline=True),
    bind(METRICS, system.metrics, inline=True),
    bind(SHUTDOWN, system.shutdown, inline=True),
    bind(DISCOVER, system.discover),
    bind(PROFILES_LIST, profiles.list_profiles),
    bind(PROFILES_CREATE, profiles.create),
    bind(STRUCTURES_IMPORT, structures.import_structure),
    bind(STRUCTURES_LIST, structures.list_structures),
    bind(STRUCTURES_SHOW, structures.show),
    bind(TEMPLATES_LIST, templates.list_templates),
    bind(TEMPLATES_SHOW, templates.show),
    bind(TEMPLATES_RENDER, templates.render),
    bind(INPUTS_CHECK, inputs.check),
    bind(INPUTS_DIFF, inputs.diff),
    bind(INPUTS_TAGS, inputs.tags),
    bind(JOBS_LIST, jobs.list_jobs, at_once=jobs.page_at_once),
    bind(JOBS_SHOW, jobs.show),
    bind(JOBS_SUBMIT, jobs.submit),
    bind(JOBS_CANCEL, jobs.cancel),
    bind(JOBS_PAUSE, jobs.pause),
    bind(JOBS_PLAY, jobs.play),
    bind(JOBS_FILES, files.files),
    bind(JOBS_FILE, files.file),
    bind(JOBS_LOG, files.log),
    bind(LOGS_FOLLOW, logs.follow),
    bind(LOGS_CREDIT, logs.credit),
    bind(LOGS_PAUSE, logs.pause),
    bind(LOGS_RESUME, logs.resume),
    bind(LOGS_UNFOLLOW, logs.unfollow),
    bind(JOBS_PROGRESS, progress.progress),
    bind(JOBS_TRENDS, progress.trends),
    bind(JOBS_STOP, progress.stop),
    bind(JOBS_RESULTS, results.results),
    bind(JOBS_DOCUMENT, results.document),
    bind(JOBS_SERIES, results.series),
    bind(JOBS_PLOT, results.plot),
    bind(STRUCTURES_EXPORT, structures.export),
    bind(JOBS_DUMP, exports.dump),
    bind(JOBS_EXPORT, exports.archive),
    bind(NODES_GRAPH, graph.graph),
    bind(NODES_DRAW, graph.draw),
    bind(JOBS_COMPARE, compare.compare),
    bind(JOBS_DIAGNOSE, diagnosis.diagnose),
    bind(JOBS_IMPORT, imports.import_run),
    bind(JOBS_CLONE, again.clone),
    bind(JOBS_RETRY, again.retry),
    bind(JOBS_RESTART, again.restart),
    bind(CLUSTERS_LIST, clusters.list_clusters),
    bind(CLUSTERS_SHOW, clusters.show),
    bind(CLUSTERS_CREATE, clusters.create),
    bind(CLUSTERS_UPDATE, clusters.update),
    bind(CLUSTERS_DELETE, clusters.delete),
    bind(CLUSTERS_TEST, clusters.test),
    bind(CLUSTERS_QUEUE, clusters.queue),
    bind(CLUSTERS_DISCOVER, clusters.discover),
    bind(CLUSTERS_HOSTS, clusters.hosts),
    bind(CODES_LIST, codes.list_codes),
    bind(CODES_CREATE, codes.create),
    bind(CODES_TEST, codes.test),
    bind(POTCARS_CHECK, potcars.check),
)

SWITCH_S = 0.0005
"""How long a computing thread may hold the interpreter while the event loop waits [s].

Python's default of 5 ms would delay a response several times: after select, after recv, after send.
"""

STRICT = "CRYSTALMATH_STRICT_ERRORS"
"""Set by tests: undeclared errors of a method become INTERNAL_ERROR."""

Compose = Callable[[RpcServer], AbstractAsyncContextManager[Ports]]
"""Creates the ports for the handlers, and shuts down the adapters behind them."""


def run(settings: Settings, profile: str, claim: Claim, compose: Compose | None = None) -> None:
    """Serve `claim` until the server stops."""
    meters = Meters()

    async def main() -> None:
        server = RpcServer(settings, profile, claim, meters)
        async with (compose or adapters)(server) as ports:
            server.dispatcher = Dispatcher(BINDINGS, ports, meters, strict=STRICT in os.environ)
            await server.serve()

    sys.setswitchinterval(SWITCH_S)
    gc.freeze()  # imported objects live forever; exclude them from garbage collection
    gc.enable()
    anyio.run(
        main, backend_options={"loop_factory": lambda: asyncio.SelectorEventLoop(TimedSelector(meters))}
    )


@asynccontextmanager
async def fixed_ports(ports: Ports) -> AsyncGenerator[Ports]:
    """Ports that need no setup."""
    yield ports


@dataclass(frozen=True, slots=True)
class Wiring:
    """The adapters, connected to each other but not running yet."""

    runtime: AiidaRuntime
    watch: DaemonWatch
    feed: JobFeed
    gate: SubmissionThrottle
    bench: WorkerBench
    reader: ReadingProcess
    connections: ClusterConnections
    jobs: AiidaJobStore
    documents: AiidaDocuments
    ports: Ports

    def close(self) -> None:
        """Close connections and remove temporary files."""
        self.connections.close()
        self.documents.close()


def wire(runtime: AiidaRuntime, settings: Settings, server: Server, background: Background) -> Wiring:
    """Connect all adapters to their ports; the port tests use the same wiring."""
    watch = DaemonWatch(runtime, settings.daemon_workers)
    bench = WorkerBench(settings.worker_timeout_s)
    feed = JobFeed(runtime)
    reader = ReadingProcess()
    documents = AiidaDocuments(runtime, reader)
    connections = ClusterConnections()
    jobs = AiidaJobStore(runtime, feed, connections.breaker)
    work = WorkFolderReader(runtime, connections)
    gate = SubmissionThrottle(runtime, watch, connections, feed.refresh)
    ports = Ports(
        jobs=jobs,
        documents=documents,
        exports=AiidaExports(runtime),
        launcher=AiidaLauncher(runtime, watch, gate, background, feed.refresh),
        structures=AiidaStructures(runtime, bench),
        workbench=bench,
        profiles=AiidaProfiles(runtime),
        clusters=AiidaClusters(runtime, connections),
        codes=AiidaCodes(runtime, connections),
        runs=RunFolderReader(runtime, connections),
        earlier=PreviousRunReader(runtime, connections),
        work=work,
        progress=RunProgress(jobs, work, background),
        potcars=PotcarReader(runtime, connections, bench.potcar_library),
        symptoms=SymptomReader(runtime, bench, watch.part, connections.breaker),
        server=server,
    )
    return Wiring(runtime, watch, feed, gate, bench, reader, connections, jobs, documents, ports)


@asynccontextmanager
async def adapters(server: RpcServer) -> AsyncGenerator[Ports]:
    """The ports backed by AiiDA and the worker, which load in the background."""
    runtime = AiidaRuntime(server.profile)
    runtime.progress = server.progress
    async with anyio.create_task_group() as background:
        made = wire(runtime, server.settings, server, background)
        made.watch.on_connect(made.feed.subscribe)
        server.parts = Parts(
            runtime.part,
            made.watch.part,
            made.bench.part,
            lambda: made.jobs.revision,
            lambda: made.gate.is_needed,
        )
        await runtime.start()
        background.start_soon(_watch_daemon, made.watch)
        background.start_soon(made.feed.run)
        background.start_soon(made.gate.run)
        background.start_soon(made.bench.start)
        background.start_soon(made.reader.run)
        try:
            yield made.ports
        finally:
            background.cancel_scope.cancel()
            made.close()
            await runtime.close()


async def _watch_daemon(watch: DaemonWatch) -> None:
    """Watch AiiDA's daemon; if the profile cannot be loaded, `storage` reports why."""
    try:
        await watch.run()
    except RpcError as error:
        log.warning("AiiDA's daemon is not watched: %s", error)
