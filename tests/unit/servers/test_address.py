"""Addresses of Git servers as they are typed, and the clone URLs that Argo CD is given."""

from __future__ import annotations

import pytest

from strategies.common.servers.address import (
    AddressError,
    clone_url,
    differs_in_case,
    forbidden,
    parse_address,
    repository_path,
    ssh_url,
)
from strategies.facts import ServerInfo, ServerKind, Transport


@pytest.mark.parametrize(
    ("typed", "url", "contexts"),
    [
        ("git.example.com", "https://git.example.com", ("",)),
        ("https://Git.Example.com/", "https://git.example.com", ("",)),
        ("https://git.example.com:443/a/", "https://git.example.com/a", ("", "/a")),
        ("https://git.example.com:8443/bb/scm/KEY/x.git", "https://git.example.com:8443/bb/scm/KEY/x.git", ("", "/bb")),
        ("https://git.example.com/Group/x.git", "https://git.example.com/Group/x.git", ("", "/Group")),
        ("https://git.example.com/a/b/c/d", "https://git.example.com/a/b/c/d", ("", "/a", "/a/b")),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a", ("", "/a")),
        ("ssh://git@git.example.com:7999/KEY/x.git", "ssh://git.example.com:7999/KEY/x.git", ("", "/KEY")),
        ("git@git.example.com:group/x.git", "ssh://git.example.com/group/x.git", ("", "/group")),
    ],
)
def test_what_is_typed_is_understood(typed: str, url: str, contexts: tuple[str, ...]) -> None:
    found = parse_address(typed)
    assert (found.url, found.contexts) == (url, contexts)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("http://git.example.com", "plain HTTP"),
        ("ftp://git.example.com", "not supported"),
        ("https://me:secret@git.example.com", "does not belong into the URL"),
        ("https://git.example.com/?private_token=x", "no \\? and no #"),
        ("https://169.254.169.254/latest", "metadata"),
        ("https://[::ffff:169.254.169.254]/", "metadata"),
        ("https://[fd00:ec2::254]/", "metadata"),
        ("https://[fe80::1]/", "link-local"),
        ("https://git.example.com:70000/", "no URL"),
        ("https:///x", "names no host"),
        ("https://git example.com/", "names no host"),
        ("https://git.example.com/a/../b", "characters that no repository has"),
        ("https://git.example.com/a\x1b[2J", "characters that no repository has"),
        ("", "names no host"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(AddressError, match=why) as raised:
        parse_address(typed)
    assert "secret" not in str(raised.value)
    assert str(raised.value).isprintable()


def test_loopback_and_private_addresses_are_usual() -> None:
    assert not any(map(forbidden, ["127.0.0.1", "10.0.0.1", "192.168.1.1", "git.example.com", "2001:db8::1"]))
    assert forbidden("0.0.0.0")  # noqa: S104 - an address to be refused
    assert forbidden("224.0.0.1")


@pytest.mark.parametrize(
    ("kind", "context", "transport", "url"),
    [
        (ServerKind.GITLAB, "", Transport.HTTPS, "https://git.example.com/Team/app.git"),
        (ServerKind.GITLAB, "/gitlab", Transport.HTTPS, "https://git.example.com/gitlab/Team/app.git"),
        (ServerKind.BITBUCKET, "/bb", Transport.HTTPS, "https://git.example.com/bb/scm/Team/app.git"),
        (ServerKind.BITBUCKET, "/bb", Transport.SSH, "ssh://git@git.example.com:7999/Team/app.git"),
        (ServerKind.GITEA, "", Transport.SSH, "ssh://git@git.example.com/Team/app.git"),
        (ServerKind.GHES, "", Transport.SSH, "ssh://git@git.example.com/Team/app.git"),
        (ServerKind.PLAIN, "", Transport.HTTPS, "https://git.example.com/Team/app"),
    ],
)
def test_each_product_has_its_clone_url(kind: ServerKind, context: str, transport: Transport, url: str) -> None:
    server = ServerInfo(kind, f"https://git.example.com{context}", "git.example.com", 443, context)
    assert clone_url(server, "Team/app", transport) == url
    assert repository_path(parse_address(url), context if transport is Transport.HTTPS else "") == "Team/app"


def test_only_letters_differ() -> None:
    assert differs_in_case("team/app", "Team/App")
    assert not differs_in_case("Team/App", "Team/App")
    assert not differs_in_case("Team/App", "Team/Other")


@pytest.mark.parametrize(
    ("shown", "url"),
    [
        ("git@github.acme.example:platform/app.git", "ssh://git@github.acme.example/platform/app.git"),
        ("github.acme.example:platform/app.git", "ssh://git@github.acme.example/platform/app.git"),
        ("ssh://git@bitbucket.acme.example:7999/plat/app.git", "ssh://git@bitbucket.acme.example:7999/plat/app.git"),
        ("", ""),
    ],
)
def test_the_short_form_over_ssh_becomes_a_url(shown: str, url: str) -> None:
    assert ssh_url(shown) == url
