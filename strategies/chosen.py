"""What the chosen strategy says, for readers of facts, which serve every strategy."""

from __future__ import annotations

from typing import Literal

from strategies.answers import Answers
from strategies.base import Situation, Strategy
from strategies.common import effective
from strategies.common.dry_runs import Trial
from strategies.common.probe_job import OFF, Order
from strategies.facts import Permission, Quota, Right
from strategies.registry import STRATEGIES


def strategy(answers: Answers) -> Strategy | None:
    """The strategy in effect; None while none is chosen."""
    return STRATEGIES.get(answers.strategy or "")


def permissions(answers: Answers) -> tuple[Permission, ...] | None:
    """What an apply does in AWS; None while that is not known."""
    chosen = strategy(answers)
    return None if chosen is None else chosen.permissions(answers)


def boundary(answers: Answers) -> str | None:
    """The permissions boundary of the identities that an apply makes; None where there is none."""
    chosen = strategy(answers)
    return None if chosen is None else chosen.boundary(answers)


def quotas(answers: Answers) -> tuple[Quota, ...]:
    """Which of the account's quotas a plan may meet."""
    chosen = strategy(answers)
    return () if chosen is None else chosen.quotas(answers)


def dry_runs(situation: Situation) -> tuple[Trial, ...] | None:
    """What EC2 is asked to try, in the region answered or found; None while that is not known."""
    answers, region = situation.answers, effective.region(situation)
    chosen = strategy(answers)
    if chosen is None:
        return None
    if answers.aws.region is None and region is not None:
        answers = answers.model_copy(update={"aws": answers.aws.model_copy(update={"region": region})})
    return chosen.dry_runs(answers)


def probe(situation: Situation) -> Order | Literal["off"] | None:
    """What a pod of the cluster looks at; ``OFF`` where the answers want none, None while it is not known."""
    chosen = strategy(situation.answers)
    if chosen is None:
        return None
    return chosen.probe(situation) if situation.answers.cluster_probe else OFF


def rights(situation: Situation) -> tuple[Right, ...]:
    """The rights that an apply needs, for the Argo CD instance answered or found."""
    answers, instance = situation.answers, effective.argocd(situation)
    chosen = strategy(answers)
    if chosen is None:
        return ()
    if answers.argocd.namespace is None and instance is not None:
        answers = answers.model_copy(update={"argocd": answers.argocd.model_copy(update={"namespace": instance.namespace})})
    return chosen.rights(answers)
