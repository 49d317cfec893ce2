"""What can be read from this machine. Data only; the readers are in ``strategies.resources``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from strategies.facts.base import FactKey

_ROSA_API = re.compile(r"https://api\.([a-z0-9-]+)\.[a-z0-9]+\.[a-z0-9]+\.openshiftapps\.com(:[0-9]+)?/?$")


@dataclass(frozen=True, slots=True)
class GitProgram:
    """The git program on this machine: its path and version (``(2, 39, 5)``)."""

    path: str
    version: tuple[int, ...]


class ProfileKind(StrEnum):
    """Where a profile of the AWS configuration files has its credentials from. The value is how it is called in notes."""

    KEYS = "access keys"
    SESSION_KEYS = "session keys"
    SSO = "single sign-on"
    CONSOLE_LOGIN = "console login"
    ASSUME_ROLE = "role"
    WEB_IDENTITY = "web identity"
    PROCESS = "credential process"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AwsProfile:
    """One profile. ``account`` is that of its role or its single sign-on, ``source`` the profile from which it takes its role.

    For single sign-on, ``login_ends`` is when the cached token ends (None: there is none), ``login_renews`` whether the SDK can
    renew it without a browser.
    """

    name: str
    kind: ProfileKind
    account: str | None = None
    source: str | None = None
    login_ends: datetime | None = None
    login_renews: bool = False

    def login_ended(self, at: datetime) -> bool:
        """True when it is known, without a call, that somebody has to log in before it can be used."""
        if self.kind is not ProfileKind.SSO or self.login_renews:
            return False
        return self.login_ends is None or self.login_ends <= at


@dataclass(frozen=True, slots=True)
class AwsProfiles:
    """The profiles of the AWS configuration files, and the one the environment selects (None: no profile needed).

    ``regions`` are the regions where the SDK knows CodeCommit; ``profiles`` what is known of each profile.
    """

    names: tuple[str, ...]
    selected: str | None
    region: str | None
    regions: tuple[str, ...] = ()
    profiles: tuple[AwsProfile, ...] = ()

    def named(self, name: str | None) -> AwsProfile | None:
        """What is known of the profile of this name."""
        return next((one for one in self.profiles if one.name == name), None)


@dataclass(frozen=True, slots=True)
class KubeContext:
    """One kubeconfig context: its name, the API server's URL, and the user's name in the file."""

    name: str
    server: str
    user: str

    @property
    def rosa_cluster(self) -> str | None:
        """The name of the ROSA cluster that the server's URL gives away, without a call to it; None for any other URL.

        Hosted and classic clusters alike: ``api.NAME.XXXX.pN.openshiftapps.com`` (ROSA, "Accessing your cluster").
        """
        found = _ROSA_API.match(self.server)
        return None if found is None else found[1]


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
    """The proxy variables of the environment. ``differing``: those whose two spellings hold different values.

    ``aws_host`` is where all calls to AWS go, when ``AWS_ENDPOINT_URL`` says so (AWS SDKs and tools reference guide).
    """

    https: Proxy | None = None
    exempt: tuple[str, ...] = ()
    http_only: bool = False
    differing: tuple[str, ...] = ()
    aws_host: str | None = None


GIT_PROGRAM: FactKey[GitProgram] = FactKey("workstation.git", "git program")
AWS_PROFILES: FactKey[AwsProfiles] = FactKey("workstation.aws-profiles", "AWS profiles")
KUBE_CONTEXTS: FactKey[KubeContexts] = FactKey("workstation.kube-contexts", "kubeconfig contexts")
MIRROR_SPACE: FactKey[MirrorSpace] = FactKey("workstation.mirror-space", "disk for the mirror")
PROXIES: FactKey[ProxySettings] = FactKey("workstation.proxies", "proxy variables")
