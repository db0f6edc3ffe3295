"""Markdown helpers, and the small reference tables: errors, exit statuses, settings, modules."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("crystalmath_server", "crystalmath_tui")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(map(cell, row))} |\n" for row in lines)


def cell(text: str) -> str:
    """Text escaped for a table cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def page(title: str, *parts: str) -> str:
    """Write a page of the reference."""
    return "\n\n".join((f"# {title}", *(part.strip("\n") for part in parts))) + "\n"


def toctree(*pages: str) -> str:
    """The pages below a page, for navigation only."""
    return "\n".join(("```{toctree}", ":hidden:", "", *pages, "```"))


def errors() -> str:
    """Every error that a method may return."""
    from crystalmath_server.protocol.errors import ERRORS

    rows = (
        (str(int(code)), f"`{cls.__name__}`", cls.message, cls.hint, "yes" if cls.retryable else "")
        for code, cls in sorted(ERRORS.items())
    )
    return page(
        "Errors",
        "Every error is a JSON-RPC error object. Its `data` has `kind` (the name below), `detail` (what "
        "happened), `hint` (what to do about it), `retryable`, the `field` at fault if there is one, and a "
        "`reference` that finds the traceback in the server's log.",
        table(("code", "kind", "message", "hint, unless a better one is given", "retry may help"), rows),
    )


def settings() -> str:
    """Every setting of the server with its default."""
    from crystalmath_server.settings import PREFIX, TABLE, Settings

    meanings = attributes(Settings)
    rows = (
        (f"`{row.name}`", f"`{PREFIX}{row.name.upper()}`", f"`{row.default}`", meanings[row.name])
        for row in fields(Settings)
    )
    return page(
        "Settings",
        f"Settings of the server go into the table `[{TABLE}]` of `config.toml`, which is in "
        "`$XDG_CONFIG_HOME/crystalmath`, else in `~/.config/crystalmath`. The environment has precedence. "
        "A name that ends in `_s` is in seconds; sizes are in bytes.",
        table(("name", "environment", "default", "meaning"), rows),
        '`profile = "NAME"` at the top of the file, or `$CRYSTALMATH_PROFILE`, chooses the AiiDA profile; '
        "see [Profiles and files](profiles.md).",
    )


def attributes(kind: type) -> dict[str, str]:
    """Name → meaning of the attributes in a numpydoc docstring."""
    lines = inspect.cleandoc(kind.__doc__ or "").partition("----------\n")[2].splitlines()
    found: dict[str, str] = {}
    names: list[str] = []
    for line in lines:
        if line and not line.startswith(" "):
            names = line.split(", ")
            found.update(dict.fromkeys(names, ""))
        else:
            found.update({name: f"{found[name]} {line.strip()}".strip() for name in names})
    return found


def modules() -> str:
    """Every module with the first line of its docstring."""
    parts = (
        f"## {package}\n\n{table(('module', 'what it is'), module_rows(package))}" for package in PACKAGES
    )
    return page(
        "Modules",
        "The first docstring line of every module. [Architecture](../explanation/architecture.md) explains "
        "how they fit together.",
        *parts,
    )


def module_rows(package: str) -> Iterator[tuple[str, str]]:
    """Modules of a package, folder by folder."""
    root = ROOT / package
    for path in sorted(root.rglob("*.py"), key=lambda path: (path.relative_to(root).parent, path.name)):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        name = path.relative_to(root)
        shown = f"**{name.parent}/**" if name.name == "__init__.py" and len(name.parts) > 1 else f"`{name}`"
        yield shown, doc.partition("\n")[0]
