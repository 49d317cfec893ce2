"""Chains and host keys as servers show them, read before they are trusted."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from strategies.facts import TrustChain, Trusted, TrustFault
from strategies.ports import FactFailureError
from strategies.resources.git.servers.authority import authority
from strategies.resources.git.servers.dial import TalkError, Trouble
from strategies.resources.git.servers.recognise import recognise
from strategies.resources.git.servers.ssh import read_host_keys
from strategies.resources.git.servers.tls import parse_certificates, read_chain
from tests.contract.servers.conftest import Offered
from tests.programs import needs
from wizard.sandbox.git.servers.ssh import known_host, unavailable

HOST = "gitlab.example.com"


def chain(offered: Offered, ca: str | None = None) -> TrustChain:
    """The chain that the sandbox's GitLab shows."""
    return read_chain(offered.dialer, offered.environ, HOST, 443, ca)


def test_a_public_ca_is_believed_at_once(started: Callable[..., Offered]) -> None:
    found = chain(started("gitlab", tls={"ca": "public"}))
    assert (found.trusted, found.fault) == (Trusted.SYSTEM, None)
    assert found.protocol.startswith("TLSv1.")


def test_a_private_ca_is_shown_and_then_believed(started: Callable[..., Offered]) -> None:
    offered = started("gitlab")
    found = chain(offered)
    assert (found.trusted, found.fault) == (Trusted.NOT, TrustFault.UNKNOWN_ISSUER)
    assert [one.authority for one in found.certificates] == [False, True]
    assert found.leaf is not None
    assert found.leaf.names == (HOST,)
    assert "Acme Corp Issuing CA" in found.leaf.issuer
    assert chain(offered, offered.ca).trusted is Trusted.GIVEN


def test_the_certificate_that_was_confirmed_by_fingerprint_is_enough(started: Callable[..., Offered]) -> None:
    """The root is not sent: what the operator confirms is the intermediate one, and Go and OpenSSL believe from there."""
    offered = started("gitlab")
    found = chain(offered)
    assert found.anchor is not None
    same = found.by_fingerprint(found.anchor.sha256.replace(":", "").lower())
    assert same == found.anchor
    assert chain(offered, found.anchor.pem).trusted is Trusted.GIVEN
    assert recognise(offered.environ, offered.url, ca=found.anchor.pem, dialer=offered.dialer).kind == "gitlab"
    assert found.by_fingerprint("00:11") is None


@pytest.mark.parametrize(
    ("tls", "fault"),
    [
        ({"ca": "self-signed"}, TrustFault.SELF_SIGNED),
        ({"expired": True}, TrustFault.EXPIRED),
        ({"wrong_name": True}, TrustFault.WRONG_NAME),
        ({"chain": "leaf"}, TrustFault.INCOMPLETE),
        ({"ca": "public", "expired": True}, TrustFault.EXPIRED),
        ({"ca": "public", "wrong_name": True}, TrustFault.WRONG_NAME),
    ],
)
def test_each_fault_is_told(started: Callable[..., Offered], tls: dict[str, object], fault: TrustFault) -> None:
    offered = started("gitlab", tls=tls)
    ca = None if tls.get("ca") in ("self-signed", "public") else offered.ca
    found = chain(offered, ca)
    assert (found.trusted, found.fault) == (Trusted.NOT, fault)
    assert found.leaf is not None
    with pytest.raises(FactFailureError, match="certificate is not believed") as raised:
        recognise(offered.environ, offered.url, ca=ca, dialer=offered.dialer)
    assert "CA" in raised.value.error.remedy


def test_a_self_signed_certificate_can_be_confirmed(started: Callable[..., Offered]) -> None:
    offered = started("gitlab", tls={"ca": "self-signed"})
    found = chain(offered)
    assert found.leaf is not None
    assert found.leaf.self_signed
    assert chain(offered, found.leaf.pem).trusted is Trusted.GIVEN


def test_the_end_of_a_chain_is_that_of_its_first_certificate_to_end(started: Callable[..., Offered]) -> None:
    found = chain(started("gitlab", tls={"expires_in_days": 12}))
    assert found.expires_at is not None
    assert abs(found.expires_at - datetime.now(UTC) - timedelta(days=12)) < timedelta(hours=1)


def test_a_port_without_tls_is_said_to_be_one(started: Callable[..., Offered]) -> None:
    offered = started("gitlab", scheme="http", port=443)
    found = chain(offered)
    assert (found.trusted, found.fault, found.certificates) == (Trusted.NOT, TrustFault.NO_TLS, ())


def test_a_ca_that_is_none_is_refused(started: Callable[..., Offered]) -> None:
    offered = started("gitlab")
    with pytest.raises(TalkError, match="no PEM certificate"):
        chain(offered, "not a certificate")
    with pytest.raises(ValueError, match="PEM"):
        parse_certificates("not a certificate")


def test_the_fingerprint_is_openssls(started: Callable[..., Offered], tmp_path: Path) -> None:
    offered = started("gitlab")
    (root,) = parse_certificates(offered.ca or "")
    file = tmp_path / "ca.pem"
    file.write_text(offered.ca or "")
    command = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", str(file)]
    try:
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        pytest.skip("needs openssl")
    assert root.sha256 in printed
    assert (root.authority, root.self_signed) == (True, True)


def test_the_ca_is_what_the_answers_name(started: Callable[..., Offered], tmp_path: Path) -> None:
    offered = started("gitlab")
    of = partial(authority, offered.dialer, offered.environ, HOST, 443)
    assert of() is None
    file = tmp_path / "ca.pem"
    file.write_text(offered.ca or "")
    assert of(ca_file=str(file)) == offered.ca
    anchor = chain(offered).anchor
    assert anchor is not None
    assert of(ca_fingerprint=anchor.sha256) == anchor.pem
    with pytest.raises(TalkError, match="does not show the certificate that was confirmed"):
        of(ca_fingerprint="AA:" * 31 + "AA")
    with pytest.raises(TalkError, match="cannot be read"):
        of(ca_file=str(tmp_path / "none.pem"))
    file.write_text("-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(TalkError, match="holds no PEM certificate"):
        of(ca_file=str(file))


@needs("ssh-keyscan")
@pytest.mark.skipif(unavailable() is not None, reason=unavailable() or "")
def test_host_keys_are_read(started: Callable[..., Offered]) -> None:
    offered = started("gitlab")
    port = offered.ports[22]
    found = read_host_keys(offered.environ, "127.0.0.1", port)
    assert [one.type for one in found.keys] == ["ssh-ed25519"]
    assert found.banner.startswith("SSH-2.0-OpenSSH")
    published = known_host(HOST, 22).split()
    assert found.keys[0].key == published[2]
    assert found.known_hosts == f"[127.0.0.1]:{port} ssh-ed25519 {published[2]}\n"


@needs("ssh-keyscan")
def test_where_no_ssh_server_is_there_is_no_host_key(started: Callable[..., Offered]) -> None:
    offered = started("gitlab", ssh=None)
    with pytest.raises(TalkError) as raised:
        read_host_keys(offered.environ, "127.0.0.1", offered.ports[443])
    assert raised.value.trouble is Trouble.CONNECT
    with pytest.raises(TalkError) as raised:
        read_host_keys({"PATH": "/nowhere"}, "127.0.0.1", 22)
    assert "openssh" in raised.value.why
    with pytest.raises(TalkError) as raised:
        read_host_keys(offered.environ, "169.254.169.254", 22)
    assert raised.value.trouble is Trouble.FORBIDDEN
