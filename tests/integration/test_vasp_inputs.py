"""VASP inputs are atomate2's to the letter, for every Maker of one job, also after an earlier run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BAND = "vasp.neb_from_images"
ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(400)
def test_inputs_are_those_of_atomate2() -> None:
    command = [sys.executable, "-m", "tests.vasp_inputs"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["different"] == []
    afresh = [maker for maker, _, restarted in report["pairs"] if not restarted]
    after = [maker for maker, _, restarted in report["pairs"] if restarted]
    assert afresh.count(BAND) == 20
    afresh = [maker for maker in afresh if maker != BAND]
    assert len(set(afresh)) >= 49
    assert len(afresh) == 10 * len(set(afresh))
    assert after.count("vasp.non_scf") == after.count("vasp.dense_uniform") == 6
    assert set(afresh) | {"vasp.non_scf", "vasp.dense_uniform"} == set(after)
    assert report["copied"] == {"vasp.non_scf": ["CHGCAR"], "vasp.dense_uniform": ["CHGCAR"]}
    assert report["wrong"] == [], "a default input files is said to be wrong"
