"""The command line: light, options understood, files of the log."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from crystalmath_server import __main__ as main_module
from crystalmath_server.protocol.endpoint import DEFAULT_PROFILE, socket_path
from crystalmath_server.protocol.errors import EngineUnavailable, FileUnreadable
from crystalmath_server.rpc import journal, logfile

HEAVY = (
    "aiida",
    "anyio",
    "asyncio",
    "jsonrpcserver",
    "orjson",
    "pydantic",
    "pymatgen",
    "atomate2",
    "logging",
)

HOMES = ("AIIDA_PATH", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in HOMES:
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("CRYSTALMATH_PROFILE", raising=False)
    return tmp_path


@pytest.fixture
def _logging() -> Iterator[None]:
    """Put the root logger back as pytest had it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for handler in handlers:
        root.removeHandler(handler)  # basicConfig(force) would close them
    yield
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_importing_it_loads_nothing_heavy() -> None:
    code = f"import sys, crystalmath_server.__main__; print([m for m in {HEAVY} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_claim_is_light_too() -> None:
    code = f"import sys, crystalmath_server.rpc.claim; print([m for m in {HEAVY} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_sockname_follows_profile_and_socket(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main_module.main(["sockname", "--profile", "p"]) == 0
    assert f"{home}/crystalmath/p" in capsys.readouterr().out
    assert main_module.main(["--socket", "here.sock", "sockname"]) == 0
    assert capsys.readouterr().out.strip() == f"{Path.cwd()}/here.sock"


def test_no_server_is_exit_status_3(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    socket = socket_path(DEFAULT_PROFILE, {name: str(home) for name in HOMES})
    assert main_module.main(["status"]) == 3
    assert main_module.main(["stop"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count(str(socket)) == 2


def test_wrong_usage_is_exit_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main_module.main(["fly"])
    assert caught.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_missing_packages_are_named_with_the_way_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_module, "NEEDED", ("json", "no_such_package"))
    with pytest.raises(EngineUnavailable) as caught:
        main_module._prepare()
    assert "no_such_package" in caught.value.data.detail
    assert "json" not in caught.value.data.detail
    assert "crystalmath[server]" in caught.value.data.hint


@pytest.mark.usefixtures("_logging")
def test_the_log_rotates_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "p.log"
    log = journal.open_log(path, to_terminal=False)
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, RotatingFileHandler)
    handler.maxBytes = 1000
    for number in range(40):
        log.warning("line %d %s", number, "x" * 40)
    assert path.with_name("p.log.1").exists()
    assert path.stat().st_mode & 0o777 == path.with_name("p.log.1").stat().st_mode & 0o777 == 0o600
    assert logfile.tail(path, 1)[0].endswith(f"line 39 {'x' * 40}")


def test_the_tail_of_a_log(tmp_path: Path) -> None:
    path = tmp_path / "p.log"
    path.write_bytes(b"".join(b"line %d\n" % number for number in range(1000)) + b"\xff\n")
    assert logfile.tail(path, 3) == ["line 998", "line 999", "\ufffd"]
    assert logfile.tail(path, 0) == []
    with pytest.raises(FileUnreadable):
        logfile.tail(tmp_path / "nothing.log", 3)


def test_following_a_log_through_a_rotation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.log"
    path.write_text("old, and long enough\n")
    writes = iter([lambda: append(path, "new"), lambda: path.write_text("fresh file")])

    def append(path: Path, text: str) -> None:
        with path.open("a") as log:
            log.write(text)

    monkeypatch.setattr(logfile.time, "sleep", lambda _s: next(writes)())
    following = logfile.follow(path)
    assert [next(following), next(following)] == ["new", "fresh file"]
