"""A server process on the fakes: `python fake_server.py SOCKET`; claims first, then imports."""

import argparse
import os
from pathlib import Path

from crystalmath_server.rpc.claim import claim


def main() -> int:
    """Serve until told to end; settings come from the environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("socket", type=Path)
    parser.add_argument("--render-s", type=float, default=0.0)
    given = parser.parse_args()
    found = claim(given.socket)
    if found is None:
        return 0
    from dataclasses import replace

    from crystalmath_server import bootstrap, settings
    from tests import fakes

    ports = fakes.ports()
    ports.workbench.render_s = given.render_s  # type: ignore[attr-defined]
    chosen = settings.load(Path("/nonexistent/config.toml"), os.environ)
    try:
        bootstrap.run(
            chosen, "fake", found, lambda server: bootstrap.fixed_ports(replace(ports, server=server))
        )
    finally:
        found.release()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
