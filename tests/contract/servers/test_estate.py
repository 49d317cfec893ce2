"""The organisation of the healthy sandbox: each of its servers, recognised as an operator's workstation would."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strategies.facts import Trusted
from strategies.resources.git.servers.dial import Dialer, TalkError, Trouble
from strategies.resources.git.servers.recognise import recognise
from strategies.resources.git.servers.ssh import read_host_keys
from strategies.resources.git.servers.tls import read_chain
from tests.contract.estate import Estate, estate
from tests.programs import needs
from wizard.sandbox.git.servers.ssh import known_host, unavailable


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """All of its servers, for the module."""
    with estate(tmp_path_factory.mktemp("estate")) as made:
        yield made


def names(world: Estate) -> list[str]:
    """The servers that the workstation reaches by HTTPS."""
    return [name for name, one in world.servers.running.items() if one.section.scheme == "https"]


def test_each_is_recognised_and_trusted(world: Estate) -> None:
    ca = world.servers.ca_file.read_text()
    for name in names(world):
        section = world.section(name)
        found = read_chain(Dialer(world.environ), world.environ, section.host, section.web_port, ca)
        assert found.trusted in (Trusted.SYSTEM, Trusted.GIVEN), name
        repository = section.repositories[0]
        below = "/scm" if section.kind == "bitbucket" else ""
        url = f"{section.web_url}{below}/{repository.owner}/{repository.name}.git"
        info = recognise(world.environ, url, ca=ca)
        assert (info.kind, info.sure, info.context_path) == (
            section.kind,
            True,
            section.context_path if section.kind != "plain" else "",
        )
        assert info.clone is not None
        assert info.clone.git


@needs("ssh-keyscan")
@pytest.mark.skipif(unavailable() is not None, reason=unavailable() or "")
def test_the_host_keys_of_each_are_read(world: Estate) -> None:
    for name in names(world):
        section = world.section(name)
        if section.ssh_port is None:
            continue
        found = read_host_keys(world.environ, section.host, section.ssh_port)
        which = section.ssh.host_key if section.ssh is not None else "published"
        assert found.known_hosts == known_host(section.host, section.ssh_port, which) + "\n"


@needs("ssh-keyscan")
def test_where_nothing_listens_is_said(world: Estate) -> None:
    with pytest.raises(TalkError) as raised:
        read_host_keys(world.environ, "nobody.example.com", 22)
    assert raised.value.trouble is Trouble.CONNECT
    assert raised.value.why.isprintable()
