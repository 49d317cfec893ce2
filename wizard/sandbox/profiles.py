"""The AWS configuration files of the operator's machine: profiles of every kind that a scenario names."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.sandbox.scenario import ProfileSection

if TYPE_CHECKING:
    from wizard.sandbox.aws.views import Credential

_SESSION = "acme"
_START_URL = "https://acme.awsapps.com/start"


def profile_variables(
    selected: str, region: str, profiles: Sequence[ProfileSection], key: Credential, folder: Path
) -> Mapping[str, str]:
    """Write the files into ``folder``; gives the variables that lead to them.

    ``selected`` is the profile of the environment, with access keys when no section says otherwise. HOME is among the variables
    only where a profile has a cached single sign-on token: the SDKs look for it nowhere else.
    """
    known = {one.name: one for one in (ProfileSection(name=selected), *profiles)}
    config, credentials = folder / "aws-config", folder / "aws-credentials"
    sections, keys, found = [], [], {}
    for profile in known.values():
        lines = [f"[profile {profile.name}]", f"region = {region}"]
        if profile.kind == "process":
            told = folder / f"{profile.name}.json"
            _private(told, json.dumps(_told(key)))
            lines.append(f"credential_process = cat {shlex.quote(str(told))}")
        elif profile.kind == "sso":
            account = key.principal_arn.split(":")[4]
            lines += [f"sso_session = {_SESSION}", f"sso_account_id = {account}", "sso_role_name = PlatformEngineer"]
            found["HOME"] = str(_with_token(folder / "home", region, profile.login_ended_seconds))
        else:
            keys.append(_keys(profile.name, key))
        sections.append("\n".join(lines))
    if "HOME" in found:
        sections.append(f"[sso-session {_SESSION}]\nsso_start_url = {_START_URL}\nsso_region = {region}")
    _private(config, "\n\n".join(sections) + "\n")
    _private(credentials, "\n".join(keys))
    return {
        "AWS_PROFILE": selected,
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        **found,
    }


def _keys(name: str, key: Credential) -> str:
    token = f"aws_session_token = {key.session_token}\n" if key.session_token else ""
    return f"[{name}]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n{token}"


def _told(key: Credential) -> dict[str, object]:
    """What a credential process prints (AWS SDKs and Tools reference guide, "Process credential provider")."""
    told: dict[str, object] = {"Version": 1, "AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key}
    if key.session_token is not None:
        told["SessionToken"] = key.session_token
    if key.expires_at is not None:
        told["Expiration"] = key.expires_at.isoformat()
    return told


def _with_token(home: Path, region: str, ended_seconds: int) -> Path:
    """A home with the cached token of a single sign-on that has ended, as ``aws sso login`` leaves it."""
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    ended = datetime.now(UTC) - timedelta(seconds=ended_seconds)
    token = {
        "startUrl": _START_URL,
        "region": region,
        "accessToken": "ended",
        "expiresAt": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
    }
    path = cache / f"{hashlib.sha1(_SESSION.encode(), usedforsecurity=False).hexdigest()}.json"
    if not path.exists():
        _private(path, json.dumps(token))
    return home


def _private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
