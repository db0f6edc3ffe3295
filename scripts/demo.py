"""Relax a crystal through the server, as a user's script would; the example for the Python client."""

import argparse
import json
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import (
    ENDED,
    JOBS_SHOW,
    JOBS_SUBMIT,
    JobDetail,
    JobPk,
    JobState,
    SubmitJobParams,
)
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.results import JOBS_RESULTS, JobResults
from crystalmath_server.protocol.structures import (
    SI_POSCAR,
    STRUCTURES_IMPORT,
    ImportStructureParams,
    Lattice,
    StructureDetail,
)
from crystalmath_server.protocol.system import ProgressParams
from crystalmath_tui.client import Client, connect

POLL_S = 0.3
FMAX_EV_A = 0.02
LEAST_CHANGE = 1e-3
"""Least relative change of a cell length for the distorted cell to count as relaxed."""


@dataclass(frozen=True, slots=True)
class Case:
    """What to compute."""

    label: str
    text: str
    format: str
    template: str
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])


def example(name: str) -> str:
    """The text of a structure file that ships with crystalmath."""
    return files("crystalmath_tui").joinpath("examples", name).read_text(encoding="utf-8")


CHGNET = Case("silicon.cif", example("silicon.cif"), "cif", "chgnet.relax")
EMT = Case("copper.poscar", example("copper.poscar"), "poscar", "emt.relax")
GPAW = Case(
    "silicon",
    SI_POSCAR,
    "poscar",
    "gpaw.relax",
    {"calculator_kwargs.mode.ecut": 400, "calculator_kwargs.kpts.density": 2},
)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome; `problems` is empty if the crystal truly relaxed."""

    pk: int
    uuid: str
    formula: str
    template: str
    engine: str
    state: str
    lattice_before: Lattice | None
    lattice_after: Lattice | None
    energy_per_atom_ev: float | None
    max_force_ev_a: float | None
    fmax_ev_a: float
    steps: int
    time_s: float
    problems: tuple[str, ...]


def narrate(text: str) -> None:
    """Print a line on stderr; stdout is for the result."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run the demo; return 0 only if the crystal truly relaxed."""
    args = parse_args()
    case = EMT if args.no_ml else GPAW if args.gpaw else CHGNET
    try:
        with connect(args.profile, on_progress=show_progress) as server:
            report = run(server, case, args.timeout)
    except RpcError as error:
        narrate(f"error: {error}" + (f"\n{error.hint}" if error.hint else ""))
        return 1
    except KeyboardInterrupt:
        narrate("interrupted; a submitted job continues: crystalmath jobs list")
        return 130
    print(json.dumps(asdict(report), ensure_ascii=False, indent=2) if args.json else table(report))
    for problem in report.problems:
        narrate(f"not relaxed: {problem}")
    return 1 if report.problems else 0


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/run --demo", description=__doc__)
    engine = parser.add_mutually_exclusive_group()
    engine.add_argument("--gpaw", action="store_true", help="relax silicon with DFT (GPAW)")
    engine.add_argument(
        "--no-ml", action="store_true", help="relax copper with EMT instead of silicon with CHGNet"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--profile", help="AiiDA profile")
    parser.add_argument("--timeout", type=float, default=900, help="longest wait for the job [s]")
    return parser.parse_args()


def show_progress(progress: ProgressParams) -> None:
    """Print the server's progress."""
    narrate(f"… {progress.text}")


def run(server: Client, case: Case, timeout_s: float) -> Report:
    """Import a structure, submit a job, wait for it and read its results."""
    started = time.monotonic()
    structure = import_structure(server, case)
    narrate(f"structure {structure.row.pk}: {structure.row.formula}, {structure.spacegroup}")
    params = SubmitJobParams(
        template=case.template,
        structures=(structure.row.pk,),
        key=str(uuid.uuid4()),
        values={"relax_kwargs.fmax": FMAX_EV_A, **case.values},
        label=f"demo: {structure.row.formula}",
    )
    job = server.call(JOBS_SUBMIT, params)
    narrate(f"job {job.pk}: {job.template}")
    detail = wait(server, job.pk, started + timeout_s)
    results = server.call(JOBS_RESULTS, JobPk(job.pk))
    return summarize(detail, results, time.monotonic() - started)


def import_structure(server: Client, case: Case) -> StructureDetail:
    """Import the structure."""
    params = ImportStructureParams(text=case.text, format=case.format, label=case.label)
    return server.call(STRUCTURES_IMPORT, params)


def wait(server: Client, pk: int, deadline: float) -> JobDetail:
    """Poll until the job ends; print each change of its state."""
    told = ""
    while True:
        detail = server.call(JOBS_SHOW, JobPk(pk))
        words = f"job {pk}: {detail.row.state}" + (f", {detail.explanation}" if detail.explanation else "")
        if words != told:
            narrate(words)
            told = words
        if detail.row.state in ENDED or time.monotonic() > deadline:
            return detail
        time.sleep(POLL_S)


def summarize(detail: JobDetail, results: JobResults, time_s: float) -> Report:
    """The results, and the reasons why they do not count."""
    values = {quantity.name: quantity.value for quantity in results.quantities}
    force = as_float(values.get("max_force"))
    return Report(
        pk=detail.row.pk,
        uuid=detail.row.uuid,
        formula=detail.row.formula,
        template=detail.row.template,
        engine=results.engine,
        state=detail.row.state,
        lattice_before=results.lattice_before,
        lattice_after=results.lattice_after,
        energy_per_atom_ev=as_float(values.get("energy_per_atom")),
        max_force_ev_a=force,
        fmax_ev_a=FMAX_EV_A,
        steps=len(results.steps),
        time_s=round(time_s, 1),
        problems=tuple(
            find_problems(detail, results, converged=values.get("converged") is True, force=force)
        ),
    )


def as_float(value: object) -> float | None:
    """A result as a float, or None."""
    return float(value) if isinstance(value, (int, float)) else None


def find_problems(
    detail: JobDetail, results: JobResults, *, converged: bool, force: float | None
) -> list[str]:
    """Why the crystal does not count as relaxed."""
    checks = {
        f"the job is {detail.row.state}: {detail.explanation}": detail.row.state is JobState.FINISHED,
        "the relaxation did not converge": converged,
        f"the largest force is not below {FMAX_EV_A} eV/Å": force is not None and force < FMAX_EV_A,
        "the cell did not change": cell_change(results) > LEAST_CHANGE,
    }
    return [problem for problem, holds in checks.items() if not holds]


def cell_change(results: JobResults) -> float:
    """Largest relative change of a cell length."""
    before, after = results.lattice_before, results.lattice_after
    if before is None or after is None:
        return 0.0
    pairs = ((before.a, after.a), (before.b, after.b), (before.c, after.c))
    return max(abs(new / old - 1) for old, new in pairs)


def table(report: Report) -> str:
    """The report for people."""
    rows = (
        ("pk", str(report.pk)),
        ("formula", report.formula),
        ("state", report.state),
        ("lattice before", lattice_words(report.lattice_before)),
        ("lattice after", lattice_words(report.lattice_after)),
        ("energy per atom", number_words(report.energy_per_atom_ev, "eV")),
        ("largest force", f"{number_words(report.max_force_ev_a, 'eV/Å')} (limit {report.fmax_ev_a})"),
        ("steps", str(report.steps)),
        ("engine", report.engine),
        ("time", f"{report.time_s:.1f} s"),
    )
    return "\n".join(f"{name:<16} {words}" for name, words in rows)


def number_words(value: float | None, unit: str) -> str:
    """A number with its unit, or a dash."""
    return "–" if value is None else f"{value:.4f} {unit}"


def lattice_words(cell: Lattice | None) -> str:
    """Lengths, angles and volume."""
    if cell is None:
        return "–"
    lengths = f"{cell.a:.3f} {cell.b:.3f} {cell.c:.3f} Å"
    return f"{lengths}  {cell.alpha:.2f} {cell.beta:.2f} {cell.gamma:.2f}°  {cell.volume:.2f} Å³"


if __name__ == "__main__":
    sys.exit(main())
