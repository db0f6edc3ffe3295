"""The table of causes: how each is known, what it is called, and what to do about it; pure."""

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
        States and exit statuses in which it is looked for; no exits: any.
    sign
        A regular expression that a line of the job must match; empty: state and exit status suffice.
    detail
        What follows, in words; empty: what AiiDA's own words say.
    steps
        What to do, the best first.
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

HELD = Cause("held", "It waits for its turn on the cluster", (S.CREATED,), ("wait", "play", "queue"))
"""Of a job whose row says that it is held back."""

WAITING = (
    Cause(
        "queue.held",
        "The scheduler holds it in the queue",
        (S.QUEUED,),
        ("queue", "cancel"),
        "JobHeld|^queued held",
    ),
    Cause(
        "queue.closed",
        "Its partition is closed",
        (S.QUEUED,),
        ("queue", "clone", "cancel"),
        "PartitionDown|PartitionInactive",
    ),
    Cause(
        "queue.too_much",
        "It asks for more than its partition gives",
        (S.QUEUED,),
        ("clone", "cancel", "queue"),
        "PartitionTimeLimit|PartitionNodeLimit|PartitionConfig",
    ),
    Cause(
        "queue.nodes_down",
        "Nodes that it needs are down or reserved",
        (S.QUEUED,),
        ("queue", "clone", "cancel"),
        "ReqNodeNotAvail|NodeDown|Reservation",
    ),
    Cause(
        "queue.limit",
        "A limit of your account is reached",
        (S.QUEUED,),
        ("wait", "queue"),
        "QOS|Assoc|MaxCpu|MaxJobs",
    ),
    Cause("queue.refused", "Its account is not valid", (S.QUEUED,), ("clone", "cancel"), "InvalidAccount"),
    Cause(
        "queue.dependency", "It waits for another job of the scheduler", (S.QUEUED,), ("queue",), "Dependency"
    ),
    Cause("queue.turn", "It waits for its turn in the queue", (S.QUEUED,), ("wait", "queue")),
    Cause(
        "work_folder",
        "Its folder on the cluster cannot be made or written",
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
        "It stopped at an error that nobody knows",
        (S.PAUSED,),
        ("log", "play"),
        "Paused for user",
    ),
    Cause("paused", "It was paused", (S.PAUSED,), ("play", "cancel")),
    Cause("worker", "It waits for a worker of AiiDA's daemon", (S.CREATED,), ("wait", "status")),
    Cause("working", "AiiDA is at work on it", (S.PREPARING, S.COLLECTING), ("wait", "log")),
    Cause("suspended", "The scheduler suspended it", (S.RUNNING,), ("queue", "cancel"), "^suspended"),
    Cause("running", "It runs, and nothing is wrong", (S.RUNNING,), ("wait", "file")),
    Cause("finished", "Nothing is wrong: it finished", (S.FINISHED,), ()),
    Cause("killed", "It was killed on request", (S.KILLED,), ("retry", "clone")),
)
"""Of jobs that have not failed; the first that fits."""

_MEMORY = Cause(
    "memory",
    E.OUT_OF_MEMORY.title,
    _ANY_FAILURE,
    ("clone", "retry", "log"),
    exits=(E.OUT_OF_MEMORY,),
    detail="Ask for more memory or more nodes, or use a smaller structure, fewer k-points or KPAR = 1.",
)
_WALLTIME = Cause(
    "walltime",
    E.OUT_OF_WALLTIME.title,
    _ANY_FAILURE,
    ("restart", "clone", "log"),
    exits=(E.OUT_OF_WALLTIME,),
    detail="Ask for a longer walltime. You can continue from the partial results.",
)

BY_SCHEDULER = (
    _MEMORY,
    _WALLTIME,
    Cause("node", E.NODE_FAILURE.title, _ANY_FAILURE, _AGAIN, exits=(E.NODE_FAILURE,)),
    Cause("cancelled", E.CANCELLED.title, _ANY_FAILURE, _AGAIN, exits=(E.CANCELLED,)),
    Cause("preempted", E.PREEMPTED.title, _ANY_FAILURE, _AGAIN, exits=(E.PREEMPTED,)),
    Cause(
        "refused.account",
        "The scheduler does not accept the account",
        _ANY_FAILURE,
        _CHANGE,
        "account",
        _REFUSED,
        "Give an account that you may use there: a default of the cluster, or a field of the job.",
    ),
    Cause(
        "refused.time",
        "It asks for more time than its partition gives",
        _ANY_FAILURE,
        _CHANGE,
        "time limit",
        _REFUSED,
        "Ask for a shorter walltime, or for another partition.",
    ),
    Cause(
        "refused.partition",
        "The partition is not there",
        _ANY_FAILURE,
        _CHANGE,
        "partition",
        _REFUSED,
        "Give one of the partitions that the cluster's queue shows.",
    ),
    Cause(
        "refused.resources",
        "No node can give what it asks for",
        _ANY_FAILURE,
        _CHANGE,
        "node configuration|cpu count|memory|nodes",
        _REFUSED,
        "Ask for fewer tasks or less memory a node.",
    ),
    Cause("refused", "The scheduler refused it", _ANY_FAILURE, _CHANGE, exits=_REFUSED),
)
"""The scheduler's own word counts more than what a program printed while it was ended."""

BY_PLUGIN = (
    Cause("potcar", "A POTCAR is not there", _ANY_FAILURE, ("potcars", "retry"), exits=(E.POTCAR_MISSING,)),
    Cause(
        "potcar_other",
        "A POTCAR is of another element than POSCAR has there",
        _ANY_FAILURE,
        ("potcars", "clone"),
        "type information on POSCAR and POTCAR",
        detail="A file of the potentials on the cluster does not hold what its name says.",
    ),
    Cause(
        "restart",
        "A file of the earlier job is not there any more",
        _ANY_FAILURE,
        ("clone", "log"),
        exits=(E.RESTART_MISSING,),
        detail="Continue from another job, or run the earlier one again.",
    ),
    Cause(
        "module",
        "A module cannot be loaded",
        _ANY_FAILURE,
        ("codes", "clone", "log"),
        exits=(E.MODULE_MISSING,),
    ),
    Cause(
        "engine", "The cluster lacks the engine", _ANY_FAILURE, ("codes", "log"), exits=(E.ENGINE_MISSING,)
    ),
    Cause("template", "The template cannot run as one job", _ANY_FAILURE, _CHANGE, exits=(E.NOT_ONE_JOB,)),
    Cause(
        "disk",
        "The disk of the cluster is full, or a quota is used up",
        _ANY_FAILURE,
        ("retry", "log"),
        "No space left on device|Disk quota exceeded|disk of the cluster is full",
        detail="Make room there first.",
    ),
)
"""What is certain before VASP's own messages are looked at."""

BY_OUTPUT = (
    replace(
        _MEMORY,
        exits=(),
        sign=r"oom.?kill|(?<!ran )out of memory|OUT_OF_MEMORY|\bMemoryError\b|insufficient virtual memory",
    ),
    replace(_WALLTIME, exits=(), sign="DUE TO TIME LIMIT"),
    Cause(
        "library",
        sentence(NO_LIBRARY),
        _ANY_FAILURE,
        ("codes", "log"),
        "error while loading shared libraries|cannot open shared object file",
        detail="Load the modules that the program was built with: of the code, the cluster or the job.",
    ),
    Cause(
        "script",
        sentence(BAD_SCRIPT),
        _ANY_FAILURE,
        ("clone", "codes", "log"),
        r"syntax error|unexpected (EOF|end of file)",
        (E.NO_RESPONSE,),
        "Correct the lines before or after the program: of the job, the code or the cluster.",
    ),
    Cause(
        "build",
        "This build of VASP cannot compute what the input files asks for",
        _ANY_FAILURE,
        ("clone", "codes"),
        "gamma-only version of VASP|require that VASP is compiled",
        detail="Name no code, so that the one that fits is taken; or name another.",
    ),
    Cause(
        "program",
        "A program is not there on the cluster",
        _ANY_FAILURE,
        ("codes", "log"),
        r"command not found|: not found|No such file or directory|Exec format error",
        (E.NO_RESPONSE,),
        "The path of the code, or what is loaded before it, is not right.",
    ),
    Cause(
        "not_vasp",
        "The program that ran is not VASP",
        _ANY_FAILURE,
        ("codes", "clone"),
        "is it VASP",
        (E.NO_RESPONSE,),
        "The path of the code leads to another program.",
    ),
    Cause(
        "permission",
        "A file or folder on the cluster may not be used",
        _ANY_FAILURE,
        ("codes", "log"),
        "Permission denied",
    ),
    Cause(
        "processor",
        "The program does not fit the processor of the cluster",
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
        detail="Often a stack that is too small (ulimit -s unlimited), too little memory, or a faulty build.",
    ),
    Cause(
        "raised",
        "The engine, or the code around it, raised an error",
        _ANY_FAILURE,
        ("log", "clone"),
        exits=(E.JOB_RAISED,),
    ),
    Cause(
        "ended",
        "It was ended in the middle: from outside, or for want of memory",
        _ANY_FAILURE,
        _AGAIN,
        r"\bTerminated\b|\bKilled\b|SIGTERM|SIGKILL",
    ),
    Cause(
        "truncated",
        "It was cut off: its output ends in the middle",
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
        "Its output cannot be read",
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
"""What is told by the output where VASP's messages tell nothing."""

UNKNOWN = Cause(
    "unknown", "It failed, and nothing that is known tells why", _ANY_FAILURE, ("log", "file", "retry")
)

_SCHEDULERS = range(100, 200)
"""Exit statuses that AiiDA gives to any CalcJob."""


def title_of_exit(status: int | None, message: str, *, ours: bool) -> str:
    """What an exit status and its message tell; empty where that is too little, or of another plugin.

    Parameters
    ----------
    ours
        Whether the process is of this project's own plugins.
    """
    if status is None or not (ours or status in _SCHEDULERS):
        return ""
    causes = (*BY_SCHEDULER, *BY_PLUGIN, *BY_OUTPUT)
    found = (cause for cause in causes if status in cause.exits)
    return next((cause.title for cause in found if re.search(cause.sign, message, re.IGNORECASE)), "")
