"""Argo CD behind the product's own Squid, on a machine of the VPC: an app of apps with a chart, a GitHub App."""

from __future__ import annotations

from typing import Any

import pytest

from strategies.bastion_proxy import host_script, squid
from tests.contract.sandbox.conftest import GITHUB, Hands, eventually
from tests.contract.sandbox.test_argocd import APPLICATIONS, SECRETS, verdict
from wizard.sandbox.machines.daemon import program

pytestmark = pytest.mark.skipif(program() is None, reason="needs squid")

MACHINE, GROUP = "i-0c1b2c3d4e5f60010", "sg-0e5e5e5e5e5e5e5e5"
PROXY = "http://10.1.1.10:3128"
CHARTS, PRIVATE = "https://acme.github.io/charts", "https://github.com/acme/private-config.git"


def run(hands: Hands, script: str) -> None:
    """A script on the machine, by Systems Manager."""
    ssm = hands.aws("ssm")
    sent = ssm.send_command(
        InstanceIds=[MACHINE], DocumentName="AWS-RunShellScript", Parameters={"commands": [script]}
    )["Command"]["CommandId"]  # fmt: skip

    def ended() -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = ssm.get_command_invocation(CommandId=sent, InstanceId=MACHINE)
        except ssm.exceptions.InvocationDoesNotExist:
            return None
        return found if found["Status"] not in {"Pending", "InProgress"} else None

    said = eventually(ended)
    assert said["Status"] == "Success", said


def allow(hands: Hands, *hosts: str) -> None:
    """Squid with this list."""
    text = squid.configuration(hosts, ["10.0.0.0/16"], 3128, "prod-east")
    run(hands, host_script.install("prod-east", text, 3128, replace_foreign=False))


@pytest.fixture(scope="module")
def behind(hands: Hands) -> Hands:
    """The way to the proxy is open."""
    ranges = [{"CidrIp": "10.0.0.0/16"}]
    hands.aws("ec2").authorize_security_group_ingress(
        GroupId=GROUP, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 3128, "ToPort": 3128, "IpRanges": ranges}]
    )
    return hands


def secret(hands: Hands, called: str, /, **values: str) -> None:
    """A repository Secret with the proxy in it."""
    metadata = {"name": called, "labels": {"argocd.argoproj.io/secret-type": "repository"}}
    data = {"type": "git", "proxy": PROXY, **values}
    hands.kube("DELETE", f"{SECRETS}/{called}")
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}
    assert hands.kube("POST", SECRETS, body)["kind"] == "Secret"


def test_an_app_of_apps_brings_a_chart_through_the_proxy(behind: Hands) -> None:
    allow(behind, "github.com", "acme.github.io")
    secret(behind, "source", url=GITHUB)
    secret(behind, "charts", url=CHARTS, type="helm", name="charts")
    status = verdict(behind, automated=True, repoURL=GITHUB, path="apps/banner-from-chart")
    assert status["sync"]["status"] == "Synced"

    def child() -> bool:
        found = behind.kube("GET", f"{APPLICATIONS}/cluster-banner").get("status", {})
        return (found.get("sync", {}).get("status"), found.get("sync", {}).get("revision")) == ("Synced", "1.2.0")

    eventually(child)
    made = behind.kube("GET", "/api/v1/namespaces/cluster-banner/configmaps/cluster-banner")
    assert made["data"] == {"text": "Authorised use only. This is prod-east."}
    behind.kube("DELETE", f"{APPLICATIONS}/cluster-banner")


def test_a_github_app_needs_the_host_of_the_api_on_the_list(behind: Hands) -> None:
    key = behind.environ["GITHUB_APP_PRIVATE_KEY"]
    known = {"githubAppID": "424242", "githubAppInstallationID": "31337", "githubAppPrivateKey": key}
    secret(behind, "private", url=PRIVATE, **known)
    allow(behind, "github.com")
    told = verdict(behind, repoURL=PRIVATE)["conditions"][0]["message"]
    assert "could not get access_token from GitHub API for installation ID 31337: Forbidden" in told
    allow(behind, "github.com", "api.github.com")
    assert "conditions" not in verdict(behind, repoURL=PRIVATE)


def test_squid_that_is_stopped_is_a_refused_connection(behind: Hands) -> None:
    secret(behind, "source", url=GITHUB)
    run(behind, "systemctl stop squid")
    told = verdict(behind, repoURL=GITHUB)["conditions"][0]["message"]
    assert "proxyconnect tcp: dial tcp 10.1.1.10:3128: connect: connection refused" in told
