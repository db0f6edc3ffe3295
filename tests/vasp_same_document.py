"""A program: where the document of a job differs from atomate2's own of the same files.

usage: python tests/vasp_same_document.py PK FOLDER [--imported]

FOLDER is the job's folder on the cluster, POTCAR and all. Prints paths that differ as a JSON list.
--imported: time of completion and statistics of potentials must be the same, too.
"""

import gzip
import json
import math
import shutil
import sys
import tempfile
import warnings
from inspect import signature
from pathlib import Path
from typing import Any

OF_THE_PLACE = {"dir_name", "directories", "last_updated", "completed_at", "uuid", "run_stats"}
"""What tells when and where, not what."""
LEFT_THERE = {"aeccar0", "aeccar1", "aeccar2", "chgcar", "wavecar", "summary_stats"}
"""Files that stay on the cluster, and what is told of POTCAR's numbers, for it stays there too."""


READ_FROM_POTCAR = {".inputs.potcar", ".inputs.potcar_spec"}
"""Of a band emmet reads these from the file, not from vasprun.xml."""


KEPT_BY_IMPORT = {"completed_at", "summary_stats"}


def main(pk: int, folder: Path, *, imported: bool) -> None:
    from aiida import load_profile, orm

    warnings.simplefilter("ignore")
    if imported:
        OF_THE_PLACE.difference_update(KEPT_BY_IMPORT)
        LEFT_THERE.difference_update(KEPT_BY_IMPORT)
    load_profile()
    job: Any = orm.load_node(pk)
    with job.outputs.document.open(mode="rb") as packed:
        found = json.loads(gzip.decompress(packed.read()))
    print(json.dumps(differences(found, reference(job.inputs.maker.get_dict(), folder))))


def reference(maker_json: dict[str, Any], folder: Path) -> Any:
    """atomate2's document, read as its Makers read it."""
    from atomate2.vasp.jobs.base import get_vasp_task_document
    from monty.json import MontyDecoder, jsanitize

    maker: Any = MontyDecoder().process_decoded(maker_json)
    if "mode" in signature(type(maker).make).parameters:  # as make does before it runs VASP
        mode = maker.input_set_generator.mode
        kwargs = maker.task_document_kwargs
        maker.task_document_kwargs = {"parse_dos": "uniform" in mode, "parse_bandstructure": mode} | kwargs
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        is_neb = hasattr(maker.input_set_generator, "num_images")
        document = get_vasp_task_document(Path(copy), is_neb=is_neb, **maker.task_document_kwargs)
    document.task_label = maker.name
    return json.loads(json.dumps(jsanitize(document, strict=True, enum_values=True)))


def differences(a: Any, b: Any, path: str = "") -> list[str]:
    """Where two JSON values differ, and how."""
    if path in READ_FROM_POTCAR:
        return []
    if isinstance(a, dict) and isinstance(b, dict):
        names = (a.keys() | b.keys()) - OF_THE_PLACE - LEFT_THERE
        return [
            row for name in sorted(names) for row in differences(a.get(name), b.get(name), f"{path}.{name}")
        ]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        pairs = zip(a, b, strict=True)
        return [row for i, (x, y) in enumerate(pairs) for row in differences(x, y, f"{path}[{i}]")]
    if ".output_file_paths." in path and Path(str(a)).name == Path(str(b)).name:
        return []
    if isinstance(a, float) and isinstance(b, float) and ".summary_stats." in path:
        return (
            [] if math.isclose(a, b, rel_tol=1e-12) else [f"{path}: {a} is not {b}"]
        )  # AiiDA keeps 14 digits
    if path.endswith(".hash") and b is None:  # emmet has it of POTCAR.orig alone
        return []
    return [] if a == b else [f"{path}: {a!r:.80} is not {b!r:.80}"]


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), imported="--imported" in sys.argv[3:])
