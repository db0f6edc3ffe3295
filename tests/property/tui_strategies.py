"""Strategies for the interface: messages as they may come, in any order and with any text."""

from typing import get_args

from hypothesis import strategies as st

from crystalmath_server.protocol.again import JobDraft, LeftOut
from crystalmath_server.protocol.clusters import (
    ClusterDetail,
    ClusterList,
    ClusterQueue,
    ClusterRow,
    ClusterTest,
    Deleted,
    Discovery,
    HostList,
    Partition,
    QueueJob,
    SshHost,
)
from crystalmath_server.protocol.codes import CodeKind, CodeList, CodeRow, CodeTest, Outcome, Step
from crystalmath_server.protocol.compare import CompareColumn, CompareRow, Comparison
from crystalmath_server.protocol.diagnosis import Action, Diagnosis, Evidence, NextStep
from crystalmath_server.protocol.document import DocumentChild, DocumentPart
from crystalmath_server.protocol.errors import ERRORS
from crystalmath_server.protocol.files import FileRange, JobFile, JobFiles, JobLog, LogLine
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import (
    Control,
    JobDetail,
    JobRow,
    JobsPage,
    JobState,
    NodeLink,
    Submitted,
)
from crystalmath_server.protocol.potcars import Potcar, PotcarCheck, PotcarFolder
from crystalmath_server.protocol.progress import JobProgress, StepColumns, Trend, Trends
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.results import IonicStep, JobResults, Quantity, SiteResult
from crystalmath_server.protocol.series import Curve, JobSeries, SeriesKind, Tick
from crystalmath_server.protocol.structures import (
    Lattice,
    Site,
    StructureDetail,
    StructurePage,
    StructureRow,
)
from crystalmath_server.protocol.system import Hello, Part, PartState, Status
from crystalmath_server.protocol.templates import (
    FieldType,
    FormField,
    InputFile,
    Rendered,
    Takes,
    TemplateDetail,
    TemplateList,
    TemplateRow,
)
from crystalmath_tui import program
from crystalmath_tui.core import clusters as cluster_messages
from crystalmath_tui.core import control, downloads, messages
from crystalmath_tui.core.effects import PartSeen
from crystalmath_tui.core.lines import Size
from crystalmath_tui.screens import clusters, diagnosis, file_viewer, graph
from crystalmath_tui.screens.cluster import update as cluster
from crystalmath_tui.screens.compare import update as compare
from crystalmath_tui.screens.download import update as download
from crystalmath_tui.screens.imports import update as imports
from crystalmath_tui.screens.job import update as job
from crystalmath_tui.screens.jobs import query as jobs_query
from crystalmath_tui.screens.jobs import trends as jobs_trends
from crystalmath_tui.screens.jobs import update as jobs
from crystalmath_tui.screens.new import model as new_model
from crystalmath_tui.screens.potcars import update as potcars
from crystalmath_tui.screens.results import export as results_export
from crystalmath_tui.screens.results import model as results_model
from crystalmath_tui.screens.setup import update as setup

TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "",
        "silicon",
        "e\u0301\u0301",
        "日本語",
        "a\x1b[31mb",
        "\u202eabc",
        "\r\n\t",
        "👩‍🔬",
        "ᄒ\u1161\u11ab",
        "\ud800",
    ]
)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
TIMES = st.floats(-1e12, 1e12)
PKS = st.integers(0, 12)
SIZES = st.builds(Size, st.integers(1, 45), st.integers(1, 210))
ERROR_VALUES = st.builds(
    lambda cls, detail, field: cls(detail, field=field), st.sampled_from(list(ERRORS.values())), TEXTS, TEXTS
)

ROWS = st.builds(
    JobRow,
    PKS,
    TEXTS,
    TEXTS,
    st.sampled_from(JobState),
    TEXTS,
    TEXTS,
    TEXTS,
    TIMES,
    TIMES,
    st.none() | st.integers(0, 999),
    TEXTS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS, lambda x: st.lists(x, max_size=3)
)
LINKS = st.lists(st.builds(NodeLink, TEXTS, PKS, TEXTS, TEXTS), max_size=3).map(tuple)
DETAILS = st.builds(
    JobDetail,
    ROWS,
    *[TEXTS] * 9,
    st.dictionaries(TEXTS, JSON, max_size=3),
    LINKS,
    LINKS,
    st.none() | PKS,
    st.none() | PKS,
    st.lists(PKS, max_size=3).map(tuple),
    st.none() | PKS,
)
FILES = st.builds(
    JobFile,
    st.sampled_from(["inputs", "retrieved", "work", "?"]),
    TEXTS,
    st.integers(0, 10**12),
    kind=st.sampled_from(["file", "folder"]),
)
COLUMN = st.lists(st.none() | NUMBERS, max_size=5).map(tuple)
RUNS = st.builds(
    JobProgress,
    PKS,
    st.sampled_from(JobState),
    st.sampled_from(["", "work", "retrieved"]),
    TEXTS,
    energy_ev=st.none() | NUMBERS,
    quiet_s=st.none() | NUMBERS,
    stuck=st.booleans(),
    estimate=TEXTS,
    steps=st.builds(StepColumns, st.lists(PKS, max_size=5).map(tuple), COLUMN, COLUMN, COLUMN),
    note=TEXTS,
)
LATTICES = st.builds(Lattice, *[NUMBERS] * 7)
RESULTS = st.builds(
    JobResults,
    PKS,
    st.sampled_from(JobState),
    TEXTS,
    st.lists(st.builds(Quantity, TEXTS, TEXTS, JSON, TEXTS, TEXTS), max_size=3).map(tuple),
    st.lists(st.builds(IonicStep, st.integers(0, 9), NUMBERS, st.none() | NUMBERS), max_size=30).map(tuple),
    st.none() | LATTICES,
    st.none() | LATTICES,
)
LOGS = st.builds(
    JobLog, st.lists(st.builds(LogLine, TIMES, TEXTS, TEXTS, TEXTS), max_size=5).map(tuple), st.booleans()
)
RANGES = st.builds(
    FileRange,
    TEXTS,
    st.integers(0, 99),
    st.integers(0, 99),
    st.integers(0, 99),
    st.sampled_from(["utf-8", "base64"]),
    TEXTS,
)
PAGES = st.builds(
    JobsPage,
    st.integers(-1, 3),
    st.lists(ROWS, max_size=8).map(tuple),
    st.integers(0, 10**7),
    st.dictionaries(
        TEXTS | st.sampled_from([str(state) for state in JobState]), st.integers(0, 99), max_size=6
    ),
    TEXTS,
)
QUERIES = st.builds(jobs_query.Query, TEXTS, st.integers(0, 5))
WANTS = st.builds(jobs.Want, QUERIES, st.just(()), st.integers(0, 9)) | st.just(
    jobs.Want(jobs_query.EVERYTHING, (), 1)
)
PARTS = st.builds(Part, st.sampled_from(PartState), TEXTS, TEXTS)
STATUSES = st.builds(
    Status,
    TEXTS,
    PKS,
    TEXTS,
    TEXTS,
    NUMBERS,
    PARTS,
    PARTS,
    PARTS,
    PKS,
    PKS,
    st.integers(-1, 3),
)
CONTROLS = st.builds(Control, PKS, st.sampled_from(JobState), st.booleans(), TEXTS)

STRUCTURE_ROWS = st.builds(StructureRow, PKS, TEXTS, TEXTS, TEXTS, PKS, TIMES)
STRUCTURES = st.builds(
    StructureDetail,
    STRUCTURE_ROWS,
    LATTICES,
    TEXTS,
    NUMBERS,
    st.lists(st.builds(Site, TEXTS, st.tuples(NUMBERS, NUMBERS, NUMBERS)), max_size=3).map(tuple),
    TEXTS,
)
TEMPLATE_ROWS = st.builds(
    TemplateRow,
    *[TEXTS] * 6,
    st.booleans(),
    st.just("") | TEXTS,
    takes=st.builds(Takes, TEXTS, st.integers(0, 3), st.integers(0, 3), TEXTS),
)
FORM_FIELDS = st.builds(
    FormField,
    st.sampled_from(["steps", "relax_kwargs.fmax", "name"]) | TEXTS,
    st.sampled_from(FieldType),
    TEXTS,
    JSON,
    TEXTS,
    st.none() | NUMBERS,
    st.none() | NUMBERS,
    st.lists(TEXTS, max_size=3).map(tuple),
    TEXTS,
    st.booleans(),
    st.booleans(),
)
TEMPLATES = st.builds(TemplateDetail, TEMPLATE_ROWS, st.lists(FORM_FIELDS, max_size=5).map(tuple))
INPUTS = st.builds(
    Rendered,
    TEXTS,
    st.lists(st.builds(InputFile, TEXTS, TEXTS), max_size=3).map(tuple),
    st.lists(TEXTS, max_size=3).map(tuple),
    st.sampled_from(["d1", "d2"]),
)

NAMES = st.lists(TEXTS, max_size=2).map(tuple)
LABELS = st.sampled_from([*["hpc"] * 6, *["localhost"] * 3, "", "日本語", "a\x1b[31mb"])
TURNS = st.integers(0, 4)
COUNTS = st.none() | st.integers(0, 10**9)
CLUSTER_ROWS = st.builds(
    ClusterRow, PKS, LABELS, *[TEXTS] * 4, st.booleans(), TEXTS, st.none() | TIMES | NUMBERS
)
CLUSTER_LISTS = st.builds(ClusterList, st.lists(CLUSTER_ROWS, max_size=6).map(tuple))
RESOURCES = st.builds(
    Resources, *[st.none() | TEXTS] * 3, *[COUNTS] * 6, st.none() | st.tuples(TEXTS), *[st.none() | TEXTS] * 2
)
CODES = st.builds(
    CodeRow,
    PKS,
    TEXTS,
    LABELS,
    LABELS,
    st.sampled_from(CodeKind),
    TEXTS,
    st.lists(TEXTS, max_size=2).map(tuple),
)
STEPS = st.lists(
    st.builds(Step, TEXTS, TEXTS, st.sampled_from(Outcome), TEXTS, TEXTS, NUMBERS), max_size=4
).map(tuple)
CLUSTER_DETAILS = st.builds(
    ClusterDetail,
    CLUSTER_ROWS,
    TEXTS,
    RESOURCES,
    st.dictionaries(TEXTS, TEXTS, max_size=3),
    st.lists(CODES, max_size=4).map(tuple),
    NUMBERS,
    NUMBERS,
    *[TEXTS] * 2,
    PKS,
    *[TEXTS] * 2,
)
PARTITIONS = st.lists(
    st.builds(
        Partition,
        TEXTS,
        st.booleans(),
        st.booleans(),
        COUNTS,
        st.dictionaries(TEXTS, st.integers(0, 999), max_size=3),
        PKS,
        PKS,
        TEXTS,
    ),
    max_size=12,
).map(tuple)
QUEUES = st.builds(
    ClusterQueue,
    LABELS,
    TEXTS,
    NUMBERS,
    PARTITIONS,
    st.lists(st.builds(QueueJob, *[TEXTS] * 5, *[COUNTS] * 6), max_size=8).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
)
DISCOVERIES = st.builds(
    Discovery,
    *[TEXTS] * 5,
    PARTITIONS,
    *[NAMES] * 4,
    st.dictionaries(TEXTS | st.sampled_from(CodeKind), TEXTS, max_size=3),
    NAMES,
)
HOSTS = st.builds(
    HostList,
    st.lists(st.builds(SshHost, TEXTS, TEXTS, TEXTS, PKS, TEXTS, st.booleans()), max_size=6).map(tuple),
    TEXTS,
)

DIAGNOSES = st.builds(
    Diagnosis,
    PKS,
    PKS,
    st.sampled_from(JobState),
    *[TEXTS] * 3,
    st.lists(st.builds(Evidence, TEXTS, COUNTS, TEXTS), max_size=4).map(tuple),
    st.lists(st.builds(NextStep, st.sampled_from(get_args(Action)), *[TEXTS] * 3), max_size=12).map(tuple),
    st.lists(PKS, max_size=3).map(tuple),
)

NAMED_KEYS = sorted({key for screen in program.SCREENS.values() for row in screen.keys for key in row.keys})
GLOBAL_KEYS = sorted({key for row in program.KEYS for key in row.keys})
KEYS = st.sampled_from(NAMED_KEYS) | st.sampled_from(GLOBAL_KEYS) | st.sampled_from("ynabc/!:") | TEXTS

CLUSTER_MESSAGES = st.one_of(
    st.builds(
        messages.Entered,
        st.sampled_from(["clusters", "cluster", "setup"]),
        st.tuples() | st.tuples(LABELS) | st.tuples(LABELS | st.sampled_from(["edit", "code"]), LABELS),
    ),
    st.builds(clusters.ListLoaded, CLUSTER_LISTS),
    st.builds(clusters.ListFailed, ERROR_VALUES),
    st.builds(cluster_messages.ClusterSaved, CLUSTER_DETAILS),
    st.builds(cluster_messages.ClusterDeleted, st.builds(Deleted, LABELS, NAMES)),
    st.builds(cluster_messages.CodeSaved, CODES),
    st.builds(cluster.DetailLoaded, LABELS, CLUSTER_DETAILS),
    st.builds(cluster.QueueLoaded, LABELS, QUEUES),
    st.builds(
        cluster.StepDone,
        st.tuples(LABELS, TURNS),
        st.builds(ClusterTest, LABELS, st.booleans(), STEPS),
    ),
    st.builds(cluster.CodeTested, LABELS, st.builds(CodeTest, PKS, st.booleans(), STEPS)),
    st.builds(cluster.Failed, st.tuples(LABELS, st.sampled_from(cluster.TABS)), ERROR_VALUES),
    st.builds(setup.HostsLoaded, HOSTS),
    st.builds(setup.Found, TURNS, DISCOVERIES),
    st.builds(setup.Loaded, TURNS, CLUSTER_DETAILS),
    st.builds(setup.SetupFailed, TURNS | st.just(setup.HOSTS), ERROR_VALUES),
)

VALUES = st.none() | st.floats() | st.lists(st.lists(st.floats(), min_size=3, max_size=3), max_size=3) | TEXTS
SITES_TOLD = st.builds(
    SiteResult, PKS, TEXTS, st.none() | st.tuples(*[st.floats()] * 3), st.none() | st.floats()
)
KINDS = st.sampled_from(get_args(SeriesKind))
QUANTITIES_TOLD = st.lists(st.builds(Quantity, TEXTS, TEXTS, VALUES, TEXTS, TEXTS), max_size=4).map(tuple)
RESULTS_TOLD = st.builds(
    JobResults,
    PKS,
    st.sampled_from(JobState),
    TEXTS,
    QUANTITIES_TOLD,
    st.just(()),
    structure_after_pk=st.none() | PKS,
    sites=st.lists(SITES_TOLD, max_size=4).map(tuple),
    n_sites=st.integers(0, 99),
    series=st.lists(KINDS, max_size=6, unique=True).map(tuple),
    note=TEXTS,
)
POINTS = st.lists(st.floats(), max_size=12).map(tuple)
CURVES = st.builds(Curve, TEXTS, TEXTS, st.lists(st.none() | st.floats(), max_size=12).map(tuple))
SERIES = st.builds(
    JobSeries,
    PKS,
    KINDS,
    *[TEXTS] * 3,
    POINTS,
    st.lists(CURVES, max_size=10).map(tuple),
    st.lists(st.builds(Tick, st.floats(), TEXTS), max_size=5).map(tuple),
    QUANTITIES_TOLD,
    TEXTS,
    PKS,
    st.lists(TEXTS, max_size=3).map(tuple),
    TEXTS,
)
PATHS = st.sampled_from(["", "a", "a/b", "c"]) | TEXTS
BRANCHES = st.sampled_from(["object", "array", "string", "null"])
DOCUMENT_PARTS = st.builds(
    DocumentPart,
    PKS,
    PATHS,
    BRANCHES,
    st.integers(0, 9),
    TEXTS,
    st.lists(st.builds(DocumentChild, TEXTS, PATHS, BRANCHES, st.integers(0, 9), TEXTS), max_size=4).map(
        tuple
    ),
    st.integers(0, 3),
    TEXTS,
)
RESULT_MESSAGES = st.one_of(
    st.builds(
        messages.Entered, st.just("results"), st.tuples(PKS.map(str), st.sampled_from(results_model.TABS))
    ),
    st.builds(
        results_model.Loaded,
        st.tuples(PKS, KINDS | st.just("steps step energy") | TEXTS),
        RESULTS_TOLD | SERIES | DOCUMENT_PARTS | STRUCTURES,
    ),
    st.builds(results_export.PathsListed, TEXTS, NAMES),
    st.builds(results_export.PathFound, PKS, st.sampled_from(["/a.csv", "/a.svg", "/a.cif"]) | TEXTS),
    st.builds(results_export.CurvesCame, st.sampled_from(["/a.csv", "/a.json"]), SERIES),
    st.builds(results_export.ExportFailed, TEXTS, ERROR_VALUES),
    st.builds(
        results_export.Written, st.tuples(TEXTS, TEXTS), st.sampled_from(["written", "exists"]) | TEXTS
    ),
    st.builds(results_model.Failed, st.tuples(PKS, KINDS | st.just("results") | TEXTS), ERROR_VALUES),
)
ABOUT = st.tuples(st.integers(1, 2), st.sampled_from(["a", "b/c"]) | TEXTS)
GRAPH_MESSAGES = st.one_of(
    st.builds(graph.PathsListed, TEXTS, st.lists(TEXTS, max_size=9).map(tuple)),
    st.builds(graph.PathFound, PKS, TEXTS),
    st.builds(graph.NotDrawn, TEXTS, ERROR_VALUES),
)
TRENDS = st.builds(
    Trend,
    PKS,
    st.sampled_from(["", "force", "energy"]),
    TEXTS,
    st.lists(NUMBERS, max_size=40).map(tuple),
    PKS,
    st.booleans(),
)
TREND_MESSAGES = st.one_of(
    st.builds(jobs_trends.TrendsLoaded, st.builds(Trends, st.lists(TRENDS, max_size=4).map(tuple))),
    st.builds(jobs_trends.TrendsFailed, ERROR_VALUES),
)
DOWNLOAD_MESSAGES = st.one_of(
    st.builds(
        messages.Entered,
        st.just("download"),
        st.tuples() | st.tuples(PKS.map(str)) | st.tuples(PKS.map(str), st.just("work"), PATHS),
    ),
    st.builds(download.FoldersListed, TEXTS, st.lists(TEXTS, max_size=9).map(tuple)),
    st.builds(download.FolderFound, PKS, TEXTS),
    st.builds(download.Listed, PKS, st.builds(JobFiles, st.lists(FILES, max_size=5).map(tuple))),
    st.builds(download.ListFailed, PKS, ERROR_VALUES),
    st.builds(downloads.Looked, ABOUT, st.builds(PartSeen, PKS, st.binary(max_size=9), st.booleans())),
    st.builds(downloads.RangeFailed, ABOUT, ERROR_VALUES),
    st.builds(downloads.Kept, ABOUT, st.just("") | TEXTS),
)
POTCARS = st.builds(
    PotcarCheck,
    LABELS,
    *[TEXTS] * 2,
    st.booleans(),
    *[TEXTS] * 2,
    NAMES,
    st.lists(st.builds(Potcar, TEXTS, st.booleans(), TEXTS, TEXTS, NAMES, NAMES, TEXTS), max_size=30).map(
        tuple
    ),
    st.lists(st.builds(PotcarFolder, TEXTS, TEXTS, PKS), max_size=3).map(tuple),
)
POTCAR_MESSAGES = st.one_of(
    st.builds(potcars.Looked, TURNS, POTCARS),
    st.builds(potcars.Looked, st.just(1), POTCARS),
    st.builds(potcars.LookFailed, TURNS, ERROR_VALUES),
)

SUBMITTED = st.builds(Submitted, PKS, TEXTS, st.sampled_from(JobState), TEXTS, st.booleans())
SPECS = st.builds(
    JobSpec,
    st.just("emt.relax") | TEXTS,
    st.lists(PKS, max_size=3).map(tuple),
    st.dictionaries(TEXTS, JSON, max_size=3),
    label=TEXTS,
    cluster=LABELS,
    code=TEXTS,
    description=TEXTS,
    retrieve=NAMES,
    retrieve_mb=NUMBERS,
    corrections=st.integers(),
    restart_pk=st.none() | PKS,
    edits=st.dictionaries(TEXTS, TEXTS, max_size=2),
    resources=RESOURCES,
)
DRAFTS = st.builds(
    JobDraft,
    PKS,
    SPECS,
    st.lists(st.builds(LeftOut, TEXTS, TEXTS), max_size=12).map(tuple),
)
COMPARISONS = st.builds(
    Comparison,
    st.lists(st.builds(CompareColumn, TEXTS, TEXTS, TEXTS), max_size=6).map(tuple),
    st.lists(st.builds(CompareRow, PKS, TEXTS, st.lists(JSON, max_size=6).map(tuple)), max_size=8).map(tuple),
)
COMPARE_MESSAGES = st.one_of(
    st.builds(compare.Compared, st.just((3, 1)), COMPARISONS),
    st.builds(compare.CompareFailed, st.just((3, 1)), ERROR_VALUES),
    st.builds(compare.Written, st.tuples(TEXTS, TEXTS), st.sampled_from(["written", "exists"]) | TEXTS),
)
IMPORT_MESSAGES = st.one_of(
    st.builds(imports.ClustersCame, CLUSTER_LISTS),
    st.builds(imports.CodesCame, st.builds(CodeList, st.lists(CODES, max_size=4).map(tuple))),
    st.builds(imports.FoldersListed, st.just("") | TEXTS, st.lists(TEXTS, max_size=40).map(tuple)),
    st.builds(imports.FolderFound, TURNS, TEXTS),
    st.builds(imports.Imported, TURNS, SUBMITTED),
    st.builds(imports.ImportFailed, TURNS, ERROR_VALUES),
)

TARGET_MESSAGES = st.one_of(
    st.builds(new_model.ClustersListed, CLUSTER_LISTS),
    st.builds(new_model.TargetLoaded, LABELS, CLUSTER_DETAILS),
    st.builds(new_model.TargetFailed, LABELS, ERROR_VALUES),
    st.builds(new_model.StepFailed, st.just(4), ERROR_VALUES),
)

PROGRESS = st.lists(
    st.builds(
        messages.Progress,
        st.sampled_from(["potcars", "import run", "new submit", "setup", "cluster test"]) | TEXTS,
        TEXTS,
        st.none() | NUMBERS,
    ),
    max_size=3,
).map(tuple)
MESSAGES = st.one_of(
    st.builds(messages.KeyPressed, KEYS),
    st.builds(messages.KeyPressed, KEYS),
    st.builds(messages.KeyPressed, KEYS),
    st.builds(messages.Pasted, TEXTS),
    st.builds(messages.MousePressed, st.integers(0, 50), st.integers(0, 220), st.integers(0, 6)),
    st.builds(messages.Resized, SIZES),
    st.builds(messages.Ticked, TIMES),
    st.builds(messages.Connecting, TEXTS),
    st.builds(messages.Connected, st.builds(Hello, TEXTS, TEXTS, PKS, TEXTS, PKS, st.just(()))),
    st.builds(messages.Disconnected, ERROR_VALUES, st.floats(0, 1)),
    st.just(messages.RetryDue()),
    st.builds(messages.Progressed, PROGRESS),
    st.builds(messages.StatusLoaded, STATUSES),
    st.builds(messages.StatusFailed, ERROR_VALUES),
    st.builds(messages.CallFailed, ERROR_VALUES),
    st.builds(
        messages.Entered,
        st.sampled_from(["jobs", "job", "new", "help", "?"]),
        st.lists(TEXTS, max_size=2).map(tuple),
    ),
    st.builds(messages.Entered, st.just("job"), st.tuples(PKS.map(str), st.sampled_from(job.TABS))),
    st.builds(messages.Entered, st.just("diagnose"), st.tuples() | st.tuples(PKS.map(str))),
    st.builds(diagnosis.Diagnosed, PKS, DIAGNOSES),
    st.builds(diagnosis.NotDiagnosed, PKS, ERROR_VALUES),
    st.builds(jobs.PageLoaded, WANTS, PAGES),
    st.builds(jobs.PageFailed, WANTS, ERROR_VALUES),
    st.builds(
        job.Loaded,
        PKS,
        DETAILS
        | LOGS
        | RESULTS
        | RUNS
        | st.builds(JobFiles, st.lists(FILES, max_size=5).map(tuple), st.sampled_from(["", "/work"])),
    ),
    st.builds(job.LoadFailed, st.tuples(PKS, st.sampled_from(job.TABS)), ERROR_VALUES),
    st.builds(file_viewer.RangeLoaded, st.tuples(PKS, FILES), RANGES),
    st.builds(control.Controlled, TEXTS, CONTROLS),
    st.builds(
        new_model.StoredLoaded,
        st.just("") | TEXTS,
        st.builds(StructurePage, st.lists(STRUCTURE_ROWS, max_size=5).map(tuple), TEXTS),
    ),
    st.builds(new_model.StructureLoaded, STRUCTURES),
    st.builds(
        new_model.RecipesLoaded, st.builds(TemplateList, st.lists(TEMPLATE_ROWS, max_size=5).map(tuple))
    ),
    st.builds(new_model.FormLoaded, TEMPLATES),
    st.builds(new_model.InputsLoaded, PKS, INPUTS),
    st.builds(new_model.KeyMade, st.sampled_from(["d1", "d2"]), TEXTS),
    st.builds(new_model.JobSubmitted, SUBMITTED),
    st.builds(new_model.DraftLoaded, DRAFTS),
    st.builds(control.RetryKeyed, PKS, TEXTS),
    st.builds(control.Retried, st.tuples(PKS, TEXTS), SUBMITTED),
    st.builds(control.RetryFailed, st.tuples(PKS, TEXTS), ERROR_VALUES),
    st.builds(new_model.NamesListed, TEXTS, st.lists(TEXTS, max_size=4).map(tuple)),
    st.builds(new_model.PathFound, TEXTS),
    CLUSTER_MESSAGES,
    RESULT_MESSAGES,
    TARGET_MESSAGES,
    POTCAR_MESSAGES,
    IMPORT_MESSAGES,
    COMPARE_MESSAGES,
    DOWNLOAD_MESSAGES,
    TREND_MESSAGES,
    GRAPH_MESSAGES,
    st.builds(new_model.StepFailed, st.integers(0, 4), ERROR_VALUES),
)
"""Everything that may come in."""
