"""A job of the VASP stand-in that runs slowly, and a file that grows in its folder."""

import hashlib
import threading
from pathlib import Path

from crystalmath_server.protocol.jobs import JOBS_SHOW, JobPk
from crystalmath_server.protocol.resources import Resources
from crystalmath_tui.client import Client
from tests.integration.real_server import submit
from tests.integration.server_process import wait_until
from tests.vasp_site import Site


def begun(server: Client, site: Site, key: str, standin: str) -> int:
    """The pk of a job whose program has begun."""
    slow = Resources(walltime_s=240, prepend_text=f"echo '{standin}' > STANDIN")
    pk = submit(server, site.copper, key, "vasp.relax", cluster="hpc", resources=slow)

    def has_begun() -> bool:
        return (folder_of(server, pk) / "OSZICAR").exists()

    wait_until(has_begun, 60, "the program did not begin", pause_s=0.1)
    return pk


def folder_of(server: Client, pk: int) -> Path:
    return Path(server.call(JOBS_SHOW, JobPk(pk)).remote_work_dir or "/nowhere")


class Grower(threading.Thread):
    """Writes a file as a program would: in pieces, now and then a letter cut in two."""

    def __init__(self, path: Path, megabytes: int) -> None:
        super().__init__(daemon=True)
        self._path, self._megabytes = path, megabytes
        self.digest = hashlib.sha256()
        self.written = 0

    def run(self) -> None:
        line = "DAV:  17    -0.123456789012E+02   Å-0.1E-03\n".encode() * 997
        with self._path.open("wb", buffering=0) as out:
            for number in range(self._megabytes * 1_000_000 // len(line)):
                data = f"{number}\n".encode() + line
                cut = number % len(data)
                for part in (data[:cut], data[cut:]):
                    out.write(part)
                self.digest.update(data)
                self.written += len(data)
