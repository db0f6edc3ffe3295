"""The command line as a process, against a server on the fakes."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fake_structures import CU_POSCAR
from tests.integration.server_process import Running, running

CRYSTALMATH = (sys.executable, "-m", "crystalmath_tui")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("cli") / "s.sock") as server:
        yield server


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """Runs `crystalmath` in an environment without a home of anybody."""

    environ: dict[str, str]

    def __call__(self, *words: str, stdin: str = "") -> Done:
        done = subprocess.run(
            [*CRYSTALMATH, *words],
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def shell(server: Running, tmp_path: Path) -> Shell:
    folders = {name: str(tmp_path) for name in ("HOME", "AIIDA_PATH", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    return Shell({**os.environ, **folders, "CRYSTALMATH_SOCKET": str(server.socket)})


@pytest.fixture
def poscar(tmp_path: Path) -> str:
    path = tmp_path / "cu.vasp"
    path.write_text(CU_POSCAR)
    return str(path)


def test_a_table_and_nothing_else_is_on_stdout(shell: Shell) -> None:
    done = shell("clusters", "list")
    assert (done.status, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines()] == ["PK", "1", "2"]


def test_json_is_the_whole_result(shell: Shell) -> None:
    page = shell("jobs", "list", "--limit", "2", "--json").json
    assert set(page) == {"revision", "rows", "total", "counts", "next_cursor"}
    assert page["rows"][-1]["uuid"]


def test_a_page_that_is_not_all_says_so(shell: Shell, poscar: str) -> None:
    for _ in range(2):
        assert shell("submit", poscar, "--template", "emt.relax").status == 0
    done = shell("jobs", "list", "--limit", "1")
    assert "shown; more: --cursor" in done.err
    cursor = done.err.split("--cursor ")[1].split(",")[0]
    assert shell("jobs", "list", "--limit", "1", "--cursor", cursor).out != done.out


def test_submit_prints_the_job(shell: Shell, poscar: str) -> None:
    done = shell("submit", poscar, "--template", "relax", "--set", "fmax=0.1", "--label", "mine", "--json")
    assert (done.status, done.json["template"], done.json["reused"]) == (0, "emt.relax", False)
    assert shell("jobs", "show", str(done.json["pk"]), "--json").json["row"]["label"] == "mine"
    assert "structure 2: " in done.err or "stored before" in done.err


def test_the_same_key_submits_once(shell: Shell, poscar: str) -> None:
    words = ("submit", poscar, "--template", "emt.relax", "--key", "once-and-only", "--json")
    first, second = shell(*words).json, shell(*words).json
    assert (first["pk"], second["reused"]) == (second["pk"], True)


def test_submit_reads_stdin_and_takes_a_stored_structure(shell: Shell) -> None:
    assert shell("submit", "-", "--template", "emt.relax", stdin=CU_POSCAR).status == 0
    assert shell("submit", "--structure", "1", "--template", "emt.relax").status == 0


@pytest.mark.parametrize("words", [(), ("x.cif", "--structure", "1")])
def test_submit_wants_one_structure(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell("submit", *words, "--template", "emt.relax")
    assert (done.status, "either FILE or --structure PK" in done.err) == (2, True)


def test_wait_tells_a_job_that_did_not_finish(shell: Shell, poscar: str) -> None:
    pk = str(shell("submit", poscar, "--template", "emt.relax", "--json").json["pk"])
    assert shell("jobs", "cancel", pk, "--yes").status == 0
    done = shell("wait", pk, "--json")
    assert (done.status, done.json["state"]) == (4, "killed")
    assert f"job {pk}: killed" in done.err


def test_wait_ends_at_its_timeout_and_says_that_the_job_goes_on(shell: Shell, poscar: str) -> None:
    done = shell("submit", poscar, "--template", "emt.relax", "--wait", "--timeout", "0.6", "--json")
    assert (done.status, done.json["state"]) == (4, "created")
    assert "it continues" in done.err


@pytest.mark.parametrize(
    "words,status,expected",
    [
        (("jobs", "show", "999"), 1, "error: Not found"),
        (("jobs", "list", "--label", "(", "--regex"), 2, "(label)"),
        (("jobs", "list", "--limit", "0"), 2, "--limit: expected at least 1"),
        (("jobs", "shw"), 2, "no method jobs shw"),
        (("job",), 2, "no command job"),
        (("call", "no.method"), 2, "Method not found"),
        (("call", "jobs.show", '{"pk": "1"}'), 2, "(pk)"),
        (("call", "jobs.show", "{"), 2, "not valid JSON"),
        (("structures", "import", "missing.cif"), 1, "missing.cif"),
        (("--readonly", "jobs", "cancel", "1", "--yes"), 1, "--readonly"),
        (("jobs", "cancel", "1"), 1, "--yes"),
        (("call", "system.shutdown"), 1, "--yes"),
        (("--socket", "/nonexistent/s.sock", "--timeout", "x", "jobs", "list"), 2, "--timeout"),
        (("completion", "tcsh"), 2, "bash, zsh, fish"),
        ((), 2, "needs a terminal"),
    ],
)
def test_errors_have_an_exit_status_and_words(
    shell: Shell, words: tuple[str, ...], status: int, expected: str
) -> None:
    done = shell(*words)
    assert (done.status, done.out) == (status, "")
    assert expected in done.err
    assert "Traceback" not in done.err


def test_an_error_as_json_is_on_stderr(shell: Shell) -> None:
    done = shell("jobs", "show", "999", "--json")
    assert (done.status, done.out) == (1, "")
    assert json.loads(done.err)["data"]["field"] == "pk"


def test_call_takes_and_gives_plain_json(shell: Shell) -> None:
    assert shell("call", "jobs.show", '{"pk": 1}').json["row"]["pk"] == 1
    assert shell("call", "jobs.show", "-", stdin='{"pk": 1}').json["row"]["pk"] == 1
    assert set(shell("call", "system.ping").json) == {"time_s"}


def test_a_file_comes_as_it_is(shell: Shell) -> None:
    words = ("jobs", "file", "1", "_aiidasubmit.sh", "--source", "inputs")
    assert shell(*words).out.startswith("#!/bin/bash\n# café")
    part = shell(*words, "--limit", "11")
    assert (part.out, "bytes 0 to 11 of" in part.err) == ("#!/bin/bash", True)


def test_no_server_is_status_3_with_the_reason(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("I am no socket")
    done = shell("--socket", str(tmp_path / "file"), "jobs", "list")
    assert (done.status, done.out) == (3, "")
    assert "exists and is not a socket" in done.err


def test_a_closed_pipe_is_quiet(shell: Shell) -> None:
    with subprocess.Popen(
        [*CRYSTALMATH, "rpc", "discover", "--json"],
        env=shell.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""


def test_an_interrupted_wait_leaves_the_job_alone(shell: Shell) -> None:
    with subprocess.Popen(
        [*CRYSTALMATH, "wait", "1"], env=shell.environ, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        assert "job 1: running" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert "crystalmath wait 1" in process.stderr.read()
    assert process.returncode == 130
    assert shell("jobs", "show", "1", "--json").json["row"]["state"] == "running"


def _in_terminal(shell: Shell, *words: str, answer: str) -> tuple[int, str]:
    """Run a command whose standard streams are a terminal, and type an answer to its question."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [*CRYSTALMATH, *words], shell.environ)
    shown = b""
    deadline = time.monotonic() + 20
    while b"[y/N]" not in shown and time.monotonic() < deadline:
        shown += os.read(terminal, 1000)
    os.write(terminal, answer.encode() + b"\n")
    try:
        while data := os.read(terminal, 1000):
            shown += data
    except OSError:  # Linux tells the end of a terminal so
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_a_terminal_is_asked_before_a_job_is_killed(shell: Shell, poscar: str) -> None:
    pk = str(shell("submit", poscar, "--template", "emt.relax", "--label", "mine", "--json").json["pk"])
    status, shown = _in_terminal(shell, "jobs", "cancel", pk, answer="n")
    assert (status, f"Kill 1 job: {pk} mine (emt.relax, created)?" in shown) == (1, True)
    assert _in_terminal(shell, "jobs", "cancel", pk, answer="y")[0] == 0
    assert shell("jobs", "show", pk, "--json").json["row"]["state"] == "killed"


def test_a_wait_survives_a_restart_of_the_server(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "own.sock"
    environ = {**shell.environ, "CRYSTALMATH_SOCKET": str(path)}
    with running(path) as first:
        command = [*CRYSTALMATH, "wait", "1", "--timeout", "3"]
        process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
        assert process.stderr
        assert "job 1: running" in process.stderr.readline()
        first.end(signal.SIGKILL)
        with running(path):
            rest = process.stderr.read()
            process.stderr.close()
    assert ("connecting again" in rest, process.wait(20)) == (True, 4)


def test_start_up_imports_the_standard_library_and_the_protocol_alone(shell: Shell) -> None:
    program = (
        "import sys\nfrom crystalmath_tui.__main__ import main\nmain(['jobs', 'list', '--json'])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=shell.environ, capture_output=True, text=True, check=True
    )
    loaded = {name for name in done.stderr.split() if name not in sys.stdlib_module_names}
    started_with = {"__main__", "_distutils_hack", "sitecustomize", "usercustomize"}
    assert loaded - started_with == {"crystalmath_server", "crystalmath_tui"}
    assert not {"shutil", "asyncio", "subprocess", "logging"} & set(done.stderr.split())


def test_a_file_is_fetched_whole_and_goes_on_where_it_broke_off(shell: Shell, tmp_path: Path) -> None:
    whole = shell("jobs", "file", "1", "_aiidasubmit.sh", "--source", "inputs").out.encode()
    target = tmp_path / "script"
    words = ("jobs", "file", "1", "_aiidasubmit.sh", "--source", "inputs", "--output", str(target))
    for begun, start in ((b"", 0), (whole[:7], 7), (b"another", 0)):
        (tmp_path / "script.part").write_bytes(begun)
        target.unlink(missing_ok=True)
        done = shell(*words)
        assert (done.status, target.read_bytes()) == (0, whole), done.err
        assert (f"of which {start} were there" in done.err) == bool(start)
        assert list(tmp_path.iterdir()) == [target]
    target.write_text("mine")
    done = shell(*words)
    assert (done.status, target.read_text(), "--over" in done.err) == (1, "mine", True)
    assert (shell(*words, "--over").status, target.read_bytes()) == (0, whole)
    done = shell(*words[:-1], str(tmp_path / "none" / "script"))
    assert (done.status, "Give a file in a folder" in done.err) == (1, True)


def test_files_of_a_job_come_into_a_folder(shell: Shell, tmp_path: Path) -> None:
    whole = shell("jobs", "file", "1", "_aiidasubmit.sh", "--source", "inputs").out
    words = ("download", "1", "--source", "inputs", "--to", str(tmp_path / "new"))
    for again in ("", "of which"):
        done = shell(*words)
        assert (done.status, (tmp_path / "new/_aiidasubmit.sh").read_text()) == (0, whole), done.err
        assert again in done.out
    done = shell(*words, "_aiidasubmit.sh", "none.txt")
    assert (done.status, "none.txt was left out" in done.err) == (1, True)
    assert shell("download", "99").status == 1
    assert shell("download", "1", "--source", "elsewhere").status == 2


def test_a_file_is_followed_to_its_end(shell: Shell) -> None:
    whole = shell("jobs", "file", "1", "_aiidasubmit.sh", "--source", "inputs").out
    done = shell("follow", "1", "_aiidasubmit.sh", "--source", "inputs")
    assert (done.status, done.out) == (0, whole), done.err
    assert "ended: " in done.err
    done = shell("follow", "1", "_aiidasubmit.sh", "--source", "inputs", "--last-lines", "1")
    assert done.out == whole.splitlines(keepends=True)[-1]
