"""Checks on a cluster that a code can run: its file, execute permission and environment."""

import re
import shlex
import time
from collections.abc import Callable

from crystalmath_server.adapters.remote.connections import BlockingTransport
from crystalmath_server.domain.clusters.resources import script
from crystalmath_server.protocol.codes import CodeRow, Outcome, Step

_COMPLAINT = re.compile(r"unable to locate|not found|unknown module|no such module|error", re.IGNORECASE)


def look_at(connection: BlockingTransport, code: CodeRow) -> tuple[Step, ...]:
    """The steps in order; steps after a failure are skipped."""
    steps: list[Step] = []
    for name, title, look in _STEPS:
        if steps and steps[-1].outcome is Outcome.FAILED:
            steps.append(Step(name, title, Outcome.NOT_REACHED))
            continue
        start = time.monotonic()
        outcome, detail, hint = look(connection, code)
        steps.append(Step(name, title, outcome, detail, hint, time.monotonic() - start))
    return tuple(steps)


_Seen = tuple[Outcome, str, str]


def _file(connection: BlockingTransport, code: CodeRow) -> _Seen:
    status, _, _ = connection.exec_command_wait(f"test -f {shlex.quote(code.path)}")
    if status == 0:
        return Outcome.OK, code.path, ""
    hint = f"Find it on the cluster with: command -v {code.path.rpartition('/')[2]}; then create a new code."
    return Outcome.FAILED, f"{code.path} is not a file on {code.cluster}", hint


def _executable(connection: BlockingTransport, code: CodeRow) -> _Seen:
    status, _, _ = connection.exec_command_wait(f"test -x {shlex.quote(code.path)}")
    if status == 0:
        return Outcome.OK, "may be run", ""
    hint = f"Ask the file's owner, or run: chmod u+x {code.path}"
    return Outcome.FAILED, f"you do not have permission to run {code.path}", hint


def _environment(connection: BlockingTransport, code: CodeRow) -> _Seen:
    """Run the code's prepended commands; old module systems print errors but still exit with 0."""
    lines = script(code.modules, code.prepend_text)
    if not lines:
        return Outcome.OK, "no commands to run first", ""
    status, _, stderr = connection.exec_command_wait(f"{lines}\n")
    if status == 0 and not _COMPLAINT.search(stderr):
        return Outcome.OK, lines.partition("\n")[0], ""
    words = " ".join(stderr.split())[:500] or f"exit status {status}"
    hint = "List the names on the cluster with: module avail. Then create a new code with the right modules."
    return Outcome.FAILED, words, hint


_STEPS: tuple[tuple[str, str, Callable[[BlockingTransport, CodeRow], _Seen]], ...] = (
    ("file", "The file exists", _file),
    ("executable", "It may be run", _executable),
    ("environment", "Its environment loads", _environment),
)
