"""What is known of a job that a diagnosis is made from; and lines of it that match a pattern; pure."""

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
    """The end of a file.

    Attributes
    ----------
    first_line
        Number of its first line in the whole file, from 1.
    """

    content: str
    first_line: int = 1


@dataclass(frozen=True, slots=True)
class Correction:
    """What one of custodian's handlers found, and would do.

    Attributes
    ----------
    errors
        custodian's names of what it found.
    signs
        Words in VASP's output by which it knows them.
    actions
        As custodian has them; empty: it knows no way.
    """

    handler: str
    errors: tuple[str, ...]
    signs: tuple[str, ...] = ()
    actions: tuple[Mapping[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Symptoms:
    """All of it.

    Attributes
    ----------
    path
        pks from the job that was asked for to the one that `facts` are of.
    daemon
        What is wrong with AiiDA's daemon; empty: nothing.
    status
        AiiDA's words for what the process does.
    log
        Lines of AiiDA's log.
    texts
        Ends of its files by name, in the order in which they are searched.
    stuck
        Why a running job seems to stand still, in words; empty: it does not.
    asks
        What a job that corrects itself waits for its user to decide; `facts` are then of its last run.
    runs
        Of a job that corrects itself.
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
        """What AiiDA says of how it is or how it ended."""
        facts = self.facts
        return facts.exit_message or facts.exception or facts.process_status


def matching(symptoms: Symptoms, sign: str) -> tuple[Evidence, ...]:
    """The first lines that match, files before AiiDA's own words.

    While a job has not ended only what is said now counts: its log and files tell of what is over, too.
    """
    pattern = re.compile(sign, re.IGNORECASE)
    found: list[Evidence] = []
    for one in _lines(symptoms) if symptoms.facts.state in ENDED else _said_now(symptoms):
        if pattern.search(one.text):
            found.append(one)
            if len(found) == MOST_LINES:
                break
    return tuple(found)


def _lines(symptoms: Symptoms) -> Iterator[Evidence]:
    for name, text in symptoms.texts.items():
        for number, line in enumerate(text.content.splitlines(), text.first_line):
            yield Evidence(name, number, line.strip()[:MOST_TEXT])
    yield from _said_now(symptoms)
    yield from _spoken("AiiDA's log", symptoms.log)


def _said_now(symptoms: Symptoms) -> Iterator[Evidence]:
    yield from _spoken("AiiDA", symptoms.message.splitlines())
    yield from _spoken("AiiDA's log", [symptoms.facts.trouble])
    yield from _spoken("the scheduler", [symptoms.facts.queue_reason, symptoms.facts.scheduler_state])


def _spoken(source: str, lines: Iterable[str]) -> Iterator[Evidence]:
    return (
        Evidence(source, 0, line.strip()[:MOST_TEXT])
        for line in lines
        if line.strip() and UNKNOWN not in line
    )
