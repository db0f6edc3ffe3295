"""Hatch build hook: generates manual pages, completion and openrpc.json for each wheel."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def made() -> dict[str, Callable[[], str]]:
    """Path below the environment's prefix → function that generates the text."""
    import commands
    import manual

    from crystalmath_server.rpc.openrpc import document

    return {
        "share/man/man1/crystalmath.1": manual.crystalmath,
        "share/man/man1/crystalmath-server.1": manual.server,
        "share/bash-completion/completions/crystalmath": lambda: commands.completion("bash"),
        "share/zsh/site-functions/_crystalmath": lambda: commands.completion("zsh"),
        "share/fish/vendor_completions.d/crystalmath.fish": lambda: commands.completion("fish"),
        "share/crystalmath/openrpc.json": lambda: json.dumps(document(), ensure_ascii=False) + "\n",
    }


class CustomBuildHook(BuildHookInterface[Any]):
    """Hook that writes the files into a temporary folder for hatch to pick up."""

    folder: Path

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate the files; `version` is standard or editable."""
        del version
        sys.path[:0] = [self.root, str(Path(__file__).parent)]
        self.folder = Path(mkdtemp(prefix="crystalmath-wheel"))
        for place, make in made().items():
            path = self.folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(make(), encoding="utf-8")
            build_data["shared_data"][str(path)] = place

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder."""
        del version, build_data, artifact_path
        shutil.rmtree(self.folder)
