"""A proxy that the company runs already: with a login, or one that ends TLS, Argo CD syncs through it; no secret is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.program import ROOT, Program, Result
from tests.e2e.test_secrets import arguments_of_all_processes, holds
from wizard.sandbox.launch import Sandbox

FILE = ("-f", str(ROOT / "docs" / "examples" / "answers-bastion-proxy.yaml"))
EXISTING = {
    "bastionProxy.proxy.method": "existing",
    "bastionProxy.proxy.url": "http://proxy.acme.example:3128",
}
PASSWORD = "let-me-out"
"""What the scenario's proxy takes."""

pytestmark = pytest.mark.slow


def answered(**more: str) -> tuple[str, ...]:
    """The sample answers with the company's proxy, and what else ``bastionProxy.proxy`` is to say."""
    settings = {**EXISTING, **{f"bastionProxy.proxy.{key}": value for key, value in more.items()}}
    return (*FILE, *(word for key, value in settings.items() for word in ("--set", f"{key}={value}")))


def bad(result: Result) -> dict[str, str]:
    """The checks that neither passed nor were skipped, with what they saw."""
    ended = [event["result"] for event in result.of("check_result")]
    last = {one["id"]: one for one in ended if isinstance(one, dict)}
    return {name: str(one["evidence"]) for name, one in last.items() if one["status"] not in ("pass", "skipped")}


def test_a_login_by_reference_reaches_argo_cd_and_nothing_else(tmp_path: Path) -> None:
    with Sandbox("proxy-needs-auth") as sandbox:
        program = Program(tmp_path, {**sandbox.environ, "XDG_STATE_HOME": str(tmp_path), "PROXY_PASSWORD": PASSWORD})
        asked = answered(username="argocd", password="env:PROXY_PASSWORD")
        done = program.run("apply", *asked, "--yes", "--output", "json")
        assert done.code == 0, done.out[-3000:] + done.err
        checked = program.run("check", *asked, "--output", "json")
        assert (checked.code, bad(checked)) == (0, {}), checked.err
        again = program.run("plan", *asked, "--output", "json", "--detailed-exitcode")
        assert again.code == 0, again.out[-3000:]
    words = [PASSWORD.encode()]
    assert not any(word in text.encode() for word in words for text in (done.out, done.err, checked.out, again.out))
    assert [path for path in tmp_path.rglob("*") if path.is_file() and holds(path, words)] == []
    assert words[0] not in arguments_of_all_processes()


def test_the_ca_of_a_proxy_that_ends_tls_is_believed_for_the_allowed_hosts(tmp_path: Path) -> None:
    with Sandbox("proxy-intercepts-tls") as sandbox:
        program = Program(tmp_path, {**sandbox.environ, "XDG_STATE_HOME": str(tmp_path)})
        asked = answered(caFile=str(Path(sandbox.environ["SSL_CERT_FILE"]).parent / "corporate-ca.pem"))
        done = program.run("apply", *asked, "--yes", "--output", "json")
        assert done.code == 0, done.out[-3000:] + done.err
        checked = program.run("check", *asked, "--output", "json")
        assert (checked.code, bad(checked)) == (0, {}), checked.err
        gone = program.run("destroy", "prod-east", "--yes", "prod-east")
        assert gone.code == 0, gone.out[-3000:] + gone.err
