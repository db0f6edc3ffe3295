"""Self-correcting jobs: what happens after a run has ended, and the messages about it; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from crystalmath_server.domain.diagnosis.diagnosis import action_words
from crystalmath_server.domain.diagnosis.explain import ASKS
from crystalmath_server.domain.diagnosis.symptoms import Correction
from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.method import Json

ABANDONED = "Its worker was killed; the step it had begun is repeated"
"""Process status of a step that a killed worker left unstarted."""


class NextAction(Enum):
    """What happens after a run."""

    DONE = auto()
    CORRECT = auto()
    ASK = auto()


@dataclass(frozen=True, slots=True)
class CorrectionReport:
    """What custodian concluded about a run, as stored in provenance.

    Attributes
    ----------
    counts
        Handler → its counters up to and including this run.
    diffs
        File name → unified diff from this run's input file to the next run's.
    copied
        Large files copied into the next run's folder.
    failure
        Why custodian could not examine the run; empty: it could.
    """

    corrections: tuple[Correction, ...] = ()
    counts: Mapping[str, Json] = field(default_factory=dict[str, Json])
    diffs: Mapping[str, str] = field(default_factory=dict[str, str])
    copied: tuple[str, ...] = ()
    failure: str = ""

    @property
    def corrects(self) -> bool:
        """Whether custodian would run again: it found errors and has a correction for every one."""
        return bool(self.corrections) and all(one.actions for one in self.corrections)


def to_dict(look: CorrectionReport) -> dict[str, Any]:
    """The content of the Dict node that stores a report."""
    return to_json(look)


def from_dict(held: Mapping[str, Any]) -> CorrectionReport:
    """The report stored in a Dict node."""
    return from_json(CorrectionReport, dict(held))


def next_action(look: CorrectionReport, *, ended_well: bool, n_corrections: int, most: int) -> NextAction:
    """What happens next; a run that ended well is repeated only if custodian would and may correct it.

    Parameters
    ----------
    n_corrections, most
        Corrections of this job so far, and the most it may make automatically.
    """
    if look.corrects and n_corrections < most:
        return NextAction.CORRECT
    return NextAction.DONE if ended_well else NextAction.ASK


def question(pk: int, how: str, look: CorrectionReport, n_corrections: int) -> str:
    """The process status of a job that waits for its user: why it waits.

    Parameters
    ----------
    pk, how
        The run that ended, and how it ended.
    """
    times = f" after {n_corrections} correction{'' if n_corrections == 1 else 's'}" if n_corrections else ""
    return f"{ASKS}{_outlook(look)}. Run {pk} failed{times}: {how.strip().rstrip('.')}"


def _outlook(look: CorrectionReport) -> str:
    if look.failure:
        return f"custodian could not look at it: {look.failure}"
    if look.corrects:
        return f"the limit of corrections is reached; the next would be {summary(look.corrections)}"
    lost = ", ".join(name for one in look.corrections if not one.actions for name in one.errors)
    return f"custodian knows no correction for {lost or 'it'}"


def summary(corrections: Sequence[Correction]) -> str:
    """Corrections on one line, for example "zbrent: INCAR: NELMIN = 8"."""
    return "; ".join(
        f"{', '.join(one.errors)}: {', '.join(map(action_words, one.actions)) or 'no correction'}"
        for one in corrections
    )
