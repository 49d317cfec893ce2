"""Waits until Argo CD has listed a repository with what its Secret holds now: only then may an older login go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from strategies.base import Json
from strategies.common.shown import shown
from strategies.ports import Execution, ResourceError, SyncReport
from strategies.resources.cluster import argocd
from strategies.resources.cluster.apis import APPLICATION, dig, items, text
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.errors import as_resource_error

USE_TIMEOUT: Final = 300.0
_POLL = 1.0
_AGAIN = 15.0
"""Seconds after which Argo CD is asked once more: its first look may have come before it had the new Secret."""
_TROUBLES = ("ComparisonError", "UnknownError")
"""Condition types for what cannot be read (argo-cd, pkg/apis/application/v1alpha1/types.go)."""
_LOGIN = re.compile(
    r"authenti|authoriz|denied|forbidden|\b40[13]\b|not found|could not read|handshake|expired|token", re.IGNORECASE
)
"""Words of git, go-git and SSH for a login that is refused; servers hide repositories from those as "not found"."""


def applications(client: KubeClient, namespace: str, url: str) -> list[str]:
    """Applications in Argo CD's namespace that sync from ``url``. Raises ResourceError."""
    with as_resource_error(f"Cannot list the Applications in {namespace}"):
        found = client.list(APPLICATION, namespace)
    return [text(one, "metadata", "name") for one in found if _same(url) in map(_same, _urls(dig(one, "spec")))]


def wait_until_used(client: KubeClient, namespace: str, url: str, run: Execution) -> None:
    """Have each Application that uses ``url`` compared anew, until none is kept from it by a login.

    One that had the same trouble before, which is none of logins, is not waited for. Raises ResourceError.
    """
    for name in applications(client, namespace, url):
        before = _trouble(argocd.sync_report(client, namespace, name))
        _refresh(client, namespace, name, run)
        _wait(client, namespace, name, before, run)


def _refresh(client: KubeClient, namespace: str, name: str, run: Execution) -> None:
    with run.mutation(f"kubernetes:patch {APPLICATION.resource}", {"namespace": namespace, "name": name}):
        argocd.hard_refresh(client, namespace, name)


def _wait(client: KubeClient, namespace: str, name: str, before: str, run: Execution) -> None:
    waited, said = 0.0, ""
    while True:
        report = argocd.sync_report(client, namespace, name)
        trouble = _trouble(report)
        if report is None or (report.sync != "Unknown" and not trouble):
            return
        if trouble and _plain(trouble) == _plain(before) and not _LOGIN.search(trouble):
            run.progress(f"Application {name} has the trouble that it had before: {trouble}")
            return
        told = trouble or report.message or "it has not looked yet"
        if told != said:
            said = told
            run.progress(f"waiting until Argo CD has listed the repository for {name}: {told}")
        if waited >= USE_TIMEOUT:
            raise ResourceError(
                f"Argo CD did not list the repository with its new credential in {waited:.0f} s", f"{name}: {told}",
                "The older credential was left in place. Look at what Argo CD says, then run it again.",
            )  # fmt: skip
        run.sleep(_POLL)
        waited += _POLL
        if trouble and waited % _AGAIN == 0:
            _refresh(client, namespace, name, run)


def _same(url: str) -> str:
    """A URL as Argo CD compares it (argo-cd ``util/git/git.go``, NormalizeGitURL), so far as it matters here."""
    return url.strip().lower().rstrip("/").removesuffix(".git")


def _urls(spec: Json) -> Iterator[str]:
    for source in (dig(spec, "source"), *items(spec, "sources")):
        url = text(source, "repoURL")
        if url:
            yield url


def _trouble(report: SyncReport | None) -> str:
    if report is None:
        return ""
    return next((shown(one, 300) for one in report.conditions if one.startswith(_TROUBLES)), "")


def _plain(trouble: str) -> str:
    """Without its numbers: "after 3 ms" is another one each time, and the same trouble all the same."""
    return re.sub(r"\d+", "#", trouble)
