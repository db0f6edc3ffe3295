"""The table of causes: how to recognize each one, its title, and what to do about it; pure."""

import re
from dataclasses import dataclass, replace

from crystalmath_server.domain.diagnosis.missing_output import BAD_SCRIPT, NO_LIBRARY
from crystalmath_server.domain.exit_status import ExitStatus, sentence
from crystalmath_server.protocol.diagnosis import Action
from crystalmath_server.protocol.jobs import JobState

S = JobState
E = ExitStatus
_REFUSED = (E.INVALID_ACCOUNT, E.REFUSED)
_ANY_FAILURE = (S.FAILED, S.EXCEPTED)
_ON_THE_WAY = (S.PREPARING, S.QUEUED, S.RUNNING, S.COLLECTING, S.PAUSED)


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause.

    Attributes
    ----------
    states, exits
        Job states and exit statuses that the cause applies to; no exits: any exit status.
    sign
        Regular expression that some line of the job must match; empty: state and exit status suffice.
    detail
        Explanation or advice for the user; empty: the explanation derived from AiiDA's state.
    steps
        Actions to offer, best first.
    """

    code: str
    title: str
    states: tuple[JobState, ...]
    steps: tuple[Action, ...]
    sign: str = ""
    exits: tuple[ExitStatus, ...] = ()
    detail: str = ""


_AGAIN: tuple[Action, ...] = ("retry", "clone", "log")
_CHANGE: tuple[Action, ...] = ("clone", "log")

HELD = Cause("held", "The job waits until the cluster can take it", (S.CREATED,), ("wait", "play", "queue"))
"""The cause for a job that is held back."""

WAITING = (
    Cause(
        "queue.held",
        "The scheduler holds the job in the queue",
        (S.QUEUED,),
        ("queue", "cancel"),
        "JobHeld|^queued held",
    ),
    Cause(
        "queue.closed",
        "The partition is closed",
        (S.QUEUED,),
        ("queue", "clone", "cancel"),
        "PartitionDown|PartitionInactive",
    ),
    Cause(
        "queue.too_much",
        "The job requests more than its partition allows",
        (S.QUEUED,),
        ("clone", "cancel", "queue"),
        "PartitionTimeLimit|PartitionNodeLimit|PartitionConfig",
    ),
    Cause(
        "queue.nodes_down",
        "Nodes that the job needs are down or reserved",
        (S.QUEUED,),
        ("queue", "clone", "cancel"),
        "ReqNodeNotAvail|NodeDown|Reservation",
    ),
    Cause(
        "queue.limit",
        "Your account has reached a limit",
        (S.QUEUED,),
        ("wait", "queue"),
        "QOS|Assoc|MaxCpu|MaxJobs",
    ),
    Cause("queue.refused", "The account is not valid", (S.QUEUED,), ("clone", "cancel"), "InvalidAccount"),
    Cause(
        "queue.dependency",
        "The job waits for another job in the queue",
        (S.QUEUED,),
        ("queue",),
        "Dependency",
    ),
    Cause("queue.turn", "The job waits for its turn in the queue", (S.QUEUED,), ("wait", "queue")),
    Cause(
        "work_folder",
        "The job's folder on the cluster cannot be created or written",
        (S.PREPARING, S.COLLECTING, S.PAUSED),
        ("test cluster", "play", "log"),
        "SFTPNoSuchFile|SFTPPermissionDenied|SFTPFailure|Error while uploading file",
    ),
    Cause(
        "connection",
        "The cluster cannot be reached",
        (S.PREPARING, S.COLLECTING, S.PAUSED),
        ("test cluster", "play", "log"),
        r"failed transport task|failed \d+ times",
    ),
    Cause(
        "paused.error",
        "The job stopped at an unknown error",
        (S.PAUSED,),
        ("log", "play"),
        "Paused for user",
    ),
    Cause("paused", "The job was paused", (S.PAUSED,), ("play", "cancel")),
    Cause("worker", "The job waits for a worker of AiiDA's daemon", (S.CREATED,), ("wait", "status")),
    Cause("working", "AiiDA is processing the job", (S.PREPARING, S.COLLECTING), ("wait", "log")),
    Cause("suspended", "The scheduler suspended the job", (S.RUNNING,), ("queue", "cancel"), "^suspended"),
    Cause("running", "The job is running normally", (S.RUNNING,), ("wait", "file")),
    Cause("finished", "The job finished successfully", (S.FINISHED,), ()),
    Cause("killed", "The job was killed on request", (S.KILLED,), ("retry", "clone")),
)
"""Causes for jobs that have not failed; the first match wins."""

_MEMORY = Cause(
    "memory",
    E.OUT_OF_MEMORY.title,
    _ANY_FAILURE,
    ("clone", "retry", "log"),
    exits=(E.OUT_OF_MEMORY,),
    detail="Request more memory or nodes, or use a smaller structure or fewer k-points; in VASP, KPAR = 1.",
)
_WALLTIME = Cause(
    "walltime",
    E.OUT_OF_WALLTIME.title,
    _ANY_FAILURE,
    ("restart", "clone", "log"),
    exits=(E.OUT_OF_WALLTIME,),
    detail="Request a longer walltime. You can continue from the partial results.",
)

BY_SCHEDULER = (
    _MEMORY,
    _WALLTIME,
    Cause("node", E.NODE_FAILURE.title, _ANY_FAILURE, _AGAIN, exits=(E.NODE_FAILURE,)),
    Cause("cancelled", E.CANCELLED.title, _ANY_FAILURE, _AGAIN, exits=(E.CANCELLED,)),
    Cause("preempted", E.PREEMPTED.title, _ANY_FAILURE, _AGAIN, exits=(E.PREEMPTED,)),
    Cause(
        "refused.account",
        "The scheduler rejected the account",
        _ANY_FAILURE,
        _CHANGE,
        "account",
        _REFUSED,
        "Set an account that you may use there, in the cluster's defaults or in the job's resources.",
    ),
    Cause(
        "refused.time",
        "The job requests more time than its partition allows",
        _ANY_FAILURE,
        _CHANGE,
        "time limit",
        _REFUSED,
        "Request a shorter walltime or another partition.",
    ),
    Cause(
        "refused.partition",
        "The partition does not exist",
        _ANY_FAILURE,
        _CHANGE,
        "partition",
        _REFUSED,
        "Choose one of the partitions listed in the cluster's queue.",
    ),
    Cause(
        "refused.resources",
        "No node can give what it asks for",
        _ANY_FAILURE,
        _CHANGE,
        "node configuration|cpu count|memory|nodes",
        _REFUSED,
        "Request fewer tasks or less memory per node.",
    ),
    Cause("refused", "The scheduler refused it", _ANY_FAILURE, _CHANGE, exits=_REFUSED),
)
"""Causes reported by the scheduler, which take precedence over what the program printed as it ended."""

BY_PLUGIN = (
    Cause("potcar", "A POTCAR is missing", _ANY_FAILURE, ("potcars", "retry"), exits=(E.POTCAR_MISSING,)),
    Cause(
        "potcar_other",
        "A POTCAR is for a different element than POSCAR lists",
        _ANY_FAILURE,
        ("potcars", "clone"),
        "type information on POSCAR and POTCAR",
        detail="A POTCAR file on the cluster does not contain the potential that its name suggests.",
    ),
    Cause(
        "restart",
        "A file of the earlier job no longer exists",
        _ANY_FAILURE,
        ("clone", "log"),
        exits=(E.RESTART_MISSING,),
        detail="Continue from another job, or run the earlier job again.",
    ),
    Cause(
        "module",
        "A module cannot be loaded",
        _ANY_FAILURE,
        ("codes", "clone", "log"),
        exits=(E.MODULE_MISSING,),
    ),
    Cause(
        "engine",
        "The engine is not installed on the cluster",
        _ANY_FAILURE,
        ("codes", "log"),
        exits=(E.ENGINE_MISSING,),
    ),
    Cause("template", "The template cannot run as one job", _ANY_FAILURE, _CHANGE, exits=(E.NOT_ONE_JOB,)),
    Cause(
        "disk",
        "The cluster's disk is full or a quota is used up",
        _ANY_FAILURE,
        ("retry", "log"),
        "No space left on device|Disk quota exceeded|disk of the cluster is full",
        detail="Free up space on the cluster first.",
    ),
)
"""Causes that are certain without reading VASP's own messages."""

BY_OUTPUT = (
    replace(
        _MEMORY,
        exits=(),
        sign=r"oom.?kill|(?<!ran )out of memory|OUT_OF_MEMORY|(\b|_Array)MemoryError\b"
        r"|insufficient virtual memory",
    ),
    replace(_WALLTIME, exits=(), sign="DUE TO TIME LIMIT"),
    Cause(
        "library",
        sentence(NO_LIBRARY),
        _ANY_FAILURE,
        ("codes", "log"),
        "error while loading shared libraries|cannot open shared object file",
        detail="Load the modules the program was built with: in the code, the cluster's defaults or the job.",
    ),
    Cause(
        "script",
        sentence(BAD_SCRIPT),
        _ANY_FAILURE,
        ("clone", "codes", "log"),
        r"syntax error|unexpected (EOF|end of file)",
        (E.NO_RESPONSE,),
        "Correct the shell lines before or after the program: in the job, the code or the cluster.",
    ),
    Cause(
        "build",
        "This build of VASP cannot run these input files",
        _ANY_FAILURE,
        ("clone", "codes"),
        "gamma-only version of VASP|require that VASP is compiled",
        detail="Leave the code empty to have a suitable one chosen, or choose another code.",
    ),
    Cause(
        "program",
        "A program is missing on the cluster",
        _ANY_FAILURE,
        ("codes", "log"),
        r"command not found|: not found|No such file or directory|Exec format error",
        (E.NO_RESPONSE,),
        "The code's path, or the environment loaded before it, is wrong.",
    ),
    Cause(
        "not_vasp",
        "The program that ran is not VASP",
        _ANY_FAILURE,
        ("codes", "clone"),
        "is it VASP",
        (E.NO_RESPONSE,),
        "The code's path points to another program.",
    ),
    Cause(
        "permission",
        "Access to a file or folder on the cluster was denied",
        _ANY_FAILURE,
        ("codes", "log"),
        "Permission denied",
    ),
    Cause(
        "processor",
        "The program was built for a different processor than the cluster has",
        _ANY_FAILURE,
        ("codes", "log"),
        "Illegal instruction",
    ),
    Cause(
        "crash",
        "The program crashed",
        _ANY_FAILURE,
        ("retry", "clone", "log"),
        r"Segmentation fault|SIGSEGV|signal 11|SIGBUS|floating point exception|\bAborted\b|SIGABRT",
        detail="Common causes: a small stack (try ulimit -s unlimited), too little memory, a faulty build.",
    ),
    Cause(
        "gpaw.unconverged",
        "GPAW's density did not converge",
        _ANY_FAILURE,
        ("clone", "file", "log"),
        "KohnShamConvergenceError",
        (E.JOB_RAISED,),
        "Use a larger smearing width, give initial magnetic moments, or check the distances between atoms.",
    ),
    Cause(
        "gpaw.symmetry",
        "The crystal lost a symmetry that GPAW uses",
        _ANY_FAILURE,
        ("clone", "log"),
        "SymmetryBrokenError",
        (E.JOB_RAISED,),
        "Preserve the symmetry during the relaxation: set fix_symmetry.",
    ),
    Cause(
        "gpaw.dataset",
        "GPAW finds no PAW dataset for an element",
        _ANY_FAILURE,
        ("clone", "codes", "log"),
        "Could not find required PAW dataset",
        (E.JOB_RAISED,),
        "Choose another functional, or set GPAW_SETUP_PATH in the code's commands to a folder with it.",
    ),
    Cause(
        "raised",
        "The engine or its Python wrapper raised an error",
        _ANY_FAILURE,
        ("log", "clone"),
        exits=(E.JOB_RAISED,),
    ),
    Cause(
        "ended",
        "The run was killed, from outside or because it ran short of memory",
        _ANY_FAILURE,
        _AGAIN,
        r"\bTerminated\b|\bKilled\b|SIGTERM|SIGKILL",
    ),
    Cause(
        "truncated",
        "Interrupted: its output is incomplete",
        _ANY_FAILURE,
        ("restart", "retry", "log"),
        exits=(E.CUT_OFF,),
    ),
    Cause(
        "unconverged",
        "It did not converge",
        _ANY_FAILURE,
        ("restart", "clone", "log"),
        exits=(E.NOT_CONVERGED,),
    ),
    Cause(
        "unreadable",
        "The output cannot be read",
        _ANY_FAILURE,
        ("log", "retry"),
        exits=(E.RESPONSE_UNREADABLE,),
    ),
    Cause(
        "connection",
        "The cluster could not be reached",
        (S.EXCEPTED,),
        ("test cluster", "retry"),
        "Transport|ssh|Connection",
    ),
    Cause("bug", "AiiDA or a plugin raised an error", (S.EXCEPTED,), ("log", "retry")),
)
"""Causes found in the output when VASP's messages explain nothing."""

UNKNOWN = Cause("unknown", "The job failed for an unknown reason", _ANY_FAILURE, ("log", "file", "retry"))

_SCHEDULERS = range(100, 200)
"""Exit statuses that AiiDA gives to any CalcJob."""


def title_of_exit(status: int | None, message: str, *, ours: bool) -> str:
    """The title of the cause that an exit status and its message identify; empty if none can be identified.

    Parameters
    ----------
    ours
        Whether the process belongs to one of this project's own plugins.
    """
    if status is None or not (ours or status in _SCHEDULERS):
        return ""
    causes = (*BY_SCHEDULER, *BY_PLUGIN, *BY_OUTPUT)
    found = (cause for cause in causes if status in cause.exits)
    return next((cause.title for cause in found if re.search(cause.sign, message, re.IGNORECASE)), "")
