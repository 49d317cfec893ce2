"""What is told of a mirror: both sides held against each other, and what a push would bring. Nothing here does any I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from strategies.base import Action, Change, FieldDiff, Json, Observed
from strategies.kinds import MirrorResource
from strategies.resources.git.codecommit import Hosted
from strategies.resources.git.refs import References
from strategies.resources.git.servers.desk import UNSEEN, not_asked

KIND: Final = "mirror"


def compared(source: References, hosted: Hosted | None, target: References, default: str) -> dict[str, Json]:
    """Both sides as an ``Observed``'s fields; ``default`` is the branch that is to be the target's default one."""
    asked, there = source.mirrored, target.mirrored
    return {
        "exists": hosted is not None,
        "branches": [len(target.branches), len(source.branches)],
        "tags": [len(target.tags), len(source.tags)],
        "changed": sum(1 for name, oid in asked.items() if name in there and there[name] != oid),
        "removed": sum(1 for name in there if name not in asked),
        "defaultBranch": [default_now(hosted, default), default],
        "source": source.digest,
        "target": target.digest,
    }


def not_compared(source: References, why: str, *, kept: bool) -> dict[str, Json]:
    """The fields of a target that could not be looked at; ``kept``: the cluster knows it from an apply that got past it."""
    return {UNSEEN: why, "kept": kept, "source": source.digest}


def change(resource: MirrorResource, observed: Observed | None) -> Change:
    """What a push would bring."""
    fields = observed.fields if observed is not None else {}
    unseen = fields.get(UNSEEN)
    diff = tuple(_differences(fields)) if unseen is None else ()
    if unseen is not None:
        kept = fields.get("kept") is True
        action = Action.NONE if kept else Action.CREATE
        reason = f"{'not compared' if kept else 'made unless it is there'}; {not_asked(unseen)}"
    elif observed is not None and not diff:
        action, reason = Action.NONE, "the same branches and tags on both sides"
    elif not fields.get("exists") or _pair(fields.get("branches"))[0] == 0:
        action, reason = Action.CREATE, resource.explain or "nothing has been mirrored yet"
    else:
        action, reason = Action.UPDATE, "the source has moved on"
    return Change(
        address=resource.address, kind=KIND, title=resource.title, group=resource.group, action=action, reason=reason,
        diff=diff, depends_on=resource.depends_on, provider_id=resource.target_url, resource=resource,
    )  # fmt: skip


def default_now(hosted: Hosted | None, wanted: str) -> str | None:
    """The default branch as it is; where it cannot be set from here, it counts as the one that is wanted."""
    if hosted is None:
        return None
    return wanted if hosted.fixed_default else hosted.default_branch


def outputs(resource: MirrorResource, source: References, hosted: Hosted | None) -> dict[str, str]:
    """What other resources and the last page may refer to."""
    found = {
        "revision": source.commit(resource.revision or resource.default_branch) or "",
        "branches": str(len(source.branches)),
        "tags": str(len(source.tags)),
    }
    if hosted is not None and hosted.mirrored_at:
        found["mirrored-at"] = hosted.mirrored_at
    return found


def _differences(fields: Mapping[str, Json]) -> Iterable[FieldDiff]:
    for name in ("branches", "tags"):
        before, after = _pair(fields.get(name))
        if before != after:
            yield FieldDiff(name, before, after)
    if fields.get("source") != fields.get("target"):
        for name in ("changed", "removed"):
            count = fields.get(name)
            if count:
                yield FieldDiff(f"references {name}", None, count)
    default = fields.get("defaultBranch")
    if isinstance(default, list) and default[0] != default[1]:
        yield FieldDiff("default branch", default[0], default[1])


def _pair(value: Json) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(v, int) for v in value):
        before, after = value
        if isinstance(before, int) and isinstance(after, int):
            return before, after
    return 0, 0
