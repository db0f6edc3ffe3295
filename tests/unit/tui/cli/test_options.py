"""Options derived from parameters: every method of the table, and what people mistype."""

from typing import Any

import pytest

from crystalmath_server.protocol.again import RetryJobParams
from crystalmath_server.protocol.families import FAMILIES, all_methods, family
from crystalmath_server.protocol.files import ReadFileParams
from crystalmath_server.protocol.jobs import JobState, ListJobsParams, SubmitJobParams
from crystalmath_server.protocol.methods import METHODS
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.structures import ImportStructureParams
from crystalmath_tui.cli.main import GENERAL, read
from crystalmath_tui.cli.options import UsageError, of_params, to_params
from crystalmath_tui.cli.parser import parse


def _parsed(kind: type[Any], *words: str) -> Any:
    options = of_params(kind)
    return to_params(kind, options, parse(options, words))


def test_the_families_hold_the_whole_table() -> None:
    assert {row.name: row for row in all_methods()} == METHODS
    assert all(family(name) for name in FAMILIES)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_no_option_of_a_method_hides_a_general_one(name: str) -> None:
    flags = [flag for option in of_params(METHODS[name].params) for flag in option.flags]
    general = {flag for option in GENERAL for flag in option.flags}
    assert len(flags) == len(set(flags))
    assert general.isdisjoint(flags)


def test_options_become_parameters() -> None:
    params = _parsed(
        ListJobsParams,
        *("--state", "running", "--states=queued,failed", "--regex", "--no-descending", "--limit", "7"),
    )
    states = (JobState.RUNNING, JobState.QUEUED, JobState.FAILED)
    assert params == ListJobsParams(states=states, regex=True, descending=False, limit=7)


def test_required_parameters_are_arguments_too() -> None:
    params = _parsed(ReadFileParams, "12", "out.txt", "--offset", "5")
    assert params == ReadFileParams(12, "out.txt", offset=5)
    assert _parsed(ReadFileParams, "--path", "out.txt", "12") == ReadFileParams(12, "out.txt")


def test_pairs_are_json_where_they_can_be() -> None:
    words = (
        "emt.relax",
        "1",
        "--key",
        "k" * 8,
        "--value",
        "fmax=0.01",
        "--value",
        "name=Si",
        "--values",
        '{"a": [1]}',
    )
    params = _parsed(SubmitJobParams, *words)
    assert params.values == {"fmax": 0.01, "name": "Si", "a": [1]}


def test_a_date_is_a_time() -> None:
    params = _parsed(ListJobsParams, "--created-after", "2026-01-31", "--created-before", "1.5")
    assert 1.76e9 < params.created_after < 1.78e9
    assert params.created_before == 1.5


def test_a_local_file_is_made_absolute(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    params = _parsed(ImportStructureParams, "si.cif")
    assert params.path == str(tmp_path / "si.cif")


def test_two_dashes_end_the_options() -> None:
    assert _parsed(ReadFileParams, "12", "--", "-odd-name").path == "-odd-name"


@pytest.mark.parametrize(
    "words,message",
    [
        (["--limit", "900"], "--limit: expected at most 500"),
        (["--limit", "many"], "'many' is not a whole number"),
        (["--limit"], "--limit: expected one argument"),
        (["--state", "runing"], "'runing' is not one of created"),
        (["--sort", "size"], "--sort: 'size' is not one of pk"),
        (["--created-after", "nan"], "is not a time"),
        (["--created-after", "soon"], "'soon' is not a time"),
        (["--regex=yes"], "--regex/--no-regex: ignored explicit argument"),
        (["--stat", "running"], "did you mean --state?"),
        (["--nonsense"], "no option --nonsense"),
        (["stray"], "unexpected: stray"),
        (["--label", "x" * 300], "--label: expected a length of at most 255"),
    ],
)
def test_a_mistake_is_named(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        _parsed(ListJobsParams, *words)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "words", [["emt.relax", "1", "--key", "k" * 8, "--value", text] for text in ("fmax", "=1", "{1}")]
)
def test_a_pair_that_is_none_is_refused(words: list[str]) -> None:
    with pytest.raises(UsageError):
        _parsed(SubmitJobParams, *words)


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(UsageError, match="missing: PK, PATH"):
        _parsed(ReadFileParams)


def test_general_options_stand_anywhere() -> None:
    asked = read(["--profile", "main", "jobs", "list", "--json", "--limit", "3", "--timeout=5"])
    assert (asked.session.profile, asked.session.as_json, asked.session.timeout) == ("main", True, 5.0)
    assert asked.arguments == ("jobs", "list", "--limit", "3")


def test_without_a_command_the_interface_opens() -> None:
    asked = read(["--profile", "main", "--readonly", "--no-mouse"])
    assert asked.opens_interface
    assert (asked.session.readonly, asked.session.mouse) == (True, False)
    assert not read(["--help"]).opens_interface
    assert not read(["jobs"]).opens_interface


def test_resources_are_given_by_name() -> None:
    words = (
        "emt.static",
        "1",
        "--key",
        "key-of-test",
        "--resource",
        "walltime_s=60",
        "--resources",
        "modules=a,b",
    )
    params = _parsed(SubmitJobParams, *words, "--resources", "account=123")
    assert params.resources == Resources(walltime_s=60, modules=("a", "b"), account="123")


KEY = ("--key", "key-of-test")


@pytest.mark.parametrize("word", ["walltime=60", "walltime_s", "walltime_s=soon", "walltime_s=-1"])
def test_a_resource_that_makes_no_sense(word: str) -> None:
    with pytest.raises(UsageError):
        _parsed(SubmitJobParams, "emt.static", "1", *KEY, "--resources", word)


def test_structures_come_one_by_one_or_in_one_word() -> None:
    for words in (("3", "4", "5"), ("3,4", "5"), ("--structure", "3", "--structures", "4,5")):
        params = _parsed(SubmitJobParams, "vasp.neb_from_images", *words, *KEY)
        assert params.structures == (3, 4, 5)


def test_a_key_need_not_be_thought_of() -> None:
    options = of_params(RetryJobParams)
    assert parse(options, ["42"]) == {"pk": 42}
    assert parse(options, ["42", "--key", "key-0001"]) == {"pk": 42, "key": "key-0001"}
