"""Structures, templates and planned jobs as plain data for the worker, AiiDA and the handlers."""

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
        pymatgen's JSON; keeps what AiiDA's StructureData cannot (site properties, oxidation, charge).
    digest
        SHA-256 of the canonical JSON of `document`; equal structures have equal digests.
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
        Engine and version, e.g. "CHGNet 0.4.2".
    versions
        Package → version, for every package that affects the result.
    potcar
        For VASP: `symbols` in POSCAR order and `functional` as named by pymatgen; else empty.
        `rendered.copied` lists the files copied from an earlier job.
    structure
        The structure in an edited POSCAR, if it differs from the original.
    flow
        For a template of a flow: the flow as jobflow serializes it; else empty. Its jobs have random uuids.
    """

    rendered: Rendered
    maker: Mapping[str, Json]
    engine: str
    versions: Mapping[str, str]
    values: Mapping[str, Json]
    potcar: Mapping[str, Json] = field(default_factory=dict[str, Json])
    structure: ParsedStructure | None = None
    flow: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class JobPlan:
    """Everything the launcher needs to create a process; with a `source`, results are imported from there.

    Attributes
    ----------
    spec
        The job specification, with the structures that will be computed.
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
