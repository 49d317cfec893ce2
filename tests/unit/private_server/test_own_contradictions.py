"""Answers for a GitLab of one's own that cannot hold together."""

from __future__ import annotations

import pytest

from strategies.private_server.answers import PrivateServerAnswers
from strategies.private_server.own_contradictions import contradictions
from tests.unit.private_server.own_complete import complete


def _with(section: str, **changes: object) -> PrivateServerAnswers:
    asked = complete().private_server.model_dump()
    return PrivateServerAnswers.model_validate({**asked, section: {**asked[section], **changes}})


def test_complete_answers_hold_together() -> None:
    assert list(contradictions(complete().private_server)) == []


@pytest.mark.parametrize(
    ("section", "changes", "key"),
    [
        ("server", {"kind": "gitea"}, "server.kind"),
        ("repository", {"url": "https://git.acme.internal:8443/platform/cluster-config.git"}, "repository.url"),
        ("repository", {"url": "https://gitlab.acme.internal/platform/cluster-config.git"}, "own.zone"),
        ("repository", {"mode": "existing"}, "repository.mode"),
        ("own", {"zone": "acme.internal"}, "own.zone"),
        ("own", {"address": "10.0.0.999"}, "own.address"),
        ("own", {"operator_cidrs": ["10.8.0.1/24"]}, "own.operatorCidrs"),
        ("own", {"operator_cidrs": ["0.0.0.0/0"]}, "own.operatorCidrs"),
    ],
)
def test_what_cannot_hold_together_is_named(section: str, changes: dict[str, object], key: str) -> None:
    assert [one for one, _ in contradictions(_with(section, **changes))] == [key]


def test_nothing_is_said_where_no_server_is_made() -> None:
    assert list(contradictions(_with("own", make=False, zone="acme.internal"))) == []
