"""Each option of a job is offered, sent, kept, recalled and compared, since all that carries it iterates."""

import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import pytest

from crystalmath_server.adapters.aiida.jobs import past_job as stored_jobs
from crystalmath_server.domain.jobs.kept_options import PLACED, read_kept, shown_options, stored_options
from crystalmath_server.domain.jobs.past_job import PastJob, draft
from crystalmath_server.domain.results.comparison import table
from crystalmath_server.protocol.again import JobDraft
from crystalmath_server.protocol.clusters import ClusterDetail, ClusterList, ClusterRow
from crystalmath_server.protocol.codes import CodeKind, CodeRow
from crystalmath_server.protocol.job_spec import JobSpec, default_of, spec_of
from crystalmath_server.protocol.jobs import JobDetail, JobState, SubmitJobParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.structures import Lattice, StructureDetail, StructureRow
from crystalmath_server.protocol.templates import (
    FieldType,
    FormField,
    InputFile,
    Rendered,
    Restart,
    TemplateDetail,
    TemplateRow,
)
from crystalmath_tui.cli.options import to_params
from crystalmath_tui.cli.parser import parse
from crystalmath_tui.cli.running import SUBMIT_OPTIONS
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Call
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, KeyPressed, Message
from crystalmath_tui.screens.new import model, update
from tests.built_rows import job_row
from tests.job_options import OTHERS, SPEC

ROOT = Path(__file__).parents[2]
OPTIONS = [row.name for row in fields(JobSpec)]
CONTEXT = Context(Size(24, 100))
CELL = Lattice(3.8, 3.8, 3.8, 60, 60, 60, 40.0)
SILICON = StructureDetail(StructureRow(3, "u3", "silicon", "Si2", 2, 0.0), CELL, "Fd-3m (227)", 2.3, (), "")
ROW = TemplateRow(SPEC.template, "", "vasp", "relax", "", "", runnable=True, restart=Restart.OPTIONAL)
FORM = TemplateDetail(ROW, (FormField("steps", FieldType.INTEGER, "steps", 100),))
OWN = Rendered(SPEC.template, (InputFile("INCAR", "NSW = 9\n"),), (), "d1")
EDITED = replace(
    OWN, files=(InputFile("INCAR", SPEC.edits["INCAR"]),), digest="d2", edits={"INCAR": "-\n+\n"}
)
CLUSTER = ClusterRow(2, SPEC.cluster, "login", "core.ssh_async", "core.slurm", "/w", enabled=True)
CODE = CodeRow(7, "u", SPEC.code, SPEC.cluster, CodeKind.VASP_STD, "/opt/vasp_std")


@pytest.mark.parametrize("name", OPTIONS)
def test_the_samples_differ_from_the_defaults(name: str) -> None:
    assert OTHERS[name] != default_of(name)


def words_of(name: str, value: Any, folder: Path) -> list[str]:
    """An option as one types it at the command line."""
    flag = next(option.flags[0] for option in SUBMIT_OPTIONS if option.name == name)
    if name == "edits":
        for file, text in value.items():
            (folder / file).write_text(text)
        return [word for file in value for word in (flag, f"{file}={folder / file}")]
    if isinstance(value, Resources):
        value = {row.name: getattr(value, row.name) for row in fields(Resources) if getattr(value, row.name)}
    if isinstance(value, dict):
        return [
            word for key, item in cast("dict[str, Any]", value).items() for word in (flag, f"{key}={item}")
        ]
    many = cast("tuple[Any, ...]", value) if isinstance(value, tuple) else (value,)
    return [flag] if value is True else [word for item in many for word in (flag, str(item))]


@pytest.mark.parametrize("name", OPTIONS)
def test_the_command_line_takes_it(name: str, tmp_path: Path) -> None:
    words = words_of("template", SPEC.template, tmp_path) if name != "template" else []
    found = parse(SUBMIT_OPTIONS, [*words, *words_of(name, OTHERS[name], tmp_path)])
    params = to_params(SubmitJobParams, SUBMIT_OPTIONS, {"structures": [], "key": "k" * 8, **found})
    assert getattr(params, name) == OTHERS[name]


def told(new: model.Slice, *messages: Message) -> model.Slice:
    for message in messages:
        new = update.update(new, message, CONTEXT)[0]
    return new


def test_the_form_is_filled_in_and_sends_all_of_it() -> None:
    like = told(model.Slice(), Answered("new draft", JobDraft(12, SPEC)))
    new = told(
        like,
        Answered("new structure", SILICON),
        Answered("new form", FORM),
        Answered("new inputs", OWN, 3),
        Answered("new edited inputs", EDITED, 3),
        Answered("new key", "key-0001", "d2"),
        KeyPressed("enter"),
        Answered("new clusters", ClusterList((CLUSTER,))),
        Answered(
            "new target", ClusterDetail(CLUSTER, "", Resources(), {}, (CODE,), 1.0, 1.0, "", ""), SPEC.cluster
        ),
    )
    (call,) = update.update(new, KeyPressed("enter"), CONTEXT)[1]
    assert isinstance(call, Call)
    assert isinstance(call.params, SubmitJobParams)
    for name in OPTIONS:
        assert (name, getattr(call.params, name)) == (name, OTHERS[name])
    _, (script,) = update.update(new, KeyPressed("esc"), CONTEXT)
    assert isinstance(script, Call)
    assert (script.method.name, script.params) == ("templates.render", spec_of(call.params))


def test_a_clone_has_all_of_it() -> None:
    options = {"queue_name": "short", "max_wallclock_seconds": 3600}
    past = PastJob(5, "uuid", JobState.FAILED, SPEC, "Si2", options)
    assert draft(past, FORM, (CLUSTER,), (CODE,)) == JobDraft(5, SPEC)


def test_all_of_it_is_kept_once() -> None:
    assert set(stored_jobs._READERS) == PLACED <= set(OPTIONS)
    settings = stored_options(SPEC)
    assert set(settings) == set(OPTIONS) - PLACED
    back = read_kept({**settings, "values": {"steps": 7}, "edits": {"INCAR": "a diff"}})
    assert {name: getattr(back, name) for name in settings} == {name: OTHERS[name] for name in settings}
    assert stored_options(JobSpec(SPEC.template, SPEC.structures)) == {}, (
        "a new option leaves the nodes of old jobs equal"
    )


def test_options_are_columns_of_a_comparison() -> None:
    detail = JobDetail(
        job_row(pk=5), "", "", "", "", "", "", "", "", "", "", {}, (), (), options=shown_options(SPEC)
    )
    results = JobResults(5, JobState.FINISHED, "", (), ())
    names = {column.name for column in table([(detail, results)]).columns}
    shown = set(OPTIONS) - PLACED | {"code", "corrections", "restart_pk"}
    assert {f"options.{name}" for name in shown} <= names


FIELD = """    label: Annotated[str"""
NEW = """    patience: Annotated[int, Bound(0, 9), Doc("how often to look twice")] = 2
    moods: Annotated[tuple[str, ...], Doc("how to look")] = ()
    gentle: Annotated[bool, Doc("whether to look gently")] = False
"""


def test_a_new_option_is_one_field(tmp_path: Path) -> None:
    """All tests above hold in a copy of the program in which JobSpec has three fields more."""
    for name in ("crystalmath_server", "crystalmath_tui", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name)  # with what is compiled, for speed
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    spec = tmp_path / "crystalmath_server/protocol/job_spec.py"
    source = spec.read_text()
    assert source.count(FIELD) == 1
    spec.write_text(source.replace(FIELD, NEW + FIELD))
    this = f"tests/unit/{Path(__file__).name}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not new_option", this]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "patience" not in OPTIONS
    passed = int(done.stdout.rpartition(" passed")[0].split()[-1])
    assert passed == 2 * (len(OPTIONS) + 3) + 4, done.stdout[-500:]
