"""custodian's handlers on the files of a run that has ended: what they find, how they correct the deck."""

import contextlib
import copy
import logging
import warnings
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atomate2.vasp.run import DEFAULT_HANDLERS
from custodian.custodian import Custodian, CustodianError, Job

from crystalmath_server.domain.symptoms import Correction

MOST_ERRORS = 1_000_000  # who calls counts the corrections


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one look.

    Attributes
    ----------
    corrections
        In the order in which custodian applied them to the files.
    counts
        What the handlers remember from one run to the next: their steps on their ladders.
    """

    corrections: tuple[Correction, ...]
    counts: dict[str, dict[str, Any]]


class _Ended(Job):
    """A job that VASP has run already."""

    def setup(self, directory: str = "./") -> None:
        """Nothing: the files are there."""

    def run(self, directory: str = "./") -> None:
        """Nothing: it has run."""

    def postprocess(self, directory: str = "./") -> None:
        """Nothing: others read the files."""


def check(folder: Path, counts: Mapping[str, Mapping[str, Any]]) -> Checked:
    """Have custodian look at the run in `folder` and correct its INCAR, KPOINTS and POSCAR there.

    Custodian's own mode for runs that it did not start; the handlers are those that atomate2 runs VASP with.
    """
    handlers = [_as_it_was(copy.deepcopy(one), counts) for one in DEFAULT_HANDLERS]
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
    return Checked(
        tuple(_correction(row) for row in found if not row.get("skipped")),
        {type(handler).__name__: _memory(handler) for handler in handlers},
    )


@contextlib.contextmanager
def _silent() -> Generator[None]:
    """Custodian logs each of its errors; here they are the result."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(level)


def _as_it_was(handler: Any, counts: Mapping[str, Mapping[str, Any]]) -> Any:
    """A handler with what it remembers of the runs before."""
    for name, value in counts.get(type(handler).__name__, {}).items():
        setattr(handler, name, Counter(value) if isinstance(value, Mapping) else value)
    return handler


def _memory(handler: Any) -> dict[str, Any]:
    """The counters of a handler as plain data."""
    return {
        name: dict(value) if isinstance(value, Counter) else value
        for name, value in vars(handler).items()
        if isinstance(value, Counter) or name == "_num_applied_corrections"
    }


def _correction(row: Mapping[str, Any]) -> Correction:
    handler = row["handler"]
    errors = tuple(dict.fromkeys(map(str, row["errors"])))
    messages: Mapping[str, list[str]] = getattr(handler, "error_msgs", {})
    return Correction(
        type(handler).__name__,
        errors,
        tuple(sign for name in errors for sign in messages.get(name, ())),
        tuple(row["actions"] or ()),
    )
