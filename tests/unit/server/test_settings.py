"""Settings: file and environment, unknown and wrong ones named."""

from dataclasses import fields
from pathlib import Path

import pytest

from crystalmath_server.protocol.errors import FileUnreadable, InvalidForm
from crystalmath_server.settings import Settings, load


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_no_file_gives_the_defaults(path: Path) -> None:
    assert load(path, {}) == Settings()


def test_the_file_then_the_environment(path: Path) -> None:
    path.write_text('profile = "p"\n[server]\nidle_exit_s = 60\nlog_level = "DEBUG"\n[tui]\ntheme = "x"\n')
    settings = load(path, {"CRYSTALMATH_IDLE_EXIT_S": "2.5", "CRYSTALMATH_PROFILE": "q"})
    assert (settings.idle_exit_s, settings.log_level) == (2.5, "DEBUG")


def test_every_setting_can_come_from_the_environment(path: Path) -> None:
    for row in fields(Settings):
        assert load(path, {"CRYSTALMATH_" + row.name.upper(): str(row.default)}) == Settings()


@pytest.mark.parametrize(
    "text, field, words",
    [
        ("[server]\nidle_exit = 1", "server.idle_exit", "known: server.idle_exit_s"),
        ("idle_exit_s = 1", "idle_exit_s", "known: profile"),
        ("[server]\nidle_exit_s = -1", "server.idle_exit_s", "0 or more, not -1"),
        ('[server]\nidle_exit_s = "soon"', "server.idle_exit_s", "a number, not 'soon'"),
        ("[server]\nidle_exit_s = nan", "server.idle_exit_s", "0 or more"),
        ("[server]\nidle_exit_s = true", "server.idle_exit_s", "a number"),
        ("[server]\nmax_clients = 1.5", "server.max_clients", "a whole number"),
        ("[server]\nmax_clients = 0", "server.max_clients", "1 or more"),
        ("[server]\nmax_frame = 99999999999", "server.max_frame", "16777216 at most"),
        ('[server]\nlog_level = "LOUD"', "server.log_level", "DEBUG, INFO"),
        ("[server\n", "config.toml", "not valid TOML"),
        ("[[server]]\na = 1", "server", "not a table"),
    ],
)
def test_what_is_wrong_is_named(path: Path, text: str, field: str, words: str) -> None:
    path.write_text(text)
    with pytest.raises(InvalidForm) as caught:
        load(path, {})
    assert caught.value.data.field == field
    assert words in caught.value.data.detail
    assert str(path) in caught.value.data.hint


def test_a_wrong_variable_is_named(path: Path) -> None:
    with pytest.raises(InvalidForm) as caught:
        load(path, {"CRYSTALMATH_MAX_CLIENTS": "many"})
    assert caught.value.data.field == "CRYSTALMATH_MAX_CLIENTS"
    assert "environment" in caught.value.data.hint


def test_a_file_that_cannot_be_read(path: Path) -> None:
    path.mkdir()
    with pytest.raises(FileUnreadable, match="cannot read"):
        load(path, {})
