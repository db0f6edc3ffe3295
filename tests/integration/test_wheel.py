"""What a wheel installs: manual pages, completion for three shells, openrpc.json."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crystalmath_server.protocol.methods import METHODS
from crystalmath_server.rpc.openrpc import document

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prefix into which the wheel is installed, without the packages it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    prefix = folder / "prefix"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    # without --ignore-installed pip would remove the crystalmath that these tests run in
    command += ["--no-compile", "--ignore-installed"]
    subprocess.run([*command, "--prefix", str(prefix), str(wheel)], check=True, capture_output=True)
    return prefix


def read(prefix: Path, place: str) -> str:
    return (prefix / "share" / place).read_text(encoding="utf-8")


def test_the_programs_are_there(installed: Path) -> None:
    assert {"crystalmath", "crystalmath-server"} <= {path.name for path in (installed / "bin").iterdir()}


def test_the_manual_has_every_method(installed: Path) -> None:
    page = read(installed, "man/man1/crystalmath.1")
    missing = [name for name in METHODS if f".SS {name.replace('.', ' ')}\n" not in page.replace("\\-", "-")]
    assert missing == []
    for section in ("NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES"):
        assert f".SH {section}\n" in page
    assert ".B \\-\\-profile NAME\nAiiDA profile\n" in page
    assert "\\-\\-foreground" in read(installed, "man/man1/crystalmath-server.1")


@pytest.mark.parametrize("page", ["crystalmath.1", "crystalmath-server.1"])
def test_no_line_of_the_manual_is_an_unknown_request(installed: Path, page: str) -> None:
    known = {".TH", ".SH", ".SS", ".TP", ".B", ".BR", ".I", ".IR", ".PP", ".nf", ".fi"}
    lines = read(installed, f"man/man1/{page}").splitlines()
    assert {line.split()[0] for line in lines if line.startswith((".", "'"))} <= known


def test_completion_is_where_the_shells_look(installed: Path) -> None:
    for place in (
        "bash-completion/completions/crystalmath",
        "zsh/site-functions/_crystalmath",
        "fish/vendor_completions.d/crystalmath.fish",
    ):
        assert {"jobs", "diagnose", "inputs"} <= set(re.findall(r"\w+", read(installed, place)))
    assert read(installed, "zsh/site-functions/_crystalmath").startswith("#compdef crystalmath\n")


def test_bash_completes_with_the_installed_file(installed: Path) -> None:
    bash = shutil.which("bash")
    assert bash, "this test needs bash"
    script = installed / "share/bash-completion/completions/crystalmath"
    typed = "COMP_WORDS=(crystalmath jobs diag); COMP_CWORD=2"
    words = f"source {script}; {typed}; _shtab_crystalmath; echo $COMPREPLY"
    done = subprocess.run([bash, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "diagnose\n"


def test_openrpc_is_that_of_this_version(installed: Path) -> None:
    assert json.loads(read(installed, "crystalmath/openrpc.json")) == json.loads(json.dumps(document()))
