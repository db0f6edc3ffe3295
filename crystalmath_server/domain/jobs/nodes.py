"""Names used in this project's AiiDA nodes: entry points, attributes, links, files."""

CALCULATION = "crystalmath.jobflow"
"""Entry point of the CalcJob and of its parser."""

VASP_CALCULATION = "crystalmath.vasp"
"""Entry point of the CalcJob that runs VASP directly, and of its parser."""

VASP_PROCESS = f"aiida.calculations:{VASP_CALCULATION}"
"""Process type of its nodes."""

FLOW_CALCULATION = "crystalmath.flow_job"
"""Entry point of the CalcJob that runs one job of a flow, and of its parser."""

PROCESS_TYPES = (
    f"aiida.calculations:{CALCULATION}",
    VASP_PROCESS,
    f"aiida.calculations:{FLOW_CALCULATION}",
)

VASP_RESTART = "crystalmath.mend"
"""Entry point of the workflow that runs VASP and corrects failures."""

VASP_RESTART_PROCESS = f"aiida.workflows:{VASP_RESTART}"
"""Process type of its nodes."""

FLOW_WORKFLOW = "crystalmath.flow"
"""Entry point of the workflow that walks a jobflow Flow."""

FLOW_PROCESS = f"aiida.workflows:{FLOW_WORKFLOW}"
"""Process type of its nodes."""

JOB_TYPES = (*PROCESS_TYPES, VASP_RESTART_PROCESS, FLOW_PROCESS)

CALLING_TYPES = (VASP_RESTART_PROCESS, FLOW_PROCESS)
"""Process types of jobs that call other processes, which are not listed as jobs."""

# Attributes of a process node
DIGEST = "crystalmath_digest"
TEMPLATE = "crystalmath_template"
FORMULA = "crystalmath_formula"
ENGINE = "crystalmath_engine"
ATTRIBUTES = (DIGEST, TEMPLATE, FORMULA, ENGINE)
RUN = "crystalmath_run"
"""Number, as text, of a run of a self-correcting job or of a job of a flow. Neither is listed as a job."""

IMPORTED = "vasp.imported"
"""Stands in for the template of an imported job."""

CAUSE = "crystalmath_cause"
"""Extra of a failed job: the title of its diagnosis. Derived data that may be deleted."""

FLOW_PROGRESS = "crystalmath_flow"
"""Extra of a flow: the number of its jobs by fate, see domain/flows/progress.py. Derived data."""

# Extra of a structure node, in addition to DIGEST and FORMULA
N_SITES = "crystalmath_n_sites"

# Extra of a settings node: UUID of the job that this job retries
RETRY_OF = "crystalmath_retry_of"

# Extra of a code
CODE_KIND = "crystalmath_kind"

# Keys of the settings node, in addition to the options that domain/jobs/kept_options.py stores by name. Form
# field names are one level below, because AiiDA rejects dots in top-level keys.
VALUES = "values"
EDITS = "edits"
"""File name → unified diff from the template's file to the edited one."""
EDITED_FROM = "edited_from"
"""UUID of the template's input structure, if an edited POSCAR replaced it."""

COPIED = "copied"
"""In the settings node: names of the files copied from the earlier job."""

TIMES = "times"
"""In the settings node of an import: file name → UNIX time of its last change."""
SPECS, SPECS_OF_ORIG = "specs", "specs_of_orig"
"""In the potcar node of an import: emmet's PotcarSpecs, and whether POTCAR.orig is identical."""

# Link labels of the CalcJob
STRUCTURE = "structure"
IMAGES = "images"
"""Namespace of the images of a band, as inputs and outputs."""
MAKER = "maker"
SETTINGS = "settings"
FILES = "files"
POTCAR = "potcar"
SOURCE = "remote_folder"
"""AiiDA's link to the folder of an imported run."""
RESTART = "restart_folder"
"""Link to the folder of an earlier job that files are copied from."""
MOST_RUNS = "max_iterations"
CLEAN = "clean_workdir"
"""Input of BaseRestartWorkChain."""
FLOW = "flow"
"""The flow as jobflow serializes it."""
JOB = "job"
JOB_OUTPUTS = "outputs"
"""Namespace of the outputs that a job of a flow refers to."""
OWN_INPUTS = (MAKER, SETTINGS, FILES, POTCAR, SOURCE, MOST_RUNS, CLEAN, FLOW)
"""Inputs created for a single job."""
SUMMARY = "summary"
DOCUMENT = "document"
STEPS = "steps"
CORRECTION = "correction"
"""Dict with custodian's conclusions about a run: see domain/diagnosis/self_correction.py."""

EARLIER = "earlier"
"""Namespace of what a flow takes from the flow that it retries: documents by key, and follow-ups."""
FOLLOW_UP = "follow_up"
FOLLOW_UP_OF = "follow_up_"
"""File with the jobs that a job of a flow adds (replace, detour, addition), and what it stops."""
REFERENCES = "references"
"""Attribute of a flow job's document: uuids of the jobs that it refers to."""

# Files
STRUCTURE_FILE = "structure.json"
"""pymatgen's JSON in the repository of a StructureData; keeps what StructureData cannot store."""
PROGRESS_FILE = "progress.jsonl"
"""One JSON object per line, written during the job: step, energy_ev, max_force_ev_a, time_s."""
OUTPUT_FILE = "job.out"
GPAW_LOG = "gpaw.txt"
"""What GPAW writes: settings, PAW datasets, each electronic step."""
VASP_OUTPUT_FILE = "vasp.out"
SEARCHED_FILES = (
    VASP_OUTPUT_FILE,
    OUTPUT_FILE,
    "_scheduler-stderr.txt",
    "_scheduler-stdout.txt",
    "OUTCAR",
)
"""Files that a diagnosis searches for signs, in this order."""
