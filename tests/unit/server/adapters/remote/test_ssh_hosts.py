"""Hosts of ~/.ssh/config, as the ssh of this machine resolves them."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from crystalmath_server.adapters.remote import ssh_hosts
from crystalmath_server.protocol.errors import FileUnreadable

T = TypeVar("T")

TEXT = """
Match originalhost hpc exec "true"
  Port 99
Host hpc
  HostName login.%h.example
  ProxyJump me@gate:2200
  StrictHostKeyChecking accept-new
Host gate
  ProxyJump front
Host proxied
  ProxyCommand nc %h %p
Host *
  User everywhere
  Port 23
"""


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".ssh" / "config"
    path.parent.mkdir()
    path.write_text(TEXT)
    return path


def test_match_lines_tokens_and_defaults_count_as_in_ssh(config: Path) -> None:
    found = run(ssh_hosts.read_hosts())
    assert found.path == str(config)
    hpc, gate, proxied = found.rows
    assert (hpc.hostname, hpc.port, hpc.user) == ("login.hpc.example", 99, "everywhere")
    assert (gate.hostname, gate.port, proxied.name) == ("gate", 23, "proxied")


@pytest.mark.usefixtures("config")
def test_the_way_to_a_host_passes_its_jumps() -> None:
    way = run(ssh_hosts.route("hpc"))
    assert [(hop.name, hop.port, hop.user) for hop in way] == [
        ("front", 23, "everywhere"),
        ("gate", 2200, "me"),
        ("hpc", 99, "everywhere"),
    ]


@pytest.mark.usefixtures("config")
def test_proxy_commands_and_unknown_keys_are_seen() -> None:
    assert run(ssh_hosts.uses_proxy_command("proxied"))
    assert not run(ssh_hosts.uses_proxy_command("gate"))
    assert run(ssh_hosts.accepts_any_key("hpc"))
    assert not run(ssh_hosts.accepts_any_key("gate"))


def test_without_a_file_there_are_no_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(ssh_hosts.read_hosts()).rows == ()
    assert run(ssh_hosts.route("new"))[0].port == 22


def test_what_ssh_refuses_is_told(config: Path) -> None:
    config.write_text("Host a b c\n  NoSuchOption 1\n")
    with pytest.raises(FileUnreadable) as caught:
        run(ssh_hosts.read_hosts())
    assert "nosuchoption" in caught.value.data.detail.lower()
    assert "ssh -G" in caught.value.data.hint


@pytest.mark.usefixtures("config")
def test_a_name_is_never_taken_for_an_option() -> None:
    with pytest.raises(FileUnreadable, match="invalid characters"):
        run(ssh_hosts.route("-oProxyCommand=touch x"))


@pytest.mark.usefixtures("config")
def test_a_missing_ssh_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(FileUnreadable, match="not installed"):
        run(ssh_hosts.read_hosts())
