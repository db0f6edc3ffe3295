"""Runs one atomate2 job on the cluster: maker.json and structure.json in, document and response out.

A self-contained script, copied to the cluster, which needs atomate2 and the engine, but neither AiiDA nor
this project. The document is written before the response, so a response implies a complete document.
"""

import functools
import gzip
import importlib.metadata
import json
import os
import platform
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

PACKAGES = {
    "ase": "ase",
    "atomate2": "atomate2",
    "chgnet": "chgnet",
    "emmet.core": "emmet-core",
    "gpaw": "gpaw",
    "gpaw_data": "gpaw-data",
    "jobflow": "jobflow",
    "mace": "mace-torch",
    "matgl": "matgl",
    "numpy": "numpy",
    "pymatgen.core": "pymatgen",
    "scipy": "scipy",
    "sevenn": "sevenn",
    "tblite": "tblite",
    "torch": "torch",
}
"""Module → distribution; versions are reported only for loaded modules."""


class MissingEngineError(Exception):
    """A package required by the Maker is not installed on this computer."""


class NotOneJobError(Exception):
    """The Maker did not produce a single self-contained job."""


def end_with_script() -> None:
    """Let Linux end this process with the job script: killing the script may miss a newly started child."""
    import ctypes

    pr_set_pdeathsig = 1
    try:
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    except (OSError, AttributeError):
        return
    if os.getppid() == 1:
        sys.exit("the job script has ended")


def read_json(name: str) -> Any:
    """Content of a JSON file in the working directory."""
    return json.loads(Path(name).read_text(encoding="utf-8"))


def write_whole(name: str, data: bytes) -> None:
    """Write a file atomically, so that a killed job leaves no partial file."""
    part = Path(name + ".part")
    part.write_bytes(data)
    part.rename(name)


def limit_threads(maker: dict[str, Any]) -> None:
    """Keep OpenBLAS from using all cores for GPAW's small matrices, which takes longer on a busy machine.

    A number of threads that the user has set is kept. OpenBLAS reads it when it is loaded.
    """
    if str(maker.get("calculator_meta")).startswith("gpaw"):
        os.environ.setdefault("OMP_NUM_THREADS", "1")


def decode(document: dict[str, Any]) -> Any:
    """An object from its MSONable JSON."""
    from monty.json import MontyDecoder

    decoded = MontyDecoder().process_decoded(document)
    if isinstance(decoded, dict):
        msg = f"{document.get('@module')}.{document.get('@class')} cannot be imported"
        raise MissingEngineError(msg)
    return decoded


def versions() -> dict[str, str]:
    """Version of each loaded package."""
    found = {"python": platform.python_version()}
    for module, distribution in PACKAGES.items():
        if module in sys.modules:
            try:
                found[distribution] = importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                found[distribution] = str(getattr(sys.modules[module], "__version__", "unknown"))
    return found


def progress_line(step: int, energy: Any, forces: Any, elapsed_s: float) -> str:
    """One line of progress.jsonl; energy [eV], largest force [eV/Å]."""
    norms = [sum(float(x) ** 2 for x in force) ** 0.5 for force in forces]
    row = {
        "step": step,
        "energy_ev": float(energy),
        "max_force_ev_a": max(norms, default=0.0),
        "time_s": round(elapsed_s, 3),
    }
    return json.dumps(row) + "\n"


def report_steps(name: str = "progress.jsonl") -> None:
    """Make atomate2's ASE observer write a line per step, from values it already has."""
    from atomate2.ase.utils import TrajectoryObserver

    original = TrajectoryObserver.__call__
    started = time.perf_counter()

    @functools.wraps(original)
    def observe(self: Any) -> None:
        original(self)
        seen = len(self.energies)
        line = progress_line(seen - 1, self.energies[-1], self.forces[-1], time.perf_counter() - started)
        with Path(name).open("a", encoding="utf-8") as out:
            out.write(line)

    TrajectoryObserver.__call__ = observe


def run_job(maker: Any, structure: Any) -> Any:
    """Output document of the single job that `maker` makes for `structure`, as plain JSON data."""
    from jobflow import Job, JobStore
    from maggma.stores import MemoryStore
    from monty.json import jsanitize

    job: Any = maker.make(structure)
    if not isinstance(job, Job):
        msg = f"{type(maker).__name__} makes a {type(job).__name__}, not one job"
        raise NotOneJobError(msg)
    extra: dict[str, Any] = {name: MemoryStore() for name in ("data", *vars(job)["_kwargs"])}
    store = JobStore(MemoryStore(), additional_stores=extra)
    store.connect()
    response: Any = job.run(store)
    if any(part is not None for part in (response.replace, response.detour, response.addition)):
        msg = f"{type(maker).__name__} requests further jobs, which a single job cannot run"
        raise NotOneJobError(msg)
    return jsanitize(response.output, strict=True, enum_values=True)


def compute() -> Any:
    """The document of the Maker in maker.json, run on structure.json."""
    described = read_json("maker.json")
    limit_threads(described)
    maker = decode(described)
    structure = decode(read_json("structure.json"))
    if type(maker).__module__.startswith(("atomate2.ase", "atomate2.forcefields")):
        report_steps()
    return run_job(maker, structure)


def failure(error: Exception) -> dict[str, Any]:
    """Data about an error for the parser."""
    if isinstance(error, (ImportError, MissingEngineError)):
        kind = "missing_engine"
    elif isinstance(error, NotOneJobError):
        kind = "not_one_job"
    else:
        kind = "raised"
    text = f"{type(error).__name__}: {error}"
    return {"kind": kind, "error": text, "traceback": traceback.format_exc()}


def main() -> int:
    """Run the job, write document.json.gz (if any), then response.json; 0 if the job did not raise."""
    end_with_script()
    started = time.perf_counter()
    response: dict[str, Any] = {}
    try:
        document = json.dumps(compute()).encode()
        write_whole("document.json.gz", gzip.compress(document, 4, mtime=0))
    except Exception as error:  # noqa: BLE001  every error of an engine becomes an exit code
        traceback.print_exc()
        response = failure(error)
    response |= {"versions": versions(), "elapsed_s": time.perf_counter() - started}
    write_whole("response.json", json.dumps(response).encode())
    return 1 if "error" in response else 0


if __name__ == "__main__":
    sys.exit(main())
