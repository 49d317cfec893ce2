"""What a resource type is: what discovery lists of it, and how ``kubectl get`` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.sandbox.cluster.errors import qualified
from wizard.sandbox.cluster.topology import Node, topology

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_ONLY = ("get", "list", "watch")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. ``path`` is dotted; ``priority`` above 0 is shown by ``-o wide`` alone."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One resource type.

    ``status`` true when it has the status subresource; ``custom`` when a CustomResourceDefinition brings it; ``fields`` the
    members it may have beside apiVersion, kind and metadata (none: any); ``blank`` what an empty object of it looks like
    (members that Go writes even when they are empty), which decides what a creation adds; ``generation`` when a change of the
    desired state counts in ``metadata.generation``.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    status: bool = False
    custom: bool = False
    generation: bool = False
    fields: frozenset[str] = frozenset()
    columns: tuple[Column, ...] = ()
    blank: Mapping[str, object] = field(default_factory=dict, hash=False)
    categories: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """``version`` or ``group/version``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """``plural`` or ``plural.group``."""
        return qualified(self.plural, self.group)

    @property
    def singular(self) -> str:
        """The name of one."""
        return self.kind.lower()

    @property
    def topology(self) -> Node:
        """How its objects merge."""
        return topology(self.kind)


AGE = Column("Age", ".metadata.creationTimestamp", "date")


def fields(*names: str) -> frozenset[str]:
    """The members of a kind beside apiVersion, kind and metadata."""
    return frozenset(names)
