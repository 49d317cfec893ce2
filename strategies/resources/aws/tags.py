"""Tags in the three shapes in which AWS services give and take them, and whose a thing is by its tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from strategies.base import INSTANCE_TAG, OWNER, OWNER_TAG, Json, Owner

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef
    from mypy_boto3_ec2.type_defs import TagTypeDef as Ec2Tag
    from mypy_boto3_iam.type_defs import TagTypeDef as IamTag

RED_HAT_TAG = "red-hat-managed"
"""``true`` on everything that Red Hat makes for a cluster of ROSA."""

_CLUSTER_TAG = "kubernetes.io/cluster/"


def ec2_tags(tags: Mapping[str, str]) -> list[Ec2Tag]:
    """The list of Key and Value that EC2 takes."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def iam_tags(tags: Mapping[str, str]) -> list[IamTag]:
    """The list of Key and Value that IAM takes."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def told(tags: Mapping[str, str]) -> list[Json]:
    """The same list for the journal, and so for the equivalent command."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def owner_filters(owner: Owner) -> list[FilterTypeDef]:
    """EC2 filters that find what carries the owner's tags."""
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in owner.tags.items()]


def as_mapping(tags: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """A mapping from the list that EC2 and IAM give."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags}


def instance_of(tags: Mapping[str, str]) -> str | None:
    """The instance that made the tagged thing, or None when it is not this program's."""
    return tags.get(INSTANCE_TAG) if tags.get(OWNER_TAG) == OWNER else None


def owner_of(tags: Mapping[str, str]) -> Owner | None:
    """Whose the tagged thing is, or None when it is not this program's."""
    instance = instance_of(tags)
    return None if instance is None else Owner(instance)


def clusters_of(tags: Mapping[str, str]) -> tuple[str, ...]:
    """The infrastructure names of the clusters that own or share the tagged thing (``kubernetes.io/cluster/NAME``).

    ``unmanaged`` is no name: it keeps clusters from taking a subnet (OpenShift docs, "Installing a cluster on AWS into an
    existing VPC").
    """
    names = (key.removeprefix(_CLUSTER_TAG) for key in tags if key.startswith(_CLUSTER_TAG))
    return tuple(sorted(name for name in names if name != "unmanaged"))
