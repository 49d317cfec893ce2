"""GitLab's whole ``gitlab.rb`` from the answers: HTTPS by the operator's certificate, nothing asked of the internet. Pure.

Settings: GitLab docs, "Configure Linux package installations", pages of their names. The file is Ruby and is obeyed: what the
answers hold has been validated when it was read, and is validated again here.
"""

from __future__ import annotations

import hashlib
import re

from strategies.answers import Answers

FORMAT = 1
"""Version of what stands in the file; another one is another configuration."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_INSTANCE = re.compile(_LABEL)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]")
_FIRST_ID = 15001
_USERS = ("user", "postgresql", "redis", "web_server", "prometheus", "registry")
"""The users that the package makes. With fixed numbers the data is theirs on every machine that it is moved to."""
_KEPT_SECONDS = 172_800


def configuration(answers: Answers) -> str:
    """The text of ``/etc/gitlab/gitlab.rb``. Raises ValueError for what the answers' model would refuse."""
    own = answers.private_server.own
    host, instance = _checked(_HOST, own.zone or ""), _checked(_INSTANCE, answers.name or "")
    lines = [
        f"# ezgitops.dev/gitlab instance={instance} format={FORMAT}",
        "# Written whole by ezgitops; what is changed here is undone by its next run.",
        f"external_url 'https://{host}'",
        "",
        "# The certificate of the company's own CA. Nothing listens without TLS, nobody is asked for another one.",
        f"nginx['ssl_certificate'] = '/etc/gitlab/ssl/{host}.crt'",
        f"nginx['ssl_certificate_key'] = '/etc/gitlab/ssl/{host}.key'",
        "nginx['redirect_http_to_https'] = false",
        "letsencrypt['enable'] = false",
        "",
        "# There is no internet, and nothing is to be told to it.",
        "gitlab_rails['usage_ping_enabled'] = false",
        "gitlab_rails['initial_gitlab_product_usage_data'] = false",
        "gitlab_rails['store_initial_root_password'] = false",
        "gitlab_rails['display_initial_root_password'] = false",
        "gitlab_rails['gitlab_email_enabled'] = false",
        "",
        "# A Git server for one Argo CD: what does not serve that stays off.",
        "prometheus_monitoring['enable'] = false",
        "gitlab_kas['enable'] = false",
        "registry['enable'] = false",
        "gitlab_pages['enable'] = false",
        "mattermost['enable'] = false",
        "",
        "# The same numbers on every machine that the data volume is attached to.",
        *(f"{name}['{kind}'] = {number}" for number, name in enumerate(_USERS, _FIRST_ID) for kind in ("uid", "gid")),
    ]
    if own.backup_bucket is not None:
        lines += ["", *_backups(_checked(_BUCKET, own.backup_bucket), _checked(_REGION, answers.aws.region or ""))]
    return "\n".join(lines) + "\n"


def digest(text: str) -> str:
    """SHA-256 of a configuration, as the machine tells it."""
    return hashlib.sha256(text.encode()).hexdigest()


def folder(answers: Answers) -> str | None:
    """The folder of the bucket for the backups; None where none are made."""
    return None if answers.private_server.own.backup_bucket is None else f"{answers.name}-gitlab"


def _backups(bucket: str, region: str) -> list[str]:
    """By the machine's role; the region's own host of S3 leads through the gateway endpoint."""
    return [
        "# Every night; the machine may write there and read nothing.",
        "gitlab_rails['backup_upload_connection'] = {",
        "  'provider' => 'AWS',",
        f"  'region' => '{region}',",
        "  'use_iam_profile' => true",
        "}",
        f"gitlab_rails['backup_upload_remote_directory'] = '{bucket}'",
        f"gitlab_rails['backup_keep_time'] = {_KEPT_SECONDS}",
    ]


def _checked(form: re.Pattern[str], text: str) -> str:
    if form.fullmatch(text) is None:
        raise ValueError(f"{text!r} cannot stand in GitLab's configuration")
    return text
