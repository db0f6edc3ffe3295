import errno
import sqlite3
import subprocess
import sys

import pytest

from crystalmath_server.adapters.aiida.errors import translate
from crystalmath_server.protocol.errors import (
    BrokerUnavailable,
    NotFound,
    ProfileUnavailable,
    RpcError,
    StorageFull,
    StorageUnreachable,
)


def foreign(module: str, name: str, text: str = "words") -> Exception:
    """An exception as a library defines it, without importing the library."""
    return type(name, (Exception,), {"__module__": module})(text)


@pytest.mark.parametrize(
    "error,expected",
    [
        (foreign("aiida.common.exceptions", "NotExistent"), NotFound),
        (foreign("aiida.common.exceptions", "LockedProfileError"), ProfileUnavailable),
        (foreign("aiida.common.exceptions", "UnreachableStorage"), StorageUnreachable),
        (foreign("kiwipy", "UnroutableError"), BrokerUnavailable),
        (foreign("sqlalchemy.exc", "OperationalError", "database is locked"), StorageUnreachable),
        (sqlite3.OperationalError("database or disk is full"), StorageFull),
        (sqlite3.OperationalError("attempt to write a readonly database"), StorageFull),
        (sqlite3.DatabaseError("file is not a database"), ProfileUnavailable),
        (OSError(errno.ENOSPC, "No space left on device"), StorageFull),
        (PermissionError(errno.EACCES, "Permission denied"), StorageFull),
        (ConnectionRefusedError("refused"), BrokerUnavailable),
    ],
)
def test_known_failures(error: Exception, expected: type[RpcError]) -> None:
    found = translate(error, "group")
    assert found is not None
    assert type(found) is expected
    assert found.data.detail
    assert found.data.hint


def test_the_true_reason_counts_more_than_its_wrapping() -> None:
    wrapped = foreign("aiida.common.exceptions", "StorageMigrationError", "initialization failed: disk full")
    wrapped.__context__ = OSError(errno.ENOSPC, "No space left on device")
    assert type(translate(wrapped, "group")) is StorageFull


def test_way_out_names_the_profile() -> None:
    found = translate(foreign("aiida.common.exceptions", "IncompatibleDatabaseSchema"), "group")
    assert found is not None
    assert "verdi -p group storage migrate" in found.data.hint


def test_statements_stay_out_of_the_words() -> None:
    text = "(sqlite3.OperationalError) database is locked\n[SQL: SELECT 1]\n(Background on this error at: …)"
    found = translate(foreign("sqlalchemy.exc", "OperationalError", text), "group")
    assert found is not None
    assert found.data.detail == "(sqlite3.OperationalError) database is locked"


def test_what_is_unknown_stays_unknown() -> None:
    assert translate(ValueError("x"), "group") is None
    assert translate(foreign("other", "NotExistent"), "group") is None


def test_no_adapter_imports_aiida_before_it_is_asked() -> None:
    reads = ("store", "index", "results", "files", "detail", "rows")
    adapters = (
        "aiida.runtime",
        "aiida.profiles",
        "clusters.clusters",
        *(f"aiida.jobs.{name}" for name in reads),
    )
    names = ", ".join(f"crystalmath_server.adapters.{name}" for name in adapters)
    code = f"import sys, {names}; sys.exit('aiida' in sys.modules or 'sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0
