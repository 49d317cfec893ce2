"""What the source repository holds that Argo CD fetches in another way than over HTTPS from the allowed hosts."""

from __future__ import annotations

from urllib.parse import urlsplit

from strategies.base import Check, Situation, Verdict
from strategies.common.checks import content as common
from strategies.common.shown import shown
from strategies.common.verdicts import counted, more, passed, skipped, warned
from strategies.facts import SOURCE_CONTENT, Submodule

_HTTPS_PORTS = (None, 443)
_UNREAD = "the content of the source was not read: see the hosts that it needs"


def lfs(situation: Situation) -> Verdict:
    """Argo CD fetches what Git LFS keeps only where the repository Secret says ``enableLfs``, and ours does not.

    argo-cd ``docs/operator-manual/declarative-setup.md``, "Repositories".
    """
    if situation.facts.get(SOURCE_CONTENT) is None:
        return skipped(_UNREAD)
    return common.lfs(
        situation,
        "Argo CD fetches the pointers, not the files, and would render the pointer's text. Keep what it renders as plain "
        "files: after this command, git add --renormalize . and commit.",
    )


def submodules(situation: Situation) -> Verdict:
    """Argo CD fetches every submodule with the proxy of the repository, and an HTTP proxy carries HTTPS alone.

    argo-cd ``util/git/client.go``: ``git submodule update`` runs in the same environment as every other call. Their hosts are
    among those that the list has to hold.
    """
    content = situation.facts.get(SOURCE_CONTENT)
    if content is None:
        return skipped(_UNREAD)
    found = content.submodules
    if not found:
        return passed("none")
    stuck = [one for one in found if not _passes(one)]
    if not stuck:
        return passed(
            f"{counted(len(found), 'submodule')}: Argo CD fetches {'it' if len(found) == 1 else 'them'} through the proxy"
        )
    one = stuck[0]
    whence = f"from {shown(one.url)} (.gitmodules:{one.line})" if one.url else "which .gitmodules does not name"
    return warned(
        f"{counted(len(stuck), 'submodule')} that cannot pass the proxy: {shown(one.path)} {whence}{more(len(stuck) - 1)}",
        "Argo CD fetches every submodule before it renders anything. Name it by an https:// URL with port 443, put its files "
        "into this repository, or switch submodules off (ARGOCD_GIT_MODULES_ENABLED=false in the ArgoCD resource, "
        "spec.repo.env).",
    )


def _passes(one: Submodule) -> bool:
    """HTTPS at its own port; a relative URL is one of the source's host (gitmodules(5), ``submodule.NAME.url``)."""
    if one.url is None:
        return False
    if one.url.startswith(("./", "../")):
        return True
    try:
        return one.url.startswith("https://") and urlsplit(one.url).port in _HTTPS_PORTS
    except ValueError:
        return False


CHECKS: tuple[Check, ...] = common.fetched_checks(
    lfs,
    "Files that Git LFS keeps are not in Git: what Argo CD fetches has only their pointers.",
    submodules,
    "Argo CD fetches them from where they are named, whatever the path is, and before it renders anything.",
)
