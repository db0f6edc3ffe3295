"""Downloads: ranges into parts, resumed, never written over in silence; the screen that asks and shows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.handlers import files
from crystalmath_server.protocol.errors import ConnectionLost, ErrorCode, NotAllowed, RpcError
from crystalmath_server.protocol.files import JobFile, JobFiles
from crystalmath_tui.client.folders import look_up
from crystalmath_tui.client.parts import part_of
from crystalmath_tui.core import downloads
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.downloads import Download, begin, resume, select_files, step, stop, target_of
from crystalmath_tui.core.effects import Back, Call, FindPath, ListFolder, Say
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Connected, Entered, KeyPressed, Refused
from crystalmath_tui.screens.download import update as download
from crystalmath_tui.screens.download.update import Slice
from crystalmath_tui.screens.download.view import view
from tests import fakes
from tests.built_rows import hello

CONTEXT = Context(Size(20, 80))
OUTCAR = JobFile("work", "OUTCAR", 9)


@pytest.fixture(autouse=True)
def short_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "RANGE", 4)


class Place:
    """A job in memory whose files come over the real handlers; breaks after some calls where told to."""

    def __init__(self, held: dict[str, bytes]) -> None:
        self.ports: Any = fakes.ports()
        for path, data in held.items():
            self.ports.work.put(1, path, data)
        self.calls = 0
        self.breaks_at = 0

    def answer(self, effect: Any) -> Any:
        if not isinstance(effect, Call):
            return look_up(effect)
        self.calls += 1
        if self.calls == self.breaks_at:
            return effect.refuse(ConnectionLost("gone"))
        try:
            return effect.answer(anyio.run(files.file, self.ports, effect.params))
        except RpcError as error:
            return effect.refuse(error)

    def run(self, first: downloads.Step) -> Download:
        state, effects = first
        queue = list(effects)
        while queue:
            state, more = step(state, self.answer(queue.pop(0)))
            queue += more
        return state


def wanted(folder: Path, *paths: str, **more: Any) -> Download:
    return Download(1, tuple(JobFile("work", path, 0) for path in paths), str(folder), **more)


def test_files_come_whole_with_their_folders(tmp_path: Path) -> None:
    held = {"OUTCAR": "aé".encode() * 20, "run/b.bin": bytes(range(256)), "empty": b""}
    done = Place(held).run(begin(wanted(tmp_path / "new", *held)))
    assert (done.phase, [row.path for row in done.kept], done.skipped) == ("done", list(held), ())
    for path, data in held.items():
        assert (tmp_path / "new" / path).read_bytes() == data
    assert not list(tmp_path.rglob("*.part"))


def test_a_broken_download_goes_on_behind_what_is_here(tmp_path: Path) -> None:
    place = Place({"OUTCAR": b"0123456789" * 4})
    place.breaks_at = 6
    broken = place.run(begin(wanted(tmp_path, "OUTCAR")))
    assert (broken.phase, broken.error is not None) == ("stopped", True)
    assert part_of(tmp_path / "OUTCAR").read_bytes() == b"01234567890123456789"
    done = place.run(resume(broken))
    assert (tmp_path / "OUTCAR").read_bytes() == b"0123456789" * 4
    assert (done.kept[0].before, done.phase) == (20, "done")
    assert place.calls == 6 + 1 + 5


def test_a_part_of_another_file_starts_over(tmp_path: Path) -> None:
    part_of(tmp_path / "OUTCAR").write_bytes(b"something else")
    done = Place({"OUTCAR": b"0123456789" * 4}).run(begin(wanted(tmp_path, "OUTCAR")))
    assert (tmp_path / "OUTCAR").read_bytes() == b"0123456789" * 4
    assert done.kept[0].before == 0


def test_nothing_is_written_over_unless_that_is_asked_for(tmp_path: Path) -> None:
    place = Place({"OUTCAR": b"new", "same": b"same"})
    (tmp_path / "OUTCAR").write_bytes(b"my own")
    (tmp_path / "same").write_bytes(b"same")
    done = place.run(begin(wanted(tmp_path, "OUTCAR", "same")))
    assert (tmp_path / "OUTCAR").read_bytes() == b"my own"
    assert "left as it is" in done.skipped[0].why
    assert (done.kept[0].path, done.kept[0].before) == ("same", 4)
    place.run(begin(wanted(tmp_path, "OUTCAR", over=True)))
    assert (tmp_path / "OUTCAR").read_bytes() == b"new"


def test_potcar_stays_and_the_rest_comes(tmp_path: Path) -> None:
    place = Place({"POTCAR": b"licensed", "run/POTCAR.gz": b"too", "OUTCAR": b"x"})
    place.ports.jobs.get(1).files["inputs", "POTCAR"] = b"licensed"
    paths = ("POTCAR", "run/POTCAR.gz", "OUTCAR")
    done = place.run(begin(wanted(tmp_path, *paths)))
    assert [row.refused for row in done.skipped] == [True, True]
    inputs = replace(wanted(tmp_path), waiting=(JobFile("inputs", "POTCAR", 0),))
    assert place.run(begin(inputs)).skipped[0].refused
    assert [path.name for path in tmp_path.rglob("*")] == ["OUTCAR"]


@given(st.text(max_size=12) | st.sampled_from(["../x", "/etc/passwd", "a/../../b", "a//b", ".", "a/./b"]))
def test_no_path_leads_out_of_the_folder(path: str) -> None:
    target = target_of("/folder", path)
    assert not target or Path(target).is_relative_to("/folder")
    assert ".." not in target.split("/")
    done, effects = begin(Download(1, (JobFile("work", "../x", 1),), "/folder"))
    assert (done.phase, effects, done.skipped[0].path) == ("done", (), "../x")


def test_what_cannot_be_written_is_left_out_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    done = Place({"taken/OUTCAR": b"x"}).run(begin(wanted(tmp_path, "taken/OUTCAR")))
    assert done.skipped[0].why == f"{tmp_path}/taken: File exists"


def test_names_are_files_or_folders() -> None:
    rows = tuple(JobFile("work", path, 1) for path in ("a", "b/c", "b/d", "bb"))
    found, unknown = select_files(rows, ("b/", "a", "zz"))
    assert ([row.path for row in found], unknown) == (["a", "b/c", "b/d"], ("zz",))


def press(found: Slice, *keys: str) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for key in keys:
        found, effects = download.update(found, KeyPressed(key), CONTEXT)
    return found, effects


def told(found: Slice, message: Any) -> tuple[Slice, tuple[Any, ...]]:
    return download.update(found, message, CONTEXT)


def shown(found: Slice) -> str:
    return "\n".join("".join(span.text for span in row) for row in view(found, CONTEXT))


def test_the_screen_asks_for_the_folder_and_shows_how_far_it_is() -> None:
    found, _ = download.update(Slice(), Entered("download", ("7", "work", "OUTCAR")), CONTEXT)
    assert "save in job-7" in shown(found)
    found, effects = press(found, "ctrl u", *"/tm", "tab")
    assert isinstance(effects[0], ListFolder)
    found, _ = download.update(
        found, Answered("path names", ("/tmp/", "/tmq", "/tmpx/"), ("download", "/tm")), CONTEXT
    )
    assert found.path
    assert found.path.text == "/tmp"
    found, effects = press(found, "enter")
    assert isinstance(effects[0], FindPath)
    found, effects = told(found, Answered("download path", "/tmp", 7))
    assert effects[0].method.name == "jobs.files"
    found, effects = told(found, Answered("download files", JobFiles((OUTCAR, JobFile("work", "x", 5))), 7))
    assert effects[0].path == "/tmp/OUTCAR"
    assert found.run
    moving = replace(found.run, phase="fetching", offset=3)
    for part in ("33%", "3 B of 9 B", "1 file to go", "OUTCAR"):
        assert part in shown(replace(found, run=moving))
    back, effects = press(replace(found, run=moving), "esc")
    assert (back.run, effects) == (moving, (Back(),))
    halted, effects = press(back, "x")
    assert "r resumes" in shown(halted)
    assert press(halted, "r")[0].run.is_active  # type: ignore[union-attr]


def test_a_lost_connection_is_said_and_goes_on_by_itself() -> None:
    run, _ = begin(Download(7, (OUTCAR,), "/tmp"))
    found = Slice(7, folder="/tmp", run=run)
    failed = Refused("download range", ConnectionLost("gone"), (1, "OUTCAR"))
    found, effects = download.update(found, failed, CONTEXT)
    assert isinstance(effects[-1], Say)
    found, effects = told(found, Connected(hello()))
    assert effects[0].path == "/tmp/OUTCAR"
    late, nothing = download.update(found, failed, CONTEXT)
    assert (late, nothing) == (found, ())


def test_an_error_of_one_file_leaves_it_out_and_another_stops() -> None:
    run, _ = begin(Download(7, (OUTCAR,), "/tmp"))
    left, _ = step(run, Refused("download range", NotAllowed("no", field="path", hint="Ask."), (1, "OUTCAR")))
    assert (left.phase, left.skipped[0].why, left.skipped[0].refused) == ("done", "no. Ask.", True)
    halted, _ = step(run, Refused("download range", NotAllowed("no", field="pk"), (1, "OUTCAR")))
    assert (halted.phase, halted.error and halted.error.code) == ("stopped", ErrorCode.NOT_ALLOWED)
    assert stop(halted) == halted


@pytest.mark.parametrize("args", [("x",), (), ("7", "elsewhere"), ("0",)])
def test_what_makes_no_sense_is_said(args: tuple[str, ...]) -> None:
    found, effects = download.update(Slice(), Entered("download", args), CONTEXT)
    assert (found, effects[-1]) == (Slice(), Back())
