"""Who may do what: authentication, RBAC, reviews and token requests (kubernetes.io, "Using RBAC Authorization")."""

from __future__ import annotations

import base64
import json
import time

import pytest

from tests.contract.cluster.kube import Kube, stand_in_only

RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces"
REVIEWS = "/apis/authorization.k8s.io/v1"


@pytest.fixture
def refresher(kube: Kube, namespace: str, core: str) -> Kube:
    """A service account that may get and patch one named Secret."""
    api = "rbac.authorization.k8s.io/v1"
    kube.create(f"{core}/serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "refresher"}})
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["get", "patch"]}
    kube.create(f"{RBAC}/{namespace}/roles", {"apiVersion": api, "kind": "Role", "metadata": {"name": "r"}, "rules": [rule]})
    binding = {
        "apiVersion": api,
        "kind": "RoleBinding",
        "metadata": {"name": "r"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "refresher", "namespace": namespace}],
    }
    assert kube.create(f"{RBAC}/{namespace}/rolebindings", binding).code == 201
    for name in ("mine", "other"):
        kube.create(f"{core}/secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}})
    until_allowed(kube, namespace, verb="get", resource="secrets", name="mine")
    return kube.as_token(token(kube, core))


def until_allowed(kube: Kube, namespace: str, **about: str) -> None:
    """A real server's authoriser watches roles and bindings, and learns of one a moment after it was written.

    The administrator asks about the service account: its own question would have its token remembered by the server.
    """
    user = f"system:serviceaccount:{namespace}:refresher"
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": {"namespace": namespace, **about}},
    }
    for _ in range(100):
        if kube.create(f"{REVIEWS}/subjectaccessreviews", review).body["status"]["allowed"]:
            return
        time.sleep(0.1)
    pytest.fail(f"never allowed: {about}")


def token(kube: Kube, core: str, *audiences: str) -> str:
    spec = {"audiences": list(audiences), "expirationSeconds": 600} if audiences else {}
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    answer = kube.create(f"{core}/serviceaccounts/refresher/token", request)
    assert answer.code == 201, answer.body
    return answer.body["status"]["token"]


def claims(jwt: str) -> dict:
    payload = jwt.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_a_token_that_nobody_gave_out(kube: Kube) -> None:
    answer = kube.as_token("wrong").get("/api/v1/namespaces")
    assert (answer.code, answer.reason, answer.message) == (401, "Unauthorized", "Unauthorized")


def test_no_token_is_anonymous(kube: Kube) -> None:
    answer = kube.as_token(None).get("/api/v1/namespaces/default/secrets/x")
    assert answer.code == 403
    assert 'User "system:anonymous" cannot get resource "secrets"' in answer.message
    assert kube.as_token(None).get("/version").code == 200


def test_one_named_secret_and_nothing_else(refresher: Kube, namespace: str, core: str) -> None:
    assert refresher.get(f"{core}/secrets/mine").code == 200
    assert refresher.patch(f"{core}/secrets/mine", {"data": {"a": "eA=="}}).code == 200
    user = f"system:serviceaccount:{namespace}:refresher"
    other = refresher.get(f"{core}/secrets/other")
    assert (other.code, other.reason) == (403, "Forbidden")
    assert other.message.startswith(
        f'secrets "other" is forbidden: User "{user}" cannot get resource "secrets" in API group "" '
        f'in the namespace "{namespace}"'
    )
    listed = refresher.get(f"{core}/secrets")
    assert listed.message.startswith(f'secrets is forbidden: User "{user}" cannot list resource "secrets"')
    assert "at the cluster scope" in refresher.get("/api/v1/secrets").message
    assert refresher.delete(f"{core}/secrets/mine").code == 403


def test_applying_something_new_takes_the_right_to_create(refresher: Kube, kube: Kube, core: str) -> None:
    kube.delete(f"{core}/secrets/mine")
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine"}}
    answer = refresher.apply(f"{core}/secrets/mine", obj)
    assert answer.code == 403
    assert answer.message.startswith('secrets "mine" is forbidden: ')


@pytest.mark.parametrize(
    ("verb", "name", "allowed"),
    [("get", "mine", True), ("patch", "mine", True), ("get", "other", False), ("list", "", False), ("delete", "mine", False)],
)
def test_reviews_say_the_same(refresher: Kube, namespace: str, verb: str, name: str, allowed: bool) -> None:
    about = {"namespace": namespace, "verb": verb, "resource": "secrets", "name": name}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": about}}
    answer = refresher.create(f"{REVIEWS}/selfsubjectaccessreviews", review)
    assert answer.code == 201
    assert answer.body["status"]["allowed"] is allowed


def test_rules_are_listed(refresher: Kube, namespace: str) -> None:
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    rules = refresher.create(f"{REVIEWS}/selfsubjectrulesreviews", review).body["status"]["resourceRules"]
    assert {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["get", "patch"]} in rules


def test_nobody_grants_more_than_he_holds(kube: Kube, namespace: str, core: str, refresher: Kube) -> None:
    api = "rbac.authorization.k8s.io/v1"
    writer = {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["create"]}
    path = f"{RBAC}/{namespace}/roles"
    mine = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["get", "patch"]}
    kube.call("PUT", f"{path}/r", {"apiVersion": api, "kind": "Role", "metadata": {"name": "r"}, "rules": [mine, writer]})
    until_allowed(kube, namespace, verb="create", group="rbac.authorization.k8s.io", resource="roles")
    less = {"apiVersion": api, "kind": "Role", "metadata": {"name": "less"}, "rules": [{**mine, "verbs": ["get"]}]}
    more = {"apiVersion": api, "kind": "Role", "metadata": {"name": "more"}, "rules": [{**mine, "verbs": ["delete"]}]}
    assert refresher.create(path, less).code == 201
    answer = refresher.create(path, more)
    assert answer.code == 403
    assert "attempting to grant RBAC permissions not currently held" in answer.message


def test_a_token_is_made_for_its_audience(kube: Kube, namespace: str, core: str, refresher: Kube) -> None:
    made = token(kube, core, "openshift")
    found = claims(made)
    assert found["sub"] == f"system:serviceaccount:{namespace}:refresher"
    assert found["aud"] == ["openshift"]
    assert found["exp"] - found["iat"] == 600
    assert found["iss"].startswith("https://")
    assert found["kubernetes.io"]["serviceaccount"]["name"] == "refresher"
    assert kube.as_token(made).get(f"{core}/secrets/mine").code == 401


def test_a_token_ends_with_its_service_account(kube: Kube, core: str, refresher: Kube) -> None:
    kube.delete(f"{core}/serviceaccounts/refresher")
    assert refresher.get(f"{core}/secrets/mine").code == 401


def test_a_token_lasts_ten_minutes_at_least(kube: Kube, core: str, refresher: Kube) -> None:
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 60}}
    answer = kube.create(f"{core}/serviceaccounts/refresher/token", request)
    assert (answer.code, answer.causes) == (422, [("FieldValueInvalid", "spec.expirationSeconds")])


@stand_in_only("SelfSubjectReview came with Kubernetes 1.28")
def test_who_am_i(refresher: Kube, namespace: str) -> None:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = refresher.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    assert answer.body["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:refresher"
