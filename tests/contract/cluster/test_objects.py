"""Creating, reading, changing and deleting objects (kubernetes.io, "Kubernetes API Concepts")."""

from __future__ import annotations

import base64

import pytest

from tests.contract.cluster.kube import JSON_PATCH, MERGE, STRATEGIC, Kube, stand_in_only

DIGEST = "quay.io/example/tools@sha256:" + "0" * 64


def config_map(name: str = "config", **data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def secret(name: str = "secret", **members: object) -> dict:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, **members}


def deployment(name: str = "web", **container: object) -> dict:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": DIGEST, **container}]},
            },
        },
    }


def test_a_created_object_gets_identity_version_and_time(kube: Kube, core: str) -> None:
    answer = kube.create(f"{core}/configmaps", config_map(a="1"))
    assert answer.code == 201
    meta = answer.body["metadata"]
    assert meta["uid"]
    assert int(meta["resourceVersion"]) > 0
    assert meta["creationTimestamp"].endswith("Z")
    assert kube.get(f"{core}/configmaps/config").body == answer.body


def test_creating_it_twice_is_a_conflict(kube: Kube, core: str) -> None:
    kube.create(f"{core}/configmaps", config_map())
    answer = kube.create(f"{core}/configmaps", config_map())
    assert (answer.code, answer.reason) == (409, "AlreadyExists")
    assert answer.message == 'configmaps "config" already exists'


def test_what_is_not_there_is_named(kube: Kube, core: str) -> None:
    answer = kube.get(f"{core}/secrets/absent")
    assert (answer.code, answer.reason, answer.message) == (404, "NotFound", 'secrets "absent" not found')
    assert answer.body["details"] == {"name": "absent", "kind": "secrets"}


def test_a_namespace_has_to_exist(kube: Kube) -> None:
    answer = kube.create("/api/v1/namespaces/nowhere/configmaps", config_map())
    assert (answer.code, answer.message) == (404, 'namespaces "nowhere" not found')


def test_a_generated_name_begins_as_asked(kube: Kube, core: str) -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "probe-"}}
    names = {kube.create(f"{core}/configmaps", obj).body["metadata"]["name"] for _ in range(2)}
    assert len(names) == 2
    assert all(name.startswith("probe-") and len(name) == len("probe-") + 5 for name in names)


def test_an_update_needs_the_present_version(kube: Kube, core: str) -> None:
    old = kube.create(f"{core}/configmaps", config_map(a="1")).body
    first = kube.call("PUT", f"{core}/configmaps/config", {**old, "data": {"a": "2"}})
    assert first.code == 200
    late = kube.call("PUT", f"{core}/configmaps/config", {**old, "data": {"a": "3"}})
    assert (late.code, late.reason) == (409, "Conflict")
    assert "the object has been modified" in late.message
    assert kube.get(f"{core}/configmaps/config").body["data"] == {"a": "2"}


def test_an_update_that_changes_nothing_keeps_the_version(kube: Kube, core: str) -> None:
    old = kube.create(f"{core}/configmaps", config_map(a="1"))
    again = kube.call("PUT", f"{core}/configmaps/config", old.body)
    assert again.version == old.version


def test_a_dry_run_stores_nothing(kube: Kube, core: str) -> None:
    answer = kube.create(f"{core}/configmaps", config_map(a="1"), dryRun="All")
    assert answer.code == 201
    assert answer.body["metadata"]["uid"]
    assert kube.get(f"{core}/configmaps/config").code == 404
    kube.create(f"{core}/configmaps", config_map(a="1"))
    changed = kube.patch(f"{core}/configmaps/config", {"data": {"a": "2"}}, dryRun="All")
    assert changed.body["data"] == {"a": "2"}
    assert kube.delete(f"{core}/configmaps/config", dryRun="All").code == 200
    assert kube.get(f"{core}/configmaps/config").body["data"] == {"a": "1"}


def test_an_unknown_dry_run_is_refused(kube: Kube, core: str) -> None:
    answer = kube.create(f"{core}/configmaps", config_map(), dryRun="Some")
    assert (answer.code, answer.reason) == (422, "Invalid")


def test_string_data_of_a_secret_becomes_data(kube: Kube, core: str) -> None:
    answer = kube.create(f"{core}/secrets", secret(stringData={"password": "x"}, data={"other": "eA=="}))
    assert answer.body["data"] == {"password": base64.b64encode(b"x").decode(), "other": "eA=="}
    assert "stringData" not in answer.body
    assert answer.body["type"] == "Opaque"


def test_data_of_a_secret_has_to_be_base64(kube: Kube, core: str) -> None:
    answer = kube.create(f"{core}/secrets", secret(data={"password": "not base64!"}))
    assert (answer.code, answer.reason) == (400, "BadRequest")
    assert "illegal base64 data" in answer.message


def test_the_type_of_a_secret_stays(kube: Kube, core: str) -> None:
    kube.create(f"{core}/secrets", secret(type="Opaque"))
    answer = kube.patch(f"{core}/secrets/secret", {"type": "example.com/other"})
    assert (answer.code, answer.causes) == (422, [("FieldValueInvalid", "type")])


def test_numbers_are_no_data(kube: Kube, core: str) -> None:
    answer = kube.create(f"{core}/configmaps", {**config_map(), "data": {"replicas": 3}})
    assert (answer.code, answer.reason) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("obj", "field"),
    [
        (config_map("Upper"), "metadata.name"),
        ({**config_map(), "metadata": {"name": "x", "labels": {"a": "not valid"}}}, "metadata.labels"),
        ({**config_map(), "data": {"a b": "1"}}, "data[a b]"),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}, "metadata.name"),
    ],
)
def test_names_and_labels_are_checked(kube: Kube, core: str, obj: dict, field: str) -> None:
    answer = kube.create(f"{core}/configmaps", obj)
    assert (answer.code, answer.reason) == (422, "Invalid")
    assert field in [cause[1] for cause in answer.causes]


def test_the_body_has_to_agree_with_the_path(kube: Kube, core: str) -> None:
    kube.create(f"{core}/configmaps", config_map())
    other = {**config_map("other"), "metadata": {"name": "other"}}
    assert kube.call("PUT", f"{core}/configmaps/config", other).code == 400
    elsewhere = {**config_map(), "metadata": {"name": "x", "namespace": "default"}}
    assert kube.create(f"{core}/configmaps", elsewhere).code == 400
    assert kube.create(f"{core}/configmaps", secret()).code == 400


def test_a_merge_patch_removes_with_null(kube: Kube, core: str) -> None:
    kube.create(f"{core}/configmaps", config_map(a="1", b="2"))
    answer = kube.patch(f"{core}/configmaps/config", {"data": {"a": None, "c": "3"}}, MERGE)
    assert answer.body["data"] == {"b": "2", "c": "3"}


def test_a_json_patch_is_applied_in_order(kube: Kube, core: str) -> None:
    kube.create(f"{core}/configmaps", config_map(a="1"))
    steps = [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "replace", "path": "/data/a", "value": "2"}]
    assert kube.patch(f"{core}/configmaps/config", steps, JSON_PATCH).body["data"] == {"a": "2"}
    again = kube.patch(f"{core}/configmaps/config", steps, JSON_PATCH)
    assert again.code == 422


def test_a_patch_with_an_old_version_is_a_conflict(kube: Kube, core: str) -> None:
    old = kube.create(f"{core}/configmaps", config_map(a="1"))
    kube.patch(f"{core}/configmaps/config", {"data": {"a": "2"}})
    answer = kube.patch(f"{core}/configmaps/config", {"metadata": {"resourceVersion": old.version}, "data": {"a": "3"}})
    assert (answer.code, answer.reason) == (409, "Conflict")


def test_a_strategic_patch_merges_containers_by_name(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    kube.create(path, deployment(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]))
    container = {"name": "main", "env": [{"name": "A", "value": "9"}, {"name": "B", "$patch": "delete"}]}
    answer = kube.patch(f"{path}/web", {"spec": {"template": {"spec": {"containers": [container]}}}}, STRATEGIC)
    [main] = answer.body["spec"]["template"]["spec"]["containers"]
    assert main["env"] == [{"name": "A", "value": "9"}]
    assert main["image"] == DIGEST


def test_a_deployment_is_completed(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    spec = kube.create(path, deployment(ports=[{"containerPort": 8080}])).body["spec"]
    assert (spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (1, 10, 600)
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
    pod = spec["template"]["spec"]
    assert {name: pod[name] for name in pod if name != "containers"} == {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }
    assert pod["containers"] == [
        {
            "name": "main",
            "image": DIGEST,
            "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": "IfNotPresent",
        }
    ]


def test_a_projected_token_volume_is_completed(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    sources = [{"serviceAccountToken": {"path": "token", "audience": "openshift"}}]
    obj = deployment(volumeMounts=[{"name": "t", "mountPath": "/t"}])
    obj["spec"]["template"]["spec"]["volumes"] = [{"name": "t", "projected": {"sources": sources}}]
    [volume] = kube.create(path, obj).body["spec"]["template"]["spec"]["volumes"]
    assert volume["projected"]["defaultMode"] == 0o644
    assert volume["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"] == 3600


def test_the_generation_counts_changes_of_the_spec(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    assert kube.create(path, deployment()).body["metadata"]["generation"] == 1
    labelled = kube.patch(f"{path}/web", {"metadata": {"labels": {"a": "b"}}})
    assert labelled.body["metadata"]["generation"] == 1
    scaled = kube.patch(f"{path}/web", {"spec": {"replicas": 2}})
    assert scaled.body["metadata"]["generation"] == 2


def test_status_has_a_path_of_its_own(kube: Kube, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    kube.create(path, deployment())
    kube.patch(f"{path}/web", {"status": {"replicas": 7}})
    assert "replicas" not in kube.get(f"{path}/web").body["status"]
    answer = kube.patch(f"{path}/web/status", {"status": {"replicas": 7}, "spec": {"replicas": 5}})
    assert answer.body["status"]["replicas"] == 7
    assert answer.body["spec"]["replicas"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"selector": {"matchLabels": {"app": "other"}}}, "spec.template.metadata.labels"),
        ({"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}}, "spec.template.spec.containers"),
    ],
)
def test_an_impossible_deployment_is_refused(kube: Kube, namespace: str, change: dict, field: str) -> None:
    obj = deployment()
    obj["spec"] |= change
    answer = kube.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", obj)
    assert answer.code == 422
    assert field in [cause[1] for cause in answer.causes]


def test_a_mount_needs_its_volume(kube: Kube, namespace: str) -> None:
    obj = deployment(volumeMounts=[{"name": "none", "mountPath": "/x"}])
    answer = kube.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", obj)
    assert answer.causes == [("FieldValueNotFound", "spec.template.spec.containers[0].volumeMounts[0].name")]


def test_a_binding_keeps_its_role(kube: Kube, namespace: str) -> None:
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
    subject = {"kind": "ServiceAccount", "name": "x", "namespace": namespace}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b"},
        "roleRef": {"kind": "Role", "name": "one"},
        "subjects": [subject],
    }
    made = kube.create(path, binding)
    assert made.body["roleRef"]["apiGroup"] == "rbac.authorization.k8s.io"
    answer = kube.patch(f"{path}/b", {"roleRef": {"name": "two"}})
    assert (answer.code, answer.causes) == (422, [("FieldValueInvalid", "roleRef")])


def test_lists_are_selected_by_labels_and_fields(kube: Kube, core: str) -> None:
    for name, tier in (("a", "web"), ("b", "db"), ("c", "")):
        labels = {"tier": tier, "owner": "us"} if tier else {"owner": "us"}
        kube.create(f"{core}/configmaps", {**config_map(name), "metadata": {"name": name, "labels": labels}})

    def names(**query: str) -> list[str]:
        answer = kube.get(f"{core}/configmaps", **query)
        assert answer.body["kind"] == "ConfigMapList"
        return [item["metadata"]["name"] for item in answer.body["items"]]

    assert names(labelSelector="owner=us") == ["a", "b", "c"]
    assert names(labelSelector="tier in (web, db),tier!=db") == ["a"]
    assert names(labelSelector="!tier,owner") == ["c"]
    assert names(labelSelector="owner=us,tier notin (web)") == ["b", "c"]
    assert names(fieldSelector="metadata.name=b") == ["b"]
    assert kube.get(f"{core}/configmaps", fieldSelector="data.a=1").code == 400


def test_a_finalizer_keeps_an_object_until_it_is_taken_away(kube: Kube, core: str) -> None:
    held = {**config_map(), "metadata": {"name": "config", "finalizers": ["example.com/hold"]}}
    kube.create(f"{core}/configmaps", held)
    marked = kube.delete(f"{core}/configmaps/config")
    assert marked.code == 200
    assert marked.body["metadata"]["deletionTimestamp"]
    assert kube.get(f"{core}/configmaps/config").code == 200
    kube.patch(f"{core}/configmaps/config", {"metadata": {"finalizers": None}})
    assert kube.get(f"{core}/configmaps/config").code == 404


def test_deletion_respects_preconditions(kube: Kube, core: str) -> None:
    kube.create(f"{core}/configmaps", config_map())
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "another"}}
    assert kube.delete(f"{core}/configmaps/config", options).code == 409
    done = kube.delete(f"{core}/configmaps/config")
    assert (done.code, done.body["status"], done.body["details"]["name"]) == (200, "Success", "config")
    assert kube.delete(f"{core}/configmaps/config").code == 404


@stand_in_only("a kube-apiserver alone has no controllers")
def test_a_namespace_is_furnished_and_emptied(kube: Kube, namespace: str, core: str) -> None:
    assert kube.get(f"{core}/serviceaccounts/default").code == 200
    assert "BEGIN CERTIFICATE" in kube.get(f"{core}/configmaps/kube-root-ca.crt").body["data"]["ca.crt"]
    kube.create(f"{core}/configmaps", {**config_map(), "metadata": {"name": "config", "finalizers": ["example.com/hold"]}})
    assert kube.delete(f"/api/v1/namespaces/{namespace}").body["status"]["phase"] == "Terminating"
    assert kube.create(f"{core}/secrets", secret()).reason == "Forbidden"
    kube.patch(f"{core}/configmaps/config", {"metadata": {"finalizers": None}})
    assert kube.get(f"/api/v1/namespaces/{namespace}").code == 404


@stand_in_only("a kube-apiserver alone collects no garbage")
def test_what_is_owned_goes_with_its_owner(kube: Kube, core: str) -> None:
    owner = kube.create(f"{core}/configmaps", config_map("owner")).body
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    kube.create(f"{core}/secrets", {**secret(), "metadata": {"name": "secret", "ownerReferences": [reference]}})
    kube.delete(f"{core}/configmaps/owner")
    assert kube.get(f"{core}/secrets/secret").code == 404
