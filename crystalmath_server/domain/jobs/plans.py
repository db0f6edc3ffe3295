"""Structures, templates and jobs to be made, as plain data between the worker, AiiDA and the handlers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crystalmath_server.domain.vasp_run.run_folder import RunFolder
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.structures import Lattice, Site
from crystalmath_server.protocol.templates import Rendered


@dataclass(frozen=True, slots=True)
class ParsedStructure:
    """A structure as plain data, made by the worker.

    Attributes
    ----------
    document
        pymatgen's own JSON: keeps what AiiDA's StructureData cannot (site properties, oxidation, charge).
    digest
        SHA-256 of the canonical JSON of `document`: the same structure has the same digest.
    """

    document: Mapping[str, Json]
    digest: str
    formula: str
    elements: tuple[str, ...]
    n_sites: int
    lattice: Lattice
    spacegroup: str
    density_g_cm3: float
    sites: tuple[Site, ...]
    poscar: str


@dataclass(frozen=True, slots=True)
class PreparedInputs:
    """A template with its settings for one structure, checked and rendered.

    Attributes
    ----------
    maker
        The atomate2 Maker as MSONable JSON.
    engine
        Engine and version, as "CHGNet 0.4.2".
    versions
        Package → version of everything that has a part in the result.
    potcar
        For VASP `symbols`, in the order of POSCAR, and `functional` as pymatgen names it; else empty.
        What is copied from an earlier job stands in `rendered.copied`.
    structure
        What an edited POSCAR holds, where that is another structure.
    """

    rendered: Rendered
    maker: Mapping[str, Json]
    engine: str
    versions: Mapping[str, str]
    values: Mapping[str, Json]
    potcar: Mapping[str, Json] = field(default_factory=dict[str, Json])
    structure: ParsedStructure | None = None


@dataclass(frozen=True, slots=True)
class JobPlan:
    """All that the launcher needs to make one process; with a `source` it is read from there, not run.

    Attributes
    ----------
    spec
        What was asked for, on the structures that will be computed.
    options
        AiiDA's metadata.options for the resources on the cluster.
    edited_from
        The structure that the template was given, if an edited POSCAR replaced it.
    """

    spec: JobSpec
    prepared: PreparedInputs
    key: str = ""
    reuse: bool = False
    options: Mapping[str, Json] = field(default_factory=dict[str, Json])
    source: RunFolder | None = None
    edited_from: int | None = None
