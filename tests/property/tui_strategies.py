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
from crystalmath_tui.core import messages
from crystalmath_tui.core.effects import LocalPart
from crystalmath_tui.core.lines import Size
from crystalmath_tui.screens.job import update as job
from crystalmath_tui.screens.jobs import query as jobs_query
from crystalmath_tui.screens.jobs import update as jobs
from crystalmath_tui.screens.results import model as results_model

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
    st.builds(messages.Answered, st.just("clusters"), CLUSTER_LISTS),
    st.builds(messages.Refused, st.just("clusters"), ERROR_VALUES),
    st.builds(messages.Answered, st.just("cluster saved"), CLUSTER_DETAILS),
    st.builds(messages.Answered, st.just("cluster deleted"), st.builds(Deleted, LABELS, NAMES)),
    st.builds(messages.Answered, st.just("code saved"), CODES),
    st.builds(messages.Answered, st.just("cluster"), CLUSTER_DETAILS, LABELS),
    st.builds(messages.Answered, st.just("cluster queue"), QUEUES, LABELS),
    st.builds(
        messages.Answered,
        st.just("cluster test"),
        st.builds(ClusterTest, LABELS, st.booleans(), STEPS),
        st.tuples(LABELS, TURNS),
    ),
    st.builds(
        messages.Answered,
        st.just("cluster code test"),
        st.builds(CodeTest, PKS, st.booleans(), STEPS),
        LABELS,
    ),
    st.builds(messages.Refused, st.sampled_from(["cluster", "cluster queue"]), ERROR_VALUES, LABELS),
    st.builds(messages.Refused, st.just("cluster test"), ERROR_VALUES, st.tuples(LABELS, TURNS)),
    st.builds(messages.Answered, st.just("setup hosts"), HOSTS),
    st.builds(messages.Answered, st.just("setup discovery"), DISCOVERIES, TURNS),
    st.builds(messages.Answered, st.just("setup cluster"), CLUSTER_DETAILS, TURNS),
    st.builds(
        messages.Refused,
        st.sampled_from(["setup cluster", "setup discovery", "cluster saved", "code saved"]),
        ERROR_VALUES,
        TURNS,
    ),
    st.builds(messages.Refused, st.just("setup hosts"), ERROR_VALUES),
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
        messages.Answered,
        st.just("results page"),
        RESULTS_TOLD | SERIES | DOCUMENT_PARTS | STRUCTURES,
        st.tuples(PKS, KINDS | st.just("steps step energy") | TEXTS),
    ),
    st.builds(messages.Answered, st.just("path names"), NAMES, st.tuples(st.just("results"), TEXTS)),
    st.builds(
        messages.Answered,
        st.just("results path"),
        st.sampled_from(["/a.csv", "/a.svg", "/a.cif"]) | TEXTS,
        PKS,
    ),
    st.builds(messages.Answered, st.just("results curves"), SERIES, st.sampled_from(["/a.csv", "/a.json"])),
    st.builds(messages.Refused, st.just("results export"), ERROR_VALUES, TEXTS),
    st.builds(
        messages.Answered,
        st.just("results file"),
        st.sampled_from(["written", "exists"]) | TEXTS,
        st.tuples(TEXTS, TEXTS),
    ),
    st.builds(
        messages.Refused,
        st.just("results page"),
        ERROR_VALUES,
        st.tuples(PKS, KINDS | st.just("results") | TEXTS),
    ),
)
ABOUT = st.tuples(st.integers(1, 2), st.sampled_from(["a", "b/c"]) | TEXTS)
GRAPH_MESSAGES = st.one_of(
    st.builds(
        messages.Answered,
        st.just("path names"),
        st.lists(TEXTS, max_size=9).map(tuple),
        st.tuples(st.just("graph"), TEXTS),
    ),
    st.builds(messages.Answered, st.just("graph path"), TEXTS, PKS),
    st.builds(messages.Refused, st.just("graph file"), ERROR_VALUES, TEXTS),
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
    st.builds(
        messages.Answered, st.just("jobs trends"), st.builds(Trends, st.lists(TRENDS, max_size=4).map(tuple))
    ),
    st.builds(messages.Refused, st.just("jobs trends"), ERROR_VALUES),
)
DOWNLOAD_MESSAGES = st.one_of(
    st.builds(
        messages.Entered,
        st.just("download"),
        st.tuples() | st.tuples(PKS.map(str)) | st.tuples(PKS.map(str), st.just("work"), PATHS),
    ),
    st.builds(
        messages.Answered,
        st.just("path names"),
        st.lists(TEXTS, max_size=9).map(tuple),
        st.tuples(st.just("download"), TEXTS),
    ),
    st.builds(messages.Answered, st.just("download path"), TEXTS, PKS),
    st.builds(
        messages.Answered,
        st.just("download files"),
        st.builds(JobFiles, st.lists(FILES, max_size=5).map(tuple)),
        PKS,
    ),
    st.builds(messages.Refused, st.just("download files"), ERROR_VALUES, PKS),
    st.builds(
        messages.Answered,
        st.just("download part"),
        st.builds(LocalPart, PKS, st.binary(max_size=9), st.booleans()),
        ABOUT,
    ),
    st.builds(messages.Refused, st.just("download range"), ERROR_VALUES, ABOUT),
    st.builds(messages.Answered, st.just("download kept"), st.just("") | TEXTS, ABOUT),
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
    st.builds(messages.Answered, st.just("potcars"), POTCARS, TURNS),
    st.builds(messages.Answered, st.just("potcars"), POTCARS, st.just(1)),
    st.builds(messages.Refused, st.just("potcars"), ERROR_VALUES, TURNS),
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
    st.builds(messages.Answered, st.just("compare"), COMPARISONS, st.just((3, 1))),
    st.builds(messages.Refused, st.just("compare"), ERROR_VALUES, st.just((3, 1))),
    st.builds(
        messages.Answered,
        st.just("compare file"),
        st.sampled_from(["written", "exists"]) | TEXTS,
        st.tuples(TEXTS, TEXTS),
    ),
)
IMPORT_MESSAGES = st.one_of(
    st.builds(messages.Answered, st.just("import clusters"), CLUSTER_LISTS),
    st.builds(
        messages.Answered,
        st.just("import codes"),
        st.builds(CodeList, st.lists(CODES, max_size=4).map(tuple)),
    ),
    st.builds(
        messages.Answered,
        st.just("path names"),
        st.lists(TEXTS, max_size=40).map(tuple),
        st.tuples(st.just("import"), st.just("") | TEXTS),
    ),
    st.builds(messages.Answered, st.just("import path"), TEXTS, TURNS),
    st.builds(messages.Answered, st.just("import run"), SUBMITTED, TURNS),
    st.builds(messages.Refused, st.just("import run"), ERROR_VALUES, TURNS),
)

TARGET_MESSAGES = st.one_of(
    st.builds(messages.Answered, st.just("new clusters"), CLUSTER_LISTS),
    st.builds(messages.Answered, st.just("new target"), CLUSTER_DETAILS, LABELS),
    st.builds(messages.Refused, st.just("new target"), ERROR_VALUES, LABELS),
    st.builds(messages.Refused, st.sampled_from(["new submit", "new script"]), ERROR_VALUES),
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
    st.builds(messages.Answered, st.just("status"), STATUSES),
    st.builds(messages.Refused, st.just("status"), ERROR_VALUES),
    st.builds(messages.CallFailed, ERROR_VALUES),
    st.builds(
        messages.Entered,
        st.sampled_from(["jobs", "job", "new", "help", "?"]),
        st.lists(TEXTS, max_size=2).map(tuple),
    ),
    st.builds(messages.Entered, st.just("job"), st.tuples(PKS.map(str), st.sampled_from(job.TABS))),
    st.builds(messages.Entered, st.just("diagnose"), st.tuples() | st.tuples(PKS.map(str))),
    st.builds(messages.Answered, st.just("diagnose"), DIAGNOSES, PKS),
    st.builds(messages.Refused, st.just("diagnose"), ERROR_VALUES, PKS),
    st.builds(messages.Answered, st.just("jobs page"), PAGES, WANTS),
    st.builds(messages.Refused, st.just("jobs page"), ERROR_VALUES, WANTS),
    st.builds(
        messages.Answered,
        st.just("job page"),
        DETAILS
        | LOGS
        | RESULTS
        | RUNS
        | st.builds(JobFiles, st.lists(FILES, max_size=5).map(tuple), st.sampled_from(["", "/work"])),
        st.tuples(PKS, st.sampled_from(job.TABS)),
    ),
    st.builds(messages.Refused, st.just("job page"), ERROR_VALUES, st.tuples(PKS, st.sampled_from(job.TABS))),
    st.builds(messages.Answered, st.just("job file"), RANGES, st.tuples(PKS, FILES)),
    st.builds(messages.Answered, st.just("job control"), CONTROLS, TEXTS),
    st.builds(
        messages.Answered,
        st.just("new stored"),
        st.builds(StructurePage, st.lists(STRUCTURE_ROWS, max_size=5).map(tuple), TEXTS),
        st.just("") | TEXTS,
    ),
    st.builds(messages.Answered, st.just("new structure"), STRUCTURES),
    st.builds(
        messages.Answered,
        st.just("new templates"),
        st.builds(TemplateList, st.lists(TEMPLATE_ROWS, max_size=5).map(tuple)),
    ),
    st.builds(messages.Answered, st.just("new form"), TEMPLATES),
    st.builds(messages.Answered, st.just("new inputs"), INPUTS, PKS),
    st.builds(messages.Answered, st.just("new key"), TEXTS, st.sampled_from(["d1", "d2"])),
    st.builds(messages.Answered, st.just("new submit"), SUBMITTED),
    st.builds(messages.Answered, st.just("new draft"), DRAFTS),
    st.builds(messages.Answered, st.just("retry key"), TEXTS, PKS),
    st.builds(messages.Answered, st.just("retry"), SUBMITTED, st.tuples(PKS, TEXTS)),
    st.builds(messages.Refused, st.just("retry"), ERROR_VALUES, st.tuples(PKS, TEXTS)),
    st.builds(
        messages.Answered,
        st.just("path names"),
        st.lists(TEXTS, max_size=4).map(tuple),
        st.tuples(st.just("new"), TEXTS),
    ),
    st.builds(messages.Answered, st.just("new path"), TEXTS),
    CLUSTER_MESSAGES,
    RESULT_MESSAGES,
    TARGET_MESSAGES,
    POTCAR_MESSAGES,
    IMPORT_MESSAGES,
    COMPARE_MESSAGES,
    DOWNLOAD_MESSAGES,
    TREND_MESSAGES,
    GRAPH_MESSAGES,
    st.builds(
        messages.Refused,
        st.sampled_from(
            ["new structure", "new draft", "new form", "new inputs", "new edited inputs", "new submit"]
        ),
        ERROR_VALUES,
    ),
)
"""Everything that may come in."""
