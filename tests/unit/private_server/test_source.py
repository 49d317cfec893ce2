"""The source repository where it is the repository on the private server itself."""

from __future__ import annotations

import pytest

from strategies.base import Situation, Status
from strategies.common import effective, offers
from strategies.common.checks.source import source
from strategies.facts import SERVER_CHAIN, SOURCE, FactError, Facts, Reading, TrustChain, Trusted
from strategies.private_server import own_offers
from tests.fakes import START
from tests.unit.private_server.judging import complete

NONE = Facts({SOURCE.id: Reading(None, FactError("there is no repository", "Look at the URL."), START, 0.0)})


@pytest.mark.parametrize(
    ("mode", "evidence"),
    [("create", "apply makes it, empty"), ("existing", "this machine cannot read it: there is no repository")],
)
def test_one_that_is_to_be_made_is_empty_at_first(mode: str, evidence: str) -> None:
    found = source(Situation(complete(private_server__repository__mode=mode), NONE))
    assert found.status is Status.WARN
    assert evidence in found.evidence


def test_a_server_that_is_not_believed_is_told_of_once() -> None:
    chain = TrustChain("gitlab.acme.example", 443, (), Trusted.NOT)
    read = Facts({**NONE.readings, SERVER_CHAIN.id: Reading(chain, None, START, 0.0)})
    assert source(Situation(complete(), read)).status is Status.SKIPPED
    elsewhere = complete(source__url="https://github.com/acme/cluster-config.git")
    assert source(Situation(elsewhere, read)).status is Status.WARN


def test_what_is_to_be_made_is_no_fault_and_is_given_a_first_branch() -> None:
    made = Situation(complete(private_server__repository__mode="create", source__revision=None), NONE)
    verdict = offers.judge_source(made)
    assert verdict is not None
    assert (verdict.status, effective.suggested_revision(made)) == (Status.WARN, "main")
    there = Situation(complete(source__revision=None), NONE)
    verdict = offers.judge_source(there)
    assert verdict is not None
    assert (verdict.status, effective.suggested_revision(there)) == (Status.FAIL, None)


@pytest.mark.parametrize(("mode", "suggested"), [("create", "mirror"), ("existing", None)])
def test_what_is_made_is_filled_from_another_where_nothing_else_is_said(mode: str, suggested: str | None) -> None:
    assert own_offers.fill(Situation(complete(private_server__repository__mode=mode), Facts())) == suggested
