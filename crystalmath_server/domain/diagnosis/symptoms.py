"""The symptoms of a job that a diagnosis is based on, and the lines that match a pattern; pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from crystalmath_server.domain.diagnosis.explain import Facts
from crystalmath_server.domain.diagnosis.missing_output import UNKNOWN
from crystalmath_server.protocol.diagnosis import Evidence
from crystalmath_server.protocol.jobs import ENDED, JobRun
from crystalmath_server.protocol.method import Json

MOST_LINES = 4
MOST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Text:
    """The last part of a file.

    Attributes
    ----------
    first_line
        Number of its first line in the whole file, from 1.
    """

    content: str
    first_line: int = 1


@dataclass(frozen=True, slots=True)
class Correction:
    """What one custodian handler found and would do.

    Attributes
    ----------
    errors
        custodian's names for the errors found.
    signs
        Text in VASP's output that identifies the errors.
    actions
        custodian's actions, unchanged; empty: it has no correction.
    """

    handler: str
    errors: tuple[str, ...]
    signs: tuple[str, ...] = ()
    actions: tuple[Mapping[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Symptoms:
    """Everything known about a job.

    Attributes
    ----------
    path
        pks from the requested job down to the process that `facts` describe.
    daemon
        What is wrong with AiiDA's daemon; empty if nothing is.
    status
        AiiDA's description of what the process is doing.
    log
        Lines of AiiDA's log.
    texts
        File name → end of the file, in search order.
    stuck
        Why a running job seems to be stuck; empty if it does not.
    asks
        The question that a self-correcting job asks its user; `facts` then describe its last run.
    runs
        Runs of a self-correcting job.
    """

    facts: Facts
    path: tuple[int, ...]
    daemon: str = ""
    log: tuple[str, ...] = ()
    texts: Mapping[str, Text] = field(default_factory=dict[str, Text])
    corrections: tuple[Correction, ...] = ()
    stuck: str = ""
    asks: str = ""
    runs: tuple[JobRun, ...] = ()

    @property
    def message(self) -> str:
        """AiiDA's message about the current state or the end of the process."""
        facts = self.facts
        return facts.exit_message or facts.exception or facts.process_status


def find_evidence(symptoms: Symptoms, sign: str) -> tuple[Evidence, ...]:
    """The first matching lines; files come before AiiDA's messages.

    Until a job has ended, only current messages count, because its log and files also report past problems.
    """
    pattern = re.compile(sign, re.IGNORECASE)
    found: list[Evidence] = []
    for one in _lines(symptoms) if symptoms.facts.state in ENDED else _current_messages(symptoms):
        if pattern.search(one.text):
            found.append(one)
            if len(found) == MOST_LINES:
                break
    return tuple(found)


def _lines(symptoms: Symptoms) -> Iterator[Evidence]:
    for name, text in symptoms.texts.items():
        for number, line in enumerate(text.content.splitlines(), text.first_line):
            yield Evidence(name, number, line.strip()[:MOST_TEXT])
    yield from _current_messages(symptoms)
    yield from _spoken("AiiDA's log", symptoms.log)


def _current_messages(symptoms: Symptoms) -> Iterator[Evidence]:
    yield from _spoken("AiiDA", symptoms.message.splitlines())
    yield from _spoken("AiiDA's log", [symptoms.facts.trouble])
    yield from _spoken("the scheduler", [symptoms.facts.queue_reason, symptoms.facts.scheduler_state])


def _spoken(source: str, lines: Iterable[str]) -> Iterator[Evidence]:
    return (
        Evidence(source, 0, line.strip()[:MOST_TEXT])
        for line in lines
        if line.strip() and UNKNOWN not in line
    )
