"""Calcfunction of `crystalmath.mend`: an ended run → custodian's verdict and the next input files."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.engine import calcfunction

from crystalmath_server.domain.diagnosis import self_correction
from crystalmath_server.domain.diagnosis.self_correction import CorrectionReport
from crystalmath_server.domain.diagnosis.symptoms import Correction
from crystalmath_server.domain.inputs.vasp_program import RUN_FOLDER
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results.excerpts import last_line
from crystalmath_server.domain.vasp_run.continuation import EndedRun, NextInputs, next_inputs
from crystalmath_server.domain.vasp_run.retrieval import LISTING, remaining_files
from crystalmath_server.plugins.fork_client import fork_server
from crystalmath_server.protocol.codec import from_json

LONGEST_S = 900


@calcfunction
def correct_inputs(retrieved, files, settings, earlier=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Custodian's verdict on a run, and the input files and settings of the next run, if one is needed.

    Parameters
    ----------
    retrieved, files, settings
        Retrieved files of the run, and its inputs.
    earlier
        The previous run's correction, so that handlers keep counting; None for the first run.
    """
    counts = self_correction.from_dict(earlier.get_dict()).counts if earlier is not None else {}
    report, vasp_inputs = _check_run(retrieved, files, counts, settings.get_dict())
    found: dict[str, Any] = {nodes.CORRECTION: orm.Dict(self_correction.to_dict(report))}
    if vasp_inputs is not None:
        found[nodes.FILES] = _folder(vasp_inputs.files)
        found[nodes.SETTINGS] = orm.Dict(_settings(settings.get_dict(), vasp_inputs))
    return found


def _check_run(
    retrieved: Any, files: Any, counts: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[CorrectionReport, NextInputs | None]:
    """Custodian's report and the next input files, corrected only if every error can be corrected."""
    with tempfile.TemporaryDirectory(prefix="crystalmath-") as place:
        run = Path(place, RUN_FOLDER)
        run.mkdir()
        files.base.repository.copy_tree(run)
        retrieved.base.repository.copy_tree(run)
        names = files.base.repository.list_object_names()
        before, contcar = _texts(run, names), _texts(run, ["CONTCAR"]).get("CONTCAR", "")
        report = run_custodian(Path(place), counts)
        after = _texts(run, names)
    if not report.corrects and retrieved.creator.is_finished_ok:
        return report, None
    corrections, corrected = (report.corrections, after) if report.corrects else ((), before)
    ended = EndedRun(before, corrected, contcar, corrections, tuple(settings.get(nodes.COPIED, ())))
    vasp_inputs = next_inputs(ended, {}, _remote_files(retrieved))
    look = CorrectionReport(
        report.corrections, report.counts, vasp_inputs.diffs, vasp_inputs.copied, report.failure
    )
    return look, vasp_inputs


def run_custodian(folder: Path, counts: Mapping[str, Any]) -> CorrectionReport:
    """Run custodian in a separate process, which may crash or run out of memory without harm."""
    (folder / "counts.json").write_text(json.dumps(counts))
    try:
        done = fork_server().run("custodian", str(folder), timeout_s=LONGEST_S)
    except TimeoutError:
        return CorrectionReport(counts=counts, failure=f"it took more than {LONGEST_S} s")
    path = folder / "report.json"
    if not path.exists():
        return CorrectionReport(
            counts=counts, failure=f"its process ended with {done.status}: {last_line(done.stderr)}"[:400]
        )
    report = json.loads(path.read_text())
    if "error" in report:
        return CorrectionReport(counts=counts, failure=str(report["error"])[:400])
    return CorrectionReport(from_json(tuple[Correction, ...], report["corrections"]), report["counts"])


def _texts(folder: Path, names: list[str]) -> dict[str, str]:
    paths = [folder / name for name in names]
    return {path.name: path.read_text(errors="replace") for path in paths if path.exists()}


def _remote_files(retrieved: Any) -> list[str]:
    """Files in the run's folder on the cluster, as listed by the run when it ended."""
    repository = retrieved.base.repository
    if LISTING not in repository.list_object_names():
        return []
    return list(remaining_files(repository.get_object_content(LISTING, "rb").decode(errors="replace"), ()))


def _folder(files: Mapping[str, str]) -> Any:
    made: Any = orm.FolderData()
    for name, text in files.items():
        made.base.repository.put_object_from_bytes(text.encode(), name)
    return made


def _settings(before: Mapping[str, Any], vasp_inputs: NextInputs) -> dict[str, Any]:
    """Settings of the next run: changes from the previous run, and files copied from its folder."""
    return {**before, nodes.EDITS: dict(vasp_inputs.diffs), nodes.COPIED: list(vasp_inputs.copied)}
