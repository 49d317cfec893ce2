"""Argo CD behind a proxy: what goes through it, and in whose words it fails."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.contract.sandbox.repo_server import (
    CHARTS,
    GITHUB,
    LOST,
    NAMESPACE,
    PRIVATE,
    PROXY,
    SHUT,
    SURLY,
    World,
    proxied,
    repo_server,
)
from wizard.sandbox.argocd.proxies import curl_goes_past, go_goes_past
from wizard.sandbox.argocd.reposerver import GitError, RenderError
from wizard.sandbox.certificates import Authority

BANNER = {"repoURL": CHARTS, "chart": "cluster-banner", "targetRevision": "1.2.0", "path": "."}
TIMED_OUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"


@pytest.fixture(scope="module")
def authority() -> tuple[trustme.CA, rsa.RSAPrivateKey]:
    """What a cluster of the sandbox is signed with."""
    return trustme.CA(), rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def world(authority: tuple[trustme.CA, rsa.RSAPrivateKey], tmp_path: Path) -> Iterator[World]:
    """A repo-server."""
    with repo_server(authority, tmp_path) as made:
        yield made


def test_listing_and_fetching_go_through_the_secrets_proxy(world: World) -> None:
    world.secret("r", url=GITHUB, type="git", proxy=proxied(PROXY))
    loaded = world.load()
    assert [each["kind"] for each in loaded.manifests] == ["Namespace", "ConfigMap"]
    assert set(world.passed) == {"github.com"}
    assert len(world.passed) > 1  # git's own connections besides the listing


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_without_one_in_the_secret_the_repo_servers_environment_decides(world: World, name: str) -> None:
    world.environment(**{name: proxied(PROXY), "NO_PROXY": ".svc,10.0.0.0/16"})
    assert world.load().kind == "Kustomize"
    assert set(world.passed) == {"github.com"}
    world.secret("r", url=GITHUB, proxy=proxied(SHUT))
    with pytest.raises(GitError, match="connection refused"):
        world.load()


def test_what_no_proxy_names_is_connected_to_directly(world: World) -> None:
    world.secret("r", url=GITHUB, proxy=proxied(PROXY), noProxy="gitlab.com, github.com")
    with pytest.raises(GitError, match=r"Client\.Timeout exceeded"):
        world.load()
    assert world.passed == []


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("", TIMED_OUT),
        (proxied(LOST), TIMED_OUT),
        (proxied(SHUT), f"proxyconnect tcp: dial tcp {SHUT}:3128: connect: connection refused"),
        (proxied(SURLY), "Proxy Authentication Required"),
        (proxied(SURLY, "argocd:wrong@"), "Proxy Authentication Required"),
    ],
    ids=["none", "no way", "down", "no login", "wrong login"],
)
def test_a_proxy_that_does_not_serve_is_told_as_go_tells_it(world: World, proxy: str, told: str) -> None:
    world.secret("r", url=GITHUB, proxy=proxy)
    with pytest.raises(GitError) as caught:
        world.load()
    assert str(caught.value) == f'failed to list refs: Get "{GITHUB}/info/refs?service=git-upload-pack": {told}'


def test_a_host_that_is_not_on_the_list_is_forbidden(world: World) -> None:
    world.secret("r", url=GITHUB, proxy=proxied(PROXY))
    world.denied.add("github.com")
    with pytest.raises(GitError, match=r"git-upload-pack\": Forbidden$"):
        world.load()
    world.surly = "503 Service Unavailable"
    world.secret("r", url=GITHUB, proxy=proxied(SURLY))
    with pytest.raises(GitError, match="Service Unavailable"):
        world.load()


def test_a_login_in_the_url_is_decoded_and_sent(world: World) -> None:
    world.secret("r", url=GITHUB, proxy=proxied(SURLY, "argocd:p%40ss%2Fword@"))
    with pytest.raises(GitError):
        world.load()
    expected = base64.b64encode(b"argocd:p@ss/word").decode()
    assert f"Proxy-Authorization: Basic {expected}".encode() in world.heard[0]


def test_git_itself_is_refused_in_its_own_words(world: World) -> None:
    """A commit is not looked up: git is the first to go to the proxy."""
    commit = "c9d09a2527922fd19d8416c7402ae02166a5e4e8"
    for proxy, told in (
        (proxied(SURLY, "argocd:wrong@"), "response 407|code 407"),
        (proxied(SHUT), "unable to access|Proxy CONNECT aborted"),
        (proxied(LOST), "failed timeout after 1m30s"),
    ):
        world.secret("r", url=GITHUB, proxy=proxy)
        with pytest.raises(GitError, match=told) as caught:
            world.load(targetRevision=commit)
        assert "wrong" not in str(caught.value)
    world.secret("r", url=GITHUB, proxy=proxied(PROXY))
    assert world.load(targetRevision=commit).revision == commit


def test_ssh_takes_the_proxy_for_one_of_socks(world: World) -> None:
    url = "git@github.com:acme/cluster-config.git"
    with pytest.raises(GitError, match="SSH_AUTH_SOCK not-specified"):
        world.load(repoURL=url)
    world.secret("r", url=url, sshPrivateKey="a key")
    with pytest.raises(GitError, match=r"dial tcp: i/o timeout"):
        world.load(repoURL=url)
    world.secret("r", url=url, proxy=proxied(PROXY))
    with pytest.raises(GitError, match="proxy: unknown scheme: http"):
        world.load(repoURL=url)


def test_a_proxy_that_ends_tls_is_believed_by_its_ca_alone(world: World) -> None:
    world.secret("r", url=GITHUB, proxy=proxied(PROXY))
    other = Authority().pem.decode()
    world.cluster.edit("test", "ConfigMap", NAMESPACE, "argocd-tls-certs-cm", {"data": {"github.com": other}})
    with pytest.raises(GitError, match="certificate signed by unknown authority"):
        world.load()


def app(world: World, **values: str) -> dict[str, str]:
    known = {"githubAppID": "424242", "githubAppInstallationID": "31337", "githubAppPrivateKey": world.key}
    return {"url": PRIVATE, "type": "git", "proxy": proxied(PROXY), **known, **values}


def test_an_app_gets_its_token_through_the_proxy_once(world: World) -> None:
    world.secret("r", **app(world))
    assert len(world.load(repoURL=PRIVATE, path="clusters/prod-east").manifests) == 2
    world.load(repoURL=PRIVATE, path="clusters/prod-east")
    assert world.passed.count("api.github.com") == 1


def test_an_app_that_is_not_let_in_is_told_as_argo_cd_tells_it(world: World) -> None:
    world.denied.add("api.github.com")
    world.secret("r", **app(world))
    with pytest.raises(GitError, match="could not get access_token from GitHub API for installation ID 31337: Forbidden"):
        world.load(repoURL=PRIVATE)
    world.denied.clear()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for changed, told in (
        ({"githubAppPrivateKey": pem}, 'received non 2xx response status "401 Unauthorized"'),
        ({"githubAppInstallationID": "1"}, 'received non 2xx response status "404 Not Found"'),
        ({"githubAppPrivateKey": "MARKER"}, "could not parse private key"),
    ):
        world.secret("r", **app(world, **changed))
        with pytest.raises(GitError, match=told) as caught:
            world.load(repoURL=PRIVATE)
        assert "MARKER" not in str(caught.value)


def test_a_chart_comes_through_the_proxy_of_its_repositorys_secret(world: World) -> None:
    with pytest.raises(RenderError, match=r"is not a valid chart repository or cannot be reached: Get .*Client\.Timeout"):
        world.load(**BANNER)
    world.secret("charts", url=CHARTS, type="helm", name="charts", proxy=proxied(PROXY))
    loaded = world.load(**BANNER, helm={"valuesObject": {"text": "Welcome"}})
    assert (loaded.revision, loaded.kind) == ("1.2.0", "Helm")
    [banner] = loaded.manifests
    assert banner["data"] == {"text": "Welcome"}
    assert banner["metadata"]["labels"]["app.kubernetes.io/version"] == "1.2"  # type: ignore[index]
    assert set(world.passed) == {"acme.github.io"}
    assert world.load(**{**BANNER, "targetRevision": "*"}).revision == "1.2.0"
    with pytest.raises(RenderError, match=r'chart "cluster-banner" version "9\.9\.9" not found'):
        world.load(**{**BANNER, "targetRevision": "9.9.9"})
    world.denied.add("acme.github.io")
    with pytest.raises(RenderError, match=r'cannot be reached: Get .*index\.yaml": Forbidden'):
        world.load(**{**BANNER, "targetRevision": "1.1.0"})


@pytest.mark.parametrize(
    ("host", "no_proxy", "go", "curl"),
    [
        ("github.com", "", False, False),
        ("github.com", "*", True, True),
        ("github.com", "gitlab.com,*", True, False),
        ("github.com", "github.com", True, True),
        ("api.github.com", "github.com", True, True),
        ("api.github.com", ".github.com", True, True),
        ("github.com", ".github.com", False, True),
        ("api.github.com", "*.github.com", True, False),
        ("github.com", "gitlab.com github.com", False, True),
        ("github.com", "gitlab.com, github.com", True, True),
        ("github.com", "github.com:443", True, False),
        ("github.com", "github.com:8443", False, False),
        ("notgithub.com", "github.com", False, False),
        ("10.0.3.4", "10.0.0.0/16", True, False),
        ("10.0.3.4", "10.0.3.4", True, True),
        ("10.0.3.4", "4", False, False),
        ("localhost", "", True, False),
        ("127.0.0.1", "", True, False),
    ],
)
def test_no_proxy_means_something_else_to_go_and_to_curl(host: str, no_proxy: str, go: bool, curl: bool) -> None:
    assert (go_goes_past(host, 443, no_proxy), curl_goes_past(host, no_proxy)) == (go, curl)
