"""Cells of characters: wcwidth's table, which is urwid's too."""

import subprocess
import sys

import pytest
from wcwidth import wcwidth

from crystalmath_tui.core.cells import char_width, clean, width


@pytest.mark.parametrize(
    "text, cells",
    [("Si", 2), ("Å", 1), ("e\u0301", 1), ("日本", 4), ("\u1112\u1161\u11ab", 2), ("☰", 2), ("→…", 2)],
)
def test_texts_have_the_width_that_a_terminal_gives_them(text: str, cells: int) -> None:
    assert width(text) == cells


def test_what_is_answered_without_the_table_is_in_it() -> None:
    simple = [char for char in map(chr, range(0x300)) if clean(char) == char]
    assert {wcwidth(char) for char in simple} == {1}
    assert {char_width(char) for char in simple} == {1}


def test_the_table_is_loaded_by_the_first_character_that_needs_it() -> None:
    code = (
        "import sys; from crystalmath_tui.cli import output; from crystalmath_tui.core.cells import width; "
        "width('1.2 Å'); assert 'wcwidth' not in sys.modules; width('日'); assert 'wcwidth' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
