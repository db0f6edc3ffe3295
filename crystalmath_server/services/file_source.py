"""A file of a job: on the cluster while the job runs, then among the retrieved files."""

import base64
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from crystalmath_server.domain.potcars import licensed
from crystalmath_server.domain.vasp_run.work_folder import FilePart
from crystalmath_server.ports import JobStore, WorkFolders
from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.files import FileRange, ReadFileParams
from crystalmath_server.protocol.jobs import ENDED
from crystalmath_server.protocol.logs import LogChunk


@dataclass(frozen=True, slots=True)
class FileSource:
    """Reads a file of a job."""

    jobs: JobStore
    work: WorkFolders
    pk: int
    path: str
    source: Literal["work", "retrieved", "inputs"] = "work"

    async def read(self, offset: int, limit: int, *, ended: bool) -> FilePart:
        """A range of the file; for an `ended` job from the retrieved files, if the file is among them.

        Raises
        ------
        NotFound and the errors of an unreachable cluster.
        """
        licensed.check(self.path)
        if self.source != "work":
            kept = ReadFileParams(self.pk, self.path, self.source, offset, limit)
            return _piece(await self.jobs.read(kept))
        if ended:
            with suppress(NotFound):  # not every file of a job is retrieved
                kept = ReadFileParams(self.pk, self.path, "retrieved", offset, limit)
                return _piece(await self.jobs.read(kept))
        return await self.work.read(self.pk, self.path, offset, limit)

    async def has_ended(self) -> bool:
        """Whether the file can no longer change."""
        return self.source != "work" or await self.jobs.state(self.pk) in ENDED


def bytes_of(part: FileRange | LogChunk) -> bytes:
    """The content as the bytes of the file."""
    return base64.b64decode(part.content) if part.encoding == "base64" else part.content.encode()


def _piece(part: FileRange) -> FilePart:
    return FilePart(bytes_of(part), part.size, 0.0, 0.0, "")
