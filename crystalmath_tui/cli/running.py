"""submit FILE and wait PK: submit a job for a structure file, and wait until it ends."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from crystalmath_server.protocol.errors import ConnectionLost
from crystalmath_server.protocol.job_spec import spec_of
from crystalmath_server.protocol.jobs import (
    ENDED,
    JOBS_SHOW,
    JOBS_SUBMIT,
    JobDetail,
    JobPk,
    JobState,
    SubmitJobParams,
    Submitted,
)
from crystalmath_server.protocol.structures import STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_server.protocol.templates import (
    TEMPLATES_RENDER,
    TEMPLATES_SHOW,
    ShowTemplateParams,
)
from crystalmath_tui.cli import output
from crystalmath_tui.cli.options import Option, UsageError, integer, of_params, to_params
from crystalmath_tui.cli.parser import parse
from crystalmath_tui.cli.session import DONE, NOT_FINISHED, Session

_POLL_S = 0.5
_CHANGED: dict[str, Callable[[Option], Option]] = {
    "structures": Option.by_flag,
    "template": lambda option: option.by_flag(required=True),
    "values": lambda option: option.with_flags("--set"),
    "key": Option.by_flag,
}
"""Parameters of jobs.submit that the command takes differently; it computes the digest itself."""


def _submit_options() -> list[Option]:
    options = [option for option in of_params(SubmitJobParams) if option.name != "digest"]
    return [_CHANGED[option.name](option) if option.name in _CHANGED else option for option in options]


SUBMIT_OPTIONS = (
    Option(
        "file", (), "structure files; - reads stdin", str, "FILE", many="list", positional=True, files=True
    ),
    *_submit_options(),
    Option("format", ("--format",), "format of FILE, for example poscar or cif", str, "FORMAT"),
    Option("wait", ("--wait",), "wait until the job ends; exit status 0 only if it finished"),
)
WAIT_OPTIONS = (
    Option(
        "pk",
        ("--pk",),
        "pk of the job",
        integer,
        "PK",
        positional=True,
        required=True,
    ),
)


def run_submit(session: Session, arguments: Sequence[str]) -> int:
    """Import structures, render a template and submit it; with --wait, wait until the job ends."""
    found = parse(SUBMIT_OPTIONS, arguments)
    wait = bool(found.pop("wait", False))
    found["structures"] = _structures(session, found)
    found.setdefault("key", os.urandom(16).hex())
    if found.get("values"):
        found["values"] = full_names(session, found["template"], found["values"])
    params: SubmitJobParams = to_params(SubmitJobParams, SUBMIT_OPTIONS, {**found, "digest": ""})
    rendered = session.call(TEMPLATES_RENDER, replace(spec_of(params), cluster=""))  # without a batch script
    for warning in rendered.warnings:
        output.say(f"warning: {warning}")
    # a digest would confirm the warnings about edited files; only --confirm may do that
    digest = "" if rendered.edits and not params.confirm else rendered.digest
    digested = to_params(SubmitJobParams, SUBMIT_OPTIONS, {**found, "digest": digest})
    submitted = _submit(session, digested)
    _put(session, submitted)
    return _follow(session, submitted.pk) if wait else DONE


def run_wait(session: Session, arguments: Sequence[str]) -> int:
    """Wait until a job ends and print its final row."""
    params: JobPk = to_params(JobPk, WAIT_OPTIONS, parse(WAIT_OPTIONS, arguments))
    status = _follow(session, params.pk)
    _put(session, session.call(JOBS_SHOW, params).row)
    return status


def _structures(session: Session, values: dict[str, Any]) -> list[int]:
    """The pks of the structures: the given pks, or the pks of the imported files."""
    files, given, format_name = values.pop("file", []), values.get("structures", []), values.pop("format", "")
    if bool(files) == bool(given):
        raise UsageError("give structures: either FILE or --structure PK")
    return given or [_import_structure(session, file, format_name) for file in files]


def _import_structure(session: Session, file: str, format_name: str) -> int:
    source = {"text": sys.stdin.read()} if file == "-" else {"path": str(Path(file).absolute())}
    stored = session.call(STRUCTURES_IMPORT, ImportStructureParams(format=format_name, **source))
    output.say(f"structure {stored.row.pk}: {stored.row.formula}{', stored before' if stored.reused else ''}")
    return stored.row.pk


def full_names(session: Session, template: str, values: dict[str, Any]) -> dict[str, Any]:
    """Settings by their full names: fmax means relax_kwargs.fmax if no other field ends in .fmax."""
    fields = [row.name for row in session.call(TEMPLATES_SHOW, ShowTemplateParams(template)).fields]

    def full(name: str) -> str:
        nested = [field for field in fields if field.endswith(f".{name}")]
        return nested[0] if name not in fields and len(nested) == 1 else name

    return {full(name): value for name, value in values.items()}


def _submit(session: Session, params: SubmitJobParams) -> Submitted:
    """Submit; if the connection breaks, send the same key again, which returns the same job."""
    output.say(f"key {params.key}: the same --key never submits twice")
    try:
        return session.call(JOBS_SUBMIT, params)
    except ConnectionLost as lost:
        output.say(f"{lost}; sending the same key again")
        session.close()
        return session.call(JOBS_SUBMIT, params)


def _follow(session: Session, pk: int) -> int:
    """Print each state until the job ends or --timeout has passed."""
    deadline = None if session.timeout is None else time.monotonic() + session.timeout
    told = ""
    try:
        while True:
            job = _show(session, pk)
            words = f"job {pk}: {job.row.state}{' — ' if job.explanation else ''}{job.explanation}"
            if words != told:
                told = words
                output.say(words)
            if job.row.state in ENDED:
                return DONE if job.row.state is JobState.FINISHED else _tell_failure(job)
            if deadline is not None and time.monotonic() > deadline:
                output.say(f"job {pk} is still {job.row.state} after {session.timeout:g} s; it continues")
                return NOT_FINISHED
            time.sleep(_POLL_S)
    except KeyboardInterrupt:
        output.say(f"job {pk} continues; follow it with: crystalmath wait {pk}")
        raise


def _show(session: Session, pk: int) -> JobDetail:
    """The job; reconnects if the server was restarted."""
    try:
        return session.call(JOBS_SHOW, JobPk(pk))
    except ConnectionLost as lost:
        output.say(f"{lost}; connecting again")
        session.close()
        return session.call(JOBS_SHOW, JobPk(pk))


def _tell_failure(job: JobDetail) -> int:
    for words in (job.exit_message, job.hint):
        if words:
            output.say(words)
    return NOT_FINISHED


def _put(session: Session, value: object) -> None:
    if session.as_json:
        output.put_json(value)
    else:
        output.put_result(value)
