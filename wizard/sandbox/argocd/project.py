"""What an AppProject permits.

Follows argo-cd ``util/argo/argo.go`` (ValidatePermissions), ``pkg/apis/application/v1alpha1/app_project_types.go``
(IsSourcePermitted, isDestinationMatched) and ``docs/user-guide/projects.md``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from wizard.sandbox.argocd.credentials import normalise
from wizard.sandbox.cluster.objects import Object, dig, mapping, mappings, namespace_of, strings, text
from wizard.sandbox.cluster.store import Store

IN_CLUSTER = "https://kubernetes.default.svc"


def fault(store: Store, application: Object) -> str | None:
    """Why the Application is invalid, or None."""
    spec = mapping(application.get("spec"))
    name = text(spec.get("project")) or "default"
    project = store.get("AppProject", namespace_of(application), name)
    if project is None:
        return f"Application referencing project {name} which does not exist"
    destination = mapping(spec.get("destination"))
    server = text(destination.get("server")) or (IN_CLUSTER if destination.get("name") == "in-cluster" else "")
    if server != IN_CLUSTER:
        shown = text(destination.get("name")) or text(destination.get("server"))
        return (
            "application destination spec is invalid: unable to find destination server: there are no clusters with this name: "
            f"{shown}"
        )
    url, namespace = text(dig(spec, "source", "repoURL")), text(destination.get("namespace"))
    if not _permitted(url, strings(dig(project, "spec", "sourceRepos"))):
        return f"application repo {url} is not permitted in project '{name}'"
    rules = [
        tuple(text(each.get(part)) for part in ("server", "name", "namespace"))
        for each in mappings(dig(project, "spec", "destinations"))
    ]
    if _destined(rules, (server, "in-cluster", namespace)):
        return None
    return (
        f"application destination server '{server}' and namespace '{namespace}' do not match any of the allowed destinations "
        f"in project '{name}'"
    )


def _permitted(url: str, rules: Sequence[str]) -> bool:
    """A denying rule that does not match the URL counts as one that permits it."""
    spelt = [f"!{normalise(rule[1:])}" if rule.startswith("!") else normalise(rule) for rule in rules]
    holds = {rule: _holds(rule, normalise(url), "/") for rule in spelt}
    return any(holds.values()) and all(held for rule, held in holds.items() if rule.startswith("!"))


def _destined(rules: Sequence[tuple[str, ...]], wanted: tuple[str, ...]) -> bool:
    """Server or cluster name, and namespace, fit one rule, and no denying one matches."""
    permitted = False
    for rule in rules:
        served, named, spaced = (_holds(pattern, value) for pattern, value in zip(rule, wanted, strict=True))
        if (served or named) and spaced:
            permitted = True
        elif any(p.startswith("!") and not held for p, held in zip(rule, (served, named, spaced), strict=True)):
            return False
    return permitted


def _holds(rule: str, value: str, separator: str = "") -> bool:
    if rule.startswith("!"):
        return not _glob(rule[1:], separator).fullmatch(value)
    return rule == "*" or _glob(rule, separator).fullmatch(value) is not None


def _glob(pattern: str, separator: str) -> re.Pattern[str]:
    """A pattern of gobwas/glob: one star stops at the separator, two do not."""
    anything = f"[^{separator}]" if separator else "."

    def translated(found: re.Match[str]) -> str:
        part = found[0]
        if part.startswith("["):
            return part.replace("[!", "[^", 1)
        known = {"**": ".*", "*": f"{anything}*", "?": anything, "{": "(?:", "}": ")", ",": "|" if "{" in pattern else ","}
        return known.get(part) or re.escape(part)

    return re.compile(re.sub(r"\*\*|\[[^\]]+\]|.", translated, pattern, flags=re.DOTALL), re.DOTALL)
