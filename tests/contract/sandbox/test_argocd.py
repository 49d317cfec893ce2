"""What Argo CD makes of a repository and its Secret: a table of causes and the words an operator sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.contract.sandbox.conftest import GITHUB, NAME, URL, Hands, eventually

NAMESPACE = "openshift-gitops"
APPLICATIONS = f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/applications"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def argo(hands: Hands, tmp_path_factory: pytest.TempPathFactory) -> Hands:
    """A mirrored repository that the cluster can reach."""
    hands.aws("codecommit").create_repository(repositoryName=NAME)
    hands.mirror(tmp_path_factory.mktemp("mirror") / "m")
    hands.endpoint()
    return hands


@pytest.fixture
def secret(argo: Hands) -> Iterator[Mapping[str, str]]:
    """A repository Secret with a good password, for one test."""
    user, password = argo.login()
    values = {"type": "git", "url": URL, "username": user, "password": password, "forceHttpBasicAuth": "true"}
    make_secret(argo, values)
    yield values
    argo.kube("DELETE", f"{SECRETS}/repository")


def make_secret(argo: Hands, values: Mapping[str, str]) -> None:
    labels = {"argocd.argoproj.io/secret-type": "repository"}
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "repository", "labels": labels},
        "stringData": dict(values),
    }
    argo.kube("DELETE", f"{SECRETS}/repository")
    assert argo.kube("POST", SECRETS, body)["kind"] == "Secret"


def verdict(argo: Hands, *, automated: bool = False, project: str = "default", namespace: str = "", **source: str) -> dict:
    """The status of a fresh Application once Argo CD has looked at it."""
    spec = {
        "project": project,
        "source": {"repoURL": URL, "path": "clusters/prod-east", "targetRevision": "main"} | source,
        "destination": {"server": "https://kubernetes.default.svc"} | ({"namespace": namespace} if namespace else {}),
    }
    if automated:
        spec["syncPolicy"] = {"automated": {"prune": True, "selfHeal": True}}
    argo.kube(
        "POST",
        APPLICATIONS,
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "a"}, "spec": spec},
    )

    def looked() -> dict | None:
        status = argo.kube("GET", f"{APPLICATIONS}/a").get("status", {})
        done = not automated or "operationState" in status or "conditions" in status
        return status if "sync" in status and done else None

    try:
        return eventually(looked)
    finally:
        argo.kube("DELETE", f"{APPLICATIONS}/a")


def test_it_syncs_what_it_can_reach(argo: Hands, secret: Mapping[str, str]) -> None:
    status = verdict(argo, automated=True)
    assert (status["sync"]["status"], status["health"]["status"]) == ("Synced", "Healthy")
    assert status["sync"]["revision"] == "c9d09a2527922fd19d8416c7402ae02166a5e4e8"
    assert status["operationState"]["phase"] == "Succeeded"
    made = argo.kube("GET", "/api/v1/namespaces/platform-config/configmaps/cluster-info")
    assert made["data"]["cluster"] == "prod-east"
    assert made["metadata"]["labels"] == {"acme.example/cluster": "prod-east"}
    assert made["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] == "a:/ConfigMap:platform-config/cluster-info"


def test_without_automation_it_only_says_out_of_sync(argo: Hands, secret: Mapping[str, str]) -> None:
    status = verdict(argo, path="apps/quotas")
    assert (status["sync"]["status"], status["health"]["status"]) == ("OutOfSync", "Missing")
    assert "operationState" not in status


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"password": "20260101T000000Z" + "0" * 64}, "authorization failed"),
        ({"password": ""}, "authentication required"),
        ({"username": ""}, "authorization failed"),
        ({"url": f"{URL}-other"}, "authentication required"),
        ({"project": "somebody-else"}, "authentication required"),
        ({"proxy": "http://127.0.0.1:9"}, "connection refused"),
    ],
    ids=["wrong password", "no password", "no user", "Secret of another URL", "Secret of another project", "proxy closed"],
)
def test_a_bad_secret_is_a_comparison_error(
    argo: Hands, secret: Mapping[str, str], change: Mapping[str, str], told: str
) -> None:
    make_secret(argo, {**secret, **change})
    status = verdict(argo)
    assert (status["sync"]["status"], status["health"]["status"]) == ("Unknown", "Unknown")
    assert status["conditions"][0]["type"] == "ComparisonError"
    assert told in status["conditions"][0]["message"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"path": "clusters/nowhere"}, "clusters/nowhere: app path does not exist"),
        ({"targetRevision": "no-such-branch"}, "unable to resolve 'no-such-branch' to a commit SHA"),
        ({"repoURL": f"{URL}.git"}, "authorization failed"),
        ({"repoURL": GITHUB}, "context deadline exceeded"),
    ],
    ids=["path", "revision", ".git", "github from the VPC"],
)
def test_a_bad_source_is_a_comparison_error(argo: Hands, secret: Mapping[str, str], source: dict[str, str], told: str) -> None:
    status = verdict(argo, **source)
    assert status["sync"]["status"] == "Unknown"
    assert told in status["conditions"][0]["message"]


def test_a_certificate_of_another_authority_is_refused(argo: Hands, secret: Mapping[str, str]) -> None:
    from wizard.sandbox.certificates import Authority

    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/argocd-tls-certs-cm"
    host = "git-codecommit.us-east-2.amazonaws.com"
    argo.kube("PATCH", path, {"data": {host: Authority().pem.decode()}}, MERGE)
    try:
        assert "x509: certificate signed by unknown authority" in verdict(argo)["conditions"][0]["message"]
        make_secret(argo, {**secret, "insecure": "true"})
        assert "conditions" not in verdict(argo)
    finally:
        argo.kube("PATCH", path, {"data": {host: None}}, MERGE)


def test_without_force_basic_auth_the_password_is_sent_when_asked_for(argo: Hands, secret: Mapping[str, str]) -> None:
    make_secret(argo, {**secret, "forceHttpBasicAuth": "false"})
    assert verdict(argo)["sync"]["status"] in {"Synced", "OutOfSync"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"project": "nobody"}, "project nobody which does not exist"),
        ({"namespace": "elsewhere", "project": "narrow"}, "do not match"),
    ],
)
def test_a_project_has_a_say(argo: Hands, secret: Mapping[str, str], arguments: dict[str, str], told: str) -> None:
    projects = APPLICATIONS.replace("applications", "appprojects")
    destinations = [{"server": "*", "namespace": "demo-apps"}]
    spec = {"sourceRepos": ["*"], "destinations": destinations}
    argo.kube(
        "POST",
        projects,
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "narrow"}, "spec": spec},
    )
    status = verdict(argo, **arguments)
    assert status["conditions"][0]["type"] == "InvalidSpecError"
    assert told in status["conditions"][0]["message"]


def test_an_app_of_apps_brings_its_children(argo: Hands, tmp_path: Path) -> None:
    url = URL.replace(NAME, "prod-east-cluster-config")
    argo.aws("codecommit").create_repository(repositoryName="prod-east-cluster-config")
    argo.mirror(tmp_path / "m", url)
    user, password = argo.login(url)
    make_secret(argo, {"type": "git", "url": url, "username": user, "password": password, "forceHttpBasicAuth": "true"})
    verdict(argo, automated=True, repoURL=url, path="app-of-apps")

    def children() -> bool:
        status = {app["metadata"]["name"]: app.get("status", {}) for app in argo.kube("GET", APPLICATIONS)["items"]}
        return all(status.get(name, {}).get("sync", {}).get("status") == "Synced" for name in ("quotas", "dashboards"))

    eventually(children)
    assert argo.kube("GET", "/api/v1/namespaces/team-blue/configmaps/limits")["data"]["cpu"] == "8"
