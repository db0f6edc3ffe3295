"""Benchmarks of a vasprun.xml of 100 MB: memory of who reads it, and pings of the server meanwhile."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import rig
from table import Goal, Result, against, alone

SIZE_MB = int(os.environ.get("CRYSTALMATH_BENCH_VASPRUN_MB", "100"))
_TELL = (
    "import json, resource, sys, time; from crystalmath_server.adapters.reader.main import give_way; "
    "give_way(); began = time.perf_counter()"
)
_DONE = (
    "print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, "
    "time.perf_counter() - began, len(steps)]))"
)
_STREAM = (
    f"{_TELL}; from pathlib import Path; "
    "from crystalmath_server.adapters.reader.vasprun_stream import steps_of; "
    f"steps = steps_of(Path(sys.argv[1])); {_DONE}"
)
_PYMATGEN = (
    f"{_TELL}; from pymatgen.io.vasp import Vasprun; "
    f"steps = Vasprun(sys.argv[1], parse_potcar_file=False).ionic_steps; {_DONE}"
)
_RUN = "import os, sys; os.chdir(sys.argv[1]); from tests.vasp_standin.vasp_std import main; sys.exit(main())"
_POSCAR = "Cu108\n1.0\n10.8 0 0\n0 10.8 0\n0 0 10.8\nCu\n108\nDirect\n"
_FCC = ((0.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5))


def results(home: Path) -> list[Result]:
    """Streamed against pymatgen, both with the niceness of the reading process; pings meanwhile."""
    vasprun = made(home, SIZE_MB)
    with rig.server(home) as path:
        (streamed, seconds, steps), pings = _read(_STREAM, vasprun, path)
        (whole, whole_s, whole_steps), whole_pings = _read(_PYMATGEN, vasprun, path)
    if steps != whole_steps:
        msg = f"the stream found {steps} steps, pymatgen {whole_steps}"
        raise RuntimeError(msg)
    times = sorted([*pings, *whole_pings])
    p99, note = times[int(0.99 * len(times))], f"of {len(times)}; longest {times[-1]:.1f} ms"
    size = f"{vasprun.stat().st_size / 1e6:.0f} MB"
    return [
        against(Goal(f"steps of {size} vasprun.xml: memory / pymatgen's", 0.2), streamed, whole, "MB"),
        against(Goal(f"steps of {size} vasprun.xml: time / pymatgen's", 1.0), seconds, whole_s, "s"),
        alone(Goal(f"largest memory while {size} are streamed [MB]", 150), streamed, "MB"),
        alone(Goal(f"p99 of system.ping while {size} are read [ms]", 20), p99, "ms", note),
    ]


def made(folder: Path, size_mb: int) -> Path:
    """Molecular dynamics of 108 atoms by the stand-in; its last step repeated up to the size."""
    sys.path.insert(0, str(rig.ROOT))
    from tests.vasp_standin.standin_decks import write_deck

    run = write_deck(
        folder / "run", {"IBRION": "0", "NSW": "2", "POTIM": "1.0", "MDALGO": "0", "TEBEG": "300"}
    )
    (run / "KPOINTS").write_text("gamma\n0\nGamma\n1 1 1\n")
    third = [(i / 3, j / 3, k / 3) for i in range(3) for j in range(3) for k in range(3)]
    rows = (tuple(a + b / 3 for a, b in zip(corner, site, strict=True)) for corner in third for site in _FCC)
    (run / "POSCAR").write_text(_POSCAR + "".join(f"{x:.8f} {y:.8f} {z:.8f}\n" for x, y, z in rows))
    subprocess.run([sys.executable, "-W", "ignore", "-c", _RUN, str(run)], check=True, cwd=rig.ROOT,
                   stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(rig.ROOT)})  # fmt: skip
    return _grown(run / "vasprun.xml", size_mb * 1_000_000)


def _grown(vasprun: Path, size: int) -> Path:
    """The file with its first step repeated."""
    text = vasprun.read_text()
    start, end = text.index(" <calculation>"), text.index(" </calculation>") + len(" </calculation>\n")
    step = text[start:end]
    with vasprun.open("w") as out:
        out.write(text[:end])
        for _ in range((size - len(text)) // len(step) + 1):
            out.write(step)
        out.write(text[end:])
    return vasprun


def _read(code: str, vasprun: Path, server: Path) -> tuple[tuple[float, float, int], list[float]]:
    """Memory [MB], time [s] and steps of a reading process, and the pings meanwhile [ms]."""
    command = [sys.executable, "-W", "ignore", "-c", code, str(vasprun)]
    pings: list[float] = []
    with (
        rig.connected(server) as link,
        subprocess.Popen(command, stdout=subprocess.PIPE, cwd=rig.ROOT) as reader,
    ):
        while reader.poll() is None:
            started = time.perf_counter()
            rig.ask(link, rig.PING)
            pings.append(1000 * (time.perf_counter() - started))
            time.sleep(0.005)
        said = reader.stdout.read() if reader.stdout else b""
    memory, seconds, steps = json.loads(said)
    return (float(memory), float(seconds), int(steps)), pings
