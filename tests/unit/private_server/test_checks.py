"""All checks of the strategy together: they name each other rightly, and one cause makes one red line."""

from __future__ import annotations

import pytest

from strategies import facts as catalogue
from strategies.answers import Answers
from strategies.base import Status
from strategies.common.checks import COMMON_CHECKS
from strategies.facts import (
    SERVER,
    SERVER_CALLER,
    SERVER_CHAIN,
    SERVER_CREDENTIALS,
    SERVER_REPOSITORIES,
    SERVER_REPOSITORY,
    SERVER_SIGNED_IN,
    Caller,
    FactError,
    FactKey,
    ServerKind,
    TrustChain,
    Trusted,
    TrustFault,
)
from strategies.private_server.checks import CHECKS
from tests.unit.private_server.judging import changed, inside, over_ssh, situation
from wizard.engine.checks import evaluate

EVERY = (*COMMON_CHECKS, *CHECKS)
SILENT = FactError("gitlab.acme.example: no route to host", "Look at routes.")
NOBODY_ANSWERS = {
    one.id: SILENT
    for one in (
        SERVER, SERVER_SIGNED_IN, SERVER_CHAIN, SERVER_CALLER, SERVER_REPOSITORY, SERVER_REPOSITORIES, SERVER_CREDENTIALS,
    )
}  # fmt: skip
_OWN = "own."


def failing(facts: dict[str, object], answers: Answers | None = None) -> list[str]:
    """The checks that fail, without those of a server of one's own."""
    results = evaluate(EVERY, situation({**inside(), **facts}, answers), ())
    return [one.check.id for one in results if one.status is Status.FAIL and not one.check.id.startswith(_OWN)]


def test_each_has_an_id_of_its_own_and_names_what_there_is() -> None:
    ids = [one.id for one in EVERY]
    assert len(ids) == len(set(ids))
    keys = {one.id for one in vars(catalogue).values() if isinstance(one, FactKey)}
    for one in CHECKS:
        assert set(one.depends_on) <= set(ids), one.id
        assert set(one.needs) <= keys, one.id


def test_nothing_fails_where_all_is_well() -> None:
    assert failing({}) == []
    results = {one.check.id: one for one in evaluate(EVERY, situation(inside()), ())}
    for check in ("server.reachable", "server.certificate", "server.token", "server.repository", "probe.server-tls"):
        assert results[check].status is Status.PASS, results[check].verdict


def test_over_ssh_nothing_is_held_up_by_what_https_needs() -> None:
    answers = over_ssh(private_server__server__host_keys=["SHA256:" + 43 * "A"])
    gitea = changed(SERVER, kind=ServerKind.GITEA) | changed(SERVER_SIGNED_IN, kind=ServerKind.GITEA)
    gitea[SERVER_CALLER.id] = Caller("casey")
    facts = {**inside(), **gitea, SERVER_CHAIN.id: None}
    results = {one.check.id: one for one in evaluate(EVERY, situation(facts, answers), ())}
    for check in ("server.token", "server.repository", "server.credential", "server.state"):
        assert results[check].status is Status.PASS, results[check].verdict


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (NOBODY_ANSWERS, ["server.reachable"]),
        (
            {
                **NOBODY_ANSWERS,
                SERVER_CHAIN.id: TrustChain("gitlab.acme.example", 443, (), Trusted.NOT, TrustFault.NO_TLS, "plain HTTP"),
            },
            ["server.https-only"],
        ),
        (
            {**NOBODY_ANSWERS, **changed(SERVER_CHAIN, trusted=Trusted.NOT, fault=TrustFault.EXPIRED)},
            ["server.certificate"],
        ),
        (changed(SERVER_SIGNED_IN, ready=False, state="STARTING"), ["server.state"]),
        (changed(SERVER_REPOSITORY, exists=False), ["server.repository"]),
        (
            {
                SERVER_CALLER.id: Caller("", refused=FactError("401: expired", "Make a new one.")),
                SERVER_REPOSITORY.id: SILENT,
                SERVER_CREDENTIALS.id: SILENT,
            },
            ["server.token"],
        ),
    ],
)
def test_one_cause_makes_one_red_line(facts: dict[str, object], expected: list[str]) -> None:
    assert failing(facts) == expected
