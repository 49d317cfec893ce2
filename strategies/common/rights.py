"""Which rights in the cluster the chosen strategy needs."""

from __future__ import annotations

from strategies.base import Situation
from strategies.codecommit.rights import needed_rights as codecommit_rights
from strategies.common import effective
from strategies.facts import Right


def needed_rights(situation: Situation) -> tuple[Right, ...]:
    """The rights that apply needs, for the Argo CD instance answered or found."""
    answers = situation.answers
    instance = effective.argocd(situation)
    if answers.argocd.namespace is None and instance is not None:
        answers = answers.model_copy(update={"argocd": answers.argocd.model_copy(update={"namespace": instance.namespace})})
    return codecommit_rights(answers)
