"""jobs.import: import a folder with a VASP run as a job."""

import hashlib
import json
import posixpath
from dataclasses import replace

from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.plans import JobPlan
from crystalmath_server.domain.vasp_run.run_folder import RunFolder
from crystalmath_server.handlers.fields import fields
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.imports import ImportJobParams
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import Submitted
from crystalmath_server.protocol.structures import ImportStructureParams

SHORTEST_KEY = 8


async def import_run(ports: Ports, params: ImportJobParams) -> Submitted:
    """The job of the key: an existing one, or one made from the folder, checked before anything is stored."""
    path = _path(params.path)
    digest = hashlib.sha256(json.dumps(["import", params.cluster, path]).encode()).hexdigest()
    key = _key(params.key, digest)
    if known := await ports.launcher.find(key, digest):
        return known
    ports.server.progress(f"looking at {path} on {params.cluster}")
    with fields(hostname="cluster"):
        folder = await ports.runs.look(params.cluster, path, params.code)
    ports.server.progress("reading the structure")
    poscar = folder.files["POSCAR"].decode(errors="replace")
    with fields(text="path"):
        parsed = await ports.workbench.parse_structure(ImportStructureParams(text=poscar, format="poscar"))
    prepared = await ports.workbench.reader(folder.files["INCAR"].decode(errors="replace"))
    folder = await _with_potential_ids(ports, folder)
    structure = await ports.structures.store(parsed, "")
    spec = JobSpec(
        template=nodes.IMPORTED,
        structures=(structure.row.pk,),
        label=params.label,
        description=params.description,
        cluster=params.cluster,
        code=params.code,
    )
    rendered = replace(prepared.rendered, digest=digest)
    prepared = replace(prepared, rendered=rendered, values={"path": path, "cluster": params.cluster})
    plan = JobPlan(spec, prepared, key, source=folder)
    ports.server.progress("submitting")
    return await ports.launcher.submit(plan)


async def _with_potential_ids(ports: Ports, folder: RunFolder) -> RunFolder:
    """The folder with the identifiers of its potentials instead of their licensed text."""
    specs = await ports.workbench.potcar_specs(folder.potcar) if folder.potcar else ()
    return replace(folder, potcar="", potcar_specs=specs)


def _path(path: str) -> str:
    """The normalized path of a folder."""
    if not path.startswith("/") or "\0" in path:
        hint = "Give the absolute path, as printed by pwd on the cluster."
        raise InvalidForm(f"{path!r} is not an absolute path", field="path", hint=hint)
    return posixpath.normpath(path)


def _key(key: str, digest: str) -> str:
    if key and len(key) < SHORTEST_KEY:
        hint = "Omit the key, or send a new UUID for each new job."
        raise InvalidForm(f"{key!r} is shorter than {SHORTEST_KEY} characters", field="key", hint=hint)
    return key or f"import-{digest}"
