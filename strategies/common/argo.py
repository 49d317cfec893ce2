"""How Argo CD decides: which URLs are the same to it, what an AppProject permits, which version an operator brings. Pure.

Sources: argo-cd ``util/git/git.go`` (NormalizeGitURL), ``pkg/apis/application/v1alpha1/app_project_types.go``
(IsSourcePermitted, isDestinationMatched), ``util/glob`` (gobwas/glob).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from strategies.facts import ArgoDestination, ArgoProject

IN_CLUSTER = "https://kubernetes.default.svc"
IN_CLUSTER_NAME = "in-cluster"

_BEHIND = {
    (1, 16): "2.14",
    (1, 17): "3.0",
    (1, 18): "3.1",
    (1, 19): "3.1",
    (1, 20): "3.3",
    (1, 21): "3.4",
}
"""OpenShift GitOps -> Argo CD (the release branches of rh-gitops-midstream/release, ``config.yaml``)."""

_SSH = re.compile(r"^(ssh://)?([^/:]*?)@[^@]+$")
_KEPT = "!$&'()*+,;=:@[]/?#%-._~"
"""What Go's ``url.URL.String`` leaves as it is."""


def version_behind(operator: str | None) -> str | None:
    """The Argo CD version that a version of OpenShift GitOps brings, or None when it is not known."""
    found = re.match(r"(\d+)\.(\d+)", operator or "")
    return None if found is None else _BEHIND.get((int(found[1]), int(found[2])))


def normalised(url: str) -> str:
    """The form in which Argo CD compares repository URLs: all in lower case, without ``.git``. Never sent anywhere."""
    text = url.strip().lower()
    if _SSH.match(text) and not text.startswith("ssh://"):
        text = "ssh://" + text.replace(":", "/", 1)
    return quote(text.removesuffix(".git"), safe=_KEPT).removeprefix("ssh://")


def source_fault(project: ArgoProject, url: str) -> str | None:
    """The rule by which the project refuses the repository, ``""`` where no rule permits it, None where it is permitted.

    A rule that begins with ``!`` denies what it matches and, alone in the list, permits everything else. In URLs a star ends
    at a slash; two stars do not.
    """
    wanted, permitted = normalised(url), False
    for rule in project.source_repos:
        if rule.startswith("!"):
            if _matches(normalised(rule[1:]), wanted, "/"):
                return rule
            permitted = True
        else:
            permitted |= rule == "*" or _matches(normalised(rule), wanted, "/")
    return None if permitted else ""


def permits_destination(project: ArgoProject, namespace: str, server: str = IN_CLUSTER, name: str = IN_CLUSTER_NAME) -> bool:
    """True when an Application may name this destination. ``namespace`` is empty when it names none: only ``*`` fits that."""
    permitted = False
    for rule in project.destinations:
        named, served = _rule(rule.name, name), _rule(rule.server, server)
        spaced = _rule(rule.namespace, namespace)
        if (named or served) and spaced:
            permitted = True
        elif _denies(rule.name, named) or _denies(rule.server, served) or _denies(rule.namespace, spaced):
            return False
    return permitted


def shown(destinations: Sequence[ArgoDestination]) -> str:
    """The destinations of a project in a few words."""
    words = [f"{one.server or one.name or 'no server'} {one.namespace or '(no namespace)'}" for one in destinations]
    return "; ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "") or "none"


def _rule(pattern: str, value: str) -> bool:
    """A rule that denies holds for everything that it does not match."""
    return not _matches(pattern[1:], value) if pattern.startswith("!") else pattern == "*" or _matches(pattern, value)


def _denies(pattern: str, holds: bool) -> bool:
    return pattern.startswith("!") and not holds


def _matches(pattern: str, value: str, separator: str = "") -> bool:
    """One glob of gobwas/glob; one that cannot be read matches nothing."""
    try:
        return re.fullmatch(_expression(pattern, separator), value, re.DOTALL) is not None
    except re.error:
        return False


def _expression(pattern: str, separator: str) -> str:
    """The regular expression of a glob: ``*`` ``**`` ``?`` ``[a-z]`` ``[!a-z]`` ``{one,other}``, and ``\\`` before any."""
    one = f"[^{re.escape(separator)}]" if separator else "."
    parts: list[str] = []
    depth = at = 0
    while at < len(pattern):
        character, rest = pattern[at], pattern[at + 1 :]
        at += 1
        if character == "*":
            parts.append(".*" if rest.startswith("*") else f"{one}*")
            at += rest.startswith("*")
        elif character == "?":
            parts.append(one)
        elif character == "[" and (end := rest.find("]", 1)) > 0:
            body = rest[:end].replace("\\", "\\\\")
            parts.append(f"[^{body[1:]}]" if body.startswith("!") else f"[{body}]")
            at += end + 1
        elif character == "{":
            depth += 1
            parts.append("(?:")
        elif character == "}" and depth:
            depth -= 1
            parts.append(")")
        elif character == "," and depth:
            parts.append("|")
        elif character == "\\" and rest:
            parts.append(re.escape(rest[0]))
            at += 1
        else:
            parts.append(re.escape(character))
    return "".join(parts)
