"""Graphs of the DOT language as images, by the program of Graphviz, where it is installed."""

import shutil
import subprocess
import tempfile
from pathlib import PurePath

import anyio

from crystalmath_server.adapters.processes.written_files import checked, new_file
from crystalmath_server.protocol.errors import (
    EngineUnavailable,
    InvalidForm,
    WorkerCrashed,
    WorkerTimeout,
)

FORMATS = ("dot", "svg", "png", "pdf")
LONGEST_S = 60.0
_PROGRAM = "dot"


async def written(dot: str, path: str) -> int:
    """Write a graph in the format that the ending of `path` tells; its size [bytes].

    Raises
    ------
    InvalidForm, Conflict, StorageFull
        Of the path.
    EngineUnavailable
        An image is wanted and Graphviz is not installed.
    WorkerCrashed, WorkerTimeout
        Graphviz failed.
    """
    checked(path)
    kind = format_of(path)
    data = dot.encode() if kind == _PROGRAM else await _drawn(dot, kind)
    return new_file(path, data)


def format_of(path: str) -> str:
    """The format that the name of a file asks for; raises InvalidForm."""
    kind = PurePath(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        detail = f"{path!r} does not tell the format of the graph"
        raise InvalidForm(detail, field="path", hint=f"End it in .{', .'.join(FORMATS)}.")
    return kind


async def _drawn(dot: str, kind: str) -> bytes:
    program = shutil.which(_PROGRAM)
    if program is None:
        detail = f"an image of a graph is drawn by Graphviz, whose program {_PROGRAM} is not here"
        hint = "Install it, as by: apt install graphviz; or end the path in .dot and draw it elsewhere."
        raise EngineUnavailable(detail, field="path", hint=hint)
    command = [program, f"-T{kind}"]
    try:
        with anyio.fail_after(LONGEST_S), tempfile.TemporaryFile() as given:
            given.write(dot.encode())
            given.seek(0)
            done = await anyio.run_process(command, stdin=given, check=False, stderr=subprocess.PIPE)
    except TimeoutError:
        hint = "Ask for fewer nodes, with limit or depth."
        raise WorkerTimeout(f"Graphviz took longer than {LONGEST_S:g} s", hint=hint) from None
    if done.returncode != 0 or not done.stdout:
        detail = (
            f"Graphviz ended with {done.returncode}: {done.stderr.decode(errors='replace')[:300].strip()}"
        )
        raise WorkerCrashed(detail, hint="End the path in .dot and draw it elsewhere.")
    return done.stdout
