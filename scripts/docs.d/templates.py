"""Reference of the templates: every one with its settings, asked of the code that lists them."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from typing import Any

from markup import ROOT, page, table

Template = dict[str, Any]
Setting = dict[str, Any]

CACHE = ROOT / "build/docs"
ASK = """
import json, sys
from crystalmath_server.adapters.worker.templates import list_templates, show_template
from crystalmath_server.protocol.codec import to_json
print(json.dumps([to_json(show_template(row.name)) for row in list_templates().rows]))
"""
ENGINES = {
    "emt": "Effective medium theory, of ASE. Fast; for Al, Cu, Ag, Au, Ni, Pd, Pt, H, C, N, O.",
    "chgnet": "CHGNet, a universal machine-learned potential. Needs torch: `scripts/setup --ml`.",
    "vasp": "VASP itself, by every atomate2 Maker of one job. Needs your own VASP and POTCAR files on the "
    "cluster or on this machine; no Python there.",
}


def templates() -> str:
    """Every template, engine by engine."""
    found = known()
    engines = dict.fromkeys(each["row"]["engine"] for each in found)
    return page(
        "Templates",
        "A template is an atomate2 Maker with its settings. `crystalmath templates list` shows which of them "
        "can run on your machine, and for the others the reason and what to do about it.",
        "Give settings by name: `--set NAME=VALUE` of `crystalmath submit`, `values` of `jobs.submit`. "
        "The form of a new job hides a setting in *italics* until you press `a`.",
        *(engine(name, [each for each in found if each["row"]["engine"] == name]) for name in engines),
    )


def engine(name: str, found: list[Template]) -> str:
    """The templates of an engine: the settings that most of them take, then each with what is its own."""
    shared = most_common(found)
    return "\n\n".join(
        (
            f"## {name}",
            ENGINES.get(name, ""),
            f"### Settings of {name} templates",
            "A template takes these with these defaults, unless its own table says otherwise.",
            setting_table(shared),
            *(template(each, shared) for each in found),
        )
    )


def most_common(found: list[Template]) -> list[Setting]:
    """The settings that more than half of the templates take with the same default."""
    counted = Counter(json.dumps(each) for detail in found for each in detail["fields"])
    return [json.loads(text) for text, count in counted.items() if count > len(found) / 2]


def template(detail: Template, shared: list[Setting]) -> str:
    """One template with the settings that are its own."""
    row = detail["row"]
    own = [each for each in detail["fields"] if each not in shared]
    names = {each["name"] for each in detail["fields"]}
    lacking = ", ".join(f"`{each['name']}`" for each in shared if each["name"] not in names)
    parts = (
        f"### {row['name']}",
        f"{row['summary']} Maker: `{row['maker']}`.",
        "It continues from an earlier VASP job: `--restart-pk` is required."
        if row["restart"] == "required"
        else "",
        several(row["takes"]) if row["takes"]["most"] > 1 else "",
        setting_table(own) if own else "",
        f"It does not take {lacking}." if lacking else "",
    )
    return "\n\n".join(part for part in parts if part)


def setting_table(rows: list[Setting]) -> str:
    """Settings with their types and defaults."""
    return table(("setting", "type", "default", "meaning"), map(setting_row, rows))


def setting_row(each: Setting) -> tuple[str, str, str, str]:
    """One setting."""
    name = f"*`{each['name']}`*" if each["advanced"] else f"`{each['name']}`"
    kind = " or ".join(f"`{choice}`" for choice in each["choices"]) or each["type"]
    return (
        name,
        kind,
        f"`{json.dumps(each['default'], ensure_ascii=False)}`{unit(each['unit'])}",
        each["help"],
    )


def unit(name: str) -> str:
    """The unit after a number."""
    return f" {name}" if name else ""


def known() -> list[Template]:
    """The templates with their forms; kept until the code changes, for atomate2 takes seconds to load."""
    file = CACHE / f"templates-{state_of_code()}.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-c", ASK], capture_output=True, text=True, check=False, cwd=ROOT
        )
        if done.returncode != 0:
            raise RuntimeError(f"the templates cannot be listed:\n{done.stderr}")
        for stale in CACHE.glob("templates-*.json"):
            stale.unlink()
        file.write_text(done.stdout, encoding="utf-8")
    return json.loads(file.read_text(encoding="utf-8"))


def state_of_code() -> str:
    """A digest of everything that the templates are made of."""
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for path in sorted((ROOT / "crystalmath_server").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def several(takes: Template) -> str:
    """What a template of several structures takes."""
    return f"It takes {takes['fewest']} to {takes['most']} {takes['what']}. {takes['help']}"
