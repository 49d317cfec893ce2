"""The script in the refresher's pod, with its network, clock and sleep in hand."""

from __future__ import annotations

import ast
import base64
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from strategies.codecommit import refresher, refresher_script
from strategies.codecommit.refresher_script import RefreshError, Settings, git_password, ready, refresh, run
from tests.unit.codecommit.answers import complete

NOW = 1_795_442_531.0
ASSUMED = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Credentials>
    <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>marker-secret</SecretAccessKey>
    <SessionToken>marker-token</SessionToken><Expiration>{expires}</Expiration>
  </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""
REFUSED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
  <Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"""


class StoppedError(Exception):
    """Ends the endless loop of a test."""


@dataclass
class Network:
    """STS and the API server. ``sts`` and ``kube`` are lists of answers, the last of which stays."""

    sts: list[tuple[int, str] | OSError]
    kube: list[tuple[int, str] | OSError] = field(default_factory=lambda: [(200, "{}")])
    sent: list[tuple[str, str, dict[str, str], bytes, str | None]] = field(default_factory=list)

    def __call__(self, method: str, url: str, headers: dict[str, str], body: bytes, ca_file: str | None) -> tuple[int, bytes]:
        """Answer from the script."""
        self.sent.append((method, url, headers, body, ca_file))
        script = self.sts if "sts." in url else self.kube
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, OSError):
            raise answer
        return answer[0], answer[1].encode()


def good(seconds: float = 900) -> tuple[int, str]:
    """STS's answer with a session of so many seconds."""
    return 200, ASSUMED.format(expires=refresher_script.timestamp(NOW + seconds))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """What the Deployment sets, with the mounted files on this machine."""
    environ = {v["name"]: v["value"] for v in _environment()}
    for name in ("AWS_WEB_IDENTITY_TOKEN_FILE", "EZGITOPS_KUBE_TOKEN_FILE", "EZGITOPS_KUBE_CA_FILE", "EZGITOPS_STATE_FILE"):
        environ[name] = str(tmp_path / name)
    (tmp_path / "AWS_WEB_IDENTITY_TOKEN_FILE").write_text("aws-jwt\n")
    (tmp_path / "EZGITOPS_KUBE_TOKEN_FILE").write_text("kube-jwt\n")
    return refresher_script.read_settings(
        {**environ, "KUBERNETES_SERVICE_HOST": "172.30.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    )


def _environment() -> list[dict[str, str]]:
    answers = complete()
    deployment = json.loads(json.dumps(refresher.deployment(answers, refresher_owner())))
    return list(deployment["spec"]["template"]["spec"]["containers"][0]["env"])


def refresher_owner() -> refresher.Owner:
    """The owner of the answers."""
    return refresher.Owner("prod-east")


def test_one_refresh_writes_a_password_signed_by_the_assumed_session(settings: Settings) -> None:
    network = Network([good()])
    until = refresh(settings, network, NOW)
    (_, sts_url, _, form, sts_ca), (method, url, headers, body, ca_file) = network.sent
    asked = {key: values[0] for key, values in parse_qs(form.decode()).items()}
    assert sts_url == "https://sts.us-east-2.amazonaws.com/"
    assert sts_ca is None
    assert asked["Action"] == "AssumeRoleWithWebIdentity"
    assert asked["RoleArn"] == "arn:aws:iam::123456789012:role/prod-east-argocd-reader"
    assert asked["WebIdentityToken"] == "aws-jwt"
    assert method == "PATCH"
    assert url.startswith("https://172.30.0.1:443/api/v1/namespaces/openshift-gitops/secrets/repo-prod-east-cluster-config?")
    assert ca_file == settings.kube_ca_file
    assert headers["Authorization"] == "Bearer kube-jwt"
    assert headers["Content-Type"] == "application/merge-patch+json"
    patch = json.loads(body)
    data = {key: base64.b64decode(value).decode() for key, value in patch["data"].items()}
    host, path = "git-codecommit.us-east-2.amazonaws.com", "/v1/repos/prod-east-cluster-config"
    assert data == {
        "username": "ASIAEXAMPLE%marker-token",
        "password": git_password("marker-secret", "us-east-2", host, path, NOW),
    }
    assert patch["metadata"]["annotations"] == {
        "ezgitops.dev/refreshed-at": "2026-11-23T14:02:11Z",
        "ezgitops.dev/valid-until": "2026-11-23T14:17:11Z",
    }
    assert until == NOW + 900


def test_a_password_is_not_good_for_longer_than_its_session(settings: Settings) -> None:
    assert refresh(settings, Network([good(300)]), NOW) == NOW + 300


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((400, REFUSED.format(code="InvalidIdentityToken", message="No provider")), "IAM OIDC provider"),
        ((403, REFUSED.format(code="AccessDenied", message="Not authorized")), "trust policy"),
        ((400, REFUSED.format(code="ExpiredTokenException", message="Token expired")), "projected token"),
        ((500, REFUSED.format(code="InternalFailure", message="oops")), "InternalFailure: oops"),
        ((200, "<a/>"), "without credentials"),
        ((502, "Bad gateway"), "no XML"),
        (OSError("timed out"), "interface endpoint for sts"),
    ],
)
def test_what_sts_refuses_is_said_and_nothing_is_touched(
    settings: Settings, answer: tuple[int, str] | OSError, words: str
) -> None:
    network = Network([answer])
    with pytest.raises(RefreshError, match=words):
        refresh(settings, network, NOW)
    assert [method for method, *_ in network.sent] == ["POST"]
    assert not ready(settings.state_file, NOW)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, '{"message": "not found"}'), "does not exist"),
        ((403, '{"message": "secrets is forbidden"}'), "secrets is forbidden"),
        ((500, "no json"), "HTTP 500"),
        (OSError("refused"), "API server"),
    ],
)
def test_what_the_cluster_refuses_is_said(settings: Settings, answer: tuple[int, str] | OSError, words: str) -> None:
    with pytest.raises(RefreshError, match=words):
        refresh(settings, Network([good()], [answer]), NOW)
    assert not ready(settings.state_file, NOW)


def test_it_goes_on_after_failures_with_growing_pauses_and_then_in_its_rhythm(settings: Settings) -> None:
    failure = (500, REFUSED.format(code="Oops", message="oops"))
    network = Network([failure, failure, good(), failure, good()])
    slept: list[float] = []
    lines: list[str] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 5:
            raise StoppedError

    with pytest.raises(StoppedError):
        run(settings, network, lambda: NOW, sleep, lines.append)
    assert slept == [5.0, 10.0, 300.0, 5.0, 300.0]
    assert len(lines) == 5
    assert "oops" in lines[0]
    assert "good until 2026-11-23T14:17:11Z" in lines[2]
    assert not any("marker" in line or "jwt" in line for line in lines)


def test_pauses_end_at_a_minute(settings: Settings) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 8:
            raise StoppedError

    with pytest.raises(StoppedError):
        run(settings, Network([OSError("down")]), lambda: NOW, sleep, lambda _line: None)
    assert slept == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0, 60.0]


def test_ready_exactly_while_the_password_is_good(settings: Settings) -> None:
    assert not ready(settings.state_file, NOW)
    until = refresh(settings, Network([good()]), NOW)
    assert ready(settings.state_file, until - 1)
    assert not ready(settings.state_file, until)


def test_a_pod_without_its_environment_says_what_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-I", refresher_script.__file__], env={"AWS_REGION": "x"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "AWS_ROLE_ARN" in done.stdout
    assert "AWS_REGION" not in done.stdout


def test_the_script_is_for_old_pythons_and_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(refresher.script(), feature_version=(3, 6))
    modules = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    modules |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {m.partition(".")[0] for m in modules} <= set(sys.stdlib_module_names) - {"dataclasses", "zoneinfo", "tomllib"}
    assert "__future__" not in modules
