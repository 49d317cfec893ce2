"""What one profile of the AWS configuration files has its credentials from, and whether its single sign-on still holds.

No call is made: everything stands in the files themselves and in the SDK's cache of single sign-on tokens.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from strategies.common.logins import Login, login
from strategies.facts import AwsProfile, ProfileKind

Section = Mapping[str, object]

_LARGEST_TOKEN_FILE = 64 * 1024
_ROLE_ACCOUNT = re.compile(r"^arn:[a-z-]+:iam::(\d{12}):role/")


def login_of(name: str | None, sections: Mapping[str, Section]) -> Login:
    """How to get fresh credentials of a profile (None: of the environment)."""
    known = [profile(one, section, {}, None) for one, section in sections.items()]
    return login(next((one for one in known if one.name == name), None), name, known)


def profile(name: str, section: Section, sso_sessions: Mapping[str, Section], tokens: Path | None) -> AwsProfile:
    """One profile from its section of the configuration files, in the SDK's own order of what wins.

    AWS SDKs and Tools reference guide, "Standardized credential providers"; ``tokens`` is the folder of cached tokens
    (None: they do not matter).
    """
    role_account = _ROLE_ACCOUNT.match(str(section.get("role_arn", "")))
    account = role_account[1] if role_account else None
    if "role_arn" in section and "web_identity_token_file" not in section:
        source = section.get("source_profile")
        return AwsProfile(name, ProfileKind.ASSUME_ROLE, account, None if source is None else str(source))
    if "web_identity_token_file" in section:
        return AwsProfile(name, ProfileKind.WEB_IDENTITY, account)
    if "sso_account_id" in section or "sso_role_name" in section:
        ends, renews = _token(section, sso_sessions, tokens)
        return AwsProfile(name, ProfileKind.SSO, _text(section.get("sso_account_id")), None, ends, renews)
    if "aws_access_key_id" in section:
        return AwsProfile(name, ProfileKind.SESSION_KEYS if "aws_session_token" in section else ProfileKind.KEYS)
    if "login_session" in section:
        return AwsProfile(name, ProfileKind.CONSOLE_LOGIN)
    return AwsProfile(name, ProfileKind.PROCESS if "credential_process" in section else ProfileKind.UNKNOWN)


def _token(section: Section, sso_sessions: Mapping[str, Section], folder: Path | None) -> tuple[datetime | None, bool]:
    """When the cached token ends and whether the SDK renews it. Its file is named after the session, else the start URL.

    AWS CLI user guide, "Configuring IAM Identity Center authentication": ``~/.aws/sso/cache``. Nothing else of it is looked at.
    """
    session = section.get("sso_session")
    key = _text(session) or _text(section.get("sso_start_url")) or ""
    if folder is None or not key or (session is not None and key not in sso_sessions):
        return None, False
    path = folder / f"{hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()}.json"
    try:
        if path.stat().st_size > _LARGEST_TOKEN_FILE:
            return None, False
        token = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None, False
    if not isinstance(token, dict):
        return None, False
    registered = _time(token.get("registrationExpiresAt"))
    renews = session is not None and "refreshToken" in token and registered is not None and registered > datetime.now(UTC)
    return _time(token.get("expiresAt")), renews


def _time(value: object) -> datetime | None:
    """The AWS CLI has written ``2026-11-24T13:00:00Z`` and ``2026-11-24T13:00:00UTC``."""
    try:
        found = datetime.fromisoformat(cast("str", value).replace("UTC", "Z").replace("Z", "+00:00"))
    except (AttributeError, TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
