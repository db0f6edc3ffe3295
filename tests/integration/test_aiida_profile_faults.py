import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LOAD = """
import asyncio, json, sys
from crystalmath_server.adapters.aiida.runtime import AiidaRuntime
from crystalmath_server.protocol.errors import RpcError

async def main():
    runtime = AiidaRuntime(sys.argv[1])
    error = {}
    try:
        await runtime.wait_ready()
    except RpcError as raised:
        error = raised.to_json()["data"]
    part = runtime.part()
    print(json.dumps({"error": error, "part": [part.state, part.detail, part.hint]}))
    await runtime.close()

asyncio.run(main())
"""
MAKE = """
import sys
from crystalmath_server.adapters.aiida.embedded_profile import main
sys.exit(main('broken', ''))
"""


class Home:
    """A home of AiiDA that holds the profile `broken`, seen by processes of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / ".aiida" / "config.json"
        self._python("-c", MAKE)

    def _python(self, *arguments: str) -> str:
        names = ("AIIDA_PATH", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
        env = {**os.environ, **dict.fromkeys(names, str(self.path))}
        command = [sys.executable, "-W", "ignore", *arguments]
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=60).stdout

    def load(self, profile: str = "broken") -> dict[str, Any]:
        return json.loads(self._python("-c", LOAD, profile).splitlines()[-1])

    @property
    def storage(self) -> Path:
        profile = json.loads(self.config.read_text())["profiles"]["broken"]
        return Path(profile["storage"]["config"]["filepath"])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def newer_schema(home: Home) -> None:
    with sqlite3.connect(home.storage / "database.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = 'main_9999'")
    database.close()


def locked(home: Home) -> None:
    (home.path / ".aiida" / "access" / "broken").mkdir(parents=True, exist_ok=True)
    (home.path / ".aiida" / "access" / "broken" / f"{os.getpid()}.lock").touch()


def no_storage(home: Home) -> None:
    home.storage.rename(home.path / "elsewhere")


def not_a_database(home: Home) -> None:
    (home.storage / "database.sqlite").write_bytes(b"not a database at all" * 100)


def not_json(home: Home) -> None:
    home.config.write_text("{")


@pytest.mark.parametrize(
    "harm,words,way_out",
    [
        (newer_schema, "main_9999", "upgrade aiida-core"),
        (locked, "lock", "maintenance"),
        (no_storage, "storage was not found", "Mount or restore"),
        (not_a_database, "not a database", "backup"),
        (not_json, "invalid JSON", "config.json"),
    ],
)
def test_broken_profile_is_told(home: Home, harm: Callable[[Home], None], words: str, way_out: str) -> None:
    harm(home)
    found = home.load()
    assert found["error"]["kind"] == "ProfileUnavailable"
    assert found["error"]["detail"]
    assert words in found["error"]["detail"]
    assert way_out in found["error"]["hint"]
    assert found["part"][0] == "failed"


def test_unknown_profile_lists_those_there_are(home: Home) -> None:
    before = home.config.read_bytes()
    found = home.load("nobody")
    assert found["error"]["kind"] == "ProfileUnavailable"
    assert "'nobody'" in found["error"]["detail"]
    assert "broken" in found["error"]["detail"]
    assert home.config.read_bytes() == before


def test_profile_without_broker_can_be_read(home: Home) -> None:
    config = json.loads(home.config.read_text())
    config["profiles"]["broken"]["process_control"] = {"backend": None, "config": None}
    home.config.write_text(json.dumps(config))
    found = home.load()
    assert not found["error"]
    assert "no broker" in found["part"][1]
    assert "configure-broker" in found["part"][2]


def test_existing_profile_stays_as_it_is(home: Home) -> None:
    before = home.config.read_bytes()
    assert not home.load()["error"]
    assert home.config.read_bytes() == before


def test_embedded_profile_comes_beside_the_others(home: Home) -> None:
    before = json.loads(home.config.read_text())
    assert not home.load("crystalmath")["error"]
    after = json.loads(home.config.read_text())
    assert after["profiles"]["broken"] == before["profiles"]["broken"]
    assert after["default_profile"] == before["default_profile"] == "broken"
    assert set(after["profiles"]) == {"broken", "crystalmath"}
