"""The probe's script through a proxy on this machine: what passes, what does not, who is believed, and what is never sent."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from strategies.common.probe_job import script
from strategies.common.probe_proxy_script import MOST_TARGETS, Proxy, Tunnels, login_for, look_through_proxy
from strategies.common.probe_script import MARK
from tests.unit.strategies.git_site import LOGIN, Site, git_site

HOST = "git.acme.example"
PROXY_LOGIN = "argocd:marker p@ss"
Answer = Callable[[str, str | None], str | int | None]


@dataclass
class Gate:
    """A proxy: ``answer`` gives the head of its answer to a request line and a login, or the port it leads to, or nothing."""

    answer: Answer
    port: int = 0
    asked: list[str] = field(default_factory=list)
    logins: set[str | None] = field(default_factory=set)

    def serve(self, client: socket.socket) -> None:
        """One connection."""
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(4096)
                if not more:
                    return
                head += more
            first, *rest = head.decode().splitlines()
            given = next((line.partition(": ")[2] for line in rest if line.startswith("Proxy-Authorization")), None)
            self.asked.append(first)
            self.logins.add(given)
            answer = self.answer(first, given)
            if isinstance(answer, str):
                client.sendall(answer.encode())
            elif answer is not None:
                with socket.create_connection(("127.0.0.1", answer)) as inner:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = threading.Thread(target=_pump, args=(inner, client), daemon=True)
                    back.start()
                    _pump(client, inner)
                    back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(4096):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one side went away


@pytest.fixture
def gate() -> Iterator[Callable[[Answer], Gate]]:
    """Makes running proxies."""
    servers: list[socket.socket] = []

    def make(answer: Answer) -> Gate:
        server = socket.create_server(("127.0.0.1", 0))
        made = Gate(answer, server.getsockname()[1])

        def accept() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=made.serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        servers.append(server)
        return made

    yield make
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


MakeGate = Callable[[Answer], Gate]
FORBIDDEN = "HTTP/1.1 403 Forbidden\r\nServer: squid\r\n\r\n"


def run(
    gate: Gate, folder: Path, site: Site, *, trusting: bool = True, certificates: Path | None = None, open_to_all: bool = True
) -> dict[str, object]:
    """Run the script as the pod does."""
    asked = {
        "hosts": {},
        "repository": {
            "url": f"https://{HOST}/r", "host": HOST, "path": "/r", "revision": "main", "secret": str(folder), "port": 443,
            "open_to_all": open_to_all,
        },
        "proxy": {
            "url": f"http://127.0.0.1:{gate.port}", "host": "127.0.0.1", "port": gate.port, "secret": str(folder),
            "authorities": str(certificates or folder / "none"), "allowed": [f"{HOST}:443", "raw.acme.example:443"],
            "forbidden": ["elsewhere.example:443", f"{HOST}:22", f"http://{HOST}/"],
        },
    }  # fmt: skip
    environ = {"EZGITOPS_PROBE": json.dumps(asked)} | ({"SSL_CERT_FILE": str(site.bundle)} if trusting else {})
    command = [sys.executable, "-I", "-B", "-c", script()]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60)
    assert "marker" not in done.stdout + done.stderr
    (line,) = done.stdout.splitlines()
    found: dict[str, object] = json.loads(line.removeprefix(MARK))
    return found


def secret(folder: Path, **values: str) -> Path:
    """The mounted Secret."""
    folder.mkdir()
    for name, text in {"url": f"https://{HOST}/r", **values}.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A Git host that is open to all."""
    with git_site(tmp_path, HOST, open_to_all=True) as made:
        yield made


def only_git(site: Site) -> Answer:
    """What a proxy with an allow list of one host does."""
    return lambda first, _login: site.port if first == f"CONNECT {HOST}:443 HTTP/1.1" else FORBIDDEN


def proxied(found: Mapping[str, object]) -> dict[str, object]:
    """The report's part on the proxy."""
    part = found["proxy"]
    assert isinstance(part, dict)
    return part


def test_what_is_on_the_list_passes_and_is_listed_and_the_rest_is_refused(gate: MakeGate, site: Site, tmp_path: Path) -> None:
    made = gate(only_git(site))
    found = run(made, secret(tmp_path / "s"), site)
    view = proxied(found)
    refused = {"state": "refused", "status": 403, "error": "Forbidden"}
    assert view["allowed"] == [
        {"target": f"{HOST}:443", "state": "open", "own_authorities": False},
        {"target": "raw.acme.example:443", **refused},
    ]
    assert view["forbidden"] == [
        {"target": target, **refused} for target in ("elsewhere.example:443", f"{HOST}:22", f"http://{HOST}/")
    ]
    assert found["listing"] == {"state": "answered", "status": 200, "references": 2, "revision_found": True}
    assert view["login"] is False
    assert made.logins == {None}
    assert site.seen == [None], "no login is made up"
    assert f"GET http://{HOST}/ HTTP/1.1" in made.asked


def test_the_login_of_argo_cds_secret_goes_to_that_proxy_alone(gate: MakeGate, site: Site, tmp_path: Path) -> None:
    wanted = "Basic " + base64.b64encode(PROXY_LOGIN.encode()).decode()
    closed = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"
    made = gate(lambda first, login: only_git(site)(first, login) if login == wanted else closed)
    known = f"http://argocd:marker%20p%40ss@127.0.0.1:{made.port}"
    found = run(made, secret(tmp_path / "good", proxy=known), site)
    assert proxied(found)["login"] is True
    assert found["listing"] == {"state": "answered", "status": 200, "references": 2, "revision_found": True}

    made.logins.clear()
    other = run(made, secret(tmp_path / "other", proxy="http://argocd:marker@10.9.9.9:3128"), site)
    view = proxied(other)
    assert (view["login"], made.logins) == (False, {None})
    assert [one["status"] for one in view["allowed"]] == [407, 407]  # type: ignore[attr-defined]  # a list of mappings
    assert other["listing"] == {"state": "unreached"}


def test_an_intercepting_proxy_is_believed_only_by_what_argo_cd_has_for_the_host(
    gate: MakeGate, site: Site, tmp_path: Path
) -> None:
    made = gate(only_git(site))
    unknown = run(made, secret(tmp_path / "a", password="marker-secret"), site, trusting=False)
    passage = proxied(unknown)["allowed"][0]  # type: ignore[index]  # a list
    assert "certificate" in passage["tls_error"]
    assert "O=Acme Corp" in passage["issuer"]
    assert unknown["listing"] == {"state": "unreached"}
    assert site.seen == [], "the password is for nobody who is not believed"

    certificates = tmp_path / "certificates"
    certificates.mkdir()
    (certificates / HOST).write_bytes(site.bundle.read_bytes())
    known = run(made, secret(tmp_path / "b"), site, trusting=False, certificates=certificates)
    assert proxied(known)["allowed"][0] == {"target": f"{HOST}:443", "state": "open", "own_authorities": True}  # type: ignore[index]
    assert known["listing"] == {"state": "answered", "status": 200, "references": 2, "revision_found": True}

    (certificates / HOST).write_text("no certificate")
    broken = run(made, secret(tmp_path / "c"), site, certificates=certificates)
    assert "tls_error" in proxied(broken)["allowed"][0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ({"bearerToken": "marker-secret\n", "password": "x"}, "Bearer marker-secret"),
        ({"username": "AKIA%token", "password": "marker-secret"}, "Basic " + base64.b64encode(LOGIN.encode()).decode()),
        ({"password": "marker"}, "Basic " + base64.b64encode(b"x-access-token:marker").decode()),
    ],
    ids=["token", "password", "password without a user"],
)
def test_what_the_secret_holds_is_sent_as_argo_cd_sends_it(
    gate: MakeGate, site: Site, tmp_path: Path, values: dict[str, str], sent: str
) -> None:
    found = run(gate(only_git(site)), secret(tmp_path / "s", **values), site)
    assert site.seen == [sent]
    assert isinstance(found["listing"], dict)
    assert found["listing"]["status"] == 200


@pytest.mark.parametrize(
    ("values", "state"),
    [({"githubAppID": "424242"}, "github-app"), ({}, "no-password"), ({"url": "https://elsewhere.example/r"}, "other-url")],
)
def test_without_a_login_to_send_nothing_is_asked(
    gate: MakeGate, site: Site, tmp_path: Path, values: dict[str, str], state: str
) -> None:
    found = run(gate(only_git(site)), secret(tmp_path / "s", **values), site, open_to_all=False)
    assert found["listing"] == {"state": state}
    assert site.seen == []


@pytest.mark.parametrize(
    ("answer", "passage"),
    [
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", {"state": "refused", "status": 503, "error": "Service Unavailable"}),
        ("HTTP/1.0 302 Moved\r\nLocation: /login\r\n\r\n", {"state": "refused", "status": 302, "error": "Found"}),
        ("HTTP/1.1 403 marker-secret\r\n\r\n", {"state": "refused", "status": 403, "error": "Forbidden"}),
        ("HTTP/1.1 OK\r\n\r\n", {"state": "unanswered", "status": None, "error": "no HTTP answer"}),
        ("220 mail.acme.example ESMTP\r\n\r\n", {"state": "unanswered", "status": None, "error": "no HTTP answer"}),
        (None, {"state": "unanswered", "status": None, "error": "the proxy closed the connection"}),
    ],
)
def test_every_other_answer_is_told(gate: MakeGate, answer: str | None, passage: dict[str, object]) -> None:
    made = gate(lambda _first, _login: answer)
    proxy = Proxy(f"http://127.0.0.1:{made.port}", "127.0.0.1", made.port, None, None, [f"{HOST}:443"], [])
    assert look_through_proxy(proxy, Tunnels(proxy))["allowed"] == [{"target": f"{HOST}:443", **passage}]


def test_a_plain_request_that_is_answered_by_somebody_passes(gate: MakeGate) -> None:
    """What a metadata service says without a token (EC2 user guide): it was the one who answered, not the proxy."""
    made = gate(lambda _first, _login: "HTTP/1.1 401 Unauthorized\r\n\r\n")
    proxy = Proxy("", "127.0.0.1", made.port, None, None, [], ["http://169.254.169.254/"])
    seen = look_through_proxy(proxy, Tunnels(proxy))["forbidden"]
    assert seen == [{"target": "http://169.254.169.254/", "state": "open", "status": 401}]
    assert made.asked == ["GET http://169.254.169.254/ HTTP/1.1"]


def test_a_closed_port_and_a_name_without_an_address_are_told_at_once() -> None:
    with socket.socket() as nobody:  # bound, and not listening: nobody else gets the port meanwhile
        nobody.bind(("127.0.0.1", 0))
        closed = Proxy("", "127.0.0.1", nobody.getsockname()[1], None, None, [f"{HOST}:443"], [])
        seen = look_through_proxy(closed, Tunnels(closed))
    assert seen == {"url": "", "login": False, "unreached": "Connection refused"}
    unknown = Proxy("", "proxy.invalid", 3128, None, None, [f"{HOST}:443"], [])
    assert "address_error" in look_through_proxy(unknown, Tunnels(unknown))


def test_no_more_is_asked_than_a_report_can_hold(gate: MakeGate) -> None:
    made = gate(lambda _first, _login: FORBIDDEN)
    many = [f"h{number}.acme.example:443" for number in range(99)]
    proxy = Proxy("", "127.0.0.1", made.port, None, None, many, many)
    seen = look_through_proxy(proxy, Tunnels(proxy))
    assert [len(seen[part]) for part in ("allowed", "forbidden")] == [MOST_TARGETS, MOST_TARGETS]  # type: ignore[arg-type]
    assert len(made.asked) == 2 * MOST_TARGETS


@pytest.mark.parametrize(
    "url", ["", "http://10.1.1.10:3128", "http://u:p@10.1.1.10:80", "http://u:p@10.1.1.11:3128", "http://[", "http://u:p@h:x"]
)
def test_only_a_login_for_this_very_proxy_is_one(url: str) -> None:
    proxy = Proxy("", "10.1.1.10", 3128, None, None, [], [])
    assert login_for(proxy, url) is None
    assert login_for(proxy, "http://u:p%40@10.1.1.10:3128\n") == base64.b64encode(b"u:p@").decode()
