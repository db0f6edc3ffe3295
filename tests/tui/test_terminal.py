"""The interface in a pseudo-terminal against a server with real RPC."""

import re
import signal
import socket
from pathlib import Path

import pytest

from tests.tui.demo import Demo
from tests.tui.terminal import Terminal, command, opened


def test_first_paint_does_not_wait_for_the_server(folder: Path, environ: dict[str, str]) -> None:
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(folder / "mute.sock"))
        mute.listen()
        with opened(command(folder / "mute.sock"), environ) as terminal:
            terminal.until("connecting")
            terminal.send("?")
            terminal.until("help on jobs")
            terminal.send("esc", "q")
            assert terminal.ended() == 0
            assert terminal.restored


def test_jobs_appear_and_change_alive(terminal: Terminal) -> None:
    assert "silicon cell" in terminal.text
    assert re.search(r"30\s+. created\s+nickel", terminal.text)
    terminal.send("/", *"copper", "enter", "g", "p")
    terminal.until("paused")
    terminal.until(lambda: "paused" in terminal.line("copper static"))


def test_filter_by_text_expression_and_state(terminal: Terminal) -> None:
    terminal.send("/", *"/^gold", "enter")
    terminal.until("3 jobs")
    assert "silicon" not in terminal.text
    terminal.send("esc")
    terminal.until("30 jobs")
    terminal.send("/", *"!/^gold", "enter")
    terminal.until("27 jobs")
    terminal.send("esc", "/", *"state:failed", "enter")
    terminal.until(lambda: "3 jobs" in terminal.text and "silicon" not in terminal.text)


def test_a_wrong_expression_is_said_where_it_is_typed(terminal: Terminal) -> None:
    terminal.send("/", *"/(", "enter")
    terminal.until("is not a regular expression")
    terminal.send("esc")
    terminal.until("30 jobs")


def test_open_a_job_and_turn_its_pages(terminal: Terminal) -> None:
    terminal.send("G", "enter")
    terminal.until("job 1")
    terminal.until("engine          CHGNet 0.4.2")
    terminal.send("5")
    terminal.until("-3.5 eV/atom")
    terminal.until("-3.797 %")
    terminal.send("3")
    terminal.until("big.out")
    terminal.send("j", "enter")
    terminal.until("line 0")
    terminal.until(lambda: terminal.send("G") or "line 19999" in terminal.text)
    terminal.send("esc", "j", "enter")
    terminal.until("A binary file")
    terminal.send("esc", "esc")
    terminal.until("30 jobs")


def test_cancel_asks_with_names_and_esc_destroys_nothing(terminal: Terminal) -> None:
    terminal.send("/", *"copper", "enter", " ", " ", "x")
    terminal.until("Cancel 2 jobs?")
    terminal.send("esc")
    terminal.until("Nothing was done.")
    assert "killed" not in terminal.text
    terminal.send("x", "y")
    terminal.until(lambda: terminal.text.count("× killed") == 2)


def test_help_filters_and_executes(terminal: Terminal) -> None:
    terminal.send("?", "/", *"sort by label", "enter", "enter")
    terminal.until("label↑")


def test_command_line_jumps_and_tells_the_nearest_name(terminal: Terminal) -> None:
    terminal.send(":", *"job 2", "enter")
    terminal.until("job 2")
    terminal.until("copper static")
    terminal.send(":", *"joobs", "enter")
    terminal.until("Did you mean :jobs?")
    terminal.send(":", *"job", "tab")
    terminal.send("esc", ":", *"quit", "enter")
    assert terminal.ended() == 0


def test_connection_lost_and_back_keeps_what_was_typed(terminal: Terminal, demo: Demo) -> None:
    terminal.send("/", *"sil")
    terminal.until(lambda: "3 jobs" in terminal.text)
    demo.kill()
    terminal.until("no connection")
    terminal.send(*"icon")
    demo.start(jobs=12)
    terminal.until("2 jobs")
    assert "filter silicon" in terminal.text
    terminal.until("connected")


@pytest.mark.parametrize("sizes", [((200, 60), (20, 5), (1, 1), (80, 24)), ((300, 100), (80, 24))])
def test_resize_is_safe(terminal: Terminal, sizes: tuple[tuple[int, int], ...]) -> None:
    for cols, rows in sizes:
        terminal.resize(rows, cols)
        terminal.settle(0.15)
        assert terminal.process.poll() is None
        if rows > 4:
            terminal.until("jobs")
    terminal.until(lambda: "q quit" in terminal.screen.display[-1])
    terminal.until("30 jobs")


def test_escape_sequences_in_a_label_do_no_harm(terminal: Terminal) -> None:
    terminal.until("evil [2J]0;owned")
    assert b"\x1b]0;owned" not in terminal.raw
    assert b"\x9b31m" not in terminal.raw.replace("\u269b".encode(), b"")
    assert "\u202e".encode() not in terminal.raw
    assert terminal.screen.title == ""


def test_no_color_sends_no_color(demo: Demo, environ: dict[str, str]) -> None:
    with opened(command(demo.path), {**environ, "NO_COLOR": "1"}) as terminal:
        terminal.until("30 jobs")
        terminal.until(lambda: "running" in terminal.text)
        codes = {
            int(code)
            for found in re.findall(rb"\x1b\[([\d;]*)m", bytes(terminal.raw))
            for code in found.split(b";")
            if code
        }
        assert not {code for code in codes if 30 <= code <= 38 or 40 <= code <= 48 or code >= 90}


def test_files_of_a_job_are_brought_here(terminal: Terminal, folder: Path) -> None:
    terminal.send("G", "enter")
    terminal.until("job 1")
    terminal.send("3")
    terminal.until("big.out")
    terminal.send("j", "D")
    terminal.until("save in job-1")
    terminal.send("\x15", *str(folder / "her"), "enter")
    terminal.until("1 file of job 1")
    assert (folder / "her/big.out").read_bytes() == b"".join(b"line %d\n" % i for i in range(20_000))
    terminal.send("esc", "D", "\x15", *str(folder), "/h", "tab")
    terminal.until("her/")
    terminal.send("enter")
    terminal.until("Done.")
    assert not list((folder / "her").glob("*.part"))


def test_a_plot_and_numbers_are_written_by_key(terminal: Terminal, folder: Path) -> None:
    terminal.send(":", *"results 1 numbers", "enter")
    terminal.until("-3.5 eV/atom")
    terminal.send("e", "\x15", *str(folder / "numbers.csv"), "enter")
    terminal.until("Wrote ")
    assert "energy per atom" in (folder / "numbers.csv").read_text()
    terminal.send("2")
    terminal.until("trajectory")
    terminal.send("e", "\x15", *str(folder / "curves.json"), "enter")
    terminal.until("curves.json")
    terminal.until((folder / "curves.json").exists)
    assert '"kind":' in (folder / "curves.json").read_text()


def test_the_last_steps_are_a_column_where_there_is_room(demo: Demo, environ: dict[str, str]) -> None:
    with opened(command(demo.path), environ, 40, 200) as terminal:
        terminal.until("30 jobs")
        terminal.until(lambda: "▇" in terminal.line("copper static"), 20)
        terminal.send("/", *"copper", "enter", "g")
        terminal.until("eV/Å, last 12 of 12 steps")


def test_readonly_refuses_with_words(demo: Demo, environ: dict[str, str]) -> None:
    with opened(command(demo.path, readonly=True), environ) as terminal:
        terminal.until("read only")
        terminal.send("/", *"copper", "enter", "p")
        terminal.until("--readonly")
        terminal.settle(0.7)
        assert "running" in terminal.line("copper static")


def test_a_click_selects_and_opens_and_the_footer_is_clickable(terminal: Terminal) -> None:
    row = next(i for i, line in enumerate(terminal.screen.display) if "gold slab" in line) + 1
    for _ in range(2):
        terminal.send(f"\x1b[<0;20;{row}M", f"\x1b[<0;20;{row}m")
    terminal.until("job 25")
    footer = terminal.screen.display[-1]
    col = footer.index("? help") + 1
    terminal.send(f"\x1b[<0;{col};24M", f"\x1b[<0;{col};24m")
    terminal.until("help on job")


def test_copying_is_osc_52(terminal: Terminal) -> None:
    terminal.send("g", "y")
    terminal.until("Copied 30")
    assert b"\x1b]52;c;MzA=\x07" in terminal.raw


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_terminal_is_restored_after_a_signal(terminal: Terminal, number: signal.Signals) -> None:
    terminal.process.send_signal(number)
    assert terminal.ended() == 128 + number
    assert terminal.restored


def test_the_terminal_is_restored_after_a_crash_that_is_told(
    demo: Demo, environ: dict[str, str], folder: Path
) -> None:
    fault = "from crystalmath_tui import program; program.update = lambda model, message: 1 / 0\n"
    with opened(command(demo.path, before=fault), environ) as terminal:
        assert terminal.ended() == 70
        assert terminal.restored
        log = folder / "crystalmath/tui-crash.log"
        assert b"tui-crash.log" in terminal.raw.replace(b"\r\n", b"")
        assert "ZeroDivisionError" in log.read_text()


def test_suspend_gives_the_terminal_back_and_fg_repaints(demo: Demo, environ: dict[str, str]) -> None:
    with opened(["bash", "--norc", "-i"], {**environ, "PS1": "$ "}) as terminal:
        terminal.until("$ ")
        script = " ".join(f"'{word}'" if " " in word else word for word in command(demo.path)).replace(
            f"'{demo.path}'", f'"{demo.path}"'
        )
        terminal.send(f"{script}\n")
        terminal.until("30 jobs")
        terminal.send("ctrl z")
        terminal.until("Stopped")
        terminal.send("fg\n")
        terminal.until("30 jobs")
        terminal.send("j", "q")
        terminal.until("$ ")


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_place_text_is_told_the_way_out(
    folder: Path, environ: dict[str, str], term: str
) -> None:
    with opened(command(folder / "none.sock"), {**environ, "TERM": term}) as terminal:
        assert terminal.ended() == 2
        assert "crystalmath jobs list" in terminal.text.replace("\n", "")
        assert b"\x1b" not in terminal.raw


def test_potcars_of_a_cluster(terminal: Terminal) -> None:
    terminal.send("m")
    terminal.until("localhost")
    terminal.send("enter")
    terminal.until("summary")
    terminal.send("P")
    terminal.until("all 1 are there")
    terminal.send("/", *"Fe_pv Si", "enter")
    terminal.until("not there for PBE_54: Fe_pv")
    assert "✓ yes" in terminal.line("PAW_PBE")
    terminal.send("f")
    terminal.until("PBE_64")
    terminal.until("has no folder of PBE_64")
    terminal.send("esc", "esc")
    terminal.until("cluster localhost")


def test_a_folder_becomes_a_job(terminal: Terminal, folder: Path) -> None:
    (folder / "run-of-none").mkdir()
    terminal.send("i")
    terminal.until("Import a folder")
    terminal.send("down", str(folder / "run"), "tab")
    terminal.until("run-of-none/")
    terminal.send("\x0f")  # Ctrl+O imports
    terminal.until("it has no INCAR")
    terminal.send("\x15", "/scratch/me/run", "\x0f")
    terminal.until("job 31")
    terminal.until("Job 31 is imported.")
    terminal.send("q")
    terminal.until("31 jobs")


def test_progress_of_a_slow_call_is_shown_and_vanishes(folder: Path, environ: dict[str, str]) -> None:
    slow = Demo(folder / "slow.sock")
    slow.start(jobs=3, slow_s=1.5)
    try:
        with opened(command(slow.path), environ) as terminal:
            terminal.until("3 jobs")
            terminal.send(":", *"import localhost /run", "enter", "\x0f")
            terminal.until(lambda: terminal.text.count("submitting …") == 2)
            terminal.send("q")
            terminal.until(lambda: terminal.text.count("submitting …") == 1 and "3 jobs" in terminal.text)
            terminal.until("Job 4 is imported.")
            assert "submitting …" not in terminal.text
    finally:
        slow.kill()


def test_a_job_is_cloned_and_run_again(terminal: Terminal) -> None:
    terminal.send("/", *"copper", "enter", "G", "c")
    terminal.until("new job like 2")
    terminal.until("settings of")
    terminal.send("tab")
    terminal.until("POSCAR")
    terminal.send("enter")
    terminal.until("Enter submits")
    terminal.send("enter")
    terminal.until("Job 31 is submitted.")
    terminal.send("q", "esc")
    terminal.until("31 jobs")
    terminal.send("/", *"silicon", "enter", "g", " ", " ", "R")
    terminal.until("Run 2 jobs again with the same inputs?")
    terminal.send("esc")
    terminal.until("Nothing was done.")
    terminal.send("R", "y")
    terminal.until("again.")
    terminal.send("esc")
    terminal.until("33 jobs")
    terminal.send("g", "enter")
    terminal.until("retry of")


def test_marked_jobs_are_compared_and_written(terminal: Terminal, folder: Path) -> None:
    terminal.send("/", *"silicon", "enter", "g", " ", " ", "v")
    terminal.until("compare 2 jobs")
    terminal.until("energy [eV]")
    terminal.send("s", "w", str(folder / "out.csv"), "enter")
    terminal.until("Wrote ")
    head, *rows = (folder / "out.csv").read_text().splitlines()
    assert head.startswith("pk,label,")
    assert "energy per atom [eV/atom]" in head
    assert len(rows) == 2
    terminal.send("w", "enter")
    terminal.until("Overwrite")
    terminal.send("n", "esc")
    terminal.until("jobs")
