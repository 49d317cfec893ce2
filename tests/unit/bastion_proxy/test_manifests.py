"""What stands in the cluster for the bastion proxy: the proxy in each repository Secret, and no secret in the plan."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from strategies.base import Resource
from strategies.bastion_proxy import addresses, names
from strategies.bastion_proxy.manifests import cluster_resources
from strategies.kinds import (
    ClusterObjectResource,
    RepoServerEnvironmentResource,
    SecretObjectResource,
    SecretText,
    TrustedCertificateResource,
)
from tests.unit.bastion_proxy.bastion_answers import complete

HELM = "https://acme.github.io/charts"
EXISTING = {"method": "existing", "url": "http://proxy.acme.example:3128"}


def made(**changes: object) -> dict[str, Resource]:
    return {one.address: one for one in cluster_resources(complete(**changes), ("aws.squid.proxy",))}


def data(resource: Resource) -> dict[str, str]:
    """The values of a Secret that are no secret."""
    assert isinstance(resource, ClusterObjectResource | SecretObjectResource)
    found = resource.manifest["data"]
    assert isinstance(found, Mapping)
    return {key: base64.b64decode(str(value)).decode() for key, value in found.items()}


def test_a_public_repository_has_the_proxy_and_no_login() -> None:
    found = made()
    assert set(found) == {addresses.SECRET, addresses.APPLICATION}
    assert data(found[addresses.SECRET]) == {
        "type": "git",
        "url": "https://github.com/acme/cluster-config.git",
        "proxy": "http://10.1.1.10:3128",
        "noProxy": "localhost,.svc,10.0.0.0/16",
    }


def test_the_application_comes_after_the_way_out() -> None:
    assert set(found := made()[addresses.APPLICATION].depends_on) == {addresses.SECRET, "aws.squid.proxy"}, found


def test_a_token_is_known_by_reference_alone() -> None:
    source = {"url": "https://github.com/acme/private.git", "revision": "main", "password": "env:TOKEN"}
    secret = made(source=source)[addresses.SECRET]
    assert isinstance(secret, SecretObjectResource)
    assert secret.values == {"password": SecretText("env:TOKEN")}
    assert data(secret)["username"] == "x-access-token"


def test_a_github_app_takes_the_place_of_the_token() -> None:
    app = {"id": "424242", "installation_id": "31337", "private_key": "file:key.pem"}
    secret = made(bastion_proxy__github_app=app)[addresses.SECRET]
    assert isinstance(secret, SecretObjectResource)
    assert secret.values == {"githubAppPrivateKey": SecretText("file:key.pem")}
    assert {"githubAppID": "424242", "githubAppInstallationID": "31337"}.items() <= data(secret).items()
    assert "githubAppEnterpriseBaseUrl" not in data(secret)


def test_an_app_of_another_github_names_its_api() -> None:
    app = {"id": "1", "installation_id": "2", "private_key": "file:key.pem"}
    source = {"url": "https://github.acme.example/platform/config.git", "revision": "main"}
    assert data(made(bastion_proxy__github_app=app, source=source)[addresses.SECRET])["githubAppEnterpriseBaseUrl"] == (
        "https://github.acme.example/api/v3"
    )


def test_the_password_of_a_proxy_is_only_put_together_when_it_is_sent() -> None:
    proxy = {**EXISTING, "username": "ar go", "password": "env:PROXY"}
    secret = made(bastion_proxy__proxy={**proxy, "username": "argo+cd"})[addresses.SECRET]
    assert isinstance(secret, SecretObjectResource)
    assert secret.values["proxy"] == SecretText(
        "env:PROXY", before="http://argo%2Bcd:", after="@proxy.acme.example:3128", in_url=True
    )
    assert "proxy" not in data(secret)


def test_helm_repositories_get_a_secret_each() -> None:
    found = made(bastion_proxy__repositories={"helm": [HELM]})
    name = names.helm_secret("prod-east", HELM)
    secret = data(found[addresses.helm_secret(name)])
    assert (secret["type"], secret["url"], secret["proxy"], secret["name"]) == ("helm", HELM, "http://10.1.1.10:3128", name)
    assert addresses.helm_secret(name) in found[addresses.APPLICATION].depends_on


def test_names_of_helm_secrets_are_labels_and_differ() -> None:
    long = "https://charts.example.com/" + "very/" * 40
    found = [names.helm_secret("prod-east", url) for url in (HELM, HELM + "/", long, long + "x")]
    assert len(set(found)) == 4
    assert all(len(one) <= 63 and one.strip("-") == one for one in found)


def test_a_proxy_that_inspects_tls_is_believed_for_the_allowed_hosts_alone() -> None:
    proxy = {**EXISTING, "ca_file": "corp.pem"}
    found = made(bastion_proxy__proxy=proxy, bastion_proxy__allow={"hosts": ["github.com", "acme.github.io"]})
    trusted = [one for one in found.values() if isinstance(one, TrustedCertificateResource)]
    assert [(one.host, one.ca_file) for one in trusted] == [("github.com", "corp.pem"), ("acme.github.io", "corp.pem")]


def test_the_whole_repo_server_on_request() -> None:
    found = made(bastion_proxy__repo_server={"proxy": True})[addresses.REPO_SERVER]
    assert isinstance(found, RepoServerEnvironmentResource)
    assert found.variables == {
        "HTTP_PROXY": "http://10.1.1.10:3128",
        "HTTPS_PROXY": "http://10.1.1.10:3128",
        "NO_PROXY": "localhost,.svc,10.0.0.0/16",
    }
