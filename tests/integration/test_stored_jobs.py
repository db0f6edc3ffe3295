"""Jobs of every kind as details, results and files: equal to what AiiDA's ORM says, by few statements."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.home import end_all_in
from tests.vasp_site import create_database

PROGRAM = "tests.integration.stored_jobs"
MORE = {"self-correcting": 1, "cached": 1, "retry": 1, "restart": 2, "restart of an import": 1, "paused": 1}
"""Kind of job → statements that `jobs.show` needs beyond two."""
OTHERS = ("index", "maintenance")
"""What the program tells beside the kinds."""
EVERYWHERE = ("self-correcting",)
"""Kinds whose results and files need as many statements more."""


@pytest.fixture(scope="module", params=["core.sqlite_dos", "core.psql_dos"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program says on this storage."""
    home = tmp_path_factory.mktemp("stored")
    config: dict[str, Any] = {"filepath": str(home / "storage")}
    if request.param == "core.psql_dos":
        server: dict[str, str] = request.getfixturevalue("postgres")
        config = {
            "database_engine": "postgresql_psycopg",
            "database_hostname": server["PGHOST"],
            "database_port": int(server["PGPORT"]),
            "database_username": server["PGUSER"],
            "database_password": "none",
            "database_name": create_database(server),
            "repository_uri": f"file://{home}/repository",
        }
    command = [sys.executable, "-W", "ignore", "-m", PROGRAM, request.param, json.dumps(config)]
    environ = {**os.environ, "HOME": str(home), "AIIDA_PATH": str(home)}
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, cwd=root, check=False)
    end_all_in(home)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_every_kind_is_read_as_the_orm_reads_it(told: dict[str, Any]) -> None:
    kinds = {kind: row["differs"] for kind, row in told.items() if kind not in OTHERS}
    assert len(kinds) > 10
    assert {kind: row for kind, row in kinds.items() if row} == {}


def test_statements(told: dict[str, Any]) -> None:
    for kind, row in told.items():
        if kind in OTHERS:
            continue
        more = MORE.get(kind, 0)
        others = 2 + (more if kind in EVERYWHERE else 0)
        assert row["statements"] == {"show": 2 + more, "results": others, "files": others}, kind


def test_files_are_found_after_maintenance_and_closed_with_the_profile(told: dict[str, Any]) -> None:
    found = told["maintenance"]
    assert found["same"] == [True] * 4
    assert found["opened"] > 0
    assert (found["closed"], found["again"]) == (0, True)


def test_the_list_is_counted_and_watched_without_being_read(told: dict[str, Any]) -> None:
    found = told["index"]
    assert found["count"] == found["pks"] == found["rows"] > 10
    assert found["changed"] == [True, False]
