"""Exit statuses of jobs with their messages: AiiDA's, the schedulers' and this project's."""

from enum import IntEnum
from typing import Self


class ExitStatus(IntEnum):
    """Why a job failed; the numbers are stored in AiiDA's database and must never change.

    Attributes
    ----------
    message
        What happened, as a clause within a sentence; the code that ends the job fills in `{reason}`.
        Empty if AiiDA provides the message.
    """

    message: str

    NO_OUTPUT = 100, ""  # AiiDA's ERROR_NO_RETRIEVED_FOLDER
    OUT_OF_MEMORY = 110, "it needed more memory than it was given"
    OUT_OF_WALLTIME = 120, "it reached its time limit"
    INVALID_ACCOUNT = 131, ""
    REFUSED = 132, "SLURM refused it: {reason}"
    NODE_FAILURE = 140, "its node failed"
    CANCELLED = 145, "it was canceled on the cluster, not from here"
    PREEMPTED = 146, "a job of higher priority took its place"
    STOPPED_BY_MONITOR = 150, ""
    NO_RESPONSE = 300, "the program left no result: {reason}"
    RESPONSE_UNREADABLE = 301, "the result cannot be read: {reason}"
    JOB_RAISED = 310, "the job raised {reason}"
    ENGINE_MISSING = 311, "the cluster lacks a package: {reason}"
    NOT_ONE_JOB = 312, "the Maker cannot run as one job: {reason}"
    NOT_CONVERGED = 320, "the calculation did not converge: {reason}"
    POTCAR_MISSING = 330, "{reason}"
    RESTART_MISSING = 331, "{reason}"
    MODULE_MISSING = 335, "{reason}"
    CUT_OFF = 340, "the program was cut off: {reason}"
    JOBS_FAILED = 400, "jobs of the workflow failed: {reason}"

    def __new__(cls, number: int, message: str) -> Self:
        """Create a member from its number and message."""
        made = int.__new__(cls, number)
        made._value_ = number
        made.message = message
        return made

    @property
    def title(self) -> str:
        """The message as a standalone sentence."""
        return sentence(self.message)


def sentence(clause: str) -> str:
    """A clause turned into a standalone sentence."""
    return clause[:1].upper() + clause[1:]


OF_ANY_PLUGIN = (ExitStatus.NO_RESPONSE, ExitStatus.RESPONSE_UNREADABLE, ExitStatus.NOT_CONVERGED)
OF_JOBFLOW = (*OF_ANY_PLUGIN, ExitStatus.JOB_RAISED, ExitStatus.ENGINE_MISSING, ExitStatus.NOT_ONE_JOB)
OF_VASP = (
    *OF_ANY_PLUGIN,
    ExitStatus.POTCAR_MISSING,
    ExitStatus.RESTART_MISSING,
    ExitStatus.MODULE_MISSING,
    ExitStatus.CUT_OFF,
)
OF_FLOW = (ExitStatus.JOBS_FAILED,)
