"""The fork server: runs programs that share slow imports, each call in a process of its own.

usage: python -P -m crystalmath_server.adapters.worker.fork_server

Each line of standard input is a JSON list: a name of PROGRAMS, then its arguments. The program runs in a fork
of this process, so it may crash without harm, and finds pymatgen and custodian imported, which takes seconds.
The answer is a line with its exit status, negative if a signal ended it. Errors go to standard error. The
server ends with its standard input, or after IDLE_S without a call.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from crystalmath_server.adapters.worker import custodian_main, vasp_document


def run_script(folder: str, path: str) -> int:
    """Run a Python file in a folder; its exit status."""
    os.chdir(folder)
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


PROGRAMS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "custodian": lambda arguments: custodian_main.main(Path(arguments[0])),
    "script": lambda arguments: run_script(*arguments),
    "vasp_document": lambda arguments: vasp_document.main(
        Path(arguments[0]), restarted="--restarted" in arguments
    ),
}
IDLE_S = 600


def serve() -> None:
    """Run the programs that standard input names, one after another."""
    importlib.import_module("atomate2.vasp.jobs.core")  # most documents belong to a Maker of this module
    gc.freeze()  # the collector of a fork would otherwise copy every page
    with open(0, "rb", buffering=0, closefd=False) as calls:
        while select.select([calls], [], [], IDLE_S)[0] and (line := calls.readline()):
            name, *arguments = json.loads(line)
            os.write(1, b"%d\n" % _run(name, arguments))


def _run(name: str, arguments: Sequence[str]) -> int:
    pid = os.fork()
    if not pid:
        os._exit(_run_in_child(name, arguments))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _run_in_child(name: str, arguments: Sequence[str]) -> int:
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name)  # what ps and top show
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)  # standard output belongs to the server's answers
    try:
        return PROGRAMS[name](arguments)
    except BaseException:  # noqa: BLE001  a fork must never return into the server's loop
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    serve()
