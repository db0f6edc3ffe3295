"""The corpus of broken input files: each fault found at its line with its reason, and nothing else found."""

import random
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest

from crystalmath_server.protocol.inputs import InputReport, Severity
from tests.integration.worker_bench import warm_bench

INPUTS = Path(__file__).parents[1] / "input_corpus"
FEWEST = 60
N_MANGLED = 200


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((INPUTS / f"{name}.toml").read_text("utf-8"))


BASES = {
    name: {file: text.lstrip("\n") for file, text in vasp_inputs.items()}
    for name, vasp_inputs in load("bases").items()
}


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("incar", "kpoints", "poscar"):
        rows = load(name)
        common = {"base": rows.pop("base"), "file": rows.pop("file")}
        for title, row in rows.items():
            yield f"{name}.{title}", common | row


CASES = dict(cases())


def inputs_of(case: dict[str, Any]) -> dict[str, str]:
    files = dict(BASES[case["base"]])
    swaps = {**({case["file"]: case["swap"]} if "swap" in case else {}), **case.get("also", {})}
    for file, (before, after) in swaps.items():
        assert before in files[file], "the case does not fit its base"
        files[file] = files[file].replace(before, after, 1)
    if "text" in case:
        files[case["file"]] = case["text"]
    files.pop(case.get("without", ""), None)
    return files | case.get("with", {})


def noise() -> Iterator[dict[str, str]]:
    """Input files with lines lost, doubled, cut and mixed among files."""
    rng = random.Random(7)
    lines = [
        line for vasp_inputs in BASES.values() for text in vasp_inputs.values() for line in text.splitlines()
    ]
    lines += ["", "-1", "1e99 0 0", "\x00é"]

    def mangled(text: str) -> str:
        rows = text.splitlines()
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(rows) + 1)
            rows[at : at + rng.randint(0, 2)] = rng.choices(lines, k=rng.randint(0, 2))
        return "\n".join(rows)[: rng.choice([10, 100, 10_000])]

    for _ in range(N_MANGLED):
        yield {name: mangled(text) for name, text in rng.choice(list(BASES.values())).items()}


@cache
def reports() -> dict[str, InputReport]:
    """One worker for all, since it takes seconds to start."""
    found: dict[str, InputReport] = {}

    async def main() -> None:
        async with warm_bench() as bench:
            for name, vasp_inputs in BASES.items():
                found[name] = await bench.check_inputs(vasp_inputs, 4)
            for name, case in CASES.items():
                found[name] = await bench.check_inputs(inputs_of(case), case.get("tasks"))
            for number, vasp_inputs in enumerate(noise()):
                found[f"noise.{number}"] = await bench.check_inputs(vasp_inputs, 7)

    anyio.run(main)
    return found


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= FEWEST


def test_no_text_breaks_the_worker() -> None:
    for number in range(N_MANGLED):
        for row in reports()[f"noise.{number}"].problems:
            assert row.file in {"INCAR", "KPOINTS", "POSCAR", "POTCAR.spec"}
            assert row.line >= 0
            assert row.text


@pytest.mark.parametrize("name", BASES)
def test_a_inputs_without_a_fault(name: str) -> None:
    report = reports()[name]
    assert [problem for problem in report.problems if problem.severity is not Severity.NOTE] == []
    facts = report.facts
    assert (facts.spacegroup, facts.electrons, facts.n_kpoints) == {
        "silicon": ("Fd-3m (227)", 8.0, 216),
        "oxide": ("Fm-3m (225)", 88.0, 64),
        "titanium": ("P6_3/mmc (194)", 20.0, 320),
    }[name]


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_found_where_it_is(name: str) -> None:
    case = CASES[name]
    found = [row for row in reports()[name].problems if row.severity is not Severity.NOTE]
    assert [[row.file, row.line, row.code] for row in found] == case["finds"]
    assert all(row.text and row.hint for row in found)
    assert case.get("says", "") in " ".join(f"{row.text} {row.hint}" for row in found)
