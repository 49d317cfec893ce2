"""Reads the profiles of this machine, without a call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import BotoCoreError

from strategies.facts import AwsProfiles, FactError
from strategies.ports import FactFailureError
from strategies.resources.aws.clients import AwsSessions
from strategies.resources.aws.profile_kinds import profile


def read_profiles(sessions: AwsSessions) -> AwsProfiles:
    """The profiles of this machine, which one the environment selects, and its region.

    ``selected`` follows the AWS CLI ("Configuration settings and precedence"): keys in the environment beat AWS_PROFILE, which
    beats the profile named ``default``.
    """
    environ = sessions.environ
    clients = sessions.clients(None, None)
    try:
        names = clients.profiles()
        if "AWS_ACCESS_KEY_ID" in environ:
            selected = None
        else:
            selected = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE")
            selected = selected or ("default" if "default" in names else None)
        region = sessions.clients(selected, None).configured_region()
        sections, sso = clients.profile_sections(), clients.sso_sessions()
        profiles = tuple(profile(name, sections.get(name, {}), sso, _token_folder(environ)) for name in names)
        return AwsProfiles(names, selected, region, tuple(sorted(clients.regions("codecommit"))), profiles)
    except BotoCoreError as error:
        remedy = (
            "Mend the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, or set AWS_PROFILE to another profile."
        )
        raise FactFailureError(FactError(f"AWS configuration: {error}", remedy, "aws configure list-profiles")) from error


def _token_folder(environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return (Path(home) if home else Path.home()) / ".aws" / "sso" / "cache"
