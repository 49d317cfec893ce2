"""The checks of certificate and host keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from strategies.base import Status
from strategies.facts import (
    SERVER_AUTHORITY,
    SERVER_CHAIN,
    SERVER_HOST_KEYS,
    FactError,
    SshHostKey,
    SshHostKeys,
    Trusted,
    TrustFault,
)
from tests.fakes import START
from tests.unit.private_server.judging import SEEN_INSIDE, advice, changed, complete, edits, healthy, inside, judged, over_ssh

FIRST, SECOND = "SHA256:" + 43 * "A", "SHA256:" + 43 * "B"
KEYS = SshHostKeys("gitea.acme.example", 22, (SshHostKey("ssh-ed25519", FIRST, "AAAA"),), "SSH-2.0-Go")


def test_a_believed_certificate_passes_and_says_until_when() -> None:
    found = judged("server.certificate")
    assert found.status is Status.PASS
    assert "the look from inside tells" in found.evidence
    assert judged("server.certificate", changed(SERVER_CHAIN, trusted=Trusted.GIVEN)).status is Status.PASS


def test_the_end_within_thirty_days_warns() -> None:
    chain = healthy(SERVER_CHAIN)
    soon = replace(chain.certificates[0], not_after=START + timedelta(days=29, hours=1))
    found = judged("server.certificate", {SERVER_CHAIN.id: replace(chain, certificates=(soon, chain.certificates[1]))})
    assert found.status is Status.WARN
    assert "in 29 days" in found.evidence


@pytest.mark.parametrize("fault", [TrustFault.UNKNOWN_ISSUER, TrustFault.SELF_SIGNED])
def test_an_unknown_ca_is_shown_and_may_be_confirmed(fault: TrustFault) -> None:
    found = judged("server.certificate", changed(SERVER_CHAIN, trusted=Trusted.NOT, fault=fault))
    assert found.status is Status.FAIL
    fingerprint = healthy(SERVER_CHAIN).certificates[-1].sha256
    assert fingerprint in found.evidence
    assert edits(found) == {"privateServer.server.caFingerprint": fingerprint}


@pytest.mark.parametrize("fault", [TrustFault.EXPIRED, TrustFault.WRONG_NAME, TrustFault.NOT_YET_VALID, TrustFault.INCOMPLETE])
def test_no_ca_mends_a_fault_of_the_certificate_itself(fault: TrustFault) -> None:
    found = judged("server.certificate", changed(SERVER_CHAIN, trusted=Trusted.NOT, fault=fault))
    assert found.status is Status.FAIL
    assert fault.value in found.evidence
    assert found.remedy is not None
    assert found.remedy.mend is None


@pytest.mark.parametrize(("answer", "value"), [("ca_file", "acme.pem"), ("ca_fingerprint", ":".join(["AB"] * 32))])
def test_another_ca_than_answered_is_said(answer: str, value: str) -> None:
    facts = changed(SERVER_CHAIN, trusted=Trusted.NOT, fault=TrustFault.UNKNOWN_ISSUER)
    found = judged("server.certificate", facts, complete(**{f"private_server__server__{answer}": value}))
    assert found.status is Status.FAIL
    assert found.remedy is not None
    assert found.remedy.mend is None


def test_a_ca_file_that_cannot_be_read_fails() -> None:
    broken = {SERVER_AUTHORITY.id: FactError("the CA's file x cannot be read", "Look at it.")}
    assert judged("server.certificate", broken).status is Status.FAIL


def test_what_the_cluster_believes_only_warns_here() -> None:
    answers = complete(private_server__credentials={"method": "token", "secret": "env:T"})
    facts = {**changed(SERVER_CHAIN, trusted=Trusted.NOT, fault=TrustFault.UNKNOWN_ISSUER), **inside(SEEN_INSIDE)}
    assert judged("server.certificate", facts, answers).status is Status.WARN
    assert judged("server.certificate", facts).status is Status.FAIL, "the API is asked from here"


def test_host_keys_are_to_be_confirmed() -> None:
    found = judged("server.host-key", {SERVER_HOST_KEYS.id: KEYS}, over_ssh())
    assert found.status is Status.FAIL
    assert edits(found) == {"privateServer.server.hostKeys": [FIRST]}
    confirmed = over_ssh(private_server__server__host_keys=[FIRST])
    assert judged("server.host-key", {SERVER_HOST_KEYS.id: KEYS}, confirmed).status is Status.PASS
    assert judged("server.host-key").status is Status.PASS, "what depends on it goes on where there is none"


def test_changed_host_keys_fail_and_say_what_it_means() -> None:
    found = judged("server.host-key", {SERVER_HOST_KEYS.id: KEYS}, over_ssh(private_server__server__host_keys=[SECOND]))
    assert found.status is Status.FAIL
    assert SECOND in found.evidence
    assert FIRST in found.evidence
    assert "stands in its place" in advice(found)
    assert found.remedy is not None
    assert found.remedy.mend is None, "a key that changed is confirmed by nobody with one key stroke"
