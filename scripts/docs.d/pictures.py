"""Pictures of every screen: sends keys to the program in a pseudo-terminal and saves its output as SVG."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from svg import svg_of

from tests.tui.terminal import Terminal, opened

ROWS, COLUMNS = 28, 110
STILL_S, LONGEST_WAIT_S = 0.7, 60.0
"""A screen is complete if unchanged for this long; some screens count seconds and always change."""
CTRL_END = "\x1b[1;5F"
UNFINISHED = ("Loading …", "Looking …", "reading job", "fetching", "connecting")


@dataclass(frozen=True, slots=True)
class Subjects:
    """The subjects of the pictures: pks of jobs and of a structure."""

    finished: int
    failed: int
    compared: tuple[int, ...]
    running: int
    structure: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen, the keys that lead to it from the job list, and a text that it shows once complete.

    A key "until TEXT" waits for a text before the next key.
    """

    name: str
    keys: tuple[str, ...]
    shows: str
    rows: int = ROWS


def tour(subjects: Subjects) -> tuple[Picture, ...]:
    """One picture of each screen, and a second one of some."""
    compared = " ".join(map(str, subjects.compared))
    job, form = f"job {subjects.finished}", command(f"new {subjects.structure}")
    search = (*form, "until vasp.static", "/", *"vasp.static", "enter", "until vasp.static", "enter")
    inputs = (*search, "until settings of vasp.static", "tab", "until KPOINTS")
    return (
        Picture("jobs", ("down",), "█", 15),
        Picture("job", command(job), "energy"),
        Picture("run", command(f"{job} run"), "largest force"),
        Picture("results", command(f"results {subjects.finished} plots"), "largest force"),
        Picture("structure", command(f"results {subjects.finished} structure"), "after the job"),
        Picture("graph", command(f"graph {subjects.finished}"), "came from"),
        Picture("download", (*command(f"download {subjects.finished} retrieved"), "enter"), "Done."),
        Picture("diagnose", command(f"diagnose {subjects.failed}"), "1"),
        Picture("new", form, "emt.relax"),
        Picture("editor", (*inputs, "e", "until problem", CTRL_END, *"ENCUTT = 300"), "ENCUT?"),
        Picture("import", command("import"), "F2 imports"),
        Picture("compare", command(f"compare {compared}"), "energy"),
        Picture("clusters", command("clusters"), "localhost", 20),
        Picture("cluster", command("cluster localhost"), "scheduler"),
        Picture("setup", command("setup"), "this machine", 20),
        Picture("potcars", (*command("potcars localhost"), "/", *"Si O Fe_pv", "enter"), "Fe_pv"),
        Picture("help", ("?",), "help"),
    )


def command(text: str) -> tuple[str, ...]:
    """The keys of a colon command."""
    return (":", *text, "enter")


def draw(argv: Sequence[str], environ: Mapping[str, str], pictures: Sequence[Picture], folder: Path) -> None:
    """Write the pictures into a folder, each from a new program, so that none depends on another."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        with opened(list(argv), environ, picture.rows, COLUMNS) as terminal:
            terminal.until("connected", 60)
            show(terminal, picture)
            title = f"crystalmath: screen {picture.name}"
            (folder / f"{picture.name}.svg").write_text(svg_of(terminal.screen, title), encoding="utf-8")
        print(f"{picture.name}.svg", file=sys.stderr)


def show(terminal: Terminal, picture: Picture) -> None:
    """Press the keys and wait until the screen is complete."""
    wait_until_still(terminal)
    for key in picture.keys:
        if len(key) > 1 and key.startswith("until "):
            terminal.until(key.removeprefix("until "), LONGEST_WAIT_S)
        else:
            terminal.send(key)
    terminal.until(picture.shows, LONGEST_WAIT_S)
    terminal.until(lambda: not any(words in terminal.text for words in UNFINISHED), LONGEST_WAIT_S)
    wait_until_still(terminal)


def wait_until_still(terminal: Terminal, most_s: float = 5.0) -> None:
    """Wait until the screen stops changing."""
    waited = 0.0
    before = ""
    while before != terminal.text and waited < most_s:
        before = terminal.text
        terminal.settle(STILL_S)
        waited += STILL_S
