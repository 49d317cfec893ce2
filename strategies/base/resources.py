"""A resource: one thing that should exist, what was found in its place, and what must happen to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from strategies.base.situation import Json


class Group(StrEnum):
    """The part of the plan's tree in which a resource is shown."""

    AWS = "AWS"
    CLUSTER = "Cluster"
    GIT = "Git"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a resource is: this program, for one instance (the answers' ``name``)."""

    instance: str

    @property
    def tags(self) -> dict[str, str]:
        """AWS tags that mark a resource as made by us for this instance."""
        return {OWNER_TAG: OWNER, INSTANCE_TAG: self.instance}

    @property
    def labels(self) -> dict[str, str]:
        """Kubernetes labels that mark an object as made by us for this instance."""
        return {OWNER_LABEL: OWNER, INSTANCE_LABEL: self.instance}


OWNER = "ezgitops"
OWNER_TAG = "ezgitops.dev/owner"
INSTANCE_TAG = "ezgitops.dev/instance"
OWNER_LABEL = "app.kubernetes.io/managed-by"
INSTANCE_LABEL = "ezgitops.dev/instance"


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that another resource will have once it exists: ``output`` of the resource at ``address``."""

    address: str
    output: str


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One thing in AWS, in the cluster or in Git that should exist, described as data.

    Each kind is a frozen subclass in ``strategies.kinds`` whose fields are the desired state, and has one handler in
    ``strategies.resources``. ``address`` is unique in the plan and stable between runs (``aws.iam-role.reader``).
    ``explain`` says why the resource is needed, for the plan page. ``stands_on`` is the address of what this goes away with: it
    is made anew when that one is (what is set up on a machine, with the machine).
    """

    address: str
    title: str
    group: Group
    owner: Owner
    depends_on: tuple[str, ...] = ()
    explain: str = ""
    stands_on: str | None = None


class Action(StrEnum):
    """What must happen to one resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field that differs: where, what is there (None: nothing), what is asked for. Secrets are shown as ``(hidden)``."""

    path: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Change:
    """What must happen to one resource, why, and what exactly differs.

    ``conflict`` says why the change cannot be made (something foreign is in the way); a plan with a conflict is not applied.
    ``resource`` is None when the change deletes something that was found by its tags alone.
    """

    address: str
    kind: str
    title: str
    group: Group
    action: Action
    reason: str
    diff: tuple[FieldDiff, ...] = ()
    depends_on: tuple[str, ...] = ()
    provider_id: str | None = None
    conflict: str | None = None
    resource: Resource | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What was found in the place of a resource.

    ``fields`` is what it has, in the words of the resource's own fields (so that the two can be compared); ``owner`` whose it
    is (None: nobody's mark); ``outputs`` what other resources may refer to; ``filled`` true for a repository with commits.
    """

    provider_id: str
    fields: Mapping[str, Json]
    owner: Owner | None
    outputs: Mapping[str, str] = field(default_factory=dict)
    filled: bool = False
