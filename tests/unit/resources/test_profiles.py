"""Profiles of the AWS configuration files: what each is, and whether its single sign-on still holds. No call is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from strategies.facts import AwsProfile, AwsProfiles, ProfileKind
from strategies.ports import FactFailureError
from strategies.resources.aws.clients import AwsSessions
from strategies.resources.aws.profile_kinds import login_of, profile
from strategies.resources.aws.profiles import read_profiles
from wizard.sandbox.aws.views import Credential
from wizard.sandbox.profiles import profile_variables
from wizard.sandbox.scenario import ProfileSection

NOW = datetime.now(UTC).replace(microsecond=0)
SSO = {"sso_session": "acme", "sso_account_id": "123456789012", "sso_role_name": "Admin"}
SESSIONS = {"acme": {"sso_start_url": "https://acme.awsapps.com/start", "sso_region": "us-east-2"}}
KEYS = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "x"}


def cached(folder: Path, key: str, **token: object) -> Path:
    name = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
    (folder / f"{name}.json").write_text(json.dumps({"accessToken": "secret-token", **token}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("section", "kind", "account", "source"),
    [
        ({}, ProfileKind.UNKNOWN, None, None),
        ({"region": "us-east-2"}, ProfileKind.UNKNOWN, None, None),
        (KEYS, ProfileKind.KEYS, None, None),
        ({**KEYS, "aws_session_token": "y"}, ProfileKind.SESSION_KEYS, None, None),
        ({"credential_process": "tool"}, ProfileKind.PROCESS, None, None),
        ({"login_session": "arn:aws:iam::123456789012:user/me"}, ProfileKind.CONSOLE_LOGIN, None, None),
        (SSO, ProfileKind.SSO, "123456789012", None),
        (
            {**KEYS, "role_arn": "arn:aws:iam::210987654321:role/a", "source_profile": "base"},
            ProfileKind.ASSUME_ROLE,
            "210987654321",
            "base",
        ),
        (
            {"role_arn": "arn:aws-us-gov:iam::210987654321:role/a", "web_identity_token_file": "/t"},
            ProfileKind.WEB_IDENTITY,
            "210987654321",
            None,
        ),
    ],
)
def test_what_a_profile_is(
    section: Mapping[str, object], kind: ProfileKind, account: str | None, source: str | None, tmp_path: Path
) -> None:
    assert profile("p", section, SESSIONS, tmp_path) == AwsProfile("p", kind, account, source)


@pytest.mark.parametrize(
    ("left", "form", "ended"),
    [
        (timedelta(hours=1), "%Y-%m-%dT%H:%M:%SZ", False),
        (timedelta(hours=-1), "%Y-%m-%dT%H:%M:%SZ", True),
        (timedelta(hours=1), "%Y-%m-%dT%H:%M:%SUTC", False),
    ],
)
def test_a_cached_token_tells_until_when_the_login_holds(left: timedelta, form: str, ended: bool, tmp_path: Path) -> None:
    found = profile("p", SSO, SESSIONS, cached(tmp_path, "acme", expiresAt=f"{NOW + left:{form}}"))
    assert found.login_ends == NOW + left
    assert found.login_ended(NOW) is ended


def test_a_token_of_the_older_form_is_named_after_the_start_url(tmp_path: Path) -> None:
    section = {"sso_start_url": "https://a/start", "sso_region": "us-east-2", "sso_account_id": "1", "sso_role_name": "r"}
    found = profile("p", section, {}, cached(tmp_path, "https://a/start", expiresAt=f"{NOW:%Y-%m-%dT%H:%M:%SZ}"))
    assert (found.login_ends, found.login_ended(NOW)) == (NOW, True)


def test_a_token_that_the_sdk_renews_has_not_ended(tmp_path: Path) -> None:
    over, later = f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}", f"{NOW + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
    token = {"expiresAt": over, "refreshToken": "secret-refresh", "registrationExpiresAt": later}
    found = profile("p", SSO, SESSIONS, cached(tmp_path, "acme", **token))
    assert (found.login_renews, found.login_ended(NOW)) == (True, False)
    assert "secret" not in repr(found)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"expiresAt": 5}', '{"expiresAt": "soon"}', " " * 70_000])
def test_a_token_file_that_cannot_be_read_is_no_login(text: str, tmp_path: Path) -> None:
    (cached(tmp_path, "acme") / f"{hashlib.sha1(b'acme', usedforsecurity=False).hexdigest()}.json").write_text(text)
    found = profile("p", SSO, SESSIONS, tmp_path)
    assert (found.login_ends, found.login_ended(NOW)) == (None, True)


def test_nobody_has_logged_in_and_a_session_that_is_not_there(tmp_path: Path) -> None:
    assert profile("p", SSO, SESSIONS, tmp_path).login_ended(NOW)
    assert profile("p", SSO, {}, cached(tmp_path, "acme", expiresAt="2999-01-01T00:00:00Z")).login_ended(NOW)


def test_the_way_to_log_in_follows_from_the_section() -> None:
    sections: Mapping[str, Mapping[str, object]] = {
        "a": KEYS,
        "b": {"role_arn": "arn", "source_profile": "a"},
        "c": {"role_arn": "arn", "source_profile": "b"},
        "d": {"role_arn": "arn", "source_profile": "d", **KEYS},
    }
    assert login_of("a", sections).command == "aws configure --profile a"
    assert login_of("b", sections).command == "aws configure --profile a"
    assert login_of("c", sections).command == "aws configure --profile a"
    assert login_of("d", sections).text.startswith("The role of profile d is taken by profile d.")
    assert login_of("gone", sections).command == "aws sso login --profile gone"
    assert login_of(None, sections).command == "aws sso login"


def test_the_sandbox_s_profiles_are_read_as_what_they_are(tmp_path: Path) -> None:
    key = Credential("ASIA", "arn:aws:sts::123456789012:assumed-role/a/b", "secret", "token", NOW + timedelta(minutes=40))
    sections = (
        ProfileSection(name="prod-east", kind="sso"),
        ProfileSection(name="told", kind="process"),
        ProfileSection(name="keys"),
    )
    environ = dict(profile_variables("prod-east", "us-east-2", sections, key, tmp_path))
    sessions = AwsSessions(environ)
    found = read_profiles(sessions)
    assert isinstance(found, AwsProfiles)
    assert (found.selected, found.region) == ("prod-east", "us-east-2")
    kinds = {one.name: one.kind for one in found.profiles}
    assert kinds == {"prod-east": ProfileKind.SSO, "told": ProfileKind.PROCESS, "keys": ProfileKind.SESSION_KEYS}
    sso = found.named("prod-east")
    assert sso is not None
    assert sso.login_ended(NOW)
    credentials = sessions.clients("told", None).credentials()
    assert getattr(credentials, "_expiry_time", None) == key.expires_at
    assert "HOME" not in profile_variables("other", "us-east-2", (), key, made(tmp_path / "plain"))


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_configuration_files_that_are_broken_are_told(tmp_path: Path) -> None:
    broken = tmp_path / "config"
    broken.write_text("[profile x\n")
    with pytest.raises(FactFailureError) as caught:
        read_profiles(AwsSessions({"AWS_CONFIG_FILE": str(broken), "HOME": str(tmp_path)}))
    assert caught.value.error.command == "aws configure list-profiles"
