"""Hosts of ~/.ssh/config by OpenSSH's rules."""

from crystalmath_server.domain.clusters.ssh_config import Block, blocks, host, lookup, names

TEXT = """
# comment
Include more
User everywhere
Host hpc hpc2
  HostName login.%h.example
  Port 2222
  ProxyJump gate
Host *.example !bad.example
  User = inner
Match host hpc
  Port 99
Host quoted
  HostName "a.b"
  ControlPath ~/.ssh/%r@%h
Host *
  Port 23
  User late
"""
INCLUDED = {"more": ["Host gate\n HostName gate.example\n User guard\n"]}


def found() -> tuple[Block, ...]:
    return blocks(TEXT, lambda pattern: INCLUDED.get(pattern, []))


def test_names_are_those_without_patterns() -> None:
    assert names(found())[:3] == ("gate", "hpc", "hpc2")
    assert "quoted" in names(found())
    assert not {"*", "*.example"} & set(names(found()))


def test_the_first_value_wins() -> None:
    hpc = host(found(), "hpc", "me")
    assert (hpc.hostname, hpc.port, hpc.user, hpc.proxy_jump) == (
        "login.hpc.example",
        2222,
        "everywhere",
        "gate",
    )
    assert host(found(), "gate", "me").user == "guard"
    assert host(found(), "quoted", "me").master


def test_an_unknown_host_gets_the_general_settings() -> None:
    assert host((), "new", "me").user == "me"
    assert host((), "new", "me").port == 22
    assert lookup(found(), "new") == {"user": "everywhere", "port": "23"}


def test_negated_patterns_and_files_that_include_themselves() -> None:
    only = blocks("Host *.example !bad.example\n User inner\n", lambda _: [])
    assert lookup(only, "good.example") == {"user": "inner"}
    assert lookup(only, "bad.example") == {}
    assert blocks("Include x\nHost a\n", lambda _: ["Include x\n"]) != ()


def test_jump_hosts_can_be_switched_off() -> None:
    assert host(blocks("Host a\n ProxyJump none\n", lambda _: []), "a", "me").proxy_jump == ""
