"""The cluster's part of the bastion-proxy strategy: repository Secrets with the proxy in them, the Application, as resources.

Argo CD reads ``proxy`` and ``noProxy`` of a repository's own Secret for everything that it starts for that repository
(argo-cd ``docs/operator-manual/declarative-setup.md``; ``util/proxy/proxy.go``): nothing else in the cluster takes the proxy.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from strategies.answers import Answers
from strategies.base import Group, Resource
from strategies.bastion_proxy import addresses, names
from strategies.common import manifests
from strategies.kinds import RepoServerEnvironmentResource, SecretObjectResource, SecretText, TrustedCertificateResource

_GIT, _HELM = "git", "helm"


def cluster_resources(answers: Answers, behind: tuple[str, ...]) -> Iterator[Resource]:
    """Every object in the cluster, for complete answers; ``behind`` are the addresses of what the way out consists of."""
    asked = answers.bastion_proxy
    certificates = tuple(_certificates(answers))
    yield from certificates
    source = answers.source.url or ""
    yield _secret(answers, addresses.SECRET, asked.secret_name or "", _GIT, source)
    helm = [
        _secret(answers, addresses.helm_secret(name), name, _HELM, url)
        for url in asked.repositories.helm or ()
        for name in (names.helm_secret(answers.name or "", url),)
    ]
    yield from helm
    environment = _environment(answers) if asked.repo_server.proxy else None
    if environment is not None:
        yield environment
    before = (addresses.SECRET, *(one.address for one in (*helm, *certificates)), *behind)
    yield manifests.cluster_object(
        answers,
        addresses.APPLICATION,
        f"Application {answers.application.name}",
        manifests.application(answers, source),
        depends_on=before if environment is None else (*before, environment.address),
        explain="What Argo CD syncs: this path of this repository into this cluster.",
    )


def repository_values(answers: Answers, kind: str, url: str) -> tuple[dict[str, str], dict[str, SecretText]]:
    """What stands in the Secret of a repository: the values that are no secret, and those that are known by reference."""
    asked, source = answers.bastion_proxy, answers.source
    plain = {"type": kind, "url": url, "noProxy": ",".join(asked.no_proxy or ())}
    secret: dict[str, SecretText] = {}
    if asked.proxy.method == "existing" and asked.proxy.username is not None and asked.proxy.password is not None:
        where = (asked.proxy.url or "").removeprefix("http://")
        secret["proxy"] = SecretText(
            asked.proxy.password, before=f"http://{quote(asked.proxy.username, safe='')}:", after=f"@{where}", in_url=True
        )
    else:
        plain["proxy"] = asked.proxy.url or ""
    if kind == _HELM:
        plain["name"] = names.helm_secret(answers.name or "", url)
    elif asked.github_app.id is not None:
        plain |= {"githubAppID": asked.github_app.id, "githubAppInstallationID": asked.github_app.installation_id or ""}
        if (urlsplit(url).hostname or "").lower() != "github.com":
            plain["githubAppEnterpriseBaseUrl"] = f"https://{urlsplit(url).netloc}/api/v3"
        secret["githubAppPrivateKey"] = SecretText(asked.github_app.private_key or "")
    elif source.password is not None:
        plain["username"] = source.username or "x-access-token"
        secret["password"] = SecretText(source.password)
    return plain, secret


def _secret(answers: Answers, address: str, name: str, kind: str, url: str) -> Resource:
    plain, secret = repository_values(answers, kind, url)
    manifest = manifests.repository_secret(answers, name, plain)
    what = "Helm repository" if kind == _HELM else "repository"
    title, explain = f"{what.capitalize()} secret {name}", f"Tells Argo CD to go to {url} through the proxy."
    if not secret:
        return manifests.cluster_object(answers, address, title, manifest, explain=explain)
    return SecretObjectResource(
        address=address,
        title=title,
        group=Group.CLUSTER,
        owner=manifests.owner(answers),
        explain=f"{explain} What is secret in it is looked up when it is sent.",
        manifest=manifest,
        values=secret,
    )


def _certificates(answers: Answers) -> Iterator[TrustedCertificateResource]:
    """A proxy that inspects TLS shows its own certificates for every host: Argo CD is to believe its CA for each of them."""
    asked = answers.bastion_proxy
    if asked.proxy.method != "existing" or asked.proxy.ca_file is None:
        return
    urls = (answers.source.url or "", *(asked.repositories.helm or ()))
    hosts = dict.fromkeys((*(urlsplit(url).hostname or "" for url in urls), *(asked.allow.hosts or ())))
    for host in filter(None, hosts):
        yield TrustedCertificateResource(
            address=addresses.certificate(host),
            title=f"CA for {host}",
            group=Group.CLUSTER,
            owner=manifests.owner(answers),
            explain="The proxy inspects TLS: Argo CD believes its CA for this host, and for no other.",
            namespace=answers.argocd.namespace or "",
            host=host,
            ca_file=asked.proxy.ca_file,
        )


def _environment(answers: Answers) -> RepoServerEnvironmentResource | None:
    """For what no repository Secret is for. A proxy with a login is not given this way: the ArgoCD resource hides nothing."""
    asked = answers.bastion_proxy
    if asked.proxy.username is not None:
        return None
    return RepoServerEnvironmentResource(
        address=addresses.REPO_SERVER,
        title=f"Environment of the repo-server of {answers.argocd.name}",
        group=Group.CLUSTER,
        owner=manifests.owner(answers),
        explain="Gives the proxy to everything that the repo-server starts; it restarts once.",
        namespace=answers.argocd.namespace or "",
        name=answers.argocd.name or "",
        variables={
            "HTTP_PROXY": asked.proxy.url or "",
            "HTTPS_PROXY": asked.proxy.url or "",
            "NO_PROXY": ",".join(asked.no_proxy or ()),
        },
    )
