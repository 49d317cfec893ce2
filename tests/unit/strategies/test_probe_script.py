"""The script in the probe's pod: its pure parts, and the whole of it against servers on this machine."""

from __future__ import annotations

import ast
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from strategies.common import probe_job, probe_tls_script
from strategies.common.probe_script import MARK, Target, list_references, references
from strategies.common.probe_tls_script import issuer, parts
from tests.unit.strategies.git_site import ADVERTISED, Site, git_site, packet

ZERO = "0" * 40
EMPTY = packet("# service=git-upload-pack\n") + b"0000" + packet(f"{ZERO} capabilities^{{}}\0agent=git\n") + b"0000"


def test_references_are_those_that_are_advertised() -> None:
    assert references(ADVERTISED) == ["HEAD", "refs/heads/main", "refs/tags/v1.0.0"]
    assert references(EMPTY) == []
    assert references(ADVERTISED[: len(ADVERTISED) // 2])[:1] == ["HEAD"]
    assert references(b"<html>no git here</html>") == []


def test_the_issuer_of_a_certificate_is_read_without_believing_it() -> None:
    authority = trustme.CA(organization_name="Acme Corp", organization_unit_name="TLS inspection")
    pem = authority.issue_cert("git.example.com").cert_chain_pems[0].bytes().decode()
    assert issuer(ssl.PEM_cert_to_DER_cert(pem)) == "O=Acme Corp, OU=TLS inspection"


@pytest.mark.parametrize("broken", [b"", b"\x30", b"\x30\x05\x01", b"\x30\x84\xff\xff\xff\xff", b"\x00" * 40])
def test_a_broken_certificate_has_no_issuer(broken: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        issuer(broken)


def test_long_elements_have_long_lengths() -> None:
    assert parts(b"\x04\x81\x80" + b"x" * 128 + b"\x02\x01\x05") == [(4, b"x" * 128), (2, b"\x05")]


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ({}, "no-secret"),
        ({"url": "https://elsewhere.example.com/r", "password": "p"}, "other-url"),
        ({"url": "https://127.0.0.1/r"}, "no-password"),
        ({"url": "https://127.0.0.1/r\n", "username": "u", "password": ""}, "no-password"),
        ({"url": "https://127.0.0.1/r", "username": "u", "password": "p"}, "unreached"),
    ],
)
def test_without_a_fitting_secret_nothing_is_sent(tmp_path: Path, files: dict[str, str], state: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    target = Target("https://127.0.0.1/r", "127.0.0.1", "/r", "main", str(tmp_path))
    assert list_references(target, None)["state"] == state


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The server, with the bundle that trusts it."""
    with git_site(tmp_path, "127.0.0.1", "localhost") as made:
        yield made


def run(site: Site, folder: Path, *, trusting: bool = True, port: int | None = None) -> dict[str, object]:
    """Run the script as the pod does, with this server's port for 443."""
    asked = {
        "hosts": {"git": "localhost", "sts": "localhost"},
        "repository": {
            "url": "https://localhost/r",
            "host": "localhost",
            "path": "/r",
            "revision": "main",
            "secret": str(folder),
        },
    }
    text = probe_job.script().replace("PORT = 443", f"PORT = {port or site.port}")
    environ = {"EZGITOPS_PROBE": json.dumps(asked)} | ({"SSL_CERT_FILE": str(site.bundle)} if trusting else {})
    done = subprocess.run([sys.executable, "-I", "-B", "-c", text], env=environ, capture_output=True, text=True, check=True)
    assert "marker-secret" not in done.stdout
    (line,) = done.stdout.splitlines()
    found: dict[str, object] = json.loads(line.removeprefix(MARK))
    return found


def secret(folder: Path, password: str) -> Path:
    """The mounted Secret."""
    folder.mkdir()
    for name, text in {"url": "https://localhost/r", "username": "AKIA%token", "password": password}.items():
        (folder / name).write_text(text)
    return folder


def test_the_whole_way_with_a_good_and_a_bad_password(site: Site, tmp_path: Path) -> None:
    good = run(site, secret(tmp_path / "good", "marker-secret"))
    assert good["listing"] == {"state": "answered", "status": 200, "references": 2, "revision_found": True}
    assert isinstance(good["git"], dict)
    assert good["git"]["status"] == 403
    assert "127.0.0.1" in good["git"]["addresses"]
    bad = run(site, secret(tmp_path / "bad", "marker-secret-of-yesterday"))
    assert bad["listing"] == {"state": "answered", "status": 403, "references": 0, "revision_found": False}


def test_a_certificate_that_is_not_trusted_gets_no_password_and_names_its_issuer(site: Site, tmp_path: Path) -> None:
    found = run(site, secret(tmp_path / "s", "marker-secret"), trusting=False)
    assert isinstance(found["git"], dict)
    assert "certificate" in found["git"]["tls_error"]
    assert "O=Acme Corp" in found["git"]["issuer"]
    assert found["listing"] == {"state": "unreached"}
    assert site.seen == []


def test_a_closed_port_is_seen_as_such(site: Site, tmp_path: Path) -> None:
    with socket.socket() as nobody:  # bound, and not listening: nobody else gets the port meanwhile
        nobody.bind(("127.0.0.1", 0))
        found = run(site, tmp_path, port=nobody.getsockname()[1])
    assert isinstance(found["sts"], dict)
    assert found["sts"]["unreached"]["127.0.0.1"] == "Connection refused"
    assert "status" not in found["sts"]


def test_the_script_is_for_old_pythons_and_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(probe_job.script(), feature_version=(3, 6))
    modules = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    modules |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {m.partition(".")[0] for m in modules} <= set(sys.stdlib_module_names) - {"dataclasses", "zoneinfo", "tomllib"}
    assert "__future__" not in modules
    assert "$(" not in probe_job.script(), "Kubernetes expands it in a command"
    assert probe_tls_script.PORT == 443
