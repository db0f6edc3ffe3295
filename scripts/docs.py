"""Write the generated parts of the documents: module table, method table, keys, exit statuses, OpenRPC."""

import argparse
import ast
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("crystalmath_server", "crystalmath_tui")


def main() -> int:
    """Write what differs; with --check only tell it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit status 1 if anything differs"
    )
    check = parser.parse_args().check
    stale = {path: text for path, text in documents() if not path.exists() or path.read_text("utf-8") != text}
    for path, text in stale.items():
        if not check:
            path.write_text(text, encoding="utf-8")
        told = "is stale; run .venv/bin/python scripts/docs.py" if check else "written"
        print(f"{path.relative_to(ROOT)} {told}")
    return 1 if check and stale else 0


def documents() -> Iterator[tuple[Path, str]]:
    """Each document as it should be."""
    for name in ("README.md", "ARCHITECTURE.md"):
        yield ROOT / name, fill((ROOT / name).read_text(encoding="utf-8"))
    yield ROOT / "openrpc.json", openrpc()


def fill(text: str) -> str:
    """Put each block between its marks."""
    for name, block in BLOCKS.items():
        start, end = f"<!-- {name}: written by scripts/docs.py -->\n", f"<!-- end of {name} -->\n"
        if start in text:
            head, rest = text.split(start, 1)
            text = head + start + block() + end + rest.split(end, 1)[1]
    return text


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in lines)


def modules() -> str:
    """One row a module: its name and the first line of its docstring."""
    return "".join(
        f"\n### {package}\n\n{table(('module', 'what it is'), module_rows(package))}" for package in PACKAGES
    )


def module_rows(package: str) -> Iterator[tuple[str, str]]:
    """Modules of a package, folder by folder."""
    root = ROOT / package
    for path in sorted(root.rglob("*.py"), key=lambda path: (path.relative_to(root).parent, path.name)):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        name = path.relative_to(root)
        shown = f"**{name.parent}/**" if name.name == "__init__.py" and len(name.parts) > 1 else f"`{name}`"
        yield shown, doc.partition("\n")[0]


def methods() -> str:
    """One row a method of the table."""
    from crystalmath_server.protocol.methods import METHODS, NOTIFICATIONS

    rows = [(f"`{row.name}`", row.effect, row.summary) for row in METHODS.values()]
    notes = [(f"`{row.name}`", f"from the {row.sender}", row.summary) for row in NOTIFICATIONS.values()]
    return table(("method", "", "what it does"), [*rows, *notes])


def errors() -> str:
    """One row an error."""
    from crystalmath_server.protocol.errors import ERRORS

    rows = [(str(code), f"`{cls.__name__}`", cls.message) for code, cls in sorted(ERRORS.items())]
    return table(("code", "error", "meaning"), rows)


def keys() -> str:
    """The key tables of all screens."""
    from crystalmath_tui.core.keymap import key_name
    from crystalmath_tui.program import KEYS, SCREENS

    tables = {"everywhere": KEYS, **{name: screen.keys for name, screen in SCREENS.items()}}
    parts: list[str] = []
    for title, bindings in tables.items():
        rows = [(" ".join(f"`{key_name(key)}`" for key in row.keys), row.help) for row in bindings]
        parts.append(f"\n**{title}**\n\n{table(('keys', ''), rows)}")
    return "".join(parts)


def commands() -> str:
    """What may follow the colon."""
    from crystalmath_tui.program import COMMANDS

    return table(
        ("command", ""), [(f"`:{row.name} {row.usage}`".replace(" `", "`"), row.summary) for row in COMMANDS]
    )


def exit_statuses() -> str:
    """What the command line answers to the shell."""
    from crystalmath_tui.cli.help import EXIT_CODES

    rows = [line.split(maxsplit=1) for line in EXIT_CODES.splitlines()[1:]]
    return table(("status", "meaning"), [(status, meaning) for status, meaning in rows])


def settings() -> str:
    """The settings of the server with their defaults."""
    from dataclasses import fields

    from crystalmath_server.settings import Settings

    return table(("name", "default"), [(f"`{row.name}`", f"`{row.default}`") for row in fields(Settings)])


def screen() -> str:
    """A picture of the program."""
    import screenshot

    return "```text\n" + "".join(f"{line}\n" for line in screenshot.screen()) + "```\n"


def openrpc() -> str:
    """The description of the API."""
    from crystalmath_server.rpc.openrpc import document

    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


BLOCKS: dict[str, Callable[[], str]] = {
    "modules": modules,
    "methods": methods,
    "errors": errors,
    "keys": keys,
    "commands": commands,
    "exit statuses": exit_statuses,
    "settings": settings,
    "screen": screen,
}


if __name__ == "__main__":
    sys.exit(main())
