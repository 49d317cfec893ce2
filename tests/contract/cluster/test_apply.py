"""Server-side apply (kubernetes.io, "Server-Side Apply"; KEP-555)."""

from __future__ import annotations

import base64

from tests.contract.cluster.kube import Kube
from tests.contract.cluster.test_objects import DIGEST, config_map, deployment


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(**data: str) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {key: encoded(value) for key, value in data.items()},
    }


def test_apply_creates_and_says_who_holds_what(kube: Kube, core: str) -> None:
    answer = kube.apply(f"{core}/secrets/s", secret(a="1"))
    assert answer.code == 201
    [entry] = answer.body["metadata"]["managedFields"]
    assert entry.pop("time")
    assert entry == {
        "manager": "one",
        "operation": "Apply",
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:a": {}}},
    }


def test_applying_the_same_again_changes_nothing(kube: Kube, core: str) -> None:
    first = kube.apply(f"{core}/secrets/s", secret(a="1"))
    again = kube.apply(f"{core}/secrets/s", secret(a="1"))
    assert again.code == 200
    assert again.body == first.body


def test_a_manager_is_required(kube: Kube, core: str) -> None:
    answer = kube.call("PATCH", f"{core}/secrets/s", secret(a="1"), content_type="application/apply-patch+yaml")
    assert (answer.code, answer.reason) == (422, "Invalid")
    assert answer.causes == [("FieldValueRequired", "fieldManager")]


def test_another_managers_value_is_a_conflict(kube: Kube, core: str) -> None:
    kube.apply(f"{core}/secrets/s", secret(a="1", b="1"))
    answer = kube.apply(f"{core}/secrets/s", secret(a="2"), "two")
    assert (answer.code, answer.reason) == (409, "Conflict")
    assert answer.message == 'Apply failed with 1 conflict: conflict with "one": .data.a'
    assert answer.causes == [("FieldManagerConflict", ".data.a")]
    both = kube.apply(f"{core}/secrets/s", secret(a="2", b="2"), "two")
    assert both.message.startswith('Apply failed with 2 conflicts: conflicts with "one":\n- .data.')
    assert sorted(both.causes) == [("FieldManagerConflict", ".data.a"), ("FieldManagerConflict", ".data.b")]
    assert kube.get(f"{core}/secrets/s").body["data"] == secret(a="1", b="1")["data"]


def test_a_dry_run_finds_the_same_conflict(kube: Kube, core: str) -> None:
    kube.apply(f"{core}/secrets/s", secret(a="1"))
    assert kube.apply(f"{core}/secrets/s", secret(a="2"), "two", dryRun="All").code == 409
    forced = kube.apply(f"{core}/secrets/s", secret(a="2"), "two", dryRun="All", force="true")
    assert forced.body["data"] == secret(a="2")["data"]
    assert kube.get(f"{core}/secrets/s").body["data"] == secret(a="1")["data"]


def test_force_takes_the_field(kube: Kube, core: str) -> None:
    kube.apply(f"{core}/secrets/s", secret(a="1", b="1"))
    taken = kube.apply(f"{core}/secrets/s", secret(a="2"), "two", force="true")
    assert taken.code == 200
    assert taken.fields("one") == {"f:data": {"f:b": {}}}
    assert taken.fields("two") == {"f:data": {"f:a": {}}}


def test_equal_values_are_shared_and_outlive_one_owner(kube: Kube, core: str) -> None:
    kube.apply(f"{core}/secrets/s", secret(a="1", b="1"))
    shared = kube.apply(f"{core}/secrets/s", secret(a="1"), "two")
    assert shared.code == 200
    assert shared.fields("one") == {"f:data": {"f:a": {}, "f:b": {}}}
    left = kube.apply(f"{core}/secrets/s", secret())
    assert left.body["data"] == secret(a="1")["data"]
    assert left.fields("two") == {"f:data": {"f:a": {}}}


def test_what_is_no_longer_applied_goes(kube: Kube, core: str) -> None:
    kube.apply(f"{core}/secrets/s", secret(a="1", b="1"))
    answer = kube.apply(f"{core}/secrets/s", secret(a="1"))
    assert answer.body["data"] == secret(a="1")["data"]
    labelled = {**config_map(a="1"), "metadata": {"name": "config", "labels": {"x": "y"}}}
    kube.apply(f"{core}/configmaps/config", labelled)
    bare = kube.apply(f"{core}/configmaps/config", config_map(a="1"))
    assert "labels" not in bare.body["metadata"]


def test_an_update_takes_fields_without_asking(kube: Kube, core: str) -> None:
    kube.apply(f"{core}/secrets/s", secret(a="1", b="1"))
    patched = kube.patch(f"{core}/secrets/s", {"data": {"a": encoded("2")}}, user_agent="refresher/1.0")
    assert patched.fields("one") == {"f:data": {"f:b": {}}}
    assert patched.fields("refresher") == {"f:data": {"f:a": {}}}
    answer = kube.apply(f"{core}/secrets/s", secret(a="1", b="1"))
    assert answer.code == 409
    assert answer.message.startswith('Apply failed with 1 conflict: conflict with "refresher" using v1')
    kept = kube.apply(f"{core}/secrets/s", secret(b="1"))
    assert kept.body["data"] == secret(a="2", b="1")["data"]


def test_string_data_conflicts_even_with_an_equal_value(kube: Kube, core: str) -> None:
    """``stringData`` is never stored, so each apply of it is a change: why the product sends ``data``."""
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "1"}}
    first = kube.apply(f"{core}/secrets/s", obj)
    assert first.body["data"] == {"a": encoded("1")}
    # Only what it holds: a real server writes the time of each apply anew, so that the version stays within one second alone.
    again = kube.apply(f"{core}/secrets/s", obj)
    assert (again.code, again.body["data"]) == (200, first.body["data"])
    assert kube.apply(f"{core}/secrets/s", obj, "two").causes == [("FieldManagerConflict", ".stringData.a")]


def test_containers_variables_and_mounts_are_told_apart(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    first = kube.apply(path, deployment(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]))
    assert first.code == 201, first.body
    held = first.fields("one")["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"main"}']
    assert held == {
        ".": {},
        "f:name": {},
        "f:image": {},
        "f:env": {
            'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}},
            'k:{"name":"B"}': {".": {}, "f:name": {}, "f:value": {}},
        },
    }
    assert first.fields("one")["f:spec"]["f:selector"] == {}
    assert "f:replicas" not in first.fields("one")["f:spec"]

    patch = {"spec": {"template": {"spec": {"containers": [{"name": "main", "env": [{"name": "C", "value": "3"}]}]}}}}
    added = kube.apply(path, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, **patch}, "two")
    [main] = added.body["spec"]["template"]["spec"]["containers"]
    assert sorted(variable["name"] for variable in main["env"]) == ["A", "B", "C"]

    conflict = kube.apply(path, deployment(env=[{"name": "C", "value": "9"}]))
    assert conflict.causes == [("FieldManagerConflict", '.spec.template.spec.containers[name="main"].env[name="C"].value')]

    fewer = kube.apply(path, deployment(env=[{"name": "A", "value": "1"}]))
    [main] = fewer.body["spec"]["template"]["spec"]["containers"]
    assert sorted(variable["name"] for variable in main["env"]) == ["A", "C"]
    assert main["image"] == DIGEST


def test_an_applied_container_goes_with_its_defaults(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    two = deployment()
    two["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": DIGEST})
    kube.apply(path, two)
    answer = kube.apply(path, deployment())
    assert [c["name"] for c in answer.body["spec"]["template"]["spec"]["containers"]] == ["main"]


def test_a_deployment_applied_again_keeps_version_and_generation(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    ports = [{"containerPort": 8080}]
    first = kube.apply(path, deployment(ports=ports))
    again = kube.apply(path, deployment(ports=ports))
    assert (again.version, again.body["metadata"]["generation"]) == (first.version, 1)


def test_a_creation_holds_everything_it_set(kube: Kube, core: str) -> None:
    labelled = {**config_map(a="1"), "metadata": {"name": "config", "labels": {"x": "y"}}}
    answer = kube.create(f"{core}/configmaps", labelled, fieldManager="creator")
    [entry] = answer.body["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("creator", "Update")
    assert entry["fieldsV1"] == {
        "f:data": {".": {}, "f:a": {}},
        "f:metadata": {"f:labels": {".": {}, "f:x": {}}},
    }


def test_a_created_deployment_holds_its_defaults_too(kube: Kube, namespace: str) -> None:
    answer = kube.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", deployment(), fieldManager="creator")
    spec = answer.fields("creator")["f:spec"]
    assert spec["f:replicas"] == {}
    assert spec["f:strategy"] == {"f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}, "f:type": {}}
    assert spec["f:template"]["f:metadata"] == {"f:labels": {".": {}, "f:app": {}}}
    assert spec["f:template"]["f:spec"]["f:containers"]['k:{"name":"main"}'] == {
        ".": {},
        "f:image": {},
        "f:imagePullPolicy": {},
        "f:name": {},
        "f:resources": {},
        "f:terminationMessagePath": {},
        "f:terminationMessagePolicy": {},
    }


def test_finalizers_and_owners_are_shared_lists(kube: Kube, core: str) -> None:
    def with_finalizer(name: str) -> dict:
        return {**config_map(a="1"), "metadata": {"name": "config", "finalizers": [name]}}

    kube.apply(f"{core}/configmaps/config", with_finalizer("example.com/a"))
    both = kube.apply(f"{core}/configmaps/config", with_finalizer("example.com/b"), "two")
    assert sorted(both.body["metadata"]["finalizers"]) == ["example.com/a", "example.com/b"]
    assert both.fields("two")["f:metadata"] == {"f:finalizers": {'v:"example.com/b"': {}}}
    one = kube.apply(f"{core}/configmaps/config", config_map(a="1"))
    assert one.body["metadata"]["finalizers"] == ["example.com/b"]
    kube.apply(f"{core}/configmaps/config", config_map(a="1"), "two")


def test_rules_are_one_value(kube: Kube, namespace: str) -> None:
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles/r"

    def role(*verbs: str) -> dict:
        rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["s"], "verbs": list(verbs)}
        return {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "r"},
            "rules": [rule],
        }

    first = kube.apply(path, role("get", "patch"))
    assert first.fields("one") == {"f:rules": {}}
    assert kube.apply(path, role("get"), "two").causes == [("FieldManagerConflict", ".rules")]


def test_nobody_applies_managed_fields(kube: Kube, core: str) -> None:
    obj = secret(a="1")
    obj["metadata"]["managedFields"] = [{"manager": "x", "operation": "Apply", "apiVersion": "v1"}]
    answer = kube.apply(f"{core}/secrets/s", obj)
    assert (answer.code, answer.message) == (400, "metadata.managedFields must be nil")


def test_an_applied_version_has_to_be_the_present_one(kube: Kube, core: str) -> None:
    first = kube.apply(f"{core}/secrets/s", secret(a="1"))
    kube.apply(f"{core}/secrets/s", secret(a="2"))
    late = secret(a="3")
    late["metadata"]["resourceVersion"] = first.version
    assert kube.apply(f"{core}/secrets/s", late).reason == "Conflict"


def test_applying_nothing_takes_away_what_that_manager_has_put_there_and_nothing_else(kube: Kube, core: str) -> None:
    """How one entry of a shared ConfigMap is kept by a manager of its own, with the annotation that names it."""
    path = f"{core}/configmaps/shared"

    def entry(key: str, value: str) -> dict:
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "shared", "annotations": {f"example.com/{key}": "mine"}},
            "data": {f"{key}.example.com": value},
        }

    kube.apply(
        path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}, "data": {"theirs": "0"}}, "others"
    )
    for manager, key in (("a", "one"), ("b", "two"), ("c", "two")):
        assert kube.apply(path, entry(key, "1"), manager).code in {200, 201}
    nothing: dict = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}}
    left = kube.apply(path, nothing, "a").body
    assert left["data"] == {"theirs": "0", "two.example.com": "1"}
    assert left["metadata"]["annotations"] == {"example.com/two": "mine"}
    assert "two.example.com" in kube.apply(path, nothing, "b").body["data"]
    uid = left["metadata"]["uid"]
    last = kube.apply(path, {**nothing, "metadata": {"name": "shared", "uid": uid}}, "c").body
    assert last["data"] == {"theirs": "0"}
    assert "annotations" not in last["metadata"]
    other = kube.apply(path, {**nothing, "metadata": {"name": "shared", "uid": "00000000-0000-4000-8000-000000000000"}}, "c")
    assert (other.code, other.message.partition(": ")[2].partition(":")[0]) == (422, "metadata.uid")
