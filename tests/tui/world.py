"""A wizard on the small world in memory, with questions and checks of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from strategies.base import Card, Choice, Group, Kind, Page, Question, Situation, Status, Verdict
from strategies.facts import AWS_IDENTITY, AWS_PROFILES, AWS_VPCS, CLUSTER_INFO, GIT_PROGRAM, SOURCE
from tests.fakes import FakeResource, FakeStrategy, FakeWorld, passing, thing
from wizard.answers.draft import Draft, DraftStore
from wizard.engine.session import Session
from wizard.tui.app import WizardApp


def _source_verdict(situation: Situation) -> Verdict | None:
    error = situation.facts.error(SOURCE)
    if error is not None:
        return Verdict(Status.FAIL, error.message)
    source = situation.facts.get(SOURCE)
    if source is None:
        return None
    return Verdict(Status.PASS, f"reachable, {len(source.branches)} branches, {len(source.tags)} tags")


QUESTIONS: Sequence[Question] = (
    Question(
        "name", "Instance", "Names everything that is made.", Page.ENVIRONMENT, required=True, suggest=lambda _: "prod-east"
    ),
    Question(
        "aws.profile",
        "AWS profile",
        "The profile of your AWS configuration.",
        Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        suggest=lambda s: found.selected if (found := s.facts.get(AWS_PROFILES)) else None,
        choices=lambda s: tuple(Choice(n, n) for n in found.names) if (found := s.facts.get(AWS_PROFILES)) else (),
        needs=(AWS_PROFILES.id,),
    ),
    Question("aws.region", "Region", "The cluster's region.", Page.ENVIRONMENT, required=True, suggest=lambda _: "us-east-2"),
    Question("cluster.context", "Context", "The cluster.", Page.ENVIRONMENT, required=True, suggest=lambda _: "prod-east"),
    Question(
        "aws.vpcId",
        "VPC",
        "The VPC of the cluster.",
        Page.ENVIRONMENT,
        suggest=lambda s: found[0].id if (found := s.facts.get(AWS_VPCS)) else None,
        needs=(AWS_VPCS.id,),
    ),
    Question(
        "aws.account", "Account", "Guards against the wrong account.", Page.ENVIRONMENT, advanced=True,
        suggest=lambda s: found.account if (found := s.facts.get(AWS_IDENTITY)) else None,
    ),
    Question(
        "source.url", "Source repository", "Where the configuration is written today.", Page.DETAILS, required=True,
        judge=_source_verdict, needs=(SOURCE.id,),
    ),
    Question(
        "source.revision", "Branch or tag", "What Argo CD follows.", Page.DETAILS,
        suggest=lambda s: found.default_branch if (found := s.facts.get(SOURCE)) else None,
        choices=lambda s: tuple(Choice(n, n) for n in sorted(found.branches)) if (found := s.facts.get(SOURCE)) else (),
        needs=(SOURCE.id,),
    ),
)  # fmt: skip

ARGO_CD_QUESTIONS: Sequence[Question] = (
    Question("argocd.namespace", "Argo CD", "Its namespace.", Page.ENVIRONMENT, suggest=lambda _: "openshift-gitops"),
    Question("application.name", "Application", "Its name.", Page.DETAILS, suggest=lambda _: "cluster-config"),
)

STRATEGY_QUESTIONS: Sequence[Question] = (
    Question(
        "codecommit.repository.name", "Repository", "Name in CodeCommit.", Page.DETAILS, required=True,
        suggest=lambda _: "prod-east-cluster-config",
    ),
    Question(
        "codecommit.credentials.method", "Credentials", "How Argo CD proves who it is.", Page.DETAILS, kind=Kind.CHOICE,
        choices=lambda _: (
            Choice("iam-role", "IAM role, renewed every 5 minutes", "one small workload in the cluster"),
            Choice("git-credentials", "IAM user with a static password", "a password that never ends"),
        ),
    ),
    Question(
        "codecommit.credentials.userName", "IAM user", "Name of the user.", Page.DETAILS,
        relevant=lambda a: a.codecommit.credentials.method == "git-credentials", suggest=lambda _: "prod-east-argocd",
    ),
    Question("codecommit.repository.kmsKeyId", "KMS key", "Encrypts the repository.", Page.DETAILS, advanced=True),
    Question("application.syncPolicy.prune", "Prune", "Delete what is gone.", Page.DETAILS, kind=Kind.YES_NO, advanced=True),
    Question("source.password", "Password", "A reference.", Page.DETAILS, kind=Kind.SECRET, advanced=True),
)  # fmt: skip

RESOURCES = (
    thing("aws.codecommit-repository.prod-east-cluster-config"),
    thing("aws.iam-role.prod-east-argocd-reader"),
    thing("aws.vpc-endpoint.git-codecommit"),
    thing("git.mirror.mirror", "aws.codecommit-repository.prod-east-cluster-config", group=Group.GIT),
    thing("cluster.secret.repo-prod-east", "git.mirror.mirror", "aws.iam-role.prod-east-argocd-reader", group=Group.CLUSTER),
)


@dataclass
class CardStrategy(FakeStrategy):
    """A strategy whose card is scripted too."""

    shown: Card = field(
        default_factory=lambda: Card(
            "recommended here",
            "Git inside AWS, reached through a VPC endpoint.",
            (Verdict(Status.PASS, "CodeCommit in us-east-2"), Verdict(Status.PASS, "endpoint service in all 3 zones")),
            "about $22 a month (3 zones)",
            "makes 5 things",
            True,
        )
    )

    def card(self, situation: Situation) -> Card:
        """The scripted card."""
        return self.shown


@dataclass
class Stage:
    """Everything that a test of the screen may turn."""

    directory: Path
    world: FakeWorld = field(default_factory=FakeWorld)
    resources: Sequence[FakeResource] = RESOURCES
    checks: Sequence[object] = ()
    questions: Sequence[Question] = QUESTIONS
    verified: bool = False
    """Argo CD is asked in the end: the answers name an instance and an Application."""
    sessions: list[Session] = field(default_factory=list)

    @property
    def store(self) -> DraftStore:
        """The drafts of this stage."""
        return DraftStore(self.directory / "drafts")

    def make_session(self, draft: Draft, *, on_edit: Callable[[Draft], None], ask_secret: object = None) -> Session:
        """A session on the world in memory."""
        codecommit = CardStrategy(asked=STRATEGY_QUESTIONS, made=lambda _answers: self.resources)
        later = Card(
            "not in this version", "Argo CD keeps its GitHub URL and goes through a proxy.", (), "", "", False, available=False
        )
        session = Session(
            self.world,
            draft,
            strategies={
                "codecommit": codecommit,
                "bastion-proxy": CardStrategy(id="bastion-proxy", title="Proxy on a bastion", shown=later),
                "private-server": CardStrategy(id="private-server", title="Private Git server", shown=later),
            },
            clock=self.world.clock,
            on_edit=on_edit,
            questions=(*self.questions, *(ARGO_CD_QUESTIONS if self.verified else ())),
            checks=self.checks or CHECKS,
            pause=self.world.clock.pause,
            directory=lambda name: self.directory / "state" / name,
            debounce=0.0,
        )
        self.sessions.append(session)
        return session

    def app(self, **more: object) -> WizardApp:
        """The wizard on this stage."""
        given = {"make_session": self.make_session, "drafts": lambda _warn: self.store, "clock": self.world.clock, **more}
        return WizardApp(environ={}, **given)  # type: ignore[arg-type]  # the test's to choose


CHECKS = (
    passing("aws.identity", AWS_IDENTITY.id),
    passing("cluster.reachable", CLUSTER_INFO.id),
    passing("workstation.git", GIT_PROGRAM.id),
    passing("aws.expiry", AWS_IDENTITY.id, status=Status.WARN, blocking=False),
)
