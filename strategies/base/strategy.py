"""A strategy: a way for Argo CD to reach Git, as everything that is its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from strategies.answers import Answers
from strategies.base.checks import Check, Verdict
from strategies.base.questions import Question
from strategies.base.resources import Resource
from strategies.base.situation import Json, Situation
from strategies.facts import Permission, Quota, Right

if TYPE_CHECKING:
    from strategies.common.dry_runs import Trial
    from strategies.common.probe_job import Order


@dataclass(frozen=True, slots=True)
class Card:
    """What the strategy page says of one strategy for this environment."""

    headline: str
    summary: str
    badges: tuple[Verdict, ...]
    cost: str
    makes: str
    recommended: bool
    available: bool = True


@dataclass(frozen=True, slots=True)
class Output:
    """One line of the last page: a name (``clone-url``), a title, the value."""

    name: str
    title: str
    value: str


class Strategy(Protocol):
    """A way for Argo CD to reach Git. Everything it gives is data or pure."""

    id: str
    title: str

    def card(self, situation: Situation) -> Card:
        """What the strategy page shows for this environment."""

    def questions(self) -> Sequence[Question]:
        """What is asked beyond the common questions, in order."""

    def checks(self) -> Sequence[Check]:
        """What must hold beyond the common checks."""

    def resources(self, answers: Answers) -> Sequence[Resource]:
        """What should exist for these (complete) answers. Raises nothing: complete answers always describe a world."""

    def outputs(self, answers: Answers) -> Sequence[Output]:
        """What the operator takes away: clone URL, ARNs, Terraform variables."""

    def state(self, answers: Answers, outputs: Mapping[str, Mapping[str, str]]) -> Sequence[Output]:
        """What ``status`` tells beside what has drifted, from the outputs of the resources that are there, by address.

        A value that is a time (RFC 3339) is told by its age; an empty one is not known.
        """

    def renewer(self, answers: Answers) -> str | None:
        """Who in the cluster keeps Argo CD's password fresh (``namespace/service account``); None: nobody has to."""

    def probe(self, situation: Situation) -> Order | None:
        """What a pod of the cluster looks at; None while something that it takes is not known, or where nothing is."""

    def permissions(self, answers: Answers) -> tuple[Permission, ...] | None:
        """What an apply does in AWS, for IAM's policy simulator; None while an answer for it is missing."""

    def dry_runs(self, answers: Answers) -> tuple[Trial, ...] | None:
        """What EC2 is asked to try without making it; None while an answer for it is missing."""

    def boundary(self, answers: Answers) -> str | None:
        """The permissions boundary of the identities that an apply makes; None: none is asked for, or none is made."""

    def quotas(self, answers: Answers) -> tuple[Quota, ...]:
        """Which of the account's quotas a plan may meet."""

    def rights(self, answers: Answers) -> tuple[Right, ...]:
        """Every right in the cluster that an apply uses; complete answers are not needed."""

    def operator_policy(self, answers: Answers) -> Mapping[str, Json]:
        """The least-privilege IAM policy of the operator, for complete answers."""

    def operator_roles(self, answers: Answers) -> Sequence[Mapping[str, Json]]:
        """The least-privilege roles of the operator in the cluster, as manifests, for complete answers."""
