"""Folders of jobs on clusters, in memory."""

import time

from crystalmath_server.domain.vasp_run.work_folder import FilePart, check_path, no_folder
from crystalmath_server.protocol.errors import NotFound, RpcError
from crystalmath_server.protocol.files import JobFile, JobFiles
from tests.fake_jobs import FakeJobs

FOLDER = "/work/of/job"


class FakeWorkFolders:
    """Files of the source `work` of each job.

    Attributes
    ----------
    trouble
        What every look raises meanwhile, as if the cluster could not be reached.
    identities
        (pk, path) → inode; "1" where nothing else is said.
    modified_at
        UNIX time that every file tells; None: now.
    """

    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs
        self.trouble: RpcError | None = None
        self.identities: dict[tuple[int, str], str] = {}
        self.modified_at: float | None = None
        self.reads = 0
        self.bytes_read = 0

    def put(self, pk: int, path: str, data: bytes) -> None:
        self._jobs.get(pk).files["work", path] = data

    def append(self, pk: int, path: str, data: bytes) -> None:
        self.put(pk, path, self._jobs.get(pk).files.get(("work", path), b"") + data)

    async def tree(self, pk: int, depth: int, limit: int) -> JobFiles:
        held = {path: data for (source, path), data in self._held(pk).items() if source == "work"}
        if not held:
            raise no_folder(pk)
        shown = sorted(path for path in held if path.count("/") < depth)
        note = "some were left out" if len(shown) > limit or len(shown) < len(held) else ""
        rows = (JobFile("work", path, len(held[path]), time.time()) for path in shown[:limit])
        return JobFiles(tuple(rows), FOLDER, note)

    async def read(self, pk: int, path: str, offset: int, limit: int) -> FilePart:
        check_path(pk, path)
        data = self._held(pk).get(("work", path))
        if data is None:
            raise NotFound(f"The folder of job {pk} has no file {path}.", field="path")
        part = data[offset : offset + limit]
        self.reads += 1
        self.bytes_read += len(part)
        now = time.time()
        modified_at = now if self.modified_at is None else self.modified_at
        return FilePart(
            data=part,
            size=len(data),
            modified_at=modified_at,
            now=now,
            identity=self.identities.get((pk, path), "1"),
        )

    async def write(self, pk: int, name: str, text: str) -> None:
        self._held(pk)
        self.put(pk, name, text.encode())

    def _held(self, pk: int) -> dict[tuple[str, str], bytes]:
        if self.trouble is not None:
            raise self.trouble
        return self._jobs.get(pk).files
