"""JobSpec: what is asked of a job, one field for each option."""

from dataclasses import MISSING, field, fields
from typing import Annotated

from crystalmath_server.protocol.inputs import InputText
from crystalmath_server.protocol.method import Bound, Doc, Json, Length, Params
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.resources import Resources


@record
class JobSpec(Params):
    """What is asked of a job.

    Each field is an option of jobs.submit and templates.render, of the command line and of the form for a
    new job; it is stored with the job and filled in again by jobs.clone. Code that carries a job from one
    place to another iterates over these fields, so a new option is one field here and its effect where it
    acts.
    """

    template: Annotated[str, Length(0, 200), Doc("engine.kind, or kind alone for the best engine installed")]
    structures: Annotated[
        tuple[Annotated[int, Bound(1)], ...],
        Length(0, 200),
        Doc("pks of structures: one, or as many as the template takes, in order"),
    ]
    values: Annotated[dict[str, Json], Doc("form field name → value")] = field(
        default_factory=dict[str, Json]
    )
    label: Annotated[str, Length(0, 255), Doc("name of the job; empty: formula and template")] = ""
    cluster: Annotated[str, Length(0, 255), Doc("label of the cluster; empty: this machine")] = ""
    code: Annotated[
        str,
        Length(0, 255),
        Doc("label of the code on the cluster; empty: the one that fits", title="program"),
    ] = ""
    description: Annotated[str, Length(0, 10_000), Doc("notes on the job")] = ""
    retrieve: Annotated[
        tuple[str, ...],
        Length(0, 50),
        Doc(
            "VASP: files to retrieve in addition to those that results need, as CHGCAR or *",
            title="further files",
        ),
    ] = ()
    retrieve_mb: Annotated[
        float,
        Bound(0, 100_000),
        Doc("size limit of those files; larger ones stay on the cluster", "MB", title="up to MB"),
    ] = 50.0
    corrections: Annotated[
        int, Bound(0, 10), Doc("VASP: how often a failed run may be corrected by custodian and run again")
    ] = 0
    restart_pk: Annotated[int | None, Bound(1), Doc("ended VASP job to continue from")] = None
    edits: Annotated[
        dict[str, InputText],
        Doc("VASP: file name → text that replaces the file; an empty KPOINTS leaves it out"),
    ] = field(default_factory=dict[str, str])
    resources: Annotated[Resources, Doc("overrides of the cluster's default resources")] = field(
        default_factory=Resources
    )


def spec_of(asked: JobSpec) -> JobSpec:
    """The plain JobSpec of parameters that extend it."""
    return JobSpec(**{row.name: getattr(asked, row.name) for row in fields(JobSpec)})


def default_of(name: str) -> Json:
    """The default of an option; None where it has to be given."""
    row = next(row for row in fields(JobSpec) if row.name == name)
    if row.default_factory is not MISSING:
        return row.default_factory()
    return None if row.default is MISSING else row.default


def changed(spec: JobSpec) -> dict[str, Json]:
    """Option → value, of the options that differ from their defaults."""
    found = {row.name: getattr(spec, row.name) for row in fields(JobSpec)}
    return {name: value for name, value in found.items() if value != default_of(name)}
