"""Job: its pages and its keys."""

from typing import Literal, get_args

from crystalmath_tui.core.keymap import MOVES, Binding

Tab = Literal["summary", "inputs", "files", "log", "results", "run"]
TABS: tuple[Tab, ...] = get_args(Tab)

KEYS = (
    *MOVES,
    Binding(("tab", "right", "l"), "next", "next page", "Next page.", footer=True),
    Binding(("shift tab", "left", "h"), "previous", "previous page", "Previous page."),
    *(Binding((str(i + 1),), f"page {name}", name, f"Page {name}.") for i, name in enumerate(TABS)),
    Binding(("enter",), "open", "open", "Open the selected file, or of results plots and more.", footer=True),
    Binding(("w",), "wrap", "wrap", "Wrap long lines, or cut them.", footer=True),
    Binding(
        ("f",),
        "follow",
        "follow",
        "Keep the end of the log or of the file in sight, as it grows.",
        footer=True,
    ),
    Binding(
        ("D",),
        "download",
        "download",
        "Bring the selected file to this machine; asks for the folder.",
        footer=True,
    ),
    Binding(("A",), "download all", "all files", "Bring the whole folder of the job to this machine."),
    Binding(("t",), "times", "times", "Show or hide times in the log."),
    Binding(("c",), "clone", "clone", "Prepare a new job like this one.", footer=True),
    Binding(("x",), "cancel", "cancel", "Cancel the job; asks first.", footer=True),
    Binding(("R",), "retry", "run again", "Run the ended job again with the same inputs; asks first."),
    Binding(("S",), "stop", "stop", "Have VASP end after its ionic step, with results; asks first."),
    Binding(("p",), "pause", "pause/play", "Pause the job, or let it go on.", footer=True),
    Binding(("d",), "diagnose", "why?", "Say why it waits or failed, and what to do.", footer=True),
    Binding(("y",), "copy pk", "copy pk", "Copy the pk to the clipboard."),
    Binding(("Y",), "copy uuid", "copy uuid", "Copy the uuid to the clipboard."),
    Binding(("r",), "reload", "reload", "Fetch the page anew."),
    Binding(("esc",), "close", "back", "Close the file, then go back.", footer=True),
)
