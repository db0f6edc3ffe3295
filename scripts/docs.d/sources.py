"""Repository documents that are part of the site: their pages, and their links."""

import os.path
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from markup import ROOT, page, table, toctree

DECISIONS = "explanation/decisions"
TOP = {
    "ARCHITECTURE.md": "explanation/architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "LICENSE": "license.md",
}
"""Path in the repository → page of the site."""


def documents() -> dict[str, str]:
    """Page of the site → text."""
    places = {
        **TOP,
        **{f"adr/{name}": f"{DECISIONS}/{name}" for name in decisions()},
        "adr": f"{DECISIONS}/index.md",
    }
    pages = {
        place: relinked((ROOT / source).read_text(encoding="utf-8"), source, places)
        for source, place in places.items()
        if source.endswith(".md")
    }
    license_text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    return {
        **pages,
        "license.md": f"# License\n\n```text\n{license_text}```\n",
        places["adr"]: list_of_decisions(),
    }


def decisions() -> list[str]:
    """Names of the decision records."""
    return sorted(path.name for path in (ROOT / "adr").glob("[0-9]*.md"))


def list_of_decisions() -> str:
    """A table with one row per decision."""
    return page(
        "Decisions",
        "Decisions that someone may want to revisit, each with its options, reasons and costs.",
        table(("decision", "status"), decision_rows()),
        toctree(*(name.removesuffix(".md") for name in decisions())),
    )


def decision_rows() -> Iterator[tuple[str, str]]:
    """Title and status of each decision."""
    for name in decisions():
        text = (ROOT / "adr" / name).read_text(encoding="utf-8")
        status = re.search(r"^- Status: (.*)$", text, re.MULTILINE)
        yield f"[{text.partition(chr(10))[0].removeprefix('# ')}]({name})", status[1] if status else ""


def relinked(text: str, source: str, places: dict[str, str]) -> str:
    """The text with its links pointing to pages of the site; other links become plain text."""

    def replaced(link: re.Match[str]) -> str:
        words, target, anchor = link.groups()
        path = os.path.normpath(PurePosixPath(source).parent / target)
        place = places.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
        here = PurePosixPath(places[source]).parent
        return f"[{words}]({os.path.relpath(place, here)}{anchor or ''})" if place else words

    return re.sub(r"\[([^\]]+)\]\(([^)#:]+)(#[^)]*)?\)", replaced, text)
