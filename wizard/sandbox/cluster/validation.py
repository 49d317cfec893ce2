"""What the API server refuses to store (kubernetes ``pkg/apis/*/validation``, and the schema of Argo CD's Application)."""

from __future__ import annotations

import base64
import binascii
import json
import re

from wizard.sandbox.cluster import errors
from wizard.sandbox.cluster.kinds import ResourceType
from wizard.sandbox.cluster.objects import Json, Object, dig, items, labels_of, mapping, mappings, name_of, strings, text

_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_VALUE = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_DATA_KEY = r"[-._a-zA-Z0-9]+"

_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    f"with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    f"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_LABEL_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
    f"regex used for validation is '{_LABEL_VALUE}')"
)
_DATA_KEY_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    f"'key-name', regex used for validation is '{_DATA_KEY}')"
)


def _quoted(value: Json) -> str:
    return json.dumps(value)


def decodable(type_: ResourceType, obj: Object) -> None:
    """Refuse (400) what could not be read into the kind's Go type."""
    if not isinstance(obj.get("metadata", {}), dict):
        raise _undecodable(type_, "json: cannot unmarshal into Go struct field .metadata of type v1.ObjectMeta")
    for place in ("labels", "annotations"):
        _string_map(type_, dig(obj, "metadata", place), f"ObjectMeta.metadata.{place}")
    if type_.kind in ("Secret", "ConfigMap"):
        for place in ("data", "stringData", "binaryData"):
            _string_map(type_, obj.get(place), f"{type_.kind}.{place}")
    encoded = {"Secret": "data", "ConfigMap": "binaryData"}.get(type_.kind)
    if encoded:
        for value in mapping(obj.get(encoded)).values():
            _base64(type_, text(value))


def _undecodable(type_: ResourceType, why: str) -> errors.ApiError:
    return errors.bad_request(f'{type_.kind} in version "{type_.version}" cannot be handled as a {type_.kind}: {why}')


def _string_map(type_: ResourceType, value: Json, field: str) -> None:
    for below in mapping(value).values():
        if below is not None and not isinstance(below, str):
            form = {bool: "bool", int: "number", float: "number", list: "array", dict: "object"}[type(below)]
            raise _undecodable(type_, f"json: cannot unmarshal {form} into Go struct field {field} of type string")


def _base64(type_: ResourceType, value: str) -> None:
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        allowed = re.match(r"[A-Za-z0-9+/]*={0,2}", value)
        position = len(allowed.group()) if allowed else 0
        raise _undecodable(type_, f"illegal base64 data at input byte {min(position, len(value) // 4 * 4)}") from None


def unknown_fields(type_: ResourceType, obj: Object) -> list[str]:
    """Top-level members that the kind does not have."""
    if not type_.fields:
        return []
    return [name for name in obj if name not in type_.fields and name not in ("apiVersion", "kind", "metadata")]


def validate(type_: ResourceType, obj: Object, old: Object | None) -> None:
    """Refuse (422) an object that may not be so; ``old`` is what is there, for what may not change."""
    causes = _names(type_, obj)
    match type_.kind:
        case "Secret" | "ConfigMap":
            causes += _data(obj, old)
        case "Deployment":
            causes += _workload(obj, old)
        case "Job":
            causes += _pod_template(mapping(dig(obj, "spec", "template")), "spec.template", ("OnFailure", "Never"))
        case "CronJob":
            template = mapping(dig(obj, "spec", "jobTemplate", "spec", "template"))
            causes += [] if dig(obj, "spec", "schedule") else [errors.required("spec.schedule")]
            causes += _pod_template(template, "spec.jobTemplate.spec.template", ("OnFailure", "Never"))
        case "Role" | "ClusterRole":
            causes += _rules(obj)
        case "RoleBinding" | "ClusterRoleBinding":
            causes += _binding(obj, old)
        case "Application":
            causes += _application(obj)
        case "AppProject":
            causes += [] if isinstance(obj.get("spec"), dict) else [errors.required("spec")]
        case _:
            pass
    if causes:
        raise errors.invalid(type_.kind, type_.group, name_of(obj), causes)


def _names(type_: ResourceType, obj: Object) -> list[Object]:
    name = name_of(obj)
    causes: list[Object] = []
    if not name:
        causes.append(errors.required("metadata.name", "name or generateName is required"))
    elif type_.group == "rbac.authorization.k8s.io":
        if "/" in name or "%" in name or name in (".", ".."):
            causes.append(errors.invalid_value("metadata.name", _quoted(name), "may not contain '/' or '%'"))
    elif type_.kind == "Namespace":
        if len(name) > 63 or not re.fullmatch(_LABEL, name):
            causes.append(errors.invalid_value("metadata.name", _quoted(name), _LABEL_RULE))
    elif len(name) > 253 or not re.fullmatch(_SUBDOMAIN, name):
        causes.append(errors.invalid_value("metadata.name", _quoted(name), _SUBDOMAIN_RULE))
    for value in labels_of(obj).values():
        if len(value) > 63:
            causes.append(errors.invalid_value("metadata.labels", _quoted(value), "must be no more than 63 characters"))
        elif not re.fullmatch(_LABEL_VALUE, value):
            causes.append(errors.invalid_value("metadata.labels", _quoted(value), _LABEL_VALUE_RULE))
    return causes


def _data(obj: Object, old: Object | None) -> list[Object]:
    causes: list[Object] = []
    for place in ("data", "binaryData"):
        causes += [
            errors.invalid_value(f"{place}[{key}]", _quoted(key), _DATA_KEY_RULE)
            for key in mapping(obj.get(place))
            if not re.fullmatch(_DATA_KEY, key)
        ]
    if old is None:
        return causes
    if old.get("type") != obj.get("type"):
        causes.append(errors.invalid_value("type", _quoted(obj.get("type")), "field is immutable"))
    if old.get("immutable") is True:
        told = "Forbidden: field is immutable when `immutable` is set"
        causes += [
            {"reason": "FieldValueForbidden", "message": told, "field": place}
            for place in ("immutable", "data", "binaryData")
            if old.get(place) != obj.get(place)
        ]
    return causes


def _workload(obj: Object, old: Object | None) -> list[Object]:
    causes: list[Object] = []
    selector = mapping(dig(obj, "spec", "selector"))
    template = mapping(dig(obj, "spec", "template"))
    if not selector:
        causes.append(errors.required("spec.selector"))
    wanted = mapping(selector.get("matchLabels"))
    labels = mapping(dig(template, "metadata", "labels"))
    if any(labels.get(key) != value for key, value in wanted.items()):
        causes.append(
            errors.invalid_value(
                "spec.template.metadata.labels", _quoted(labels), "`selector` does not match template `labels`"
            )
        )
    if old is not None and dig(old, "spec", "selector") != dig(obj, "spec", "selector"):
        causes.append(errors.invalid_value("spec.selector", _quoted(dig(obj, "spec", "selector")), "field is immutable"))
    return causes + _pod_template(template, "spec.template", ("Always",))


def _pod_template(template: Object, field: str, policies: tuple[str, ...]) -> list[Object]:
    causes: list[Object] = []
    pod = mapping(template.get("spec"))
    if not items(pod.get("containers")):
        causes.append(errors.required(f"{field}.spec.containers"))
    volumes = {text(volume.get("name")) for volume in mappings(pod.get("volumes"))}
    for place in ("initContainers", "containers"):
        for index, container in enumerate(mappings(pod.get(place))):
            at = f"{field}.spec.{place}[{index}]"
            causes += [errors.required(f"{at}.{name}") for name in ("name", "image") if not container.get(name)]
            for number, mount in enumerate(mappings(container.get("volumeMounts"))):
                name = text(mount.get("name"))
                if name not in volumes:
                    causes.append(
                        {
                            "reason": "FieldValueNotFound",
                            "message": f"Not found: {_quoted(name)}",
                            "field": f"{at}.volumeMounts[{number}].name",
                        }
                    )
    policy = text(pod.get("restartPolicy"))
    if not policy:
        causes.append(errors.required(f"{field}.spec.restartPolicy", "valid values: " + ", ".join(map(_quoted, policies))))
    elif policy not in policies:
        told = f"Unsupported value: {_quoted(policy)}: supported values: " + ", ".join(map(_quoted, policies))
        causes.append({"reason": "FieldValueNotSupported", "message": told, "field": f"{field}.spec.restartPolicy"})
    return causes


def _rules(obj: Object) -> list[Object]:
    causes: list[Object] = []
    for index, rule in enumerate(mappings(obj.get("rules"))):
        at = f"rules[{index}]"
        if not strings(rule.get("verbs")):
            causes.append(errors.required(f"{at}.verbs", "verbs must contain at least one value"))
        if strings(rule.get("nonResourceURLs")):
            continue
        if not strings(rule.get("apiGroups")):
            causes.append(errors.required(f"{at}.apiGroups", "resource rules must supply at least one api group"))
        if not strings(rule.get("resources")):
            causes.append(errors.required(f"{at}.resources", "resource rules must supply at least one resource"))
    return causes


def _binding(obj: Object, old: Object | None) -> list[Object]:
    if old is not None and old.get("roleRef") != obj.get("roleRef"):
        return [errors.invalid_value("roleRef", _quoted(obj.get("roleRef")), "cannot change roleRef")]
    causes = [] if text(dig(obj, "roleRef", "name")) else [errors.required("roleRef.name")]
    for index, subject in enumerate(mappings(obj.get("subjects"))):
        if subject.get("kind") == "ServiceAccount" and not subject.get("namespace"):
            causes.append(errors.required(f"subjects[{index}].namespace"))
    return causes


def _application(obj: Object) -> list[Object]:
    """What Argo CD's CustomResourceDefinition demands of an Application (argo-cd ``manifests/crds/application-crd.yaml``)."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return [errors.required("spec")]
    causes = [errors.required(f"spec.{name}") for name in ("destination", "project") if spec.get(name) is None]
    forms: dict[str, type] = {"destination": dict, "project": str, "source": dict, "sources": list, "syncPolicy": dict}
    names = {dict: "object", str: "string", list: "array", int: "integer", bool: "boolean", float: "number"}
    for name, form in forms.items():
        value = spec.get(name)
        if value is not None and not isinstance(value, form):
            shown = _quoted(names[type(value)])
            causes.append(
                errors.wrong_type(f"spec.{name}", shown, f"spec.{name} in body must be of type {names[form]}: {shown}")
            )
    if isinstance(source := spec.get("source"), dict) and source.get("repoURL") is None:
        causes.append(errors.required("spec.source.repoURL"))
    for index, source in enumerate(mappings(spec.get("sources"))):
        if source.get("repoURL") is None:
            causes.append(errors.required(f"spec.sources[{index}].repoURL"))
    return causes
