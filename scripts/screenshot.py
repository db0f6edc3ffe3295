"""The jobs screen as text, drawn by the program itself from a few example jobs."""

import sys
from typing import Any, TypeGuard, cast

from crystalmath_server.protocol.jobs import JOBS_LIST, JobRow, JobsPage, JobState, ListJobsParams
from crystalmath_server.protocol.system import Hello, Part, PartState, Status
from crystalmath_tui import program
from crystalmath_tui.core.effects import Call, Effect
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Connected, KeyPressed, Message

SIZE = Size(12, 118)
NOW = 1_800_000_000.0
MINUTE = 60.0

JOBS = (
    ("perovskite scan 3", JobState.PREPARING, "chgnet.relax", "BaTiO3", 1, ""),
    (
        "perovskite scan 2",
        JobState.RUNNING,
        "chgnet.relax",
        "SrTiO3",
        2,
        "step 38, largest force 0.11 eV/Å",
    ),
    ("perovskite scan 1", JobState.FINISHED, "chgnet.relax", "CaTiO3", 2, ""),
    (
        "copper",
        JobState.FAILED,
        "emt.relax",
        "Cu108",
        9,
        "largest force 0.31 eV/Å after 500 steps",
    ),
    ("silicon", JobState.FINISHED, "chgnet.relax", "Si8", 14, ""),
)


def main() -> int:
    """Print the screen."""
    print("\n".join(screen()))
    return 0


def screen() -> list[str]:
    """Lines of the jobs screen."""
    model, _ = program.init(SIZE, NOW)
    ready = Part(PartState.READY, "")
    status = Status("crystalmath", 1, "0", "", MINUTE, ready, ready, ready, 1, 0, 7)
    hello = Hello("crystalmath-server", "0", 1, "crystalmath", 1, ())
    for message in (Connected(hello), Answered("status", status), KeyPressed("j"), KeyPressed(" ")):
        model = follow(model, message)
    return ["".join(span.text for span in line).rstrip() for line in program.view(model, SIZE)]


def follow(model: program.Model, message: Message) -> program.Model:
    """The model after a message and the answers to the calls that it leads to."""
    model, effects = program.update(model, message)
    for effect in effects:
        if is_list(effect):
            model = follow(model, effect.answer(page()))
    return model


def is_list(effect: Effect) -> TypeGuard[Call[ListJobsParams, JobsPage]]:
    """Whether the list of jobs is asked for."""
    return isinstance(effect, Call) and cast("Call[Any, Any]", effect).method is JOBS_LIST


def page() -> JobsPage:
    """What a server with these jobs would answer."""
    rows = tuple(row(110 - number, job) for number, job in enumerate(JOBS))
    counts = {state.value: sum(job[1] is state for job in JOBS) for state in JobState}
    return JobsPage(7, rows, len(rows), counts, "")


def row(pk: int, job: tuple[str, JobState, str, str, float, str]) -> JobRow:
    """One job."""
    label, state, template, formula, minutes, reason = job
    at = NOW - minutes * MINUTE
    uuid = f"00000000-0000-0000-0000-{pk:012}"
    return JobRow(pk, uuid, label, state, template, formula, "localhost", at, at, reason=reason)


if __name__ == "__main__":
    sys.exit(main())
