"""Images of DOT graphs, drawn by Graphviz if installed."""

import shutil
import subprocess
import tempfile
from pathlib import PurePath

import anyio

from crystalmath_server.adapters.processes.written_files import check_new_path, new_file
from crystalmath_server.protocol.errors import (
    EngineUnavailable,
    InvalidForm,
    WorkerCrashed,
    WorkerTimeout,
)

FORMATS = ("dot", "svg", "png", "pdf")
LONGEST_S = 60.0
_PROGRAM = "dot"


async def write_graph(dot: str, path: str) -> int:
    """Write a graph in the format given by the extension of `path`; returns the size [bytes].

    Raises
    ------
    InvalidForm, Conflict, StorageFull
        The file cannot be written at `path`.
    EngineUnavailable
        An image is requested and Graphviz is not installed.
    WorkerCrashed, WorkerTimeout
        Graphviz failed.
    """
    check_new_path(path)
    kind = format_of(path)
    data = dot.encode() if kind == _PROGRAM else await _render(dot, kind)
    return new_file(path, data)


def format_of(path: str) -> str:
    """The format given by a file name; raises InvalidForm."""
    kind = PurePath(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        detail = f"{path!r} has no file extension for a graph format"
        raise InvalidForm(detail, field="path", hint=f"End it in .{', .'.join(FORMATS)}.")
    return kind


async def _render(dot: str, kind: str) -> bytes:
    program = shutil.which(_PROGRAM)
    if program is None:
        detail = f"drawing a graph needs Graphviz, whose program {_PROGRAM} is not installed"
        hint = "Install it, for example: apt install graphviz; or end the path in .dot and draw it elsewhere."
        raise EngineUnavailable(detail, field="path", hint=hint)
    command = [program, f"-T{kind}"]
    try:
        with anyio.fail_after(LONGEST_S), tempfile.TemporaryFile() as given:
            given.write(dot.encode())
            given.seek(0)
            done = await anyio.run_process(command, stdin=given, check=False, stderr=subprocess.PIPE)
    except TimeoutError:
        hint = "Request fewer nodes with limit or depth."
        raise WorkerTimeout(f"Graphviz took longer than {LONGEST_S:g} s", hint=hint) from None
    if done.returncode != 0 or not done.stdout:
        detail = (
            f"Graphviz ended with {done.returncode}: {done.stderr.decode(errors='replace')[:300].strip()}"
        )
        raise WorkerCrashed(detail, hint="End the path in .dot and draw it elsewhere.")
    return done.stdout
