"""What can be read from this machine. Data only; the readers are in ``strategies.resources``."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.facts.base import FactKey


@dataclass(frozen=True, slots=True)
class GitProgram:
    """The git program on this machine: its path and version (``(2, 39, 5)``)."""

    path: str
    version: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AwsProfiles:
    """The profiles of the AWS configuration files, and the one the environment selects (None: no profile needed)."""

    names: tuple[str, ...]
    selected: str | None
    region: str | None
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KubeContext:
    """One kubeconfig context: its name, the API server's URL, and the user's name in the file."""

    name: str
    server: str
    user: str


@dataclass(frozen=True, slots=True)
class KubeContexts:
    """Every context of the kubeconfig files and the current one."""

    contexts: tuple[KubeContext, ...]
    current: str | None


@dataclass(frozen=True, slots=True)
class MirrorSpace:
    """Where mirrors are kept on this machine: the folder, the bytes free there, and why it cannot be used, if it cannot."""

    folder: str
    free: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy in effect for HTTPS: the variable that names it, its URL without credentials, and why it cannot be used."""

    variable: str
    url: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """The proxy variables of the environment. ``differing``: those whose two spellings hold different values."""

    https: Proxy | None = None
    exempt: tuple[str, ...] = ()
    http_only: bool = False
    differing: tuple[str, ...] = ()


GIT_PROGRAM: FactKey[GitProgram] = FactKey("workstation.git", "git program")
AWS_PROFILES: FactKey[AwsProfiles] = FactKey("workstation.aws-profiles", "AWS profiles")
KUBE_CONTEXTS: FactKey[KubeContexts] = FactKey("workstation.kube-contexts", "kubeconfig contexts")
MIRROR_SPACE: FactKey[MirrorSpace] = FactKey("workstation.mirror-space", "disk for the mirror")
PROXIES: FactKey[ProxySettings] = FactKey("workstation.proxies", "proxy variables")
