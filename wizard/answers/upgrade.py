"""Older forms of the answers file, brought to the present one. A step is a table: what stood where, where it stands now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from strategies.answers import API_VERSION
from strategies.base import Json
from wizard.answers.faults import Fault
from wizard.answers.judge import copied, shown

FIRST = "ezgitops.dev/v1alpha1"
KNOWN = (FIRST, API_VERSION)
"""Every version that can be read, oldest first."""

_MOVED = {
    "cluster.name": "name",
    "aws.vpc": "aws.vpcId",
    "aws.subnets": "aws.subnetIds",
    "source.branch": "source.revision",
    "strategy.type": "strategy",
    "application.autoSync": "application.syncPolicy.automated",
    "codecommit.repositoryName": "codecommit.repository.name",
    "codecommit.auth": "codecommit.credentials.method",
}
"""``v1alpha1`` to ``v1``."""
_RENAMED: Mapping[str, Mapping[Json, Json]] = {
    "codecommit.credentials.method": {"irsa": "iam-role", "iam-user": "git-credentials"},
}


@dataclass
class Upgraded:
    """Data of the present form; ``origins`` says under which key of the file a moved value stood."""

    data: dict[str, Json]
    origins: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def upgrade(data: Mapping[str, Json]) -> Upgraded:
    """Bring the data to the present form. The given data is not changed; a version that cannot be read is a fault."""
    upgraded = Upgraded(copied(data))
    version = upgraded.data.get("apiVersion")
    if version == FIRST:
        _from_first(upgraded)
    elif version != API_VERSION:
        upgraded.faults.append(_unreadable(version, given="apiVersion" in upgraded.data))
    return upgraded


def _from_first(upgraded: Upgraded) -> None:
    for old, new in _MOVED.items():
        found, value = _take(upgraded.data, old.split("."))
        if not found:
            continue
        if isinstance(value, str):
            value = _RENAMED.get(new, {}).get(value, value)
        if not _put(upgraded.data, new.split("."), value):
            upgraded.faults.append(Fault(old, f"is called {new} now, and that stands in the file too; keep one"))
            continue
        upgraded.origins[new] = old
    upgraded.data["apiVersion"] = API_VERSION


def _take(data: dict[str, Json], path: list[str]) -> tuple[bool, Json]:
    """Remove and return what stands at the path; a section that is left empty goes with it."""
    here = data.get(path[0])
    if len(path) == 1:
        return path[0] in data, data.pop(path[0], None)
    if not isinstance(here, dict):
        return False, None
    found, value = _take(here, path[1:])
    if found and not here:
        del data[path[0]]
    return found, value


def _put(data: dict[str, Json], path: list[str], value: Json) -> bool:
    """Set a value that is not there yet; False when something is in its place."""
    if len(path) == 1:
        if path[0] in data:
            return False
        data[path[0]] = value
        return True
    here = data.setdefault(path[0], {})
    return isinstance(here, dict) and _put(here, path[1:], value)


def _unreadable(version: Json, *, given: bool) -> Fault:
    known = ", ".join(KNOWN)
    if not given:
        return Fault("apiVersion", f"is missing; begin the file with apiVersion: {API_VERSION}")
    said = f"is {shown(version)}, which this program cannot read; it reads {known}"
    if isinstance(version, str) and version.startswith("ezgitops.dev/v") and version.split("/v")[1][:1].isdigit():
        said = f"is {shown(version)}, which is newer than this program (it reads {known}); install a newer ezgitops"
    return Fault("apiVersion", said)
