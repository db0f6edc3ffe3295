"""Programs vasp_std, vasp_gam and vasp_ncl as a cluster has them: scripts that run the stand-in."""

import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = ("vasp_std", "vasp_gam", "vasp_ncl")

_SCRIPT = """\
#!/bin/sh
PYTHONPATH={root} OMP_NUM_THREADS=1 exec {python} -P -W ignore -m tests.vasp_standin.vasp_std {name} "$@"
"""


def install(folder: Path, python: str = sys.executable) -> dict[str, Path]:
    """Write the programs into `folder`; name → path. They need nothing of PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {name: folder / name for name in PROGRAMS}
    for name, path in made.items():
        path.write_text(_SCRIPT.format(root=shlex.quote(str(ROOT)), python=shlex.quote(python), name=name))
        path.chmod(0o755)
    return made
