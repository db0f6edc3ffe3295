"""A program: what custodian makes of one run of a job; run by the job itself in a process of its own.

usage: python -m crystalmath_server.adapters.worker.custodian_main FOLDER

FOLDER holds counts.json, the handlers' counts so far, and run/ with input and output files. Inputs are
corrected there; told.json holds the corrections and the new counts, or the error.
"""

import json
import sys
import traceback
from pathlib import Path
from typing import Any

from monty.json import jsanitize

from crystalmath_server.adapters.worker.custodian_check import look
from crystalmath_server.adapters.worker.custodian_folder import as_custodian_expects
from crystalmath_server.domain.inputs.vasp_program import RUN_FOLDER
from crystalmath_server.protocol.codec import to_json


def main(folder: Path) -> int:
    """Write told.json."""
    told: dict[str, Any]
    try:
        as_custodian_expects(folder / RUN_FOLDER)
        corrections, counts = look(folder / RUN_FOLDER, json.loads((folder / "counts.json").read_text()))
        told = {"corrections": [to_json(one) for one in corrections], "counts": counts}
    except Exception as error:  # noqa: BLE001  whatever a handler raises is told to the job
        told = {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
    (folder / "told.json").write_text(json.dumps(jsanitize(told)))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
