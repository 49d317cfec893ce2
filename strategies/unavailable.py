"""The strategies that this version shows and cannot carry out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strategies.answers import Answers
from strategies.base import Card, Check, Json, Output, Question, Resource, Situation
from strategies.common.dry_runs import Trial
from strategies.common.probe_job import Order
from strategies.facts import Permission, Right


@dataclass
class UnavailableStrategy:
    """A card that says plainly that the strategy is not in this version; asks, checks and makes nothing."""

    id: str
    title: str
    summary: str
    cost: str
    makes: str

    def card(self, situation: Situation) -> Card:  # noqa: ARG002 - nothing depends on it
        """The card."""
        return Card(
            headline="not in this version",
            summary=self.summary,
            badges=(),
            cost=self.cost,
            makes=self.makes,
            recommended=False,
            available=False,
        )

    def questions(self) -> Sequence[Question]:
        """Nothing is asked."""
        return ()

    def checks(self) -> Sequence[Check]:
        """Nothing is checked."""
        return ()

    def resources(self, answers: Answers) -> Sequence[Resource]:  # noqa: ARG002 - nothing is made
        """Nothing is made."""
        return ()

    def outputs(self, answers: Answers) -> Sequence[Output]:  # noqa: ARG002 - nothing is given
        """Nothing is given."""
        return ()

    def state(self, answers: Answers, outputs: Mapping[str, Mapping[str, str]]) -> Sequence[Output]:  # noqa: ARG002 - nothing is there
        """Nothing is there."""
        return ()

    def probe(self, situation: Situation) -> Order | None:  # noqa: ARG002 - nothing is looked at
        """Nothing is looked at."""
        return None

    def permissions(self, answers: Answers) -> tuple[Permission, ...] | None:  # noqa: ARG002 - nothing is made
        """Nothing is needed."""
        return None

    def dry_runs(self, answers: Answers) -> tuple[Trial, ...] | None:  # noqa: ARG002 - nothing is made
        """Nothing is tried."""
        return ()

    def rights(self, answers: Answers) -> tuple[Right, ...]:  # noqa: ARG002 - nothing is made
        """Nothing is needed."""
        return ()

    def operator_policy(self, answers: Answers) -> Mapping[str, Json]:  # noqa: ARG002 - nothing is made
        """Nothing is needed."""
        return {}

    def operator_roles(self, answers: Answers) -> Sequence[Mapping[str, Json]]:  # noqa: ARG002 - nothing is made
        """Nothing is needed."""
        return ()


PRIVATE_SERVER = UnavailableStrategy(
    id="private-server",
    title="Private Git server",
    summary="GitLab, Bitbucket, Gitea, GitHub Enterprise or any other server that the cluster can reach, with its own CA.",
    cost="nothing beyond the server that you run",
    makes="a repository secret and its trust",
)
