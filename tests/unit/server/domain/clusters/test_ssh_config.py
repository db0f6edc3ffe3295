"""Names of hosts in ssh configuration files, and what `ssh -G` prints."""

import pytest

from crystalmath_server.domain.clusters.ssh_config import host, jumps, name_of, names, settings

TEXT = """
# comment
Include more
User everywhere
Host hpc hpc2 # and a comment
  HostName login.%h.example
Host *.example !bad.example
Match originalhost hpc
  Include more
Host=equals
host = spaced
\tHOST\ttabbed
Host "quoted"
Host *
"""
INCLUDED = {"more": ["Host gate\n HostName gate.example\n"]}


def test_names_are_those_that_host_lines_write_out() -> None:
    found = names(TEXT, lambda pattern: INCLUDED.get(pattern, []))
    assert found == ("gate", "hpc", "hpc2", "equals", "spaced", "tabbed", "quoted")


def test_a_file_that_includes_itself_ends() -> None:
    text = "Host a\nInclude x\n"
    assert names(text, lambda _: [text]) == ("a",)


def test_an_open_quote_keeps_no_other_name_from_being_found() -> None:
    assert names('Host "open\nHost b\n', lambda _: [])[-1] == "b"


def test_a_host_is_what_ssh_makes_of_it() -> None:
    printed = "user me\nhostname login.example\nport 2222\nproxyjump gate\ncontrolpath /tmp/cm\nuser late\n"
    found = host(settings(printed), "hpc")
    assert (found.name, found.hostname, found.user, found.port) == ("hpc", "login.example", "me", 2222)
    assert (found.proxy_jump, found.master) == ("gate", True)


@pytest.mark.parametrize("off", ["", "proxyjump none\ncontrolpath none\n"])
def test_jumps_and_masters_can_be_switched_off(off: str) -> None:
    found = host(settings(off), "a")
    assert (found.proxy_jump, found.master) == ("", False)


def test_jumps_are_destinations_that_ssh_takes() -> None:
    found = jumps("gate, me@gate2,ssh://me@gate3:2200,[::1]:22")
    assert found == ("gate", "ssh://me@gate2", "ssh://me@gate3:2200", "ssh://[::1]:22")
    assert [name_of(each) for each in found] == ["gate", "gate2", "gate3", "::1"]
