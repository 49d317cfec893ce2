"""What the fields of the private server suggest, offer and say."""

from __future__ import annotations

import pytest

from strategies.base import Kind, Status
from strategies.common import effective
from strategies.common.questions import DETAILS
from strategies.facts import (
    SERVER,
    SERVER_CALLER,
    SERVER_CHAIN,
    SERVER_HOST_KEYS,
    SOURCE,
    Caller,
    SshHostKey,
    SshHostKeys,
    Trusted,
    TrustFault,
)
from strategies.private_server import offers
from strategies.private_server.questions import QUESTIONS
from tests.fakes import SERVER_URL
from tests.unit.private_server.judging import GONE, changed, complete, healthy, over_ssh, situation

UNKNOWN_CA = changed(SERVER_CHAIN, trusted=Trusted.NOT, fault=TrustFault.UNKNOWN_ISSUER)
CONFIRMED = "private_server__server__ca_fingerprint"
BY_KEY = {one.key: one for one in (*DETAILS, *QUESTIONS)}


def _fingerprint() -> str:
    return healthy(SERVER_CHAIN).certificates[-1].sha256


@pytest.mark.parametrize(
    ("kind", "url", "method"),
    [
        ("gitlab", SERVER_URL, "make"),
        ("bitbucket", SERVER_URL, "make"),
        ("gitea", SERVER_URL, "token"),
        ("ghes", SERVER_URL, "token"),
        ("plain", SERVER_URL, "token"),
        ("gitea", "ssh://git@gitea.acme.example/a/b.git", "make"),
        ("gitlab", "ssh://git@gitlab.acme.example/a/b.git", "make"),
        ("bitbucket", "ssh://git@bitbucket.acme.example:7999/a/b.git", "make"),
        ("plain", "ssh://git@git.acme.example/a/b.git", "ssh-key"),
    ],
)
def test_what_is_suggested_goes_with_product_and_url(kind: str, url: str, method: str) -> None:
    answers = complete(private_server__server__kind=kind, private_server__repository__url=url)
    assert offers.suggested_method(situation(answers=answers)) == method


def test_a_ca_is_in_sight_while_it_waits_to_be_confirmed_and_afterwards() -> None:
    question = BY_KEY["privateServer.server.caFingerprint"]
    assert question.kind is Kind.CONFIRM
    assert question.folded(situation(changed(SERVER_CHAIN, trusted=Trusted.SYSTEM)))
    [offered] = offers.authorities(situation(UNKNOWN_CA))[:1]
    assert not question.folded(situation(UNKNOWN_CA))
    assert offered.note.replace(" ", ":").startswith(offered.value)
    looking = situation({SERVER_CHAIN.id: GONE}, complete(**{CONFIRMED: _fingerprint()}))
    assert [one.value for one in question.choices(looking)] == [_fingerprint()]
    assert not question.folded(looking)


def test_an_unknown_ca_is_told_once_and_where_it_is_mended() -> None:
    seen = situation({**UNKNOWN_CA, SERVER.id: GONE, SOURCE.id: GONE})
    told = {key: BY_KEY[key].judge(seen) for key in ("privateServer.repository.url", "source.url")}
    assert {key: one.status for key, one in told.items() if one is not None} == dict.fromkeys(told, Status.UNKNOWN)
    trust = offers.judge_trust(seen)
    assert trust is not None
    assert trust.status is Status.FAIL


@pytest.mark.parametrize("fault", offers.SERVERS_OWN)
def test_no_ca_is_asked_for_where_none_helps(fault: TrustFault) -> None:
    verdict = offers.judge_trust(situation(changed(SERVER_CHAIN, trusted=Trusted.NOT, fault=fault)))
    assert verdict is not None
    assert verdict.remedy is not None
    assert "no CA mends that" in verdict.remedy.text


def test_a_host_key_that_is_not_shown_any_more_stays_in_sight() -> None:
    old = f"SHA256:{'A' * 43}"
    new = SshHostKey("ssh-ed25519", f"SHA256:{'B' * 43}")
    keys = SshHostKeys("gitea.acme.example", 22, (new,))
    seen = situation({SERVER_HOST_KEYS.id: keys}, over_ssh(private_server__server__host_keys=[old]))
    assert [one.value for one in offers.host_keys(seen)] == [new.fingerprint, old]
    verdict = offers.judge_host_keys(seen)
    assert verdict is not None
    assert verdict.status is Status.FAIL


def test_a_repository_that_is_its_own_source_is_read_with_the_tokens_answered() -> None:
    casey = {SERVER_CALLER.id: Caller("casey")}
    seen = situation(casey)
    assert (effective.suggested_source_username(seen), effective.suggested_source_password(seen)) == (
        "casey",
        "env:GITLAB_TOKEN",
    )
    for other in (
        complete(source__url="https://github.com/acme/cluster-config.git"),
        complete(private_server__repository__fill="mirror"),
    ):
        assert effective.suggested_source_password(situation(casey, other)) is None
    asked_for = complete(private_server__server__admin_token="prompt:Token")
    assert effective.suggested_source_password(situation(casey, asked_for)) is None
