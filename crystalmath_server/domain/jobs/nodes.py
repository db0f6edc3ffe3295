"""Names by which this project's AiiDA nodes are known: entry point, attributes, links, files."""

CALCULATION = "crystalmath.jobflow"
"""Entry point of the CalcJob and of its parser."""

VASP_CALCULATION = "crystalmath.vasp"
"""Entry point of the CalcJob that runs bare VASP, and of its parser."""

VASP_PROCESS = f"aiida.calculations:{VASP_CALCULATION}"
"""Process type of its nodes."""

PROCESS_TYPES = (f"aiida.calculations:{CALCULATION}", VASP_PROCESS)

MEND = "crystalmath.mend"
"""Entry point of the workflow that runs VASP and corrects what failed."""

MEND_PROCESS = f"aiida.workflows:{MEND}"
"""Process type of its nodes."""

JOB_TYPES = (*PROCESS_TYPES, MEND_PROCESS)

# Attributes of a process node
DIGEST = "crystalmath_digest"
TEMPLATE = "crystalmath_template"
FORMULA = "crystalmath_formula"
ENGINE = "crystalmath_engine"
ATTRIBUTES = (DIGEST, TEMPLATE, FORMULA, ENGINE)
RUN = "crystalmath_run"
"""Of a run that belongs to a job which corrects itself: its number, as text. It is not a job of its own."""

IMPORTED = "vasp.imported"
"""In place of a template, of a job that was run by other means."""

CAUSE = "crystalmath_cause"
"""Extra of a job that failed: the title of its diagnosis. Derived, and may be dropped."""

# Extra of a structure node, beside DIGEST and FORMULA
N_SITES = "crystalmath_n_sites"

# Extra of a settings node: uuid of the job that this one is a retry of
RETRY_OF = "crystalmath_retry_of"

# Extra of a code
CODE_KIND = "crystalmath_kind"

# Keys of the settings node, beside the options that domain/jobs/kept_options.py keeps by name. The form's
# names are one level below, since AiiDA refuses a dot in a key at the top.
VALUES = "values"
EDITS = "edits"
"""File name → unified diff of what was edited by hand against what the template wrote."""
EDITED_FROM = "edited_from"
"""UUID of the structure that the template was given, where POSCAR was edited to another."""

COPIED = "copied"
"""In the settings node: names of the files that are copied from the earlier job."""

TIMES = "times"
"""In the settings node of an import: file name → UNIX time at which it was written."""
SPECS, SPECS_OF_ORIG = "specs", "specs_of_orig"
"""In the potcar node of an import: emmet's PotcarSpec of each potential; whether POTCAR.orig is the same."""

# Link labels of the CalcJob
STRUCTURE = "structure"
IMAGES = "images"
"""Namespace of the structures of a band, given and found."""
MAKER = "maker"
SETTINGS = "settings"
FILES = "files"
POTCAR = "potcar"
SOURCE = "remote_folder"
"""AiiDA's own link of a run that is read instead of made."""
RESTART = "restart_folder"
"""Folder of an earlier job, from which files are copied."""
MOST_RUNS = "max_iterations"
CLEAN = "clean_workdir"
"""Of BaseRestartWorkChain."""
OWN_INPUTS = (MAKER, SETTINGS, FILES, POTCAR, SOURCE, MOST_RUNS, CLEAN)
"""Inputs that are made for one job alone."""
SUMMARY = "summary"
DOCUMENT = "document"
STEPS = "steps"
CORRECTION = "correction"
"""What custodian made of a run, as a Dict: see domain/mending.py."""

# Files
STRUCTURE_FILE = "structure.json"
"""pymatgen's own JSON, in the repository of a StructureData: keeps what StructureData cannot."""
PROGRESS_FILE = "progress.jsonl"
"""One JSON object a line while the job runs: step, energy_ev, max_force_ev_a, time_s."""
OUTPUT_FILE = "job.out"
VASP_OUTPUT_FILE = "vasp.out"
SEARCHED_FILES = (
    VASP_OUTPUT_FILE,
    OUTPUT_FILE,
    "_scheduler-stderr.txt",
    "_scheduler-stdout.txt",
    "OUTCAR",
)
"""Files in which a diagnosis looks for signs, in this order."""
