"""JobSpec: the options of a job, one field per option."""

from dataclasses import MISSING, field, fields
from typing import Annotated

from crystalmath_server.protocol.inputs import InputText
from crystalmath_server.protocol.method import Bound, Doc, Json, Length, Params
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.resources import Resources


@record
class JobSpec(Params):
    """The options of a job.

    Each field is an option of jobs.submit, templates.render, the command line and the form for a new job; it
    is stored with the job and restored by jobs.clone. Code that copies a job's options iterates over these
    fields, so a new option needs one field here and an implementation of its effect.
    """

    template: Annotated[str, Length(0, 200), Doc("engine.kind, or kind alone for the best engine installed")]
    structures: Annotated[
        tuple[Annotated[int, Bound(1)], ...],
        Length(0, 200),
        Doc("pks of the structures, in the order the template expects"),
    ]
    values: Annotated[dict[str, Json], Doc("form field name → value")] = field(
        default_factory=dict[str, Json]
    )
    label: Annotated[str, Length(0, 255), Doc("name of the job; empty: formula and template")] = ""
    cluster: Annotated[str, Length(0, 255), Doc("label of the cluster; empty: this machine")] = ""
    code: Annotated[
        str,
        Length(0, 255),
        Doc("label of the code on the cluster; empty: the matching code", title="program"),
    ] = ""
    description: Annotated[str, Length(0, 10_000), Doc("notes on the job")] = ""
    retrieve: Annotated[
        tuple[str, ...],
        Length(0, 50),
        Doc(
            "VASP: additional files to retrieve, e.g. CHGCAR or *",
            title="further files",
        ),
    ] = ()
    retrieve_mb: Annotated[
        float,
        Bound(0, 100_000),
        Doc("size limit for additional files; larger files stay on the cluster", "MB", title="up to MB"),
    ] = 50.0
    corrections: Annotated[
        int, Bound(0, 10), Doc("VASP: maximum number of times custodian may correct and rerun a failed run")
    ] = 0
    restart_pk: Annotated[int | None, Bound(1), Doc("ended VASP job to continue from")] = None
    edits: Annotated[
        dict[str, InputText],
        Doc("VASP: file name → replacement text; an empty KPOINTS omits the file"),
    ] = field(default_factory=dict[str, str])
    resources: Annotated[Resources, Doc("resources that override the cluster's defaults")] = field(
        default_factory=Resources
    )


def spec_of(params: JobSpec) -> JobSpec:
    """The plain JobSpec within parameters that extend it."""
    return JobSpec(**{row.name: getattr(params, row.name) for row in fields(JobSpec)})


def default_of(name: str) -> Json:
    """The default of an option; None if the option is required."""
    row = next(row for row in fields(JobSpec) if row.name == name)
    if row.default_factory is not MISSING:
        return row.default_factory()
    return None if row.default is MISSING else row.default


def changed_options(spec: JobSpec) -> dict[str, Json]:
    """Option → value for the options that differ from their defaults."""
    found = {row.name: getattr(spec, row.name) for row in fields(JobSpec)}
    return {name: value for name, value in found.items() if value != default_of(name)}
