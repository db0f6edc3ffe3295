"""A job that corrects itself: what follows from a run that has ended, and in which words; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from crystalmath_server.domain.diagnosis.diagnosis import action_words
from crystalmath_server.domain.diagnosis.explain import ASKS
from crystalmath_server.domain.diagnosis.symptoms import Correction
from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.method import Json

ABANDONED = "Its worker was killed; what it began is done again"
"""Process status of what a killed worker left before it could begin."""


class NextAction(Enum):
    """What follows from a run."""

    DONE = auto()
    CORRECT = auto()
    ASK = auto()


@dataclass(frozen=True, slots=True)
class Look:
    """What custodian made of a run, as it stands in provenance.

    Attributes
    ----------
    counts
        Handler → what it counted up to and with this run.
    diffs
        File name → unified diff of the next run's input files against that of this one.
    copied
        Large files that the next run begins with.
    trouble
        Why custodian could not look; empty: it could.
    """

    corrections: tuple[Correction, ...] = ()
    counts: Mapping[str, Json] = field(default_factory=dict[str, Json])
    diffs: Mapping[str, str] = field(default_factory=dict[str, str])
    copied: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def corrects(self) -> bool:
        """Whether custodian would run it again: it found something, and knows a way for all that it found."""
        return bool(self.corrections) and all(one.actions for one in self.corrections)


def stored(look: Look) -> dict[str, Any]:
    """As a Dict holds it."""
    return to_json(look)


def read(held: Mapping[str, Any]) -> Look:
    """From what a Dict holds."""
    return from_json(Look, dict(held))


def turn(look: Look, *, ended_well: bool, made: int, most: int) -> NextAction:
    """What follows: a run that ended well is run again only where custodian would, and may.

    Parameters
    ----------
    made, most
        Corrections of this job so far, and how many it may make by itself.
    """
    if look.corrects and made < most:
        return NextAction.CORRECT
    return NextAction.DONE if ended_well else NextAction.ASK


def question(pk: int, how: str, look: Look, made: int) -> str:
    """Why a job waits for its user, as its process status says it.

    Parameters
    ----------
    pk, how
        The run that ended, and how.
    """
    times = f" after {made} correction{'' if made == 1 else 's'}" if made else ""
    return f"{ASKS}{_outlook(look)}. Run {pk} failed{times}: {how.strip().rstrip('.')}"


def _outlook(look: Look) -> str:
    if look.trouble:
        return f"custodian could not look at it: {look.trouble}"
    if look.corrects:
        return f"no more corrections are allowed; one more would be {words(look.corrections)}"
    lost = ", ".join(name for one in look.corrections if not one.actions for name in one.errors)
    return f"custodian knows no correction for {lost or 'it'}"


def words(corrections: Sequence[Correction]) -> str:
    """Corrections in one line, as: zbrent: INCAR: NELMIN = 8."""
    return "; ".join(
        f"{', '.join(one.errors)}: {', '.join(map(action_words, one.actions)) or 'no way'}"
        for one in corrections
    )
