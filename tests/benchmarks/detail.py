"""Benchmarks of one job: jobs.show, jobs.results and jobs.files in the process of the server."""

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, cast

import rig
from table import Goal, Result, alone

sys.path.insert(0, str(rig.ROOT))

from crystalmath_server.protocol.jobs import ENDED
from crystalmath_server.protocol.structures import SI_POSCAR

PROGRAM = Path(__file__).parent / "read_job.py"
CALLS = 200
COPPER = SI_POSCAR.replace("Si2", "Cu2").replace("Si\n2", "Cu\n2")


def results(home: Path) -> list[Result]:
    """A finished relaxation by EMT, with its document."""
    command = [sys.executable, "-W", "ignore", str(PROGRAM), str(_finished_job(home)), str(CALLS)]
    environ = {**rig.environment(home), "PYTHONPATH": str(rig.ROOT)}
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    told: dict[str, dict[str, float]] = json.loads(done.stdout)
    return [
        alone(
            Goal(f"jobs.{name} in the process, median [ms]", 3),
            row["ms"],
            "ms",
            f"{row['statements']:g} statements; {CALLS} calls",
        )
        for name, row in told.items()
    ]


def _finished_job(home: Path) -> int:
    with rig.server(home) as path, rig.connected(path) as link:
        structure = cast("dict[str, Any]", rig.call(link, "structures.import", {"text": COPPER}))["row"]["pk"]
        params: dict[str, object] = {
            "template": "emt.relax",
            "structures": [structure],
            "cluster": "localhost",
            "key": str(uuid.uuid4()),
        }
        pk = int(cast("Any", rig.call(link, "jobs.submit", params)["pk"]))
        while rig.call(link, "jobs.list", {"limit": 1, "states": sorted(ENDED)})["total"] != 1:
            time.sleep(0.1)
    return pk
