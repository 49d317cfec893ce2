"""A cluster that cannot be reached: nothing waits for it, what it would have told is answered by hand, and it is said why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strategies.base import Status
from strategies.codecommit.checks import argocd as repository
from strategies.common import COMMON_CHECKS, COMMON_QUESTIONS, offers
from strategies.common.checks import argocd, cluster
from strategies.facts import (
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    CLUSTER_RIGHTS,
    KUBE_CONTEXTS,
    FactError,
    KubeContext,
    KubeContexts,
)
from strategies.registry import STRATEGIES
from tests.fakes import SOURCE_URL, FakeWorld
from tests.unit.strategies.test_checks import situation
from wizard.answers.draft import Draft
from wizard.engine.session import Session

REFUSED = FactError("the API server cannot be reached: connection refused", "Open the tunnel.", "oc get --raw /readyz")
BY_HAND = {
    "argocd.namespace": "openshift-gitops",
    "argocd.name": "openshift-gitops",
    "cluster.infrastructureName": "prod-east-x7k2p",
    "cluster.oidcIssuer": "oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j",
    "codecommit.credentials.image": "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:" + "5" * 64,
    "source.url": SOURCE_URL,
}


@pytest.fixture
def session() -> Iterator[Session]:
    """The wizard's state where every fact of the cluster has failed."""
    world = FakeWorld()
    refused = (
        CLUSTER_INFO.id,
        CLUSTER_GITOPS.id,
        CLUSTER_RIGHTS.id,
        *(one for one in world.facts if one.startswith("argocd.")),
    )
    world.facts |= dict.fromkeys(refused, REFUSED)
    made = Session(
        world, Draft(), strategies=STRATEGIES, clock=world.clock, questions=COMMON_QUESTIONS, checks=COMMON_CHECKS, debounce=0.0
    )
    made.start()
    made.edit("source.url", SOURCE_URL)
    assert made.wait(10)
    yield made
    made.close()


def test_nothing_is_read_without_end(session: Session) -> None:
    assert session.reading() == frozenset()
    assert not any(result.waiting for result in session.results())


def test_every_question_copes(session: Session) -> None:
    for question in session.questions():
        question.suggest(session.situation())
        question.choices(session.situation())
        question.judge(session.situation())


def test_what_only_the_cluster_tells_can_be_typed_and_the_rest_follows_from_it(session: Session) -> None:
    missing = {question.key for question in session.missing()}
    assert set(BY_HAND) - missing == {"source.url"}
    for key, value in BY_HAND.items():
        session.edit(key, value)
    assert session.wait(10)
    assert session.missing() == ()
    assert session.complete().cluster.infrastructure_name == "prod-east-x7k2p"


def test_the_reason_stands_at_the_question_and_once_among_the_checks(session: Session) -> None:
    verdict = offers.judge_context(session.situation())
    assert verdict is not None
    assert (verdict.status, verdict.evidence) == (Status.FAIL, REFUSED.message)
    results = {result.check.id: result.status for result in session.results()}
    about = {check.id: results[check.id] for check in (*cluster.CHECKS, *argocd.CHECKS, *repository.CHECKS)}
    assert about.pop("cluster.reachable") is Status.FAIL
    assert set(about.values()) == {Status.SKIPPED}


def test_a_context_is_offered_with_the_rosa_cluster_that_its_address_names() -> None:
    contexts = (
        KubeContext("default/api-prod-east", "https://api.prod-east.k2p7.p3.openshiftapps.com:443", "u"),
        KubeContext("classic", "https://api.staging-1.a1b2.p1.openshiftapps.com:6443", "u"),
        KubeContext("lab", "https://api.lab.example.com:6443", "u"),
    )
    found = situation({KUBE_CONTEXTS.id: KubeContexts(contexts, "classic"), CLUSTER_INFO.id: REFUSED})
    assert found.answers.name == "staging-1", "until the cluster itself says what it is called"
    offered = offers.contexts(situation({KUBE_CONTEXTS.id: KubeContexts(contexts, None)}))
    assert [one.note for one in offered] == [
        "ROSA cluster prod-east",
        "ROSA cluster staging-1",
        "https://api.lab.example.com:6443",
    ]
