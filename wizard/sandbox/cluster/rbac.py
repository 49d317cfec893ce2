"""Who may do what: Roles, ClusterRoles and their bindings, evaluated as the RBAC authorizer does."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.sandbox.cluster.kinds import type_named
from wizard.sandbox.cluster.objects import Object, User, dig, mappings, namespace_of, strings, text
from wizard.sandbox.cluster.storage import Storage


class Authorizer:
    """Answers from the objects in the storage."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def allows(self, user: User, verb: str, group: str, resource: str, namespace: str = "", name: str = "") -> bool:
        """True when the user may. ``resource`` is ``plural`` or ``plural/subresource``; no namespace means cluster-wide."""
        return any(covers(rule, verb, group, resource, name) for rule in self.rules(user, namespace))

    def allows_path(self, user: User, verb: str, path: str) -> bool:
        """True when the user may read a path that is no resource (``/version``)."""
        for rule in self.rules(user, ""):
            paths = strings(rule.get("nonResourceURLs"))
            named = path in paths or any(known.endswith("*") and path.startswith(known[:-1]) for known in paths)
            if named and _has(strings(rule.get("verbs")), verb):
                return True
        return False

    def rules(self, user: User, namespace: str) -> Iterator[Object]:
        """Every rule that holds for the user cluster-wide and in the namespace."""
        for binding in self._storage.of_type(type_named("ClusterRoleBinding"))[0]:
            if _binds(binding, user, ""):
                yield from self._rules(binding, "")
        if namespace:
            for binding in self._storage.of_type(type_named("RoleBinding"), namespace)[0]:
                if _binds(binding, user, namespace):
                    yield from self._rules(binding, namespace)

    def _rules(self, binding: Object, namespace: str) -> list[Object]:
        kind, name = text(dig(binding, "roleRef", "kind")), text(dig(binding, "roleRef", "name"))
        if kind not in ("Role", "ClusterRole"):
            return []
        role = self._storage.get(type_named(kind), namespace if kind == "Role" else "", name)
        return mappings(role.get("rules")) if role else []

    def may_grant(self, user: User, rules: list[Object], namespace: str) -> bool:
        """True when the user holds every one of the rules (so that nobody makes a role that exceeds his own rights)."""
        held = list(self.rules(user, namespace))
        return all(_covered(rule, held) for rule in rules)

    def referenced(self, binding: Object) -> list[Object]:
        """The rules that a binding would grant."""
        return self._rules(binding, namespace_of(binding))


def covers(rule: Object, verb: str, group: str, resource: str, name: str) -> bool:
    """True when one rule allows this."""
    if not _has(strings(rule.get("verbs")), verb) or not _has(strings(rule.get("apiGroups")), group):
        return False
    names = strings(rule.get("resourceNames"))
    if names and name not in names:
        return False
    resources = strings(rule.get("resources"))
    _, _, subresource = resource.partition("/")
    return "*" in resources or resource in resources or bool(subresource and f"*/{subresource}" in resources)


def _has(known: list[str], wanted: str) -> bool:
    return "*" in known or wanted in known


def _covered(rule: Object, held: list[Object]) -> bool:
    for verb in strings(rule.get("verbs")):
        for path in strings(rule.get("nonResourceURLs")):
            if not any(_has(strings(h.get("verbs")), verb) and _has(strings(h.get("nonResourceURLs")), path) for h in held):
                return False
        for group in strings(rule.get("apiGroups")):
            for resource in strings(rule.get("resources")):
                for name in strings(rule.get("resourceNames")) or [""]:
                    if not any(covers(h, verb, group, resource, name) for h in held):
                        return False
    return True


def _binds(binding: Object, user: User, namespace: str) -> bool:
    for subject in mappings(binding.get("subjects")):
        kind, name = subject.get("kind"), text(subject.get("name"))
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups:
            return True
        home = text(subject.get("namespace")) or namespace
        if kind == "ServiceAccount" and user.name == f"system:serviceaccount:{home}:{name}":
            return True
    return False
