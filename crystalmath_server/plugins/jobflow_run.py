"""Runs one atomate2 job on the cluster: a Maker and a structure, or a job, in; document and response out.

Reads maker.json and structure.json, or job.json and outputs.json: a job of a flow and the outputs that it
refers to.

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

ASE_MODULES = ("atomate2.ase", "atomate2.forcefields", "crystalmath_server.plugins.makers")
"""Modules whose Makers run ASE, which reports its steps."""


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


def store_for(job: Any) -> Any:
    """An empty job store in memory."""
    from jobflow import JobStore
    from maggma.stores import MemoryStore

    extra: dict[str, Any] = {name: MemoryStore() for name in ("data", *vars(job)["_kwargs"])}
    store = JobStore(MemoryStore(), additional_stores=extra)
    store.connect()
    return store


def run_flow_job(document: dict[str, Any], outputs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Run a job of a flow.

    Parameters
    ----------
    document
        The job as JSON, with unresolved references.
    outputs
        uuid → output of each job that the references lead to.

    Returns
    -------
    tuple
        The output, and the follow-up: further flows (replace, detour, addition), whether to stop the children
        or the whole flow, and uuids of the jobs that the output refers to. All as plain JSON data.
    """
    from jobflow.core.reference import find_and_get_references
    from monty.json import jsanitize

    job = decode(document)
    store = store_for(job)
    for uuid, output in outputs.items():
        store.update({"uuid": uuid, "index": 1, "output": output}, key=["uuid", "index"])
    if type(job.maker).__module__.startswith(ASE_MODULES):
        report_steps()
    response: Any = job.run(store)
    flows = {name: getattr(response, name) for name in ("replace", "detour", "addition")}
    follow_up: dict[str, Any] = {name: flow.as_dict() for name, flow in flows.items() if flow is not None}
    for name in ("stop_children", "stop_jobflow"):
        if getattr(response, name):
            follow_up[name] = True
    output = jsanitize(response.output, strict=True, enum_values=True)
    references = sorted({found.uuid for found in find_and_get_references(output)})
    if references:
        follow_up["references"] = references
    return output, jsanitize(follow_up, strict=True, enum_values=True)


def run_job(maker: Any, structure: Any) -> Any:
    """Output document of the single job that `maker` makes for `structure`, as plain JSON data."""
    from jobflow import Job
    from monty.json import jsanitize

    job: Any = maker.make(structure)
    if not isinstance(job, Job):
        msg = f"{type(maker).__name__} makes a {type(job).__name__}, not one job"
        raise NotOneJobError(msg)
    response: Any = job.run(store_for(job))
    if any(part is not None for part in (response.replace, response.detour, response.addition)):
        msg = f"{type(maker).__name__} requests further jobs, which a single job cannot run"
        raise NotOneJobError(msg)
    return jsanitize(response.output, strict=True, enum_values=True)


def compute() -> tuple[Any, dict[str, Any]]:
    """The document of the job, and its follow-up if it belongs to a flow."""
    if Path("job.json").exists():
        job = read_json("job.json")
        limit_threads(job["function"].get("@bound") or {})
        return run_flow_job(job, read_json("outputs.json"))
    described = read_json("maker.json")
    limit_threads(described)
    maker = decode(described)
    structure = decode(read_json("structure.json"))
    if type(maker).__module__.startswith(ASE_MODULES):
        report_steps()
    return run_job(maker, structure), {}


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
        document, follow_up = compute()
        write_whole("document.json.gz", gzip.compress(json.dumps(document).encode(), 4, mtime=0))
        response = {"follow_up": follow_up} if follow_up else {}
    except Exception as error:  # noqa: BLE001  every error of an engine becomes an exit code
        traceback.print_exc()
        response = failure(error)
    response |= {"versions": versions(), "elapsed_s": time.perf_counter() - started}
    write_whole("response.json", json.dumps(response).encode())
    return 1 if "error" in response else 0


if __name__ == "__main__":
    sys.exit(main())
