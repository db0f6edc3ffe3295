"""Why a job left no response."""

import pytest

from crystalmath_server.domain.diagnosis.missing_output import explain


@pytest.mark.parametrize(
    "text,words",
    [
        ("OSError: [Errno 28] No space left on device", "disk of the cluster is full"),
        ("slurmstepd: error: Detected 1 oom-kill event(s)", "more memory"),
        ("JOB 7 CANCELLED AT 12:00 DUE TO TIME LIMIT", "time limit"),
        ("_aiidasubmit.sh: line 5: /x/python: No such file or directory", "missing"),
        ("line 5: 123 Killed  python run.py", "killed from outside"),
        ("env: '/x/vasp': Permission denied", "may not be used"),
        ("the type information on POSCAR and POTCAR are incompatible", "another order"),
        ("", "does not tell"),
    ],
)
def test_reasons(text: str, words: str) -> None:
    assert words in explain("some output\n" + text)


def test_the_line_is_quoted_in_part() -> None:
    assert len(explain("Killed " + "x" * 10_000)) < 400
