"""Exit statuses stand in AiiDA's database, and so keep their numbers and names."""

from crystalmath_server.domain.exit_status import OF_FLOW, OF_JOBFLOW, OF_VASP, ExitStatus

NUMBERS = {
    "NO_RESPONSE": 300,
    "RESPONSE_UNREADABLE": 301,
    "JOB_RAISED": 310,
    "ENGINE_MISSING": 311,
    "NOT_ONE_JOB": 312,
    "NOT_CONVERGED": 320,
    "POTCAR_MISSING": 330,
    "RESTART_MISSING": 331,
    "MODULE_MISSING": 335,
    "CUT_OFF": 340,
    "JOBS_FAILED": 400,
}


def test_numbers_of_stored_jobs_never_change() -> None:
    assert {status.name: int(status) for status in {*OF_FLOW, *OF_JOBFLOW, *OF_VASP}} == NUMBERS


def test_a_message_can_be_a_sentence() -> None:
    assert ExitStatus.OUT_OF_MEMORY.title == "It needed more memory than it was given"
