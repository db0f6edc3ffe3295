"""The export program: writes a job folder or an AiiDA archive outside the server process.

usage: python -m crystalmath_server.adapters.aiida.jobs.export_main JSON

JSON has profile, call (dump or archive), pks and path. It writes one JSON line per progress step and,
at the end, {"value": …} or {"error": …}.
"""

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, Self, TextIO

from crystalmath_server.adapters.processes.call_loop import end_with_server
from crystalmath_server.adapters.processes.written_files import check_new_path, problem
from crystalmath_server.domain.potcars.licensed import is_potcar, titles
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import InternalError, NotAllowed, NotFound, RpcError
from crystalmath_server.protocol.exports import JOBS_DUMP
from crystalmath_server.protocol.jobs import JOBS_LIST

_EVERY_S = 0.2
_HEAD = 1 << 16


class ProgressReporter:
    """Reports progress to the server at a limited rate."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._told_at = 0.0

    def tell(self, text: str, fraction: float | None = None) -> None:
        """Report a step unless the previous report was too recent."""
        if time.monotonic() - self._told_at > _EVERY_S:
            self._told_at = time.monotonic()
            self.put({"text": text, "fraction": fraction})

    def put(self, message: dict[str, Any]) -> None:
        """Write one JSON line."""
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()


def dump(pks: list[int], target: Path, teller: ProgressReporter) -> dict[str, Any]:
    """Write AiiDA's dump of a job, with each licensed POTCAR reduced to its titles."""
    (job,) = _jobs(pks, "pk")
    teller.tell("writing the folder")
    with _part(target) as part:
        job.dump(output_path=part, include_inputs=True, include_outputs=True, dump_unsealed=True)
        removed = [path for path in part.rglob("*") if path.is_file() and without_potential(path)]
        files = [path for path in part.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        _settle(part, target)
    words = f"the potentials in {len(removed)} POTCAR files; their titles are kept" if removed else ""
    return {"path": str(target), "files": len(files), "size": size, "left_out": words}


def archive(pks: list[int], target: Path, teller: ProgressReporter) -> dict[str, Any]:
    """Write an AiiDA archive of jobs with their ancestors and descendants."""
    from aiida.common.progress_reporter import set_progress_reporter
    from aiida.tools.archive import create_archive

    jobs = _jobs(pks, "pks")
    _refuse_potcars(pks)
    set_progress_reporter(lambda *_, **given: _Reporter(teller, **given))  # type: ignore[arg-type]
    with _part(target) as part:
        create_archive(jobs, filename=part)
        size = part.stat().st_size
        _settle(part, target)
    return {"path": str(target), "size": size}


class _Reporter:
    """AiiDA's progress-bar interface, forwarded to a ProgressReporter."""

    def __init__(self, teller: ProgressReporter, total: int = 0, desc: str | None = None, **_: Any) -> None:
        self._teller, self._total, self._done = teller, total, 0
        self.words = desc or "exporting"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing; there is nothing to release."""

    def set_description_str(self, text: str | None = None, refresh: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002  AiiDA's
        """Set the description."""
        self.words = text or self.words

    def update(self, n: int = 1) -> None:
        """Advance by `n` items."""
        self._done += n
        self._teller.tell(self.words, min(1.0, self._done / self._total) if self._total else None)

    def reset(self, total: int | None = None) -> None:
        """Restart the count."""
        self._done, self._total = 0, total or 0


def _jobs(pks: list[int], field: str) -> list[Any]:
    from aiida import orm

    found = orm.QueryBuilder().append(orm.ProcessNode, filters={"id": {"in": pks}}).all(flat=True)
    missing = sorted(set(pks) - {node.pk for node in found})
    if missing:
        detail = f"There is no job {', '.join(map(str, missing))}"
        raise NotFound(detail, field=field, hint=f"See: {command(JOBS_LIST)}")
    return found


def _refuse_potcars(pks: list[int]) -> None:
    """Refuse to archive nodes that contain a POTCAR; archives hold whole nodes, and POTCARs are licensed."""
    from aiida import orm

    query = orm.QueryBuilder().append(orm.ProcessNode, filters={"id": {"in": pks}}, tag="job")
    query.append(orm.Node, with_descendants="job", project=["id", "repository_metadata"])
    outputs = orm.QueryBuilder().append(orm.ProcessNode, filters={"id": {"in": pks}}, tag="job")
    outputs.append(orm.Node, with_incoming="job", project=["id", "repository_metadata"])
    own = orm.QueryBuilder().append(
        orm.ProcessNode, filters={"id": {"in": pks}}, project=["id", "repository_metadata"]
    )
    rows = [*query.all(), *outputs.all(), *own.all()]
    held = sorted({pk for pk, metadata in rows if any(map(is_potcar, (metadata or {}).get("o", {})))})
    if held:
        detail = f"Nodes {', '.join(map(str, held[:5]))} contain VASP POTCAR files, which are licensed"
        raise NotAllowed(
            detail,
            field="pks",
            hint=f"Dump the jobs to readable folders instead: {command(JOBS_DUMP, pk='PK', path='FOLDER')}.",
        )


def without_potential(path: Path) -> bool:
    """Replace a POTCAR with its titles; returns whether the file was a POTCAR."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not is_potcar(path.name) and b"VRHFIN" not in head:
        return False
    text = path.read_bytes().decode(errors="replace")
    path.with_name(f"{path.name}.titles").write_text("".join(f"{title}\n" for title in titles(text)))
    path.unlink()
    return True


@contextlib.contextmanager
def _part(target: Path) -> Generator[Path]:
    """A temporary path next to `target`, removed on exit."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def _settle(part: Path, target: Path) -> None:
    """Move the finished export to its final name, never overwriting anything."""
    if part.is_dir():
        target.mkdir()
        part.replace(target)
    else:
        os.link(part, target)


CALLS = {"dump": dump, "archive": archive}


def answer(request: dict[str, Any], teller: ProgressReporter) -> dict[str, Any]:
    """Run the export; returns the result or the error as a message."""
    from aiida import load_profile

    try:
        target = check_new_path(request["path"])
        teller.tell("loading AiiDA")
        load_profile(request["profile"])
        return {"value": CALLS[request["call"]](request["pks"], target, teller)}
    except RpcError as error:
        return {"error": error.to_json()}
    except OSError as error:
        return {"error": problem(request["path"], error).to_json()}
    except Exception as error:  # noqa: BLE001  any AiiDA exception is reported
        return {"error": InternalError(f"{type(error).__name__}: {error}"[:500]).to_json()}


def main() -> None:
    """Run the export given as JSON; library output goes to stderr."""
    end_with_server()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    teller = ProgressReporter(out)
    teller.put(answer(json.loads(sys.argv[1]), teller))


if __name__ == "__main__":
    main()
