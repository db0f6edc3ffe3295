"""The custodian program: checks one run of a job; the job starts it in a separate process.

usage: python -m crystalmath_server.adapters.worker.custodian_main FOLDER

FOLDER holds counts.json, the handlers' counts so far, and run/ with input and output files. It corrects the
inputs in place and writes report.json with the corrections and the new counts, or with the error.
"""

import json
import traceback
from pathlib import Path
from typing import Any

from monty.json import jsanitize

from crystalmath_server.adapters.worker.custodian_check import look
from crystalmath_server.adapters.worker.custodian_folder import as_custodian_expects
from crystalmath_server.domain.inputs.vasp_program import RUN_FOLDER
from crystalmath_server.protocol.codec import to_json


def main(folder: Path) -> int:
    """Check the run and write report.json."""
    report: dict[str, Any]
    try:
        as_custodian_expects(folder / RUN_FOLDER)
        corrections, counts = look(folder / RUN_FOLDER, json.loads((folder / "counts.json").read_text()))
        report = {"corrections": [to_json(one) for one in corrections], "counts": counts}
    except Exception as error:  # noqa: BLE001  any handler exception is reported to the job
        report = {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
    (folder / "report.json").write_text(json.dumps(jsanitize(report)))
    return 0
