"""The computer that runs jobs and its Python code; created on first use, never modified."""

import errno
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from crystalmath_server.domain.clusters import naming
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.protocol.clusters import LOCAL_TRANSPORT, LOCALHOST
from crystalmath_server.protocol.codes import CODES_CREATE, CodeKind
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import ComputerDisabled, InvalidForm, StorageFull

OWN_LOCALHOST = "crystalmath-localhost"
"""The label used if `localhost` exists but is configured differently."""
CODE = "crystalmath-python"
MIN_FREE_BYTES = 50_000_000
_HERE = (LOCAL_TRANSPORT, naming.DIRECT)


def computer_of(label: str) -> Any:
    """The computer of a job, ready for use.

    Raises
    ------
    RpcError
        NOT_FOUND, COMPUTER_DISABLED, or STORAGE_FULL (on this machine).
    """
    computer = _local_computer() if label == LOCALHOST else _computer(label)
    if computer is None:
        raise naming.no_cluster(label, "cluster")
    _refuse_disabled(computer)
    if computer.transport_type == LOCAL_TRANSPORT:
        _refuse_full(Path(computer.get_workdir().format(username=_username())))
    return computer


def python_of(computer: Any) -> Any:
    """The code that runs Python jobs on a computer; on this machine it is the server's own Python.

    Raises
    ------
    RpcError
        INVALID_FORM if another computer has no such code.
    """
    here = (computer.transport_type, computer.scheduler_type) == _HERE
    code = _find_code(computer, sys.executable if here else None)
    if code is not None:
        return code
    if not here:
        detail = f"Cluster {computer.label!r} has no code {CODE!r} (a Python with atomate2)"
        code = {"label": CODE, "path": "/path/to/python", "kind": "python"}
        hint = f"Add the code: {command(CODES_CREATE, cluster=computer.label, **code)}"
        raise InvalidForm(detail, field="cluster", hint=hint)
    return _new_code(computer)


def knows_python(label: str) -> bool:
    """Whether a Python job could run on a computer without creating a computer or code."""
    computer = _computer(label)
    if computer is None or not computer.is_configured:
        return label != LOCALHOST  # `computer_of` raises a more informative error
    here = (computer.transport_type, computer.scheduler_type) == _HERE
    return not here or _find_code(computer, sys.executable) is not None


def _computer(label: str) -> Any:
    from aiida import orm

    return orm.QueryBuilder().append(orm.Computer, filters={"label": label}).first(flat=True)


def _local_computer() -> Any:
    """`localhost`, or our own computer if `localhost` is configured differently."""
    found = _computer(LOCALHOST)
    if found is None:
        return add_this_machine()
    if (found.transport_type, found.scheduler_type) == _HERE:
        return found
    return _computer(OWN_LOCALHOST) or add_this_machine(OWN_LOCALHOST)


def add_this_machine(label: str = LOCALHOST) -> Any:
    """Add this machine as a computer of the loaded profile."""
    from aiida.manage import get_manager
    from aiida.manage.configuration import get_config
    from aiida.orm import Computer

    profile: Any = get_manager().get_profile()
    computer = Computer(
        label=label,
        hostname=LOCALHOST,
        description="This machine",
        transport_type=LOCAL_TRANSPORT,
        scheduler_type=naming.DIRECT,
        workdir=str(Path(get_config().dirpath) / "scratch" / profile.name),
    )
    computer.store()
    computer.configure(safe_interval=0)
    computer.set_minimum_job_poll_interval(1)
    computer.set_default_mpiprocs_per_machine(1)
    return computer


def _find_code(computer: Any, executable: str | None) -> Any:
    from aiida import orm

    ours = {"label": {"like": f"{CODE}%"}}
    named = {f"extras.{nodes.CODE_KIND}": CodeKind.PYTHON.value}
    filters: dict[str, Any] = {"or": [ours, named]}
    if executable is not None:
        filters["attributes.filepath_executable"] = executable
    query = orm.QueryBuilder().append(orm.Computer, filters={"id": computer.pk}, tag="computer")
    query.append(orm.InstalledCode, with_computer="computer", filters=filters)
    return query.order_by({orm.InstalledCode: {"id": "desc"}}).first(flat=True)


def _new_code(computer: Any) -> Any:
    """Create a code under the first free label; other environments may have their own codes."""
    from aiida import orm

    query = orm.QueryBuilder().append(orm.Computer, filters={"id": computer.pk}, tag="computer")
    query.append(orm.AbstractCode, with_computer="computer", project="label")
    taken = set(query.all(flat=True))
    number = next(n for n in range(1, len(taken) + 2) if _code_label(n) not in taken)
    code = orm.InstalledCode(label=_code_label(number), computer=computer, filepath_executable=sys.executable)
    code.description = "Python of the crystalmath server, with atomate2 installed"
    return code.store()


def _code_label(number: int) -> str:
    return CODE if number == 1 else f"{CODE}-{number}"


def _refuse_disabled(computer: Any) -> None:
    from aiida import orm

    if not computer.is_configured or not computer.is_user_enabled(orm.User.collection.get_default()):
        state = "disabled" if computer.is_configured else "not configured"
        hint = f"verdi computer {'enable' if computer.is_configured else 'configure'} {computer.label}"
        raise ComputerDisabled(f"Cluster {computer.label!r} is {state} for this user", hint=hint)


def _username() -> str:
    import getpass

    return getpass.getuser()


def _refuse_full(work_dir: Path) -> None:
    """Refuse a full or unwritable disk before anything is stored."""
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFull(f"Work folder {work_dir} cannot be created: {error.strerror}") from error
    if not os.access(work_dir, os.W_OK | os.X_OK):
        raise StorageFull(f"Work folder {work_dir}: {os.strerror(errno.EACCES)}")
    free = shutil.disk_usage(work_dir).free
    if free < MIN_FREE_BYTES:
        raise StorageFull(f"Work folder {work_dir}: only {free / 1e6:.0f} MB are free")
