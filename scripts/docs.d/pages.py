"""The source tree of the site: pages of docs/, documents of the repository, and generated reference."""

from collections.abc import Callable
from pathlib import Path

import commands
import keys
import markup
import methods
import sources
import templates

DOCS = markup.ROOT / "docs"

PAGES: dict[str, Callable[[], str]] = {
    "reference/keys.md": keys.keys,
    "reference/colon.md": keys.commands,
    "reference/cli.md": commands.reference,
    "reference/errors.md": markup.errors,
    "reference/settings.md": markup.settings,
    "reference/templates.md": templates.templates,
    "reference/modules.md": markup.modules,
    "reference/methods/index.md": methods.overview,
    "reference/methods/types.md": methods.types,
    "reference/openrpc.json": methods.openrpc,
    **{f"reference/methods/{name}.md": made for name, made in methods.families().items()},
}
"""The generated pages: path → function that generates the text."""


def write(folder: Path) -> None:
    """Update a folder; Sphinx does not reread pages whose modification time is unchanged."""
    written = {
        path.relative_to(DOCS): path.read_bytes()
        for path in DOCS.rglob("*")
        if path.suffix in {".md", ".svg"}
    }
    made = {**{path: make() for path, make in PAGES.items()}, **sources.documents()}
    wanted = {**written, **{Path(path): text.encode() for path, text in made.items()}}
    for path, content in wanted.items():
        write_if_new(folder / path, content)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder) not in wanted:
            path.unlink()


def write_if_new(path: Path, content: bytes) -> None:
    """Write a file unless its content is unchanged."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
