"""A scripted strategy, and checks that end as told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from strategies.answers import Answers
from strategies.base import (
    Card,
    Check,
    Output,
    Question,
    Remedy,
    Resource,
    Situation,
    Status,
    Verdict,
)


def passing(check_id: str, *needs: str, status: Status = Status.PASS, **more: object) -> Check:
    """A check that ends with ``status`` once its facts are there."""
    remedy = None if status is Status.PASS else Remedy("Mend it.", "aws mend --now")
    made = Check(
        check_id, f"Title of {check_id}", "It matters.", lambda _: Verdict(status, f"seen by {check_id}", remedy), needs
    )
    return replace(made, **more)  # type: ignore[arg-type]  # the fields are the test's to choose


@dataclass
class FakeStrategy:
    """A strategy with scripted questions, checks and resources."""

    id: str = "codecommit"
    title: str = "AWS CodeCommit"
    asked: Sequence[Question] = ()
    judged: Sequence[Check] = ()
    made: Callable[[Answers], Sequence[Resource]] = lambda _answers: ()

    def card(self, situation: Situation) -> Card:
        """A plain card."""
        return Card(self.title, "Git inside AWS", (), "about $22 a month", "makes 4 things", True)

    def questions(self) -> Sequence[Question]:
        """The scripted questions."""
        return self.asked

    def checks(self) -> Sequence[Check]:
        """The scripted checks."""
        return self.judged

    def resources(self, answers: Answers) -> Sequence[Resource]:
        """The scripted resources."""
        return self.made(answers)

    def outputs(self, answers: Answers) -> Sequence[Output]:
        """A clone URL and a Terraform variable."""
        url = f"https://git-codecommit.us-east-2.amazonaws.com/v1/repos/{answers.codecommit.repository.name}"
        return (Output("clone-url", "Clone URL", url), Output("gitops_git_repo_url", "Terraform", url))

    def state(self, answers: Answers, outputs: Mapping[str, Mapping[str, str]]) -> Sequence[Output]:
        """Nothing beside what has drifted."""
        return ()

    def renewer(self, answers: Answers) -> str | None:
        """A refresher."""
        return f"{answers.argocd.namespace}/{answers.codecommit.credentials.service_account}"
