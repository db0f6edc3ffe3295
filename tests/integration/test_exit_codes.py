"""Exit codes that AiiDA finds at the entry points of this project's CalcJobs."""

import asyncio
from typing import Any

import pytest

from crystalmath_server.adapters.aiida.runtime import AiidaRuntime
from crystalmath_server.domain.exit_status import OF_JOBFLOW, OF_VASP, ExitStatus

AIIDA = ("OUT_OF_MEMORY", "OUT_OF_WALLTIME", "INVALID_ACCOUNT", "NODE_FAILURE")


def exit_codes(entry_point: str) -> dict[str, Any]:
    """On the AiiDA thread."""
    from aiida.plugins import CalculationFactory

    calculation: Any = CalculationFactory(entry_point)
    return dict(calculation.spec().exit_codes)


@pytest.mark.parametrize(
    "entry_point, statuses", [("crystalmath.jobflow", OF_JOBFLOW), ("crystalmath.vasp", OF_VASP)]
)
def test_a_calcjob_defines_its_statuses_beside_those_of_aiida(
    runtime: AiidaRuntime, entry_point: str, statuses: tuple[ExitStatus, ...]
) -> None:
    codes = asyncio.run(runtime.call(exit_codes, entry_point))
    assert all((codes[s.name].status, codes[s.name].message) == (int(s), s.message) for s in statuses)
    defined = {code.status for code in codes.values() if code.status >= 300}
    assert defined == set(map(int, statuses))
    for name in AIIDA:
        assert codes[f"ERROR_SCHEDULER_{name}"].status == ExitStatus[name]
    assert codes["ERROR_NO_RETRIEVED_FOLDER"].status == ExitStatus.NO_OUTPUT
    assert codes["STOPPED_BY_MONITOR"].status == ExitStatus.STOPPED_BY_MONITOR
