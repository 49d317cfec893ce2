"""What must hold in Argo CD for the CodeCommit repository."""

from __future__ import annotations

from strategies.answers import Answers
from strategies.base import Check
from strategies.codecommit import urls
from strategies.common.checks.repository_in_argocd import PlannedRepository, repository_checks


def planned(answers: Answers) -> PlannedRepository | None:
    """The repository Secret of these answers; None while region or name are not known.

    The refresher writes the first password into a Secret that is there; a static one is made together with its Secret.
    """
    codecommit = answers.codecommit
    if answers.aws.region is None or codecommit.repository.name is None or codecommit.secret_name is None:
        return None
    return PlannedRepository(
        urls.repository_url(answers), codecommit.secret_name, starts_empty=codecommit.credentials.method == "iam-role"
    )


CHECKS: tuple[Check, ...] = repository_checks(planned)
