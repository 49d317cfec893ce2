"""How lists and maps merge: the ``x-kubernetes-list-type``, ``-list-map-keys`` and ``-map-type`` marks of the API's schemas.

Everything without a mark is as in structured-merge-diff: maps merge member by member, lists are replaced whole.
Marks are those of kubernetes/api (``types.go`` comments of each kind).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

Scalar: TypeAlias = "str | int | bool | None"


class Shape(Enum):
    """How a value merges."""

    GRANULAR = "granular"  # a map by its members; a list whole
    ATOMIC = "atomic"  # whole, whatever it is
    SET = "set"  # a list of distinct scalars
    KEYED = "keyed"  # a list of maps, told apart by some members


@dataclass(frozen=True, slots=True)
class Node:
    """One place in an object. ``keys`` of a keyed list map to the value that a missing member stands for (None: none).

    ``children`` are members of the map, or of each item of the list. ``merge_key`` is the one that strategic merge patches
    use, where that differs from the first of ``keys``.
    """

    shape: Shape = Shape.GRANULAR
    keys: Mapping[str, Scalar] = field(default_factory=dict)
    children: Mapping[str, Node] = field(default_factory=dict)

    def child(self, name: str) -> Node:
        """The node of a member."""
        return self.children.get(name, PLAIN)

    @property
    def merge_key(self) -> str | None:
        """The member by which a strategic merge patch tells the items of a keyed list apart."""
        return next(iter(self.keys), None)


PLAIN = Node()
ATOMIC = Node(Shape.ATOMIC)
SET = Node(Shape.SET)


def keyed(*keys: str, defaults: Mapping[str, Scalar] | None = None, **children: Node) -> Node:
    """A list whose items are told apart by ``keys``."""
    return Node(Shape.KEYED, {key: (defaults or {}).get(key) for key in keys}, children)


def record(**children: Node) -> Node:
    """A map with marked members."""
    return Node(children=children)


_CONTAINERS = keyed(
    "name",
    env=keyed("name", valueFrom=record(secretKeyRef=ATOMIC, configMapKeyRef=ATOMIC, fieldRef=ATOMIC, resourceFieldRef=ATOMIC)),
    ports=keyed("containerPort", "protocol", defaults={"protocol": "TCP"}),
    volumeMounts=keyed("mountPath"),
    volumeDevices=keyed("devicePath"),
    resources=record(claims=keyed("name")),
)

_POD_SPEC = record(
    containers=_CONTAINERS,
    initContainers=_CONTAINERS,
    volumes=keyed("name", configMap=record(), secret=record()),
    imagePullSecrets=keyed("name"),
    hostAliases=keyed("ip"),
    topologySpreadConstraints=keyed("topologyKey", "whenUnsatisfiable"),
    nodeSelector=ATOMIC,
)

_METADATA = record(finalizers=SET, ownerReferences=keyed("uid"))

_POD_TEMPLATE = record(metadata=_METADATA, spec=_POD_SPEC)
_JOB_SPEC = record(selector=ATOMIC, template=_POD_TEMPLATE)
_CONDITIONS = record(conditions=keyed("type"))

_KINDS: Mapping[str, Mapping[str, Node]] = {
    "Namespace": {"status": _CONDITIONS},
    "Pod": {"spec": _POD_SPEC, "status": _CONDITIONS},
    "ServiceAccount": {"secrets": keyed("name")},
    "Deployment": {"spec": record(selector=ATOMIC, template=_POD_TEMPLATE), "status": _CONDITIONS},
    "Job": {"spec": _JOB_SPEC, "status": record(conditions=ATOMIC)},
    "CronJob": {"spec": record(jobTemplate=record(metadata=_METADATA, spec=_JOB_SPEC)), "status": record(active=ATOMIC)},
    "RoleBinding": {"roleRef": ATOMIC},
    "ClusterRoleBinding": {"roleRef": ATOMIC},
    "ClusterRole": {"aggregationRule": record(clusterRoleSelectors=ATOMIC)},
}


def topology(kind: str) -> Node:
    """How the objects of a kind merge."""
    return Node(children={"metadata": _METADATA, **_KINDS.get(kind, {})})
