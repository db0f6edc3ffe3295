"""Runs custodian's handlers on the files of an ended run to find errors and correct the inputs."""

import contextlib
import copy
import logging
import warnings
from collections import Counter
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, cast

from atomate2.vasp.run import DEFAULT_HANDLERS
from custodian.custodian import Custodian, CustodianError, Job
from custodian.vasp.handlers import VaspErrorHandler

from crystalmath_server.domain.diagnosis.symptoms import Correction

MOST_ERRORS = 1_000_000  # high enough never to stop a check
_APPLIED = "_num_applied_corrections"
Counts = Mapping[str, Mapping[str, Any]]
"""Handler → its counters: how often it saw each error, how often it made corrections."""


class _Ended(Job):
    """A custodian job whose VASP run has already ended."""

    def setup(self, directory: str = "./") -> None:
        """Do nothing; the files already exist."""

    def run(self, directory: str = "./") -> None:
        """Do nothing; VASP has already run."""

    def postprocess(self, directory: str = "./") -> None:
        """Do nothing; other code reads the files."""


def check(folder: Path) -> tuple[Correction, ...]:
    """Have custodian check the run in `folder` and correct its INCAR, KPOINTS and POSCAR in place.

    Uses custodian's mode for runs that it did not start, with the handlers that atomate2 uses for VASP.
    """
    return look(folder, {})[0]


def look(folder: Path, counts: Counts) -> tuple[tuple[Correction, ...], Counts]:
    """Check one of several runs; handlers continue from `counts`. Also returns the new counts."""
    _say_once(folder / "std_err.txt")
    handlers: list[Any] = list(copy.deepcopy(DEFAULT_HANDLERS))  # they count, and atomate2 uses them too
    for handler in handlers:
        _count_on(handler, counts.get(type(handler).__name__, {}))
    custodian = Custodian(
        handlers,
        [_Ended()],
        max_errors=MOST_ERRORS,
        max_errors_per_job=MOST_ERRORS,
        skip_over_errors=True,
        directory=str(folder),
    )
    custodian.run_log = [{"job": {}, "corrections": [], "job_n": 0}]
    with contextlib.chdir(folder), warnings.catch_warnings(), _silent(), contextlib.suppress(CustodianError):
        warnings.simplefilter("ignore")
        custodian.run_interrupted()
    log: Any = custodian.run_log[-1]
    found: list[dict[str, Any]] = log["corrections"]
    corrections = tuple(_correction(row) for row in map(_with_errors, found) if row["errors"])
    return corrections, {type(one).__name__: counted for one in handlers if (counted := _counts(one))}


def _say_once(stderr: Path) -> None:
    """Drop lines that the vasp.out handler also finds; otherwise two handlers would correct one error."""
    if stderr.exists():
        known = [sign for signs in VaspErrorHandler.error_msgs.values() for sign in signs]
        lines = stderr.read_text(errors="replace").splitlines(keepends=True)
        stderr.write_text("".join(line for line in lines if not any(sign in line for sign in known)))


def _count_on(handler: Any, counted: Mapping[str, Any]) -> None:
    for name, value in counted.items():
        setattr(handler, name, Counter(value) if isinstance(value, Mapping) else value)


def _counts(handler: Any) -> dict[str, Any]:
    """The counters that custodian keeps on a handler between two runs of one job."""
    held = cast("dict[str, object]", vars(handler))
    found = {name: value for name, value in held.items() if isinstance(value, Counter) or name == _APPLIED}
    return {
        name: dict(value) if isinstance(value, Counter) else value for name, value in found.items() if value
    }


@contextlib.contextmanager
def _silent() -> Generator[None]:
    """Silence custodian's log; its errors are returned as the result."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(level)


def _with_errors(row: dict[str, Any]) -> dict[str, Any]:
    """Keep errors that a handler found but failed to correct, for example if OUTCAR is truncated."""
    if not row.get("skipped"):
        return row
    return {**row, "errors": getattr(row["handler"], "errors", ()), "actions": ()}


def _correction(row: Mapping[str, Any]) -> Correction:
    """The correction, most specific error first; custodian's errors are an unordered set."""
    handler = row["handler"]
    messages: Mapping[str, list[str]] = getattr(handler, "error_msgs", {})
    names = set(map(str, row["errors"]))
    errors = tuple(sorted(names, key=lambda name: (len(messages.get(name, ())), name)))
    return Correction(
        type(handler).__name__,
        errors,
        tuple(sign for name in errors for sign in messages.get(name, ())),
        tuple(row["actions"] or ()),
    )
