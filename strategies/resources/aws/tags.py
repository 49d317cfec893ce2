"""Tags in the three shapes in which AWS services give and take them, and whose a thing is by its tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

from strategies.base import INSTANCE_TAG, OWNER, OWNER_TAG, Owner


class Tag(TypedDict):
    """One tag, as EC2 and IAM take it."""

    Key: str
    Value: str


def as_list(tags: Mapping[str, str]) -> list[Tag]:
    """The list of Key and Value that EC2 and IAM take."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


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
