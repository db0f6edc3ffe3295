"""Setup: form fields and their conversion to parameters."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from crystalmath_server.protocol.clusters import (
    LOCAL_TRANSPORT,
    TRANSPORTS,
    ClusterDetail,
    CreateClusterParams,
    Discovery,
    Partition,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codec import from_json
from crystalmath_server.protocol.codes import CodeKind, CreateCodeParams
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.resources import Resources
from crystalmath_tui.core.form import Field, new_field
from crystalmath_tui.core.resources import resource_fields, resources, text_of, whole_number
from crystalmath_tui.core.textfield import field_of

P = TypeVar("P", CreateClusterParams, UpdateClusterParams)

SCHEDULERS = ("core.slurm", "core.pbspro", "core.torque", "core.sge", "core.lsf", "core.direct")
VASP = (CodeKind.VASP_STD, CodeKind.VASP_GAM, CodeKind.VASP_NCL)
_INTERVALS = ("poll_interval_s", "safe_interval_s")


def of_discovery(discovery: Discovery, label: str, transport: str, backend: str) -> tuple[Field, ...]:
    """Fields of a new cluster, filled in from the discovery."""
    scratch = next(iter(discovery.scratch), discovery.home or "/tmp")  # noqa: S108  a folder on the cluster
    given = {
        **_of_partitions(discovery.partitions),
        "account": (next(iter(discovery.accounts), ""), _found_text(discovery.accounts)),
        "qos": ("", _found_text(discovery.qos)),
        "mpirun": (next(iter(discovery.mpirun), ""), _found_text(discovery.mpirun)),
        "work_dir": (f"{scratch.rstrip('/')}/crystalmath", _found_text(discovery.scratch)),
        **{kind: (path, "Found in PATH.") for kind, path in discovery.codes.items()},
    }
    blank = of_nothing(discovery.hostname, label, transport, backend, discovery.scheduler)
    return tuple(_propose(each, *given.get(each.name, ("", ""))) for each in blank)


def _found_text(names: Collection[str]) -> str:
    return f"Found: {', '.join(names)}." if names else ""


def _of_partitions(partitions: Sequence[Partition]) -> dict[str, tuple[str, str]]:
    """The default partition and the resources of its nodes."""
    usual = next((row for row in partitions if row.default), None)
    names = _found_text([row.name for row in partitions])
    if usual is None:
        return {"partition": ("", names)}
    limit = (
        "no limit" if usual.time_limit_s is None else f"{text_of('walltime_s', usual.time_limit_s)} at most"
    )
    return {
        "partition": (usual.name, names),
        "walltime_s": ("", f"{usual.name}: {limit}."),
        "tasks_per_node": ("", f"{usual.name}: {usual.cores_per_node} cores per node."),
        "memory_mb": ("", f"{usual.name}: {usual.memory_mb} MB per node."),
        "gpus": ("", f"{usual.name}: {usual.gpus}." if usual.gpus else ""),
    }


def _propose(each: Field, value: str, note: str) -> Field:
    if not value and not note:
        return each
    told = replace(each, help=f"{each.help} {note}".strip())
    return replace(told, text=field_of(value)) if value else told


def of_nothing(host: str, label: str, transport: str, backend: str, scheduler: str = "") -> tuple[Field, ...]:
    """Fields of a new cluster about which only the connection is known."""
    work_dir = "/scratch/{username}/crystalmath"
    guess = "core.direct" if transport == LOCAL_TRANSPORT else "core.slurm"
    head = (
        new_field("label", "label", label, "Name of the cluster in crystalmath."),
        new_field("hostname", "host", host, "As in `ssh HOST`; the rest comes from ~/.ssh/config."),
        new_field("transport", "transport", transport, "How to reach the cluster.", TRANSPORTS),
        new_field(
            "backend",
            "ssh program",
            backend,
            "openssh uses an open master connection, which two-factor logins require.",
            ("asyncssh", "openssh"),
        ),
        new_field("scheduler", "scheduler", scheduler or guess, "Scheduler of the cluster.", SCHEDULERS),
        new_field("work_dir", "work folder", work_dir, "Where jobs run; {username} is your username there."),
        new_field("description", "description", "", "Notes for yourself."),
    )
    first, *rest = (
        new_field(kind.value, kind.value, "", "Absolute path of the executable on the cluster.")
        for kind in VASP
    )
    codes = (replace(first, section="codes; empty: none"), *rest)
    return (*head, *_common(Resources(), {}), *codes)


def of_detail(detail: ClusterDetail) -> tuple[Field, ...]:
    """Fields of an existing cluster."""
    row = detail.row
    head = (
        new_field("new_label", "label", row.label, "Name of the cluster in crystalmath."),
        new_field(
            "work_dir", "work folder", row.work_dir, "Where jobs run; {username} is your username there."
        ),
        new_field("description", "description", detail.description, "Notes for yourself."),
    )
    known = {
        "potcar_dir": detail.potcar_dir,
        "mpirun": detail.mpirun,
        "max_jobs": text_of("max_jobs", detail.max_jobs),
        "poll_interval_s": f"{detail.poll_interval_s:g}",
        "safe_interval_s": f"{detail.safe_interval_s:g}",
    }
    return (*head, *_common(detail.defaults, known))


def _common(defaults: Resources, known: Mapping[str, str]) -> tuple[Field, ...]:
    """Fields common to new and existing clusters."""
    potcars, mpirun, cap, *intervals = (
        new_field(name, title, known.get(name, ""), words) for name, title, words in _COMMON
    )
    return (
        *resource_fields(defaults, "job defaults; empty: none"),
        replace(potcars, section="VASP and MPI"),
        mpirun,
        replace(cap, section="limits; empty: no job limit, AiiDA's default intervals"),
        *intervals,
    )


_COMMON = (
    (
        "potcar_dir",
        "POTCAR folder",
        "POTCAR folder on the cluster; pymatgen: POTCARs from this machine's pymatgen configuration.",
    ),
    ("mpirun", "MPI command", "Prefix of parallel commands; empty: AiiDA's default."),
    ("max_jobs", "job limit", "Most jobs at once on the cluster; further jobs wait."),
    ("poll_interval_s", "poll every (s)", "Minimum time between two queries of the queue."),
    ("safe_interval_s", "connect every (s)", "Minimum time between two connections."),
)


def of_code(kind: CodeKind = CodeKind.VASP_STD) -> tuple[Field, ...]:
    """Fields of a new code."""
    kinds = tuple(each.value for each in CodeKind)
    return (
        new_field("kind", "kind", kind.value, "Program that the code runs.", kinds),
        new_field("label", "label", kind.value, "Label of the code on this cluster."),
        new_field("path", "path", "", "Absolute path of the executable on the cluster."),
        new_field("modules", "modules", "", "Modules to load, in order, separated by spaces."),
        new_field(
            "prepend_text", "lines before", "", "Shell lines to run before the code; \\n starts a new line."
        ),
        new_field("description", "description", "", "Notes for yourself."),
    )


def _interval(name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise InvalidForm(f"{text!r} is not a number", field=name) from None
    if not 0 <= value <= 3600:
        raise InvalidForm(f"{text} is not between 0 and 3600", field=name)
    return value


def create_params(texts: Mapping[str, str]) -> CreateClusterParams:
    """Parameters of clusters.create; raises InvalidForm or InvalidParams with the field."""
    names = ("label", "hostname", "work_dir", "transport", "scheduler", "description", "potcar_dir", "mpirun")
    plain: dict[str, Any] = {name: texts.get(name, "") for name in names}
    backend = texts.get("backend") or "asyncssh"
    return _with_rest(CreateClusterParams, {**plain, "backend": backend}, texts)


def update_params(label: str, texts: Mapping[str, str]) -> UpdateClusterParams:
    """Parameters of clusters.update with all values of the form."""
    names = ("new_label", "work_dir", "description", "potcar_dir")
    plain: dict[str, Any] = {"label": label, **{name: texts.get(name, "") for name in names}}
    if mpirun := texts.get("mpirun"):
        plain["mpirun"] = mpirun
    return _with_rest(UpdateClusterParams, plain, texts)


def _with_rest(kind: type[P], plain: Mapping[str, Any], texts: Mapping[str, str]) -> P:
    """Validate the plain texts against the type, and add numbers and defaults."""
    checked = from_json(kind, dict(plain))
    intervals = {name: _interval(name, texts.get(name, "")) for name in _INTERVALS}
    cap = whole_number("max_jobs", texts.get("max_jobs", ""))
    return replace(checked, defaults=resources(texts), max_jobs=cap, **intervals)


def codes_of(texts: Mapping[str, str]) -> tuple[CreateCodeParams, ...]:
    """The codes named in the form of a new cluster, each labeled by its kind."""
    return tuple(
        CreateCodeParams(texts["label"], kind.value, texts[kind.value], kind)
        for kind in VASP
        if texts.get(kind.value)
    )


def code_params(cluster: str, texts: Mapping[str, str]) -> CreateCodeParams:
    """Parameters of codes.create; raises InvalidParams with the field."""
    given = {
        **texts,
        "cluster": cluster,
        "modules": texts.get("modules", "").replace(",", " ").split(),
        "prepend_text": texts.get("prepend_text", "").replace("\\n", "\n"),
    }
    return from_json(CreateCodeParams, given)
