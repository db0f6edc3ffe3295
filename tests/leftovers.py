"""End what a run of the tests has left behind, processes and services: `python -m tests.leftovers RUN`."""

import contextlib
import os
import shlex
import sys
from collections.abc import Callable

import psutil

from tests.home import processes_of
from tests.services import Services, bases


def is_this_process(process: psutil.Process) -> bool:
    return process.pid == os.getpid()


def end_run(run: str, spares: Callable[[psutil.Process], bool] = is_this_process) -> None:
    """End the processes of a run, then its services, which have an environment of their own."""
    for process in processes_of(run):
        with contextlib.suppress(psutil.NoSuchProcess):
            if not spares(process):
                command = shlex.join(process.cmdline())[:200]
                sys.stderr.write(f"left over from the tests: {process.pid} {command}\n")
                process.kill()
    for base in bases():
        if base.run == run:
            sys.stderr.write(f"left over from the tests: services in {base.folder}\n")
            Services(base.folder).wipe()


if __name__ == "__main__":
    end_run(sys.argv[1])
