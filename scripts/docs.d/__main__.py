"""Command line of scripts/docs."""

import argparse
import functools
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
SITE, SOURCE, DOCTREES = ROOT / "build/site", ROOT / "build/docs/source", ROOT / "build/docs/doctrees"
WRITTEN = ("docs", "adr", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")

ABOUT = """\
The documentation site: pages of docs/, and reference pages generated from the program's own tables.

  build     write the site to build/site; a warning is an error
  check     read all pages and check all links without writing anything; prints only problems
  serve     serve the site on this machine, and rebuild it after each change
  pictures  redraw the screens in docs/images; runs real jobs in a temporary home for a few minutes
"""


def main() -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/docs",
        usage="scripts/docs build|check|serve|pictures",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=("build", "check", "serve", "pictures"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=8000, help="serve: port on this machine")
    given = parser.parse_args()
    match given.command:
        case "pictures":
            return pictures()
        case "serve":
            return serve(given.port)
        case "check":
            return build("--builder", "dummy", "--quiet")
        case _:
            return build()


def build(*options: str) -> int:
    """Write the site and return Sphinx's exit status."""
    from pages import write

    write(SOURCE)
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "--fail-on-warning",
        "--keep-going",
        "--jobs",
        "auto",
        *options,
    ]
    places = ["--conf-dir", str(ROOT / "docs"), "-d", str(DOCTREES), str(SOURCE), str(SITE)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    status = subprocess.run([*command, *places], cwd=ROOT, env=environ, check=False).returncode
    if status != 0:  # Sphinx would not repeat warnings about unchanged pages
        shutil.rmtree(DOCTREES, ignore_errors=True)
    return status


def serve(port: int) -> int:
    """Serve the site until interrupted."""
    build("--quiet")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_port}  (Ctrl+C ends)")
        with suppress(KeyboardInterrupt):
            rebuild_on_change()
    return 0


def rebuild_on_change() -> None:
    """Rebuild the site whenever a page is saved; changes to the program's tables need a restart."""
    seen = newest()
    while True:
        time.sleep(1)
        if (now := newest()) != seen:
            seen = now
            build("--quiet")


def newest() -> float:
    """The time when a page was last saved."""
    files = (path for name in WRITTEN for path in (ROOT / name, *(ROOT / name).rglob("*")))
    return max(path.stat().st_mtime for path in files)


def pictures() -> int:
    """Draw every screen."""
    from examples import computed, program
    from pictures import draw, tour

    with tempfile.TemporaryDirectory(prefix="p") as home, computed(Path(home)) as (subjects, environ):
        draw(program(), environ, tour(subjects), ROOT / "docs/images")
    return 0


if __name__ == "__main__":
    sys.exit(main())
