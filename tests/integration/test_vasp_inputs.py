"""VASP inputs are atomate2's to the letter, for every Maker of one job."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "vasp_inputs.py"


def test_inputs_are_those_of_atomate2() -> None:
    done = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, check=True)
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["different"] == []
    assert report["makers"] >= 50
    assert report["pairs"] == 10 * report["makers"]
    assert report["wrong"] == [], "a default deck is said to be wrong"
