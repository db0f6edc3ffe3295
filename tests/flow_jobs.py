"""Small jobflow jobs with every kind of response, for tests of flows."""

import time
from pathlib import Path
from typing import Any

from jobflow import Flow, Response, job


@job
def number(value: float) -> float:
    return value


@job
def total(values: list[Any]) -> float:
    """The sum of numbers and lists of numbers; a missing value counts 100."""
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return sum(100 if value is None else value for value in flat)


@job
def fails(_values: Any = None) -> None:
    msg = "deliberate"
    raise ValueError(msg)


@job
def fans_out(values: list[float], *, has_output: bool = True) -> Response[Any]:
    """Replaced by a flow of one job for each value."""
    jobs: list[Any] = [number(value) for value in values]
    output = [each.output for each in jobs] if has_output else None
    return Response(output=sum(values), replace=Flow(jobs, output=output))


@job
def counts_down(n: int, values: list[float]) -> Any:
    """Replaced by itself with the next smaller number, down to zero."""
    if n == 0:
        return sum(values)
    return Response(replace=counts_down(n - 1, [*values, n]))


@job
def detours(value: float, *, fail: bool = False) -> Response[float]:
    return Response(output=value, detour=fails() if fail else number(value + 1))


@job
def adds(value: float) -> Response[float]:
    return Response(output=value, addition=number(value + 1000))


@job
def stops_children(value: float) -> Response[float]:
    return Response(output=value, stop_children=True)


@job
def stops_flow(value: float) -> Response[float]:
    return Response(output=value, stop_jobflow=True)


@job
def notes(folder: str, name: str, seconds: float = 0) -> str:
    """Note each time that it runs, in a file of the folder."""
    with Path(folder, name).open("a", encoding="utf-8") as out:
        out.write("run\n")
    time.sleep(seconds)
    return name


@job
def reads(path: str) -> float:
    return float(Path(path).read_text(encoding="utf-8"))
