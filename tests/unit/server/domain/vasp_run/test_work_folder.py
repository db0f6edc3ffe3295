"""The folder in which a job runs: what the shell lines see, and what is refused."""

import os
import subprocess
from pathlib import Path

import anyio
import pytest

from crystalmath_server.domain.vasp_run import work_folder
from crystalmath_server.handlers import files
from crystalmath_server.protocol.errors import FileUnreadable, NotAllowed, NotFound, RpcError
from crystalmath_server.protocol.files import ListFilesParams, ReadFileParams
from tests import fakes

PLACE = "/there on hpc"


def said(script: str) -> bytes:
    return subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True).stdout


def seen(folder: Path, depth: int = 4, limit: int = 100) -> tuple[list[str], str]:
    found, note = work_folder.tree(
        said(work_folder.tree_script(str(folder), depth, limit)), PLACE, depth, limit
    )
    return [row.path for row in found], note


def read(folder: Path, path: str, offset: int = 0, limit: int = 1000) -> bytes:
    return work_folder.read_part(
        said(work_folder.read_script(str(folder), path, offset, limit)), PLACE, path, offset
    ).data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "it's a job"
    (made / "a/b/c").mkdir(parents=True)
    (made / "OUTCAR").write_bytes(bytes(range(256)) * 4)
    (made / "a/b/c/deep").write_text("deep")
    (made / "new\nline").write_text("odd")
    return made


def test_a_tree_has_every_file_however_it_is_called(folder: Path) -> None:
    assert seen(folder) == (["OUTCAR", "a/b/c/deep", "new\nline"], "")


def test_what_a_tree_leaves_out_is_said(folder: Path) -> None:
    paths, note = seen(folder, depth=2)
    assert paths == ["OUTCAR", "a/b/", "new\nline"]
    assert "1 folders deeper than 2" in note
    paths, note = seen(folder, limit=2)
    assert len(paths) <= 2
    assert "only 2 entries" in note


def test_sizes_and_times_are_those_of_the_files(folder: Path) -> None:
    os.utime(folder / "OUTCAR", (0, 1_700_000_000.5))
    rows, _ = work_folder.tree(said(work_folder.tree_script(str(folder), 4, 9)), PLACE, 4, 9)
    outcar = next(row for row in rows if row.path == "OUTCAR")
    assert (outcar.size, outcar.source, outcar.kind) == (1024, "work", "file")
    assert outcar.modified_at == pytest.approx(1_700_000_000.5)


def test_ranges_are_exact_to_the_byte(folder: Path) -> None:
    whole = (folder / "OUTCAR").read_bytes()
    assert read(folder, "OUTCAR") == whole[:1000]
    assert read(folder, "OUTCAR", 1000) == whole[1000:]
    assert read(folder, "OUTCAR", 200, 3) == whole[200:203]
    assert read(folder, "OUTCAR", 5000) == b""
    assert read(folder, "new\nline") == b"odd"


def test_a_range_tells_of_the_file(folder: Path) -> None:
    stat = (folder / "OUTCAR").stat()
    told = work_folder.read_part(said(work_folder.read_script(str(folder), "OUTCAR", 0, 1)), PLACE, "OUTCAR")
    assert (told.size, told.modified_at, told.identity) == (
        stat.st_size,
        int(stat.st_mtime),
        str(stat.st_ino),
    )


@pytest.mark.parametrize("path, kind", [("none", NotFound), ("a", NotFound), ("fifo", FileUnreadable)])
def test_what_cannot_be_read_is_refused_in_words(folder: Path, path: str, kind: type[RpcError]) -> None:
    os.mkfifo(folder / "fifo")
    with pytest.raises(kind) as caught:
        read(folder, path)
    assert (caught.value.data.field, bool(caught.value.data.hint)) == ("path", True)


def test_a_folder_that_is_gone_is_no_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        read(tmp_path / "gone", "OUTCAR")
    assert caught.value.data.field == ""
    with pytest.raises(NotFound):
        seen(tmp_path / "gone")


def test_noise_before_an_answer_is_told(folder: Path) -> None:
    with pytest.raises(FileUnreadable, match="Quota"):
        work_folder.read_part(b"Quota exceeded\n", PLACE, "OUTCAR")
    with pytest.raises(FileUnreadable):
        work_folder.read_part(f"{work_folder.OPEN}\n".encode(), PLACE, "OUTCAR")


def test_a_file_is_written_whole(folder: Path) -> None:
    text = "LSTOP = .TRUE.\n'quoted' $HOME\n"
    work_folder.check_written(said(work_folder.write_script(str(folder), "STOPCAR", text)), PLACE, "STOPCAR")
    assert (folder / "STOPCAR").read_text() == text
    assert not (folder / "STOPCAR.part").exists()


@pytest.mark.parametrize("path", ["../up", "/etc/passwd", "a/../../up", "", ".", "nul\0"])
def test_paths_that_leave_the_folder(path: str) -> None:
    assert not work_folder.is_inside(path)


def test_potcar_stays_where_it_is() -> None:
    for path in ("POTCAR", "relax/POTCAR.gz"):
        with pytest.raises(NotAllowed):
            work_folder.check_path(1, path)


def test_a_file_of_the_work_folder_comes_in_ranges_of_text() -> None:
    ports = fakes.ports()
    ports.work.put(1, "OUTCAR", "aé".encode())  # type: ignore[attr-defined]
    params = ReadFileParams(1, "OUTCAR", "work", limit=2)
    first = anyio.run(files.file, ports, params)
    assert (first.content, first.next_offset, first.size, first.encoding) == ("a", 1, 3, "utf-8")
    rest = anyio.run(files.file, ports, ReadFileParams(1, "OUTCAR", "work", 1))
    assert (rest.content, rest.next_offset) == ("é", 3)
    listed = anyio.run(files.files, ports, ListFilesParams(1, "work"))
    assert ("OUTCAR", 3) in [(row.path, row.size) for row in listed.rows]
