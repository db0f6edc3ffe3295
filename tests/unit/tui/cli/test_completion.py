"""Help and completion know every method; bash takes the script."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from crystalmath_server.protocol.methods import METHODS
from crystalmath_tui.cli.completion import FILES
from crystalmath_tui.cli.main import COMMANDS, run


def _printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(list(words)) == 0
    return capsys.readouterr().out


def _completed(script: str, *words: str) -> set[str]:
    """What bash offers for the last of the words."""
    array = " ".join(map(shlex.quote, words))
    probe = f"{script}\nCOMP_WORDS=({array})\nCOMP_CWORD={len(words) - 1}\n_shtab_crystalmath\n"
    done = subprocess.run(
        ["bash", "-c", probe + 'printf "%s\\n" "${COMPREPLY[@]}"'], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("name", sorted(METHODS))
def test_help_tells_every_field_of_every_method(capsys: pytest.CaptureFixture[str], name: str) -> None:
    text = _printed(capsys, *name.split("."), "--help")
    assert METHODS[name].summary in text
    for field in METHODS[name].params.__dataclass_fields__:
        assert f"--{field.replace('_', '-')}" in text


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_of_a_command(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert COMMANDS[name].summary in _printed(capsys, name, "--help")


def test_help_tells_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    text = _printed(capsys, "--help")
    assert "exit status:" in text
    for status in (0, 1, 2, 3, 4, 130):
        assert f"\n  {status} " in text


def test_bash_completes_from_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    script = _printed(capsys, "completion", "bash")
    assert _completed(script, "crystalmath", "jo") == {"jobs"}
    assert _completed(script, "crystalmath", "jobs", "can") == {"cancel"}
    assert _completed(script, "crystalmath", "--json", "jobs", "list", "--sor") == {"--sort"}
    assert _completed(script, "crystalmath", "jobs", "list", "--state", "ru") == {"running"}
    assert _completed(script, "crystalmath", "--profile", "main", "jobs", "can") == {"cancel"}
    assert _completed(script, "crystalmath", "server", "st") == {"start", "stop", "status"}
    assert "compgen_files" in script.partition("_crystalmath_structures_import_pos_0_COMPGEN=")[2][:30]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_knows_each_method(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    script = _printed(capsys, "completion", shell)
    for family, method in (name.split(".") for name in METHODS):
        assert re.search(rf"\b{family}\b[ _']+{method}\b|_{family}_{method}_", script)


@pytest.fixture
def without_shtab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a distribution without shtab is installed."""
    monkeypatch.setitem(sys.modules, "shtab", None)
    monkeypatch.syspath_prepend(tmp_path)
    info = tmp_path / "crystalmath-9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: crystalmath\nVersion: 9\n")
    (info / "RECORD").write_text("".join(f"{place},,\n" for place in FILES.values()))
    return tmp_path


def test_without_shtab_the_script_of_the_wheel_is_printed(
    capsys: pytest.CaptureFixture[str], without_shtab: Path
) -> None:
    script = without_shtab / FILES["fish"]
    script.parent.mkdir(parents=True)
    script.write_text("complete -c crystalmath\n")
    assert _printed(capsys, "completion", "fish") == "complete -c crystalmath\n"


def test_where_there_is_neither_the_way_out_is_told(
    capsys: pytest.CaptureFixture[str], without_shtab: Path
) -> None:
    assert run(["completion", "zsh"]) == 1
    assert "pip install shtab" in capsys.readouterr().err
