"""Ends of support by the makers' calendars, and which credential is the least that fits."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from strategies.common.servers.credentials import (
    credential_instance,
    credential_name,
    fitting,
    repository_description,
    repository_instance,
    takes_bearer,
)
from strategies.common.servers.support import support
from strategies.facts import CredentialKind, ServerKind


@pytest.mark.parametrize(
    ("kind", "version", "ends"),
    [
        (ServerKind.GITLAB, "17.10.3-ee", date(2025, 6, 19)),  # 18.1 came
        (ServerKind.GITLAB, "18.0.0", date(2025, 8, 21)),
        (ServerKind.GITLAB, "16.11.0", date(2024, 7, 18)),
        (ServerKind.BITBUCKET, "7.21.23", date(2024, 2, 15)),
        (ServerKind.BITBUCKET, "8.19.4", date(2026, 3, 11)),
        (ServerKind.BITBUCKET, "8.5.0", date(2025, 4, 10)),
        (ServerKind.BITBUCKET, "9.4.1", date(2029, 3, 28)),
        (ServerKind.GHES, "3.19.2", date(2026, 12, 9)),
        (ServerKind.GHES, "2.22.1", date(2024, 12, 19)),
        (ServerKind.GHES, "3.99.0", None),
        (ServerKind.FORGEJO, "11.0.6+gitea-1.22.0", date(2026, 7, 14)),
        (ServerKind.FORGEJO, "1.21.11+2", date(2025, 7, 16)),
        (ServerKind.FORGEJO, "99.0.0", None),
        (ServerKind.GITEA, "1.24.6", None),
        (ServerKind.PLAIN, None, None),
    ],
)
def test_support_ends_when_the_calendar_says(kind: ServerKind, version: str | None, ends: date | None) -> None:
    found = support(kind, version)
    assert (found.ends if found else None) == ends


@pytest.mark.parametrize(("version", "takes"), [("v2.14.21", False), ("3.0", True), ("3.4.8", True), (None, None), ("x", None)])
def test_a_bearer_token_needs_argo_cd_three(version: str | None, takes: bool | None) -> None:
    assert takes_bearer(version) is takes


def test_an_old_argo_cd_gets_a_key_of_bitbucket() -> None:
    assert fitting(ServerKind.BITBUCKET, "2.14.21", ssh=False) == ()
    assert fitting(ServerKind.BITBUCKET, "2.14.21", ssh=True) == (CredentialKind.DEPLOY_KEY,)
    assert fitting(ServerKind.BITBUCKET, "3.1.16", ssh=False) == (CredentialKind.ACCESS_TOKEN,)
    assert fitting(ServerKind.PLAIN, "3.1.16", ssh=True) == ()


@pytest.mark.parametrize("instance", ["a", "prod", "prod-2024", "a-b-c"])
def test_ours_are_found_again_by_their_names(instance: str) -> None:
    name = credential_name(instance, datetime(2026, 11, 24, 17, 0, tzinfo=UTC))
    assert credential_instance(name) == instance
    assert repository_instance(repository_description(instance)) == instance


@pytest.mark.parametrize(
    "name", ["", "ci", "ezgitops-", "ezgitops-prod", "my-ezgitops-prod-20261124t170000z", "ezgitops-P-20261124t170000z"]
)
def test_others_are_others(name: str) -> None:
    assert credential_instance(name) is None
    assert repository_instance(name) is None
