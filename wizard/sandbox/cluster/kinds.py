"""Every resource type of the cluster, and the ways to find one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wizard.sandbox.cluster.custom_kinds import CUSTOM_TYPES
from wizard.sandbox.cluster.objects import Object
from wizard.sandbox.cluster.own_kinds import OWN_TYPES
from wizard.sandbox.cluster.resource_type import ResourceType

__all__ = ["TYPES", "ResourceType", "groups", "type_at", "type_named", "type_of", "types_in"]

TYPES: tuple[ResourceType, ...] = (*OWN_TYPES, *CUSTOM_TYPES)

_BY_NAME: Mapping[str, ResourceType] = {name: type_ for type_ in TYPES for name in (type_.kind, type_.resource)}
_BY_PATH: Mapping[tuple[str, str, str], ResourceType] = {(t.group, t.version, t.plural): t for t in TYPES}


def type_named(name: str) -> ResourceType:
    """The type of that kind (``Secret``) or resource (``applications.argoproj.io``). Raises KeyError."""
    return _BY_NAME[name]


def type_at(group: str, version: str, plural: str) -> ResourceType | None:
    """The type served at a path."""
    return _BY_PATH.get((group, version, plural))


def type_of(obj: Object) -> ResourceType:
    """The type of an object. Raises KeyError when there is none such."""
    group, _, version = str(obj.get("apiVersion", "")).rpartition("/")
    for type_ in TYPES:
        if (type_.group, type_.version, type_.kind) == (group, version, obj.get("kind")):
            return type_
    raise KeyError(f"{obj.get('apiVersion')}, Kind={obj.get('kind')}")


def groups() -> dict[str, list[str]]:
    """Every named API group with its versions, the preferred one first."""
    found: dict[str, list[str]] = {"authentication.k8s.io": ["v1"], "authorization.k8s.io": ["v1"]}
    for type_ in TYPES:
        if type_.group and type_.version not in found.setdefault(type_.group, []):
            found[type_.group].append(type_.version)
    # `oc` and discovery caches take the first version for the preferred one, and v1beta1 goes before v1alpha1.
    return {group: sorted(versions, key=_rank) for group, versions in sorted(found.items())}


def _rank(version: str) -> int:
    return 0 if version == "v1" else 1 if "beta" in version else 2


def types_in(group: str, version: str) -> Iterable[ResourceType]:
    """The types of one group version."""
    return (type_ for type_ in TYPES if (type_.group, type_.version) == (group, version))
