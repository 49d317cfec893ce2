"""Scenario files: which AWS account, which cluster, which GitHub organisation and which Git servers a sandbox holds.

A scenario is known by its name, or is a file of its own. One that ``extends`` another says only what differs: mappings are laid
over those of the other, and so are the entries of lists that have an ``id``, a ``url`` or a ``name`` (one with ``absent: true``
is left out, a new one is added, and a list below ``replace`` takes the other's place); everything else takes its place.
``answers`` names the strategy whose sample answers it is for, ``set`` what is set otherwise in them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

_REF = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")]
HEALTHY = "healthy"
"""The scenario in which nothing is wrong."""
SAMPLE = "codecommit"
"""The strategy whose sample answers a scenario is for, where it does not say so."""
_IDENTITIES = ("id", "url", "name")
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader where there is one: a scenario is read in a tenth of the time."""

_NAME = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]


class ScenarioError(Exception):
    """A scenario that does not exist or cannot be read; the text says which and why."""


class GitHubRepository(BaseModel):
    """One repository: what its default branch holds, and which other references there are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _NAME
    default_branch: _REF = "main"
    branches: tuple[_REF, ...] = ()
    tags: tuple[_REF, ...] = ()
    pull_requests: tuple[int, ...] = ()
    files: Mapping[str, str] = Field(default_factory=dict)
    large_files: Mapping[str, int] = Field(default_factory=dict)
    """Files of so many zero bytes."""
    submodules: Mapping[str, str] = Field(default_factory=dict)
    """Folders that are a commit of another repository, with its URL."""
    token: str | None = None
    """Whoever knows it may read and push; without one the repository is public."""


class Chart(BaseModel):
    """One version of a Helm chart: what its ``Chart.yaml`` says, and its other files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _NAME
    version: str
    app_version: str | None = None
    description: str = ""
    dependencies: tuple[Mapping[str, str], ...] = ()
    files: Mapping[str, str] = Field(default_factory=dict)


class HelmRepository(BaseModel):
    """A Helm repository on the organisation's GitHub Pages: ``https://ORGANISATION.github.io/NAME``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _NAME
    charts: tuple[Chart, ...] = ()


class GitHubApp(BaseModel):
    """A GitHub App that is installed for some repositories. The operator has its private key in a variable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int
    installation_id: int
    repositories: tuple[_NAME, ...] = ()
    key_variable: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")] = "GITHUB_APP_PRIVATE_KEY"


class GitHubSection(BaseModel):
    """The organisation on github.com."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organisation: _NAME
    repositories: tuple[GitHubRepository, ...] = ()
    pages: tuple[HelmRepository, ...] = ()
    apps: tuple[GitHubApp, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names under which GitHub answers for this organisation."""
        return ("github.com", "api.github.com", "raw.githubusercontent.com", f"{self.organisation.lower()}.github.io")


class WorldSection(BaseModel):
    """What ties the parts together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str = "us-east-2"
    profile: str = "prod-east"
    latency_seconds: float = 0.0
    """Added to each AWS and cluster call, on top of what the sandbox was started with."""
    node_address: str = "10.0.1.17"
    """Where the cluster's connections come from, for the security groups of the endpoints."""
    workstation_address: str = "10.20.8.7"
    """Where the operator's connections into the VPC come from: the company's own network, or its VPN."""
    images: tuple[str, ...] = ()
    """Images that can be pulled besides those of the cluster's own image streams."""
    names_elsewhere: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Names that the VPC's resolver answers otherwise (a private hosted zone, DNS of the company's own), with the addresses."""
    dropped: tuple[str, ...] = ()
    """Endpoint services (``sts``) that packets from the nodes never reach: a network ACL or a network policy drops them."""
    intercepted: tuple[str, ...] = ()
    """Endpoint services on the way to which a middlebox ends TLS, with certificates of a CA that no image knows."""


class ProfileSection(BaseModel):
    """A profile of the AWS configuration files. All lead to the operator's session.

    ``keys`` hold it in the file, ``process`` is told it by a credential process, with its end. The login of an ``sso`` profile
    is over since ``login_ended_seconds``: this sandbox has no sign-on portal.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _NAME
    kind: Literal["keys", "process", "sso"] = "keys"
    login_ended_seconds: int = 7200


class HandedCertificate(BaseModel):
    """A certificate for ``host`` of the company's own CA, with those up to the CA, and its key, as the CA's people hand it out.

    Both are in variables of the operator's machine, in PEM. ``issued_for`` is the name in it, where that is another one;
    ``key_of`` the name to whose certificate the key belongs. Days count from now; below zero it has ended.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _NAME = "server"
    host: _NAME
    issued_for: _NAME | None = None
    key_of: _NAME | None = None
    expires_in_days: float | None = None
    certificate: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
    key: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]


class WorkstationSection(BaseModel):
    """The operator's machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    environ: Mapping[str, str] = Field(default_factory=dict)
    """Variables that are set otherwise than the sandbox would set them."""
    profiles: tuple[ProfileSection, ...] = ()
    certificates: tuple[HandedCertificate, ...] = ()
    git_version: str | None = None
    """A git that says that it is of this version comes first in PATH."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    apiVersion: Literal["sandbox.ezgitops.dev/v1alpha1"]  # noqa: N815 - the spelling of the file
    description: str
    answers: _NAME = SAMPLE
    set: Mapping[str, str] = Field(default_factory=dict)
    world: WorldSection = Field(default_factory=WorldSection)
    workstation: WorkstationSection = Field(default_factory=WorkstationSection)
    github: GitHubSection
    aws: Mapping[str, object]
    cluster: Mapping[str, object]
    servers: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """With which answers a scenario shows what it is about: a strategy's sample, and what is set otherwise in it."""

    answers: str = SAMPLE
    set: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with its includes resolved. ``aws``, ``cluster`` and ``servers`` are validated by what they fill."""

    name: str
    description: str
    world: WorldSection
    workstation: WorkstationSection
    github: GitHubSection
    aws: Mapping[str, object]
    cluster: Mapping[str, object]
    servers: tuple[Mapping[str, object], ...] = ()
    """Private Git servers (``wizard.sandbox.git.servers.scenario.ServerSection``)."""


def names() -> dict[str, str]:
    """Every scenario with its one-line description: the one in which all is well, then the others by name."""
    found = {}
    for entry in sorted(_folder().iterdir(), key=lambda item: (item.name != f"{HEALTHY}.yaml", item.name)):
        stem = entry.name.removesuffix(".yaml")
        if stem != entry.name and "." not in stem:
            found[stem] = str(_mapping(entry).get("description", ""))
    return found


def sample(name: str) -> Sample:
    """The answers that a scenario which comes along is for: its own word, else that of the one that it extends.

    What is set there for another strategy's sample means nothing here.
    """
    said = _mapping(_folder() / f"{name}.yaml")
    base = Sample() if "extends" not in said else sample(str(said["extends"]))
    over = {str(key): str(value) for key, value in _section(said, "set").items()}
    answers = str(said.get("answers", base.answers))
    return Sample(answers, {**base.set, **over} if answers == base.answers else over)


def load(name: str) -> Scenario:
    """Read a scenario: one that comes along, by its name, or a file, by a path that ends in ``.yaml``. Raises ScenarioError."""
    if name.endswith(".yaml"):
        path: Traversable = Path(name)
        folder: Traversable = Path(name).parent
    else:
        folder = _folder()
        path = folder / f"{name}.yaml"
        if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
            raise ScenarioError(_unknown(name))
    try:
        file = _File.model_validate(_whole(path, folder))
    except ValidationError as error:
        raise ScenarioError(f"{path.name}: {error}") from error
    return Scenario(
        path.name.removesuffix(".yaml"),
        file.description,
        file.world,
        file.workstation,
        file.github,
        file.aws,
        file.cluster,
        file.servers,
    )


def _unknown(name: object) -> str:
    known = names()
    near = difflib.get_close_matches(str(name), known, n=3) or [one for one in known if str(name) in one][:3]
    meant = f"; did you mean {', '.join(near)}?" if near else "."
    return f"there is no scenario {name!r}{meant} `ezgitops sandbox --list` shows all {len(known)}."


def _whole(path: Traversable, folder: Traversable) -> dict[str, object]:
    """A scenario file with its includes, laid over the scenario that it extends."""
    said = _mapping(path)
    for key in ("aws", "cluster", "servers"):
        value = said.get(key)
        if isinstance(value, str):
            said[key] = _included(folder / value, key)
    base = said.pop("extends", None)
    if base is None:
        return said
    if not isinstance(base, str) or not re.fullmatch(r"[a-z0-9-]+", base) or not (_folder() / f"{base}.yaml").is_file():
        raise ScenarioError(f"{path.name}: extends: {_unknown(base)}")
    if path.name == f"{base}.yaml":
        raise ScenarioError(f"{path.name}: extends itself")
    return _laid_over(_whole(_folder() / f"{base}.yaml", _folder()), said)


def _laid_over(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    found = dict(below)
    for key, value in above.items():
        found[key] = _joined(found.get(key), value)
    return found


def _joined(under: object, over: object) -> object:
    if isinstance(over, Mapping):
        if set(over) == {"replace"}:
            return over["replace"]
        return _laid_over(under, over) if isinstance(under, Mapping) else over
    if isinstance(over, list) and isinstance(under, list):
        identity = next((key for key in _IDENTITIES if _all_have(key, (*under, *over))), None)
        return over if identity is None else _entries(identity, under, over)
    return over


def _all_have(key: str, entries: Sequence[object]) -> bool:
    return bool(entries) and all(isinstance(entry, Mapping) and key in entry for entry in entries)


def _entries(identity: str, under: Sequence[Mapping[str, object]], over: Sequence[Mapping[str, object]]) -> list[object]:
    found = {entry[identity]: dict(entry) for entry in under}
    for entry in over:
        if entry.get("absent") is True:
            found.pop(entry[identity], None)
        else:
            found[entry[identity]] = _laid_over(found.get(entry[identity], {}), entry)
    return list(found.values())


def _folder() -> Traversable:
    return files("wizard.sandbox") / "scenarios"


def _section(said: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = said.get(key, {})
    return found if isinstance(found, dict) else {}


def _included(path: Traversable, key: str) -> object:
    included = _mapping(path)
    inner = included.get(key)
    return inner if isinstance(inner, dict | list) and len(included) == 1 else included


def _mapping(path: Traversable) -> dict[str, object]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both are safe loaders
    except (OSError, yaml.YAMLError) as error:
        raise ScenarioError(f"{path.name}: {error}") from error
    if not isinstance(data, dict):
        raise ScenarioError(f"{path.name}: a mapping is expected")
    return data
