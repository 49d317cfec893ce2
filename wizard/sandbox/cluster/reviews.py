"""Resources that are questions: access, rules and identity reviews, token reviews, token requests."""

from __future__ import annotations

from datetime import UTC

from wizard.sandbox.cluster.errors import bad_request, invalid, invalid_value
from wizard.sandbox.cluster.kinds import type_named
from wizard.sandbox.cluster.objects import Json, Object, User, dig, mapping, number, strings, text
from wizard.sandbox.cluster.rbac import Authorizer
from wizard.sandbox.cluster.registry import Registry
from wizard.sandbox.cluster.tokens import TokenIssuer


class Reviews:
    """Answers reviews from the authoriser and the token issuer."""

    def __init__(self, registry: Registry, authorizer: Authorizer, issuer: TokenIssuer) -> None:
        self._registry = registry
        self._authorizer = authorizer
        self._issuer = issuer

    def answer(self, kind: str, review: Object, user: User) -> Object:
        """The review with its status filled in. Raises ApiError (400) when it asks nothing."""
        spec = mapping(review.get("spec"))
        answered: Object = {**review, "metadata": {}}
        match kind:
            case "SelfSubjectAccessReview":
                answered["status"] = self._access(spec, user)
            case "SubjectAccessReview":
                asked = User(text(spec.get("user")), tuple(strings(spec.get("groups"))), text(spec.get("uid")))
                answered["status"] = self._access(spec, asked)
            case "SelfSubjectRulesReview":
                answered["status"] = self._rules(text(spec.get("namespace")), user)
            case "SelfSubjectReview":
                answered["status"] = {"userInfo": _user_info(user)}
            case _:
                answered["status"] = self._token(spec)
        return answered

    def _access(self, spec: Object, user: User) -> Object:
        about = spec.get("resourceAttributes")
        if isinstance(about, dict):
            resource = text(about.get("resource"))
            if about.get("subresource"):
                resource += f"/{text(about['subresource'])}"
            allowed = self._authorizer.allows(
                user,
                text(about.get("verb")),
                text(about.get("group")),
                resource,
                text(about.get("namespace")),
                text(about.get("name")),
            )
        elif isinstance(path := spec.get("nonResourceAttributes"), dict):
            allowed = self._authorizer.allows_path(user, text(path.get("verb")), text(path.get("path")))
        else:
            raise bad_request("exactly one of nonResourceAttributes or resourceAttributes must be specified")
        return {"allowed": True, "reason": "RBAC: allowed"} if allowed else {"allowed": False}

    def _rules(self, namespace: str, user: User) -> Object:
        resource_rules: list[Json] = []
        path_rules: list[Json] = []
        for rule in self._authorizer.rules(user, namespace):
            (path_rules if rule.get("nonResourceURLs") else resource_rules).append(dict(rule))
        return {"resourceRules": resource_rules, "nonResourceRules": path_rules, "incomplete": False}

    def _token(self, spec: Object) -> Object:
        audiences = strings(spec.get("audiences"))
        found = self._issuer.read(text(spec.get("token")), audiences)
        if found is None:
            return {"authenticated": False, "error": "[invalid bearer token]", "user": {}}
        user, claims = found
        meant: list[Json] = [item for item in strings(claims.get("aud")) if item in (audiences or self._issuer.audiences)]
        return {"authenticated": True, "user": _user_info(user), "audiences": meant}

    def token_request(self, namespace: str, name: str, request: Object) -> Object:
        """``serviceaccounts/NAME/token``: the request with the token in its status.

        Raises ApiError: 404 when there is no such account, 422 below ten minutes (the API's own minimum).
        """
        account = self._registry.get(type_named("ServiceAccount"), namespace, name)
        seconds = number(dig(request, "spec", "expirationSeconds"), 3600)
        if seconds < 600:
            cause = invalid_value("spec.expirationSeconds", str(seconds), "may not specify a duration less than 10 minutes")
            raise invalid("TokenRequest", "authentication.k8s.io", "", [cause])
        pod: Object | None = None
        if dig(request, "spec", "boundObjectRef", "kind") == "Pod":
            pod = self._registry.get(type_named("Pod"), namespace, text(dig(request, "spec", "boundObjectRef", "name")))
        audiences = strings(dig(request, "spec", "audiences"))
        token, until = self._issuer.sign(account, audiences, seconds, pod)
        shown: list[Json] = list(audiences or self._issuer.audiences[:1])
        spec: Object = {**mapping(request.get("spec")), "audiences": shown, "expirationSeconds": seconds}
        spec.setdefault("boundObjectRef", None)
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": name, "namespace": namespace, "creationTimestamp": self._registry.now()},
            "spec": spec,
            "status": {"token": token, "expirationTimestamp": until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
        }


def _user_info(user: User) -> Object:
    groups: list[Json] = list(user.groups)
    info: Object = {"username": user.name, "groups": groups}
    if user.uid:
        info["uid"] = user.uid
    return info
