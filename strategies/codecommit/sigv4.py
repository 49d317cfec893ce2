"""The user name and password that CodeCommit's Git hosts take from somebody with AWS credentials."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from strategies.codecommit.refresher_script import SIGNATURE_SECONDS, git_password, git_username

_HOST = re.compile(r"^git-codecommit(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?$")

__all__ = ["SIGNATURE_SECONDS", "AwsKeys", "git_login", "region_of"]


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """AWS credentials; ``token`` for temporary ones. Secrets are left out of its ``repr``."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def region_of(host: str) -> str:
    """The region in a CodeCommit Git host: signatures count for the host's region, whatever the environment says.

    Raises ValueError for any other host.
    """
    found = _HOST.match(host)
    if found is None:
        raise ValueError(f"not a CodeCommit Git host: {host}")
    return found["region"]


def git_login(url: str, keys: AwsKeys, now: datetime) -> tuple[str, str]:
    """User name and password for exactly this clone URL, good for ``SIGNATURE_SECONDS`` from ``now``."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return (
        git_username(keys.access_key, keys.token),
        git_password(keys.secret_key, region_of(host), host, parts.path, now.timestamp()),
    )
