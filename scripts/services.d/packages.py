"""Debian packages: install missing packages, or print the command that does."""

import contextlib
import os
from collections.abc import Generator, Iterable
from pathlib import Path

from processes import environment, not_installed, run
from service import Service, ServiceError

_POLICY = Path("/usr/sbin/policy-rc.d")
_INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")


def need(services: Iterable[Service]) -> None:
    """Make sure that the programs of these services are installed."""
    lacking = [service for service in services if service.missing()]
    if not lacking:
        return
    packages = [name for service in lacking for name in service.packages]
    words = f"missing: {', '.join(name for service in lacking for name in service.missing())}"
    if os.getuid() != 0 or not_installed(["apt-get"]):
        raise ServiceError(f"{words}\n  sudo apt-get install --no-install-recommends {' '.join(packages)}")
    _install(packages)
    still = [name for service in lacking for name in service.missing()]
    if still:
        raise ServiceError(f"still missing after installing {' '.join(packages)}: {', '.join(still)}")


def _install(packages: list[str]) -> None:
    env = environment(Path("/")) | {"DEBIAN_FRONTEND": "noninteractive"}
    with _nothing_starts():
        first = run([*_INSTALL, *packages], env, 900)
        if first.returncode == 0:
            return
        updated = run(["apt-get", "update", "-qq"], env, 300)
        again = run([*_INSTALL, *packages], env, 900)
    if again.returncode:
        last = "\n  ".join((updated.stdout + again.stdout).strip().splitlines()[-5:])
        raise ServiceError(f"apt-get could not install {' '.join(packages)}:\n  {last}")


@contextlib.contextmanager
def _nothing_starts() -> Generator[None, None, None]:
    """Keep Debian from starting the services it installs: tests must not expose an sshd."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)
