"""What the server says it serves: discovery documents, version, and as much OpenAPI as kubectl needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wizard.sandbox.cluster.kinds import ResourceType, groups, types_in
from wizard.sandbox.cluster.objects import Json, Object
from wizard.sandbox.cluster.patches import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH

_REVIEWS: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "authentication.k8s.io": (("tokenreviews", "TokenReview", False), ("selfsubjectreviews", "SelfSubjectReview", False)),
    "authorization.k8s.io": (
        ("selfsubjectaccessreviews", "SelfSubjectAccessReview", False),
        ("selfsubjectrulesreviews", "SelfSubjectRulesReview", False),
        ("subjectaccessreviews", "SubjectAccessReview", False),
    ),
}
"""Resources that can only be created, and answer at once: plural, kind, namespaced."""

Served: TypeAlias = Callable[[ResourceType], bool]
"""Says of a type whether it is served now: a custom one only while its definition is there."""

REVIEW_KINDS = {plural: kind for reviews in _REVIEWS.values() for plural, kind, _ in reviews}


def version(kubernetes: str) -> Object:
    """``/version``."""
    major, minor, *_ = kubernetes.split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{kubernetes}",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "linux/amd64",
    }


def core_versions(address: str) -> Object:
    """``/api``."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def served_groups(served: Served) -> dict[str, list[str]]:
    """Every named API group with its versions, the preferred one first, as far as any type of them is served."""
    found = {
        name: [version for version in versions if name in _REVIEWS or any(served(one) for one in types_in(name, version))]
        for name, versions in groups().items()
    }
    return {name: versions for name, versions in found.items() if versions}


def group_list(served: Served) -> Object:
    """``/apis``."""
    listed: list[Json] = [group(name, served) for name in served_groups(served)]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def group(name: str, served: Served) -> Object:
    """One group, as ``/apis`` lists it and ``/apis/GROUP`` answers."""
    known = served_groups(served)[name]
    versions: list[Json] = [{"groupVersion": f"{name}/{version}", "version": version} for version in known]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def resources(group_name: str, version_name: str, served: Served) -> Object | None:
    """``/api/v1`` and ``/apis/GROUP/VERSION``; None when that is not served."""
    listed: list[Json] = []
    for type_ in filter(served, types_in(group_name, version_name)):
        listed.append(_resource(type_))
        if type_.status:
            listed.append(_subresource(type_, "status", type_.kind, ("get", "patch", "update")))
    if (group_name, version_name) == ("", "v1"):
        listed.append(
            {
                "name": "serviceaccounts/token",
                "singularName": "",
                "namespaced": True,
                "group": "authentication.k8s.io",
                "version": "v1",
                "kind": "TokenRequest",
                "verbs": ["create"],
            }
        )
        listed.append({"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]})
    if version_name == "v1":
        for plural, kind, namespaced in _REVIEWS.get(group_name, ()):
            listed.append(
                {"name": plural, "singularName": kind.lower(), "namespaced": namespaced, "kind": kind, "verbs": ["create"]}
            )
    if not listed:
        return None
    group_version = f"{group_name}/{version_name}" if group_name else version_name
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}


def _resource(type_: ResourceType) -> Object:
    found: Object = {
        "name": type_.plural,
        "singularName": type_.singular,
        "namespaced": type_.namespaced,
        "kind": type_.kind,
        "verbs": list(type_.verbs),
        "storageVersionHash": "",
    }
    if type_.short_names:
        found["shortNames"] = list(type_.short_names)
    if type_.categories:
        found["categories"] = list(type_.categories)
    return found


def _subresource(type_: ResourceType, name: str, kind: str, verbs: tuple[str, ...]) -> Object:
    return {
        "name": f"{type_.plural}/{name}",
        "singularName": "",
        "namespaced": type_.namespaced,
        "kind": kind,
        "verbs": list(verbs),
    }


def openapi_index(served: Served) -> Object:
    """``/openapi/v3``: where the document of each group version is."""
    paths: Object = {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1"}}
    for name, versions in served_groups(served).items():
        for version_name in versions:
            paths[f"apis/{name}/{version_name}"] = {"serverRelativeURL": f"/openapi/v3/apis/{name}/{version_name}"}
    return {"paths": paths}


def openapi(group_name: str, version_name: str, served: Served) -> Object | None:
    """The OpenAPI document of a group version: schemas that allow anything, and which patches are understood.

    kubectl looks for ``fieldValidation`` among a patch's parameters to learn that the server itself validates.
    """
    types = list(filter(served, types_in(group_name, version_name)))
    if not types and group_name not in _REVIEWS:
        return None
    paths: Object = {}
    schemas: Object = {}
    root = f"/apis/{group_name}/{version_name}" if group_name else f"/api/{version_name}"
    for type_ in types:
        meaning: Object = {"group": group_name, "version": version_name, "kind": type_.kind}
        name = ".".join([*reversed((group_name or "core").split(".")), version_name, type_.kind])
        schemas[name] = {
            "type": "object",
            "x-kubernetes-group-version-kind": [meaning],
            "x-kubernetes-preserve-unknown-fields": True,
        }
        place = f"{root}/namespaces/{{namespace}}" if type_.namespaced else root
        bodies: Object = {kind: {"schema": {"type": "object"}} for kind in _TOLD_PATCHES}
        paths[f"{place}/{type_.plural}/{{name}}"] = {
            "patch": {
                "operationId": f"patch{type_.kind}",
                "parameters": [
                    {"name": known, "in": "query", "schema": {"type": "string"}}
                    for known in ("dryRun", "fieldManager", "fieldValidation", "force")
                ],
                "requestBody": {"content": bodies},
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-action": "patch",
                "x-kubernetes-group-version-kind": meaning,
            }
        }
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": version_name},
        "paths": paths,
        "components": {"schemas": schemas},
    }


_TOLD_PATCHES = (JSON_PATCH, MERGE_PATCH, APPLY_PATCH)
"""The patches that OpenAPI tells of. Strategic merge is left out: kubectl then takes the merge keys it was built with."""


def patch_types(type_: ResourceType) -> tuple[str, ...]:
    """The patches a type takes: strategic merge is for the server's own kinds alone."""
    return (*_TOLD_PATCHES, *(() if type_.custom else (STRATEGIC_PATCH,)))
