"""The pictures of the documentation: the walk through the screens, on the server of the interface tests."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from crystalmath_tui.program import SCREENS
from tests.tui.demo import Demo
from tests.tui.terminal import ROOT, command

sys.path.append(str(ROOT / "scripts/docs.d"))

from pictures import Subjects, draw, tour

SUBJECTS = Subjects(finished=1, failed=4, compared=(1, 11), running=2, structure=1)
TOUR = {picture.name: picture for picture in tour(SUBJECTS)}
TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.mark.parametrize("name", ["jobs", "diagnose", "editor", "results"])
def test_a_screen_becomes_a_picture(demo: Demo, environ: dict[str, str], tmp_path: Path, name: str) -> None:
    draw(command(demo.path), environ, [TOUR[name]], tmp_path)
    root = ET.parse(tmp_path / f"{name}.svg").getroot()
    words = "\n".join(element.text or "" for element in root.iter(TEXT))
    assert "crystalmath" in words
    assert TOUR[name].shows in words
    assert len({element.get("fill") for element in root.iter(TEXT)}) > 3, "there is no color"


def test_every_screen_has_a_picture() -> None:
    assert set(SCREENS) <= set(TOUR)


@pytest.mark.parametrize("name", TOUR)
def test_the_picture_is_there_and_well_formed(name: str) -> None:
    root = ET.parse(ROOT / f"docs/images/{name}.svg").getroot()
    assert [element for element in root.iter(TEXT) if element.text == "crystalmath"]
