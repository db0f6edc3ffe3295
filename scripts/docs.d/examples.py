"""Real jobs for the pictures, run in a temporary home: silicon, copper and a few perovskites."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from pictures import Subjects

from crystalmath_server.protocol.clusters import CLUSTERS_UPDATE, UpdateClusterParams
from crystalmath_server.protocol.codes import CODES_CREATE, CodeKind, CreateCodeParams
from crystalmath_server.protocol.jobs import ENDED, JOBS_SHOW, JOBS_SUBMIT, JobPk, SubmitJobParams
from crystalmath_server.protocol.structures import STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_tui.client import Client, connect
from tests.home import end_all_in
from tests.vasp_standin.potmake import write_library
from tests.vasp_standin.standin_install import install

HOME_NAMES = ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "AIIDA_PATH")
LONGEST_JOB_S = 300.0
PEROVSKITE = """\
{element}TiO3
1.0
{a} 0 0
0 {a} 0
0 0 {a}
{element} Ti O
1 1 3
direct
0 0 0
0.5 0.5 0.5
0.5 0.5 0
0.5 0 0.5
0 0.5 0.5
"""
SSH_CONFIG = "Host hpc\n    HostName login.hpc.example.org\n    User me\n"


@contextmanager
def home_at(home: Path) -> Generator[dict[str, str]]:
    """Use a separate home; stop everything started there on exit."""
    before = dict(os.environ)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ours = {**dict.fromkeys(HOME_NAMES, str(home)), "PATH": path, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    ours["COLORTERM"] = "truecolor"
    (home / ".ssh").mkdir(mode=0o700, parents=True)
    (home / ".ssh/config").write_text(SSH_CONFIG, encoding="utf-8")
    os.environ.update(ours)
    try:
        yield ours
    finally:
        os.environ.clear()
        os.environ.update(before)
        end_all_in(home)


def compute(server: Client) -> Subjects:
    """Run the jobs, one after another; the last one is still running when this returns."""
    silicon = import_file(server, "silicon.cif", "cif")
    copper = import_file(server, "copper.poscar", "poscar")
    finished = run(server, "silicon", "chgnet.relax", silicon, {"relax_kwargs.fmax": 0.02})
    failed = run(server, "copper, 3 steps", "emt.relax", copper, {"steps": 3, "relax_kwargs.fmax": 1e-4})
    scanned: list[int] = []
    for element, a in (("Ca", 3.84), ("Sr", 3.91), ("Ba", 4.01)):
        text = PEROVSKITE.format(element=element, a=a)
        params = ImportStructureParams(text=text, format="poscar", label=f"{element}TiO3")
        structure = server.call(STRUCTURES_IMPORT, params).row.pk
        scanned.append(run(server, f"perovskite {element}", "chgnet.static", structure, {}))
    running = submit(server, "copper at 600 K", "emt.md", copper, {"n_steps": 200_000, "temperature": 600})
    return Subjects(finished, failed, tuple(scanned), running, silicon)


def set_up_vasp(server: Client, home: Path) -> None:
    """Register the tests' stand-ins for VASP's programs and potentials.

    Nothing is computed with the stand-ins; they let the pictures show VASP input files.
    """
    params = UpdateClusterParams("localhost", potcar_dir=str(write_library(home / "potcars")))
    server.call(CLUSTERS_UPDATE, params)
    path = str(install(home / "bin")["vasp_std"])
    server.call(CODES_CREATE, CreateCodeParams("localhost", "vasp_std", path, CodeKind.VASP_STD))


def import_file(server: Client, name: str, format_: str) -> int:
    """Import a structure that ships with crystalmath."""
    text = files("crystalmath_tui").joinpath("examples", name).read_text(encoding="utf-8")
    params = ImportStructureParams(text=text, format=format_, label=name)
    return server.call(STRUCTURES_IMPORT, params).row.pk


def submit(server: Client, label: str, template: str, structure: int, values: Mapping[str, object]) -> int:
    """Submit a job."""
    params = SubmitJobParams(
        template=template,
        structures=(structure,),
        key=str(uuid.uuid4()),
        values=dict(values),
        label=label,
    )
    return server.call(JOBS_SUBMIT, params).pk


def run(server: Client, label: str, template: str, structure: int, values: Mapping[str, object]) -> int:
    """Submit a job and wait until it ends, successfully or not."""
    pk = submit(server, label, template, structure, values)
    print(f"job {pk}: {template} of {label}", file=sys.stderr)
    deadline = time.monotonic() + LONGEST_JOB_S
    while server.call(JOBS_SHOW, JobPk(pk)).row.state not in ENDED:
        if time.monotonic() > deadline:
            raise TimeoutError(f"job {pk} has not ended after {LONGEST_JOB_S:g} s")
        time.sleep(0.5)
    return pk


def program() -> list[str]:
    """The command that opens the terminal interface in the home folder, where downloads go."""
    return ["sh", "-c", f'cd "$HOME" && exec {sys.executable} -m crystalmath_tui']


def stop_server() -> None:
    """Shut the server down cleanly."""
    command = [sys.executable, "-m", "crystalmath_tui", "server", "stop"]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


@contextmanager
def computed(home: Path) -> Generator[tuple[Subjects, dict[str, str]]]:
    """Real jobs, and the environment in which the program shows them."""
    with home_at(home) as environ:
        with connect() as server:
            set_up_vasp(server, home)
            subjects = compute(server)
        yield subjects, environ
        stop_server()
