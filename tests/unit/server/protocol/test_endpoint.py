"""Where client and server meet."""

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from platformdirs import PlatformDirs

from crystalmath_server.protocol import endpoint
from crystalmath_server.protocol.errors import NotAllowed


@pytest.fixture
def run() -> Iterator[Path]:
    """A runtime directory with a short path: a socket's may have 107 bytes."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def environ(run: Path, tmp_path: Path) -> dict[str, str]:
    """An environment whose folders are all temporary."""
    return {
        "HOME": str(tmp_path / "home"),
        "AIIDA_PATH": str(tmp_path / "aiida"),
        "XDG_RUNTIME_DIR": str(run),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_the_profile_is_the_first_that_is_given(environ: dict[str, str], tmp_path: Path) -> None:
    names = [endpoint.profile_name(None, environ)]
    _write(tmp_path / "aiida/.aiida/config.json", json.dumps({"default_profile": "of-aiida"}))
    names.append(endpoint.profile_name(None, environ))
    _write(tmp_path / "config/crystalmath/config.toml", 'profile = "of-settings"\n')
    names.append(endpoint.profile_name(None, environ))
    environ["CRYSTALMATH_PROFILE"] = "of-environment"
    names += [endpoint.profile_name(None, environ), endpoint.profile_name("explicit", environ)]
    assert names == ["crystalmath", "of-aiida", "of-settings", "of-environment", "explicit"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"default_profile": 3}', "[" * 100_000, "\udcff"])
def test_a_broken_file_of_aiida_counts_as_none(environ: dict[str, str], tmp_path: Path, text: str) -> None:
    path = tmp_path / "aiida/.aiida/config.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode(errors="surrogateescape"))
    assert endpoint.profile_name(None, environ) == "crystalmath"


@pytest.mark.parametrize("text", ["profile = ", "profile = 3", "[[[["])
def test_broken_settings_count_as_none(environ: dict[str, str], tmp_path: Path, text: str) -> None:
    _write(tmp_path / "config/crystalmath/config.toml", text)
    assert endpoint.profile_name(None, environ) == "crystalmath"


def test_the_socket_is_in_the_runtime_directory(environ: dict[str, str], run: Path) -> None:
    path = endpoint.socket_path("main", environ)
    assert path.parent == run / "crystalmath"
    assert path.name.startswith("main@")
    assert path.suffix == ".sock"


def test_the_usual_aiida_directory_leaves_the_name_plain(environ: dict[str, str]) -> None:
    import pwd

    usual = {**environ, "AIIDA_PATH": pwd.getpwuid(os.getuid()).pw_dir}
    assert endpoint.socket_path("main", usual).name == "main.sock"


def test_two_aiida_directories_share_no_socket(environ: dict[str, str], tmp_path: Path) -> None:
    other = {**environ, "AIIDA_PATH": str(tmp_path / "other")}
    assert endpoint.socket_path("main", environ) != endpoint.socket_path("main", other)
    assert endpoint.log_path("main", environ) != endpoint.log_path("main", other)


def test_spellings_of_one_aiida_directory_share_it(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "aiida/.aiida").mkdir(parents=True)
    spelled = {**environ, "AIIDA_PATH": f"{tmp_path}/nowhere:{tmp_path}/aiida/.aiida"}
    assert endpoint.socket_path("main", environ) == endpoint.socket_path("main", spelled)


@pytest.mark.parametrize("name", ["a/b", "../x", "", ".", "..", "ä ö", "x" * 200, "a\0b", "a@b"])
def test_an_odd_profile_name_stays_in_the_directory(environ: dict[str, str], name: str) -> None:
    path = endpoint.socket_path(name, environ)
    assert path.parent.name == "crystalmath"
    assert path.name.partition("@")[0].isalnum()


def test_a_path_over_107_bytes_is_hashed(environ: dict[str, str], tmp_path: Path) -> None:
    paths: list[Path] = []
    for letter in "ab":
        deep = tmp_path / (letter * 120)
        deep.mkdir(mode=0o700)
        paths.append(endpoint.socket_path("main", {**environ, "XDG_RUNTIME_DIR": str(deep)}))
    assert all(len(os.fsencode(path)) <= 107 for path in paths)
    assert len(set(paths)) == 2


@pytest.mark.parametrize("given", ["", "relative", "/nowhere/at/all"])
def test_without_a_runtime_directory_the_temporary_one_serves(environ: dict[str, str], given: str) -> None:
    path = endpoint.socket_path("main", {**environ, "XDG_RUNTIME_DIR": given, "TMPDIR": "/var/tmp"})
    assert path.parent == Path(f"/var/tmp/crystalmath-{os.getuid()}")


def test_the_environment_may_name_the_socket(environ: dict[str, str]) -> None:
    assert endpoint.socket_path("main", {**environ, "CRYSTALMATH_SOCKET": "/x/y.sock"}) == Path("/x/y.sock")


def test_the_lock_stands_beside_the_socket() -> None:
    assert endpoint.lock_path(Path("/x/main.sock")) == Path("/x/main.sock.lock")


def test_folders_follow_xdg(environ: dict[str, str], tmp_path: Path) -> None:
    assert endpoint.state_dir(environ) == tmp_path / "state/crystalmath"
    assert endpoint.config_dir(environ) == tmp_path / "config/crystalmath"
    assert endpoint.state_dir({"HOME": "/h"}) == Path("/h/.local/state/crystalmath")
    assert endpoint.config_dir({"HOME": "/h", "XDG_CONFIG_HOME": "relative"}) == Path(
        "/h/.config/crystalmath"
    )


def test_the_runtime_directory_is_made_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "run/crystalmath"
    endpoint.prepare_runtime_dir(path)
    endpoint.prepare_runtime_dir(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_directory_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "open"
    path.mkdir()
    path.chmod(0o777)
    with pytest.raises(NotAllowed, match="others may write") as caught:
        endpoint.prepare_runtime_dir(path)
    assert caught.value.data.field == "socket"


def test_a_directory_of_someone_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(NotAllowed, match="belongs to user"):
        endpoint.prepare_runtime_dir(tmp_path)


def test_a_link_or_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").touch()
    for name in ("link", "file", "file/below"):
        with pytest.raises(NotAllowed):
            endpoint.prepare_runtime_dir(tmp_path / name)


@pytest.mark.parametrize("given", [None, "", "/absolute/place", "relative/place"])
def test_folders_are_those_of_platformdirs(given: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its import takes too long for each start of the client (adr/0039), so it judges here."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
        if given is not None:
            monkeypatch.setenv(name, given)
    theirs = PlatformDirs("crystalmath", appauthor=False)
    assert endpoint.config_dir(os.environ) == theirs.user_config_path
    assert endpoint.state_dir(os.environ) == theirs.user_state_path


def test_the_runtime_directory_is_that_of_platformdirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert endpoint.runtime_dir(os.environ) == PlatformDirs("crystalmath").user_runtime_path
