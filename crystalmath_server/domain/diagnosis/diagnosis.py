"""Symptoms → Diagnosis: the first matching cause, with its evidence and the next steps; pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from crystalmath_server.domain.diagnosis.causes import (
    BY_OUTPUT,
    BY_PLUGIN,
    BY_SCHEDULER,
    HELD,
    UNKNOWN,
    WAITING,
    Cause,
)
from crystalmath_server.domain.diagnosis.explain import explain
from crystalmath_server.domain.diagnosis.symptoms import MOST_LINES, Correction, Symptoms, find_evidence
from crystalmath_server.domain.diagnosis.vasp_messages import WORDS
from crystalmath_server.protocol.again import JOBS_CLONE, JOBS_RESTART, JOBS_RETRY
from crystalmath_server.protocol.clusters import CLUSTERS_QUEUE, CLUSTERS_TEST
from crystalmath_server.protocol.codes import CODES_LIST
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.diagnosis import Action, Diagnosis, Evidence, NextStep
from crystalmath_server.protocol.files import JOBS_FILE, JOBS_LOG
from crystalmath_server.protocol.jobs import ENDED, JOBS_CANCEL, JOBS_PLAY, JobState
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.potcars import POTCARS_CHECK

_ADVICE = {"LargeSigma", "IncorrectSmearing", "ScanMetal", "psmaxn"}
"""Errors that custodian would correct but that do not make a job fail."""
_UNCONVERGED = "Unconverged"
"""A consequence of other errors, so other errors take precedence."""


def diagnose(symptoms: Symptoms) -> Diagnosis:
    """The diagnosis of a job; never raises."""
    found = _diagnose(symptoms)
    return _for_question(found, symptoms) if symptoms.asks else found


def is_certain(symptoms: Symptoms) -> bool:
    """Whether the scheduler or our own checks explain the failure, regardless of what VASP printed."""
    return bool(_first(BY_SCHEDULER, symptoms) or _first(BY_PLUGIN, symptoms))


def _for_question(found: Diagnosis, symptoms: Symptoms) -> Diagnosis:
    """Diagnosis of a job that waits for its user: the cause of its last run, with the user's options."""
    steps: tuple[Action, ...] = ("play", "cancel", "clone", "file")
    return replace(
        found,
        state=JobState.PAUSED,
        detail=symptoms.asks,
        steps=tuple(_step(symptoms, action, found.evidence) for action in steps),
    )


def _diagnose(symptoms: Symptoms) -> Diagnosis:
    facts = symptoms.facts
    if facts.state not in {JobState.FAILED, JobState.EXCEPTED}:
        return _alive(symptoms)
    certain = _first(BY_SCHEDULER, symptoms) or _first(BY_PLUGIN, symptoms)
    if certain is not None:
        return certain
    found = [(name, one) for one in symptoms.corrections for name in one.errors if name not in _ADVICE]
    if found:
        error, correction = min(found, key=lambda pair: pair[0] == _UNCONVERGED)
        return _of_vasp(symptoms, correction, error)
    return _first(BY_OUTPUT, symptoms) or _from_cause(symptoms, UNKNOWN, _last_words(symptoms))


def _alive(symptoms: Symptoms) -> Diagnosis:
    """Diagnosis of a job that has not failed; if AiiDA's daemon is down, nothing else matters."""
    if symptoms.daemon and symptoms.facts.state not in ENDED:
        return _answer(
            symptoms,
            ("daemon", "AiiDA's daemon does not run", symptoms.daemon),
            (),
            ("status", "log"),
        )
    if symptoms.stuck and symptoms.facts.state is JobState.RUNNING:
        return _answer(
            symptoms, ("stuck", "The job seems to be stuck", symptoms.stuck), (), ("file", "cancel")
        )
    if symptoms.facts.held:
        return _from_cause(symptoms, HELD, _last_words(symptoms))
    found = _first(WAITING, symptoms)
    return found or _from_cause(symptoms, UNKNOWN, ())


def _first(causes: Iterable[Cause], symptoms: Symptoms) -> Diagnosis | None:
    for cause in causes:
        fits = symptoms.facts.state in cause.states
        if not fits or (cause.exits and symptoms.facts.exit_status not in cause.exits):
            continue
        evidence = find_evidence(symptoms, cause.sign) if cause.sign else _last_words(symptoms)
        if evidence or not cause.sign:
            return _from_cause(symptoms, cause, evidence)
    return None


def _from_cause(symptoms: Symptoms, cause: Cause, evidence: tuple[Evidence, ...]) -> Diagnosis:
    words = explain(symptoms.facts)
    detail = cause.detail or words.hint or words.explanation
    return _answer(symptoms, (cause.code, cause.title, detail), evidence, cause.steps)


def _of_vasp(symptoms: Symptoms, correction: Correction, error: str) -> Diagnosis:
    """Diagnosis of a VASP error that custodian knows."""
    signs = "|".join(map(re.escape, correction.signs))
    evidence = (find_evidence(symptoms, signs) if signs else ()) or _last_words(symptoms)
    steps: tuple[Action, ...] = ("restart", "clone", "file") if correction.actions else ("clone", "file")
    if error == _UNCONVERGED:
        error = "unconverged_ionic" if "IBRION" in str(correction.actions) else "unconverged_electronic"
    title = WORDS.get(error, f"VASP stopped at the error that custodian calls {error}")
    return _answer(symptoms, (f"vasp.{error}", title, _cure(correction)), evidence, steps)


def _cure(correction: Correction) -> str:
    if not correction.actions:
        return "custodian has no correction for this error."
    return f"custodian would apply this correction: {'; '.join(map(action_words, correction.actions))}."


def action_words(action: Mapping[str, Json]) -> str:
    """One custodian action as text: "INCAR: ALGO = Normal" or "CONTCAR: copied to POSCAR"."""
    name = str(action.get("dict") or action.get("file") or "")
    parts = [_does(verb, value) for verb, value in _mapping(action.get("action")).items()]
    return f"{name}: {', '.join(parts)}"


def _does(verb: str, value: Json) -> str:
    pairs = _mapping(value)
    match verb:
        case "_set":
            return ", ".join(f"{tag.removeprefix('kpoints->')} = {given}" for tag, given in pairs.items())
        case "_unset":
            return ", ".join(f"{tag} left out" for tag in pairs)
        case "_file_copy":
            return f"copied to {pairs.get('dest', '')}"
        case "_file_delete":
            return "deleted"
        case _:
            return f"{verb} {value}"


def _mapping(value: Json) -> Mapping[str, Json]:
    return cast("Mapping[str, Json]", value) if isinstance(value, Mapping) else {}


def _last_words(symptoms: Symptoms) -> tuple[Evidence, ...]:
    """AiiDA's message, then the end of its log, as evidence."""
    message = [Evidence("AiiDA", 0, line) for line in symptoms.message.splitlines()[-1:] if line.strip()]
    log = [Evidence("AiiDA's log", 0, line.strip()[:300]) for line in symptoms.log if line.strip()]
    return tuple((message + log[-(MOST_LINES - 1) :]) if message else log[-MOST_LINES:])


def _answer(
    symptoms: Symptoms,
    texts: tuple[str, str, str],
    evidence: tuple[Evidence, ...],
    steps: Sequence[Action],
) -> Diagnosis:
    facts = symptoms.facts
    return Diagnosis(
        pk=symptoms.path[0],
        step_pk=facts.pk,
        state=facts.state,
        cause=texts[0],
        title=texts[1],
        detail=texts[2],
        evidence=evidence,
        steps=tuple(_step(symptoms, action, evidence) for action in steps),
        path=symptoms.path,
        runs=symptoms.runs,
    )


def _step(symptoms: Symptoms, action: Action, evidence: Sequence[Evidence]) -> NextStep:
    """The next step for an action, with its target and command."""
    facts = symptoms.facts
    pk, cluster = str(facts.pk), facts.cluster
    file = next((row.source for row in evidence if row.line), next(iter(symptoms.texts), "vasp.out"))
    title, target, line = {
        "play": ("Resume it", pk, command(JOBS_PLAY, pk=pk)),
        "retry": ("Submit it again unchanged", pk, command(JOBS_RETRY, pk=pk)),
        "restart": ("Continue from where it stopped", pk, command(JOBS_RESTART, pk=pk)),
        "clone": ("Change its settings and submit a copy", pk, command(JOBS_CLONE, pk=pk)),
        "cancel": ("Cancel it", pk, command(JOBS_CANCEL, pk=pk)),
        "log": ("Read its log", pk, command(JOBS_LOG, pk=pk)),
        "file": (f"Read {file}", file, command(JOBS_FILE, pk=pk, path=file)),
        "test cluster": (f"Test the connection to {cluster}", cluster, command(CLUSTERS_TEST, label=cluster)),
        "queue": (f"Show the queue of {cluster}", cluster, command(CLUSTERS_QUEUE, label=cluster)),
        "codes": (f"Show the codes of {cluster}", cluster, command(CODES_LIST)),
        "potcars": (f"Check which POTCARs {cluster} has", cluster, command(POTCARS_CHECK, cluster=cluster)),
        "status": ("Check the server and AiiDA's daemon", "", "crystalmath server status"),
        "wait": ("Wait: it continues by itself", "", ""),
    }[action]
    return NextStep(action, title, target, line)
