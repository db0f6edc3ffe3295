"""Input files edited in a pseudo-terminal: marks, completion, undo, a paste, $EDITOR, submit."""

from pathlib import Path

from crystalmath_server.protocol.structures import SI_POSCAR
from tests.tui.demo import Demo
from tests.tui.terminal import Terminal, command, opened

F2, F3, F4, F5, F6, F7, F8 = "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[19~"
CTRL_S, CTRL_Y, CTRL_Z, CTRL_END, UP = "\x13", "\x19", "\x1a", "\x1b[1;5F", "\x1b[A"


def to_inputs(terminal: Terminal, folder: Path) -> None:
    """A new job of the fakes' vasp.static, at its inputs."""
    poscar = folder / "si.poscar"
    poscar.write_text(SI_POSCAR)
    terminal.send("n")
    terminal.until("file or search")
    terminal.send(str(poscar), "enter")
    terminal.until("vasp.static")
    terminal.send("down", "down", "enter")
    terminal.until("settings of vasp.static")
    terminal.send("tab")
    terminal.until("ENCUT = 520")


def test_from_a_wrong_tag_to_a_job_of_the_edited_inputs(terminal: Terminal, folder: Path) -> None:
    to_inputs(terminal, folder)
    terminal.send("e")
    terminal.until("no problem")
    terminal.send(CTRL_END, *"ENCUTT = 300")
    terminal.until("! 3▏ ENCUTT = 300")
    terminal.until("Did you mean ENCUT?")
    assert "INCAR edited !1" in terminal.text
    terminal.send("enter", *"ism", "tab")
    terminal.until("ISMEAR = ")
    terminal.send("tab")
    terminal.until("Gaussian: always safe")
    terminal.send("esc", CTRL_Z, CTRL_Z)
    terminal.until(lambda: "ism" not in terminal.text.lower().replace("ismear = 0", ""))
    terminal.send(CTRL_Y)
    terminal.until("4▏ ism")
    terminal.send(CTRL_Z, F8)
    terminal.until("! warning: ENCUTT is not a tag")
    terminal.send(F4)
    terminal.until("+ENCUTT = 300")
    terminal.send("s")
    terminal.until("│     3 + ENCUTT = 300")
    terminal.send("esc", F2)
    terminal.until("INCAR edited")
    terminal.until("! INCAR, line 3: ENCUTT")
    terminal.send("enter")
    terminal.until("INCAR edited by hand")
    terminal.send("edited", "enter")
    terminal.until("Submit the edited input files in spite of 1 warning?")
    assert "ENCUTT is not a tag" in terminal.text
    terminal.send("y")
    terminal.until("is submitted")
    terminal.send("2")
    terminal.until("+ENCUTT = 300")


def test_a_paste_is_one_step_and_esc_asks_before_it_is_lost(terminal: Terminal, folder: Path) -> None:
    to_inputs(terminal, folder)
    terminal.send("e")
    terminal.until("no problem")
    terminal.send(CTRL_END, "\x1b[200~NSW = 1\rLWAVE = .FALSE.\rNELM = 日本\x1b[201~")
    terminal.until("5▏ NELM = 日本")
    terminal.send(CTRL_Z)
    terminal.until(lambda: "NSW" not in terminal.text)
    terminal.send(CTRL_Y, "esc")
    terminal.until("Leave without the changes of INCAR?")
    terminal.send("n", CTRL_S)
    terminal.until("INCAR edited")
    terminal.until("NELM = 日本")
    terminal.send("u")
    terminal.until("Put the template's own INCAR back?")
    terminal.send("y")
    terminal.until(lambda: "NELM" not in terminal.text and "ENCUT = 520" in terminal.text)


def test_an_editor_of_ones_own_gets_the_text_and_the_terminal_comes_back(
    demo: Demo, environ: dict[str, str], folder: Path
) -> None:
    script = folder / "editor"
    script.write_text(
        '#!/bin/sh\nprintf "editing %s" "$(basename "$1")"\nread -r line\necho "NSW = $line" >> "$1"\n'
    )
    script.chmod(0o700)
    with opened(command(demo.path), {**environ, "EDITOR": str(script)}) as terminal:
        terminal.until("30 jobs")
        to_inputs(terminal, folder)
        terminal.send("e")
        terminal.until("no problem")
        terminal.send(F7)
        terminal.until("editing INCAR")
        terminal.send("7\n")
        terminal.until("3▏ NSW = 7")
        terminal.send("x", CTRL_Z, CTRL_Z)
        terminal.until(lambda: "NSW = 7" not in terminal.text)
        terminal.send("esc", "q")
        terminal.until("30 jobs")
        terminal.send("q")
        assert terminal.ended() == 0
        assert terminal.restored
