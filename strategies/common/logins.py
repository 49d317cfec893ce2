"""How credentials are had again, by the kind of profile that they come from. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from strategies.base import Situation
from strategies.common import effective
from strategies.facts import AWS_PROFILES, AwsProfile, ProfileKind


@dataclass(frozen=True, slots=True)
class Login:
    """What to do, as a sentence, and the command where there is one."""

    text: str
    command: str | None = None


def login(profile: AwsProfile | None, name: str | None = None, others: Sequence[AwsProfile] = ()) -> Login:
    """How to get fresh credentials of a profile; ``name`` is that of one about which nothing else is known.

    ``others`` are the profiles from which it may take its role. AWS CLI user guide, "Authentication and access credentials".
    """
    name = profile.name if profile is not None else name
    kind = profile.kind if profile is not None else ProfileKind.UNKNOWN
    where = f"profile {name}" if name else "the environment"
    match kind:
        case ProfileKind.KEYS:
            return Login(f"Give {where} keys that are active.", _for("aws configure", name))
        case ProfileKind.SESSION_KEYS:
            return Login(f"Fetch new session keys for {where}, with the tool that wrote them, or choose another profile.")
        case ProfileKind.PROCESS:
            return Login(f"Log in with the tool that credential_process of {where} runs, or choose another profile.")
        case ProfileKind.ASSUME_ROLE if profile is not None and profile.source is not None:
            source = next((one for one in others if one.name == profile.source), None)
            below = login(source, profile.source, [one for one in others if one is not source])
            return Login(f"The role of {where} is taken by profile {profile.source}. {below.text}", below.command)
        case ProfileKind.WEB_IDENTITY:
            return Login(f"Have the token renewed that web_identity_token_file of {where} names.")
        case ProfileKind.CONSOLE_LOGIN:
            return Login("Log in again.", _for("aws login", name))
        case _:
            return Login("Log in again.", _sso(name))


def login_of(situation: Situation) -> Login:
    """How to get fresh credentials of the profile in effect."""
    profiles, name = situation.facts.get(AWS_PROFILES), effective.profile(situation)
    return login(None, name) if profiles is None else login(profiles.named(name), name, profiles.profiles)


def told(profile: AwsProfile, at: datetime) -> str:
    """What a profile is and whether its login still holds at ``at``, in a few words."""
    account = f", account {profile.account}" if profile.account else ""
    match profile.kind:
        case ProfileKind.SSO:
            return f"single sign-on{account}, {_sso_state(profile, at)}"
        case ProfileKind.ASSUME_ROLE:
            return f"role{account}" + (f", by profile {profile.source}" if profile.source else "")
        case ProfileKind.WEB_IDENTITY:
            return f"web identity{account}"
        case ProfileKind.UNKNOWN:
            return ""
        case kind:
            return str(kind)


def _sso_state(profile: AwsProfile, at: datetime) -> str:
    if profile.login_ended(at):
        return "login has ended" if profile.login_ends is not None else "not logged in"
    if profile.login_ends is None or profile.login_renews:
        return "logged in"
    return f"logged in until {profile.login_ends:%H:%M} UTC"


def _sso(name: str | None) -> str:
    return _for("aws sso login", name)


def _for(command: str, name: str | None) -> str:
    return f"{command} --profile {shlex.quote(name)}" if name else command
