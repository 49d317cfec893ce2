"""How the servers are reached: certificates, names, routes, redirects."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from tests.contract.estate import Estate, basic, estate
from wizard.sandbox import scenario
from wizard.sandbox.git.servers.scenario import TlsSection
from wizard.sandbox.git.servers.servers import sections
from wizard.sandbox.git.servers.tls import OrganisationAuthority
from wizard.sandbox.network.proxy import Decision, Pass, Refuse

HOST = "gitlab.acme.example"
CLONE = f"https://{HOST}/platform/cluster-config.git"
LOGIN = basic("casey", "sandbox-gitlab-casey-api")


def shown(servers: Estate, cafile: Path) -> x509.Certificate:
    """The certificate that GitLab shows, believed by this CA. Raises SSLError."""
    context = ssl.create_default_context(cafile=str(cafile))
    port = servers.servers.running["gitlab"].ports[443]
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain, server_hostname=HOST) as talk:
        raw = talk.getpeercert(binary_form=True)
    assert raw is not None
    return x509.load_der_x509_certificate(raw)


@pytest.mark.parametrize(
    ("tls", "system", "own"),
    [
        ({"ca": "private"}, "unable to get local issuer", ""),
        ({"ca": "private", "chain": "with-root"}, "self-signed certificate in certificate chain", ""),
        ({"ca": "private", "chain": "leaf"}, "unable to get local issuer", "unable to get local issuer"),
        ({"ca": "public"}, "", "unable to get local issuer"),
        ({"ca": "self-signed"}, "self-signed certificate", "self-signed certificate"),
        ({"expired": True}, None, "certificate has expired"),
        ({"ca": "public", "expired": True}, "certificate has expired", None),
        ({"wrong_name": True}, None, "Hostname mismatch"),
        ({"ca": "public", "wrong_name": True}, "Hostname mismatch", None),
    ],
)
def test_certificates_are_what_the_scenario_says(
    tmp_path: Path, tls: Mapping[str, object], system: str | None, own: str | None
) -> None:
    """What is wrong in the eyes of who knows the public CAs, and of who knows the organisation's; None: more than one thing."""
    with estate(tmp_path / "e", gitlab={"tls": tls}) as servers:
        for bundle, told in ((servers.system_bundle, system), (servers.servers.ca_file, own)):
            expected = pytest.raises(ssl.SSLCertVerificationError, match=told) if told != "" else nullcontext()
            with expected:
                shown(servers, bundle)


def test_a_certificate_that_ends_soon(tmp_path: Path) -> None:
    with estate(tmp_path / "e", gitlab={"tls": {"expires_in_days": 10}}) as servers:
        left = shown(servers, servers.servers.ca_file).not_valid_after_utc - datetime.now(UTC)
        assert timedelta(days=9) < left <= timedelta(days=10)


def test_the_organisations_ca_is_the_same_every_time() -> None:
    now = datetime.now(UTC)
    first, second = OrganisationAuthority(), OrganisationAuthority()
    assert first.pem == second.pem
    alone = TlsSection(ca="self-signed")
    assert first.chain(alone, HOST, now) == second.chain(alone, HOST, now + timedelta(days=1))


def test_git_believes_the_organisations_ca_and_no_other(servers: Estate) -> None:
    assert servers.reads(CLONE, LOGIN) == ""
    done = servers.git("ls-remote", CLONE, GIT_SSL_CAINFO=str(servers.system_bundle))
    assert "certificate" in done.stderr


def test_a_server_that_is_seen_from_the_cluster_alone(tmp_path: Path) -> None:
    change = {"addresses": {"workstation": [], "cluster": ["10.20.0.99"]}}
    with estate(tmp_path / "e", gitlab=change) as servers:
        here, there = (servers.servers.route(vantage, elsewhere) for vantage in ("workstation", "cluster"))
        assert here(HOST, 443) == elsewhere(HOST, 443)
        port = servers.servers.running["gitlab"].ports[443]
        assert there(HOST, 443) == there("10.20.0.99", 443) == Pass(port)
        assert servers.servers.names("workstation", nowhere)(HOST) == ()
        assert servers.servers.names("cluster", nowhere)(HOST) == ("10.20.0.99",)
        assert servers.servers.names("cluster", nowhere)("other.acme.example") == ("192.0.2.1",)


def test_a_server_to_which_no_way_leads(tmp_path: Path) -> None:
    with estate(tmp_path / "e", gitlab={"reachable_from": ["workstation"]}) as servers:
        found = servers.servers.route("cluster", elsewhere)(HOST, 443)
        assert found == Refuse(f"{HOST}:443 cannot be reached: no way leads there from here")
        nobody = servers.servers.route("workstation", elsewhere)(HOST, 9418)
        assert nobody == Refuse(f"{HOST}:9418 cannot be reached: nothing listens there", closed=True)


def test_a_server_that_speaks_plain_http(tmp_path: Path) -> None:
    with estate(tmp_path / "e", plain={"scheme": "http"}) as servers:
        assert servers.url("plain") == "http://git.acme.example"
        assert servers.servers.route("workstation", elsewhere)("git.acme.example", 443) == Refuse(
            "git.acme.example:443 cannot be reached: nothing listens there", closed=True
        )
        port = servers.servers.running["plain"].ports[80]
        with socket.create_connection(("127.0.0.1", port)) as talk:
            talk.sendall(b"GET /platform/cluster-config.git/info/refs?service=git-upload-pack HTTP/1.0\r\nHost: x\r\n\r\n")
            assert b" 401 " in talk.recv(64)


def test_a_server_that_sends_elsewhere(tmp_path: Path) -> None:
    with estate(tmp_path / "e", gitlab={"redirects_to": "https://git.acme.example"}) as servers:
        reply = servers.call("gitlab", "GET", "/platform/cluster-config.git/info/refs?service=git-upload-pack")
        assert reply.status == 301
        assert urlsplit(reply.headers["location"]).netloc == "git.acme.example"


def test_a_scenario_says_only_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "apiVersion: sandbox.ezgitops.dev/v1alpha1\ndescription: mine\nextends: healthy\nservers:\n"
        "- {name: gitlab, state: maintenance, tokens: [{name: laptop, expires_in_days: -1}]}\n- {name: plain, absent: true}\n"
    )
    healthy, mine = ({one.name: one for one in sections(scenario.load(name).servers)} for name in (scenario.HEALTHY, str(file)))
    assert set(healthy) - set(mine) == {"plain"}
    assert mine["gitea"] == healthy["gitea"]
    assert (mine["gitlab"].state, mine["gitlab"].repositories) == ("maintenance", healthy["gitlab"].repositories)
    first = mine["gitlab"].tokens[0]
    assert (first.name, first.expires_in_days) == ("laptop", -1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "svn"},
        {"tokens": [{"name": "t", "value": "v", "user": "nobody"}]},
        {"tokens": [{"name": "t", "value": "v"}]},
        {"repositories": [{"owner": "nowhere", "name": "r"}]},
        {"host": "Not A Host"},
    ],
)
def test_a_server_that_makes_no_sense_is_no_scenario(wrong: Mapping[str, object]) -> None:
    with pytest.raises(scenario.ScenarioError):
        sections([{"name": "s", "kind": "gitea", "host": "h.example", **wrong}])


def elsewhere(host: str, port: int) -> Decision:
    """The rest of the world."""
    return Refuse(f"{host}:{port} is somewhere else")


def nowhere(_host: str) -> tuple[str, ...]:
    """The rest of the names."""
    return ("192.0.2.1",)
