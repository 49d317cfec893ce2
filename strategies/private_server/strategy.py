"""The private-server strategy: Argo CD syncs from a Git server that the organisation runs, with its own CA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from strategies.answers import Answers
from strategies.base import Card, Check, Group, Json, Output, Question, Resource, Situation
from strategies.common.dry_runs import Trial
from strategies.common.manifests import owner
from strategies.common.probe_job import Order
from strategies.common.servers.credentials import repository_description
from strategies.facts import Permission, Quota, Right
from strategies.kinds import MirrorResource, ServerRepositoryResource
from strategies.private_server import addresses, dry_runs, manifests, own, place, policies, probe, rights
from strategies.private_server.card import card
from strategies.private_server.checks import CHECKS
from strategies.private_server.questions import QUESTIONS


class PrivateServerStrategy:
    """Implements ``strategies.base.Strategy``."""

    id: str = "private-server"
    title: str = "Private Git server"

    def card(self, situation: Situation) -> Card:
        """What the strategy page shows for this environment."""
        return card(situation)

    def questions(self) -> Sequence[Question]:
        """What is asked beyond the common questions."""
        return QUESTIONS

    def checks(self) -> Sequence[Check]:
        """What must hold beyond the common checks."""
        return CHECKS

    def resources(self, answers: Answers) -> Sequence[Resource]:
        """What should exist, for complete answers: what depends on nothing comes first."""
        server = list(own.resources(answers))
        git = list(_git(answers, tuple(one.address for one in server)))
        before = tuple(one.address for one in (*server, *git))
        return [*server, *git, *manifests.cluster_resources(answers, before, tuple(one.address for one in server))]

    def outputs(self, answers: Answers) -> Sequence[Output]:
        """Clone URL, and the Terraform variables of the validated-pattern family of cluster code."""
        url = answers.private_server.repository.url or ""
        return [
            Output("clone-url", "Clone URL", url),
            Output("application", "Argo CD application", f"{answers.argocd.namespace}/{answers.application.name}"),
            Output("gitops_git_repo_url", "Terraform variable", url),
            Output("gitops_git_path", "Terraform variable", answers.source.path),
            Output("gitops_git_target_revision", "Terraform variable", answers.source.revision or ""),
        ]

    def state(self, answers: Answers, outputs: Mapping[str, Mapping[str, str]]) -> Sequence[Output]:
        """How long the credential still holds, and how old the mirror is."""
        told = []
        if answers.private_server.credentials.method == "make":
            told.append(Output("credential-ends", "Credential ends", outputs.get(addresses.CREDENTIAL, {}).get("ends", "")))
        if answers.private_server.repository.fill == "mirror":
            told.append(Output("mirrored", "Last mirrored", outputs.get(addresses.MIRROR, {}).get("mirrored-at", "")))
        return told

    def renewer(self, answers: Answers) -> str | None:  # noqa: ARG002  # the protocol's
        """Nobody: what is made holds for days, and the operator renews it."""
        return None

    def probe(self, situation: Situation) -> Order | None:
        """What a pod of the cluster looks at: the server, and the repository with Argo CD's own Secret."""
        return probe.order(situation)

    def permissions(self, answers: Answers) -> tuple[Permission, ...] | None:
        """What an apply does in AWS."""
        return policies.needed_permissions(answers)

    def dry_runs(self, answers: Answers) -> tuple[Trial, ...] | None:
        """What EC2 is asked to try."""
        return dry_runs.trials(answers)

    def boundary(self, answers: Answers) -> str | None:
        """That of the machine's role, where a server is made."""
        own = answers.private_server.own
        return own.permissions_boundary if own.make else None

    def quotas(self, answers: Answers) -> tuple[Quota, ...]:  # noqa: ARG002  # the protocol's
        """None is looked at."""
        return ()

    def rights(self, answers: Answers) -> tuple[Right, ...]:
        """Every right in the cluster that an apply uses."""
        return rights.needed_rights(answers)

    def operator_policy(self, answers: Answers) -> Mapping[str, Json]:
        """The least-privilege IAM policy of the operator."""
        return policies.operator_policy(answers)

    def operator_roles(self, answers: Answers) -> Sequence[Mapping[str, Json]]:
        """The least-privilege roles of the operator in the cluster."""
        return rights.operator_roles(answers)


def _git(answers: Answers, server: tuple[str, ...]) -> Iterator[Resource]:
    """The repository on the server, and what fills it."""
    asked, source = answers.private_server, answers.source
    access, path = place.access(answers), place.path(answers)
    if asked.repository.mode == "create":
        yield ServerRepositoryResource(
            address=addresses.REPOSITORY,
            title=f"Repository {path}",
            group=Group.GIT,
            owner=owner(answers),
            depends_on=server,
            explain=f"Holds what Argo CD syncs from. Made private{', its group too' if asked.own.make else ''}.",
            stands_on=own.data(answers),
            access=access,
            path=path,
            description=repository_description(answers.name or ""),
            default_branch=source.revision or "",
            make_groups=asked.own.make,
        )
    if asked.repository.fill == "mirror":
        yield MirrorResource(
            address=addresses.MIRROR,
            title=f"Mirror of {source.url}",
            group=Group.GIT,
            owner=owner(answers),
            depends_on=(addresses.REPOSITORY, *server) if asked.repository.mode == "create" else server,
            explain="Copies all branches and tags into the repository; pull-request refs stay behind.",
            stands_on=own.data(answers),
            source_url=source.url or "",
            source_username=source.username,
            source_password=source.password,
            target_url=asked.repository.url or "",
            repository_name=path,
            default_branch=source.revision or "",
            revision=source.revision,
            target=access,
        )
