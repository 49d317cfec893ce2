"""What the API server fills in by itself (kubernetes ``pkg/apis/*/v1/defaults.go``), and Secret's ``stringData``."""

from __future__ import annotations

import base64

from wizard.sandbox.cluster.kinds import ResourceType
from wizard.sandbox.cluster.objects import Json, Object, dig, items, mapping, mappings, metadata, name_of, section, text


def fill(type_: ResourceType, obj: Object) -> None:
    """Complete an object in place, as decoding it on the server does."""
    _drop_empty(metadata(obj), "labels", "annotations", "finalizers", "ownerReferences")
    if type_.status and not type_.custom:
        section(obj, "status")
    match type_.kind:
        case "Secret":
            _secret(obj)
            _drop_empty(obj, "data")
        case "ConfigMap":
            _drop_empty(obj, "data", "binaryData")
        case "Namespace":
            _namespace(obj)
        case "Deployment":
            _deployment(section(obj, "spec"))
        case "Job":
            _job(section(obj, "spec"))
        case "CronJob":
            _cron_job(section(obj, "spec"))
        case "RoleBinding" | "ClusterRoleBinding":
            _binding(obj)
        case _:
            pass


def _defaults(place: Object, **values: Json) -> None:
    for name, value in values.items():
        if place.get(name) is None:
            place[name] = value


def _drop_empty(place: Object, *names: str) -> None:
    """Go leaves empty maps and lists out when it writes these members."""
    for name in names:
        if name in place and not place[name]:
            del place[name]


def _secret(secret: Object) -> None:
    _defaults(secret, type="Opaque")
    given = secret.pop("stringData", None)
    if isinstance(given, dict) and given:
        data = section(secret, "data")
        for key, value in given.items():
            data[key] = base64.b64encode(text(value).encode()).decode()


def _namespace(namespace: Object) -> None:
    _defaults(section(namespace, "spec"), finalizers=["kubernetes"])
    _defaults(section(namespace, "status"), phase="Active")
    if name := name_of(namespace):
        section(metadata(namespace), "labels")["kubernetes.io/metadata.name"] = name


def _deployment(spec: Object) -> None:
    _defaults(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = section(spec, "strategy")
    _defaults(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _defaults(section(strategy, "rollingUpdate"), maxSurge="25%", maxUnavailable="25%")
    _pod_template(spec, restart_policy="Always")


def _job(spec: Object) -> None:
    _defaults(spec, backoffLimit=6, completions=1, parallelism=1, completionMode="NonIndexed", suspend=False)
    _pod_template(spec, restart_policy=None)


def _cron_job(spec: Object) -> None:
    _defaults(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    job = mapping(dig(spec, "jobTemplate", "spec"))
    if job:
        _pod_template(job, restart_policy=None)


def _pod_template(owner: Object, *, restart_policy: str | None) -> None:
    template = owner.get("template")
    if not isinstance(template, dict):
        return
    pod = section(template, "spec")
    if restart_policy:
        _defaults(pod, restartPolicy=restart_policy)
    _defaults(
        pod, terminationGracePeriodSeconds=30, dnsPolicy="ClusterFirst", securityContext={}, schedulerName="default-scheduler"
    )
    if pod.get("serviceAccountName"):
        pod["serviceAccount"] = pod["serviceAccountName"]
    for container in mappings(pod.get("containers")) + mappings(pod.get("initContainers")):
        _container(container)
    for volume in mappings(pod.get("volumes")):
        _volume(volume)


def _container(container: Object) -> None:
    image = text(container.get("image"))
    latest = "@" not in image and (image.endswith(":latest") or ":" not in image.rpartition("/")[2])
    _defaults(
        container,
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        imagePullPolicy="Always" if latest else "IfNotPresent",
        resources={},
    )
    for port in mappings(container.get("ports")):
        _defaults(port, protocol="TCP")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name)
        if isinstance(probe, dict):
            _defaults(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
            if isinstance(get := probe.get("httpGet"), dict):
                _defaults(get, path="/", scheme="HTTP")
    for variable in mappings(container.get("env")):
        _field_ref(mapping(variable.get("valueFrom")))


def _field_ref(source: Object) -> None:
    if isinstance(reference := source.get("fieldRef"), dict):
        _defaults(reference, apiVersion="v1")


def _volume(volume: Object) -> None:
    for name in ("configMap", "secret", "projected", "downwardAPI"):
        if isinstance(source := volume.get(name), dict):
            _defaults(source, defaultMode=0o644)
    for source in mappings(dig(volume, "projected", "sources")):
        if isinstance(token := source.get("serviceAccountToken"), dict):
            _defaults(token, expirationSeconds=3600)
        for item in mappings(dig(source, "downwardAPI", "items")):
            _field_ref(item)
    for item in mappings(dig(volume, "downwardAPI", "items")):
        _field_ref(item)


def _binding(binding: Object) -> None:
    rbac = "rbac.authorization.k8s.io"
    if isinstance(binding.get("roleRef"), dict):
        reference = section(binding, "roleRef")
        if not reference.get("apiGroup"):
            reference["apiGroup"] = rbac
    for subject in items(binding.get("subjects")):
        if isinstance(subject, dict) and subject.get("kind") in ("User", "Group"):
            _defaults(subject, apiGroup=rbac)
