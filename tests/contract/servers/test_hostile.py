"""Servers that do not mean well: each look at one ends by itself, with an error that an operator can read."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from strategies.common.servers.credentials import repository_description
from strategies.facts import ServerInfo, ServerKind
from strategies.ports import FactFailureError
from strategies.resources.git.servers.api import Token
from strategies.resources.git.servers.connect import server_api
from strategies.resources.git.servers.dial import Dialer, TalkError, Trouble
from strategies.resources.git.servers.errors import Reason, ServerError
from strategies.resources.git.servers.http import HttpClient, Limits
from strategies.resources.git.servers.recognise import recognise
from tests.contract.servers.conftest import ADMIN, KINDS, Offered
from wizard.sandbox.certificates import Authority
from wizard.sandbox.git.servers.hostile import METADATA
from wizard.sandbox.network.front import HttpsFront

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATIENT = Limits(seconds=20.0, body=256 * 1024)
QUICK = Limits(seconds=0.7, body=256 * 1024)
"""For those who never end: their time has to run out."""
HOSTILE = {
    "endless-body": Trouble.TOO_MUCH,
    "huge-header": Trouble.TOO_MUCH,
    "many-headers": Trouble.TOO_MUCH,
    "redirect-loop": Trouble.REDIRECT,
    "slow-drip": Trouble.TIMEOUT,
    "silence": Trouble.TIMEOUT,
}
UNREADABLE = ("wrong-content-type", "html-for-json", "broken-json")


def limits(kind: str) -> Limits:
    """Those under which a case is looked at."""
    return QUICK if HOSTILE.get(kind) is Trouble.TIMEOUT else PATIENT


@pytest.mark.parametrize(("kind", "trouble"), HOSTILE.items())
def test_a_request_ends(started: Callable[..., Offered], kind: str, trouble: Trouble) -> None:
    offered = started("gitea", hostile={"kind": kind})
    http = HttpClient(offered.dialer, offered.environ, offered.ca, limits(kind))
    with pytest.raises(TalkError) as raised:
        http.request("GET", f"{offered.url}/api/v1/version", follow=True)
    assert raised.value.trouble is trouble
    assert raised.value.why.isprintable()


@pytest.mark.parametrize("kind", ["redirect-to-metadata", "redirect-to-plain-http"])
def test_nobody_is_sent_elsewhere(started: Callable[..., Offered], kind: str) -> None:
    offered = started("gitea", hostile={"kind": kind})
    answer = offered.http.request("GET", f"{offered.url}/api/v1/version", follow=True)
    assert answer.status in (301, 302)
    with pytest.raises(TalkError, match="metadata") as raised:
        offered.http.request("GET", METADATA.replace("http://", "https://"))
    assert raised.value.trouble is Trouble.FORBIDDEN


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_json_is_not_taken_for_it(started: Callable[..., Offered], kind: str) -> None:
    offered = started("gitea", hostile={"kind": kind})
    answer = offered.http.request("GET", f"{offered.url}/api/v1/version")
    with pytest.raises(TalkError) as raised:
        answer.json()
    assert raised.value.trouble is Trouble.CONTENT


@pytest.mark.parametrize(
    "kind",
    [*HOSTILE, *UNREADABLE, "redirect-to-metadata", "redirect-to-plain-http"],
)
def test_recognition_ends_and_believes_nothing(started: Callable[..., Offered], kind: str) -> None:
    offered = started("gitea", hostile={"kind": kind})
    look = partial(recognise, offered.environ, offered.url, ca=offered.ca, dialer=offered.dialer, limits=limits(kind))
    if kind in UNREADABLE:
        found = look()
        assert (found.kind, found.sure, found.version) == ("plain", False, None)
        return
    with pytest.raises(FactFailureError) as raised:
        look()
    error = raised.value.error
    assert error.message.isprintable()
    assert error.remedy
    # Where no address is fit to be used, none is advised.
    assert "169.254.169.254" not in error.remedy.replace("169.254.169.254 is a link-local or metadata address", "")
    assert "answer privateServer" not in error.remedy


@pytest.mark.parametrize("product", KINDS)
@pytest.mark.parametrize("kind", ["endless-body", "huge-header", "redirect-loop", "slow-drip", "html-for-json", "broken-json"])
def test_each_client_ends_in_the_operators_words(started: Callable[..., Offered], product: str, kind: str) -> None:
    honest = started(product).recognised()
    offered = started(product, hostile={"kind": kind})
    http = HttpClient(offered.dialer, offered.environ, offered.ca, limits(kind))
    api = server_api(honest, http, Token(ADMIN), lambda: datetime.now(UTC))
    path = f"{offered.owner}/app"
    for call in (
        api.about,
        api.repositories,
        lambda: api.repository(path),
        lambda: api.create_repository(path, repository_description("contract"), "main"),
        lambda: api.credentials(path),
    ):
        with pytest.raises(ServerError) as raised:
            call()
        error = raised.value
        assert error.reason in (Reason.NO_API, Reason.UNREACHABLE, Reason.REDIRECTED)
        assert ADMIN not in f"{error} {error.remedy}"
        assert f"{error.what}{error.why}{error.remedy}".isprintable()


@pytest.mark.parametrize("product", KINDS)
def test_names_with_control_characters_are_shown_without(started: Callable[..., Offered], product: str) -> None:
    honest = started(product).recognised()
    offered = started(product, hostile={"kind": "control-characters"}, repositories=({"name": "app", "owner": "Platform"},))
    api = server_api(honest, offered.http, Token(ADMIN), lambda: datetime.now(UTC))
    found = api.repositories()
    assert found
    for one in found:
        assert f"{one.path}{one.default_branch}{one.https_url}{one.ssh_url}{one.instance}".isprintable()


@pytest.mark.parametrize("product", KINDS)
def test_a_list_without_an_end_is_given_up(product: str, tmp_path: Path) -> None:
    """Every page is full, or empty, and there is always a next one."""
    authority, host = Authority(), "git.example.com"
    asked: list[str] = []

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        asked.append(str(environ["PATH_INFO"]))
        paged = {"values": [], "isLastPage": False, "nextPageStart": len(asked), "data": [{}] * 50}
        body = json.dumps(paged if product in ("bitbucket", "gitea", "forgejo") and "keys" not in asked[-1] else [{}] * 50)
        if product == "gitlab":
            body = "[]"
        link = f'<https://{host}/api/v4/projects?page={len(asked)}>; rel="next"'
        start_response("200 OK", [("Content-Type", "application/json"), ("Link", link)])
        return [body.encode()]

    front = HttpsFront(authority.server_context(host), {"*": application})
    front.start()
    try:
        environ = {"SSL_CERT_FILE": str(authority.write_bundle(tmp_path / "ca.pem"))}
        dialer = Dialer(environ, lambda _host, _port: [(socket.AF_INET, socket.SOCK_STREAM, 0, ("127.0.0.1", front.port))])
        server = ServerInfo(ServerKind(product), f"https://{host}", host, 443)
        api = server_api(server, HttpClient(dialer, environ, limits=PATIENT), Token(ADMIN), lambda: datetime.now(UTC))
        for call in (api.repositories, lambda: api.credentials("Platform/app")):
            with contextlib.suppress(ServerError):
                call()
        assert len(asked) <= 80
    finally:
        front.stop()


def test_a_server_elsewhere_is_named(started: Callable[..., Offered]) -> None:
    offered = started("gitlab", redirects_to="https://git.elsewhere.example")
    with pytest.raises(FactFailureError) as raised:
        offered.recognised()
    assert "sends to https://git.elsewhere.example" in raised.value.error.message
    assert "https://git.elsewhere.example" in raised.value.error.remedy


def test_a_server_without_tls_is_told_apart(started: Callable[..., Offered]) -> None:
    offered = started("gitlab", scheme="http", port=443)
    with pytest.raises(FactFailureError, match="no TLS"):
        recognise(offered.environ, "https://gitlab.example.com", ca=offered.ca, dialer=offered.dialer)


def test_a_server_by_plain_http_alone_is_not_used(started: Callable[..., Offered]) -> None:
    offered = started("gitlab", scheme="http")
    with pytest.raises(FactFailureError) as raised:
        recognise(offered.environ, "https://gitlab.example.com", ca=offered.ca, dialer=offered.dialer)
    assert "plain HTTP shows tokens" in raised.value.error.message
    assert "HTTPS" in raised.value.error.remedy


def test_a_token_that_no_header_can_carry_is_not_quoted() -> None:
    with pytest.raises(ServerError) as raised:
        Token("secret\r\nX-Evil: 1")
    assert "secret" not in f"{raised.value} {raised.value.remedy}"


@contextlib.contextmanager
def talker(answer: bytes) -> Iterator[int]:
    """A server without TLS that answers every connection with these bytes and then says nothing more."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = server.accept()
                    connection.sendall(answer)
                    over.wait()
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        over.set()
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", Trouble.PROXY),
        (b"HTTP/1.1 403 \x1b[2JForbidden\r\n\r\n", Trouble.PROXY),
        (b"SSH-2.0-OpenSSH_9.6\r\n", Trouble.PROXY),
        (b"", Trouble.TIMEOUT),
        (b"HTTP/1.1 200 Connection established\r\n\r\n", Trouble.TIMEOUT),
    ],
)
def test_a_proxy_that_does_not_let_through(answer: bytes, trouble: Trouble) -> None:
    with talker(answer) as port:
        environ = {"HTTPS_PROXY": f"http://me:secret@127.0.0.1:{port}"}
        http = HttpClient(Dialer(environ), environ, limits=QUICK if trouble is Trouble.TIMEOUT else PATIENT)
        with pytest.raises(TalkError) as raised:
            http.request("GET", "https://git.example.com/")
    assert raised.value.trouble is trouble
    assert "secret" not in raised.value.why
    assert raised.value.why.isprintable()


def test_no_proxy_is_honoured() -> None:
    environ = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": ".example.com"}
    dialer = Dialer(environ)
    assert dialer.direct("git.example.com")
    assert not dialer.direct("github.com")


def test_a_name_that_leads_to_the_metadata_address_is_not_followed() -> None:
    def rebinding(_host: str, port: int) -> list[tuple[int, int, int, tuple[str, int]]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, ("169.254.169.254", port))]

    http = HttpClient(Dialer({}, rebinding), {}, limits=PATIENT)
    with pytest.raises(TalkError) as raised:
        http.request("GET", "https://git.example.com/")
    assert raised.value.trouble is Trouble.FORBIDDEN
