"""The vocabulary of a strategy: questions, checks and resources, all of them data or pure functions.

Nothing here reads, writes or draws. ``strategies.resources`` carries resources out, ``wizard.engine`` drives them,
and the front ends show them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

from strategies.answers import Answers
from strategies.facts import Facts, Permission, Quota, Right

if TYPE_CHECKING:
    from strategies.common.dry_runs import Trial
    from strategies.common.probe_job import Order

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
"""A value that JSON can carry."""


# --- checks -----------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """How a check ended."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Vantage(StrEnum):
    """Where a check is made from: a workstation's view is not the cluster's."""

    WORKSTATION = "workstation"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Mend:
    """What one key does about a check, after ``says`` was read and confirmed: it changes answers, or one thing in the world.

    ``edits`` are answers by their key (None takes one back). ``operation`` is the name of one of ``Site.mend``'s, with its
    ``arguments``. ``refreshes`` are the ids of the facts that are read again afterwards. Offered only where what it does is
    narrow, can be taken back, and is what the remedy's text advises.
    """

    title: str
    says: str
    edits: Mapping[str, Json] = field(default_factory=dict)
    operation: str | None = None
    arguments: Mapping[str, Json] = field(default_factory=dict)
    refreshes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    """The way to mend a failing check: a sentence for the operator and, where one exists, the exact command or one key."""

    text: str
    command: str | None = None
    mend: Mend | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check's judgement returns: the status, what was seen, and how to mend it when it is not a pass."""

    status: Status
    evidence: str
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a pure function may look at: the answers so far and the facts read so far."""

    answers: Answers
    facts: Facts


@dataclass(frozen=True, slots=True)
class Check:
    """One prerequisite.

    ``judge`` is pure: the I/O is in the readers of the facts named in ``needs`` (ids of ``FactKey``). It is called once all
    of them have been read or have failed; when one failed and ``judge`` does not look at errors itself
    (``handles_errors``), the engine answers ``unknown`` with the reader's error as evidence. ``idle`` says why these answers
    leave nothing to look at, before any fact is read (None: there is something).
    """

    id: str
    title: str
    why: str
    judge: Callable[[Situation], Verdict]
    needs: tuple[str, ...]
    vantage: Vantage = Vantage.WORKSTATION
    blocking: bool = True
    depends_on: tuple[str, ...] = ()
    handles_errors: bool = False
    idle: Callable[[Situation], str | None] = lambda _situation: None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check and how it ended. ``waiting`` is true while its facts are being read (status is then ``unknown``)."""

    check: Check
    verdict: Verdict
    seconds: float = 0.0
    waiting: bool = False

    @property
    def status(self) -> Status:
        """The status of the verdict."""
        return self.verdict.status

    @property
    def blocks(self) -> bool:
        """True when apply must not start: a blocking check that failed."""
        return self.check.blocking and self.verdict.status is Status.FAIL


# --- questions --------------------------------------------------------------------------------------------------


class Page(StrEnum):
    """The page of the wizard on which a question stands."""

    ENVIRONMENT = "environment"
    STRATEGY = "strategy"
    DETAILS = "details"


class Kind(StrEnum):
    """The form of an answer."""

    TEXT = "text"
    CHOICE = "choice"
    CONFIRM = "confirm"  # at most one of what was shown; nothing but a key of the operator's takes it
    YES_NO = "yes-no"
    LIST = "list"
    SECRET = "secret"  # a reference, never the value


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer. ``note`` says what it costs or why it is (not) advised."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing the operator decides.

    ``key`` is the dotted path in the answers file (camelCase). ``suggest`` gives the value to be used when the operator says
    nothing (None: nothing can be suggested); ``choices`` the values to pick from, when they are known; ``judge`` what the
    world says of the present answer (None: nothing to say), shown under the field; ``needs`` are the ids of the facts
    that these look at, and of those that lead to them. ``leads``: it stands before the common questions of its page, which
    follow from it.
    """

    key: str
    title: str
    help: str
    page: Page
    kind: Kind = Kind.TEXT
    required: bool = False
    advanced: bool = False
    leads: bool = False
    suggest: Callable[[Situation], Json] = lambda _situation: None
    choices: Callable[[Situation], Sequence[Choice]] = lambda _situation: ()
    judge: Callable[[Situation], Verdict | None] = lambda _situation: None
    needs: tuple[str, ...] = ()
    relevant: Callable[[Answers], bool] = lambda _answers: True

    def folded(self, situation: Situation) -> bool:
        """Whether it is out of sight until somebody asks for it. What waits to be confirmed is in sight."""
        return self.advanced and not (self.kind is Kind.CONFIRM and self.choices(situation))


# --- resources --------------------------------------------------------------------------------------------------


class Group(StrEnum):
    """The part of the plan's tree in which a resource is shown."""

    AWS = "AWS"
    CLUSTER = "Cluster"
    GIT = "Git"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a resource is: this program, for one instance (the answers' ``name``)."""

    instance: str

    @property
    def tags(self) -> dict[str, str]:
        """AWS tags that mark a resource as made by us for this instance."""
        return {OWNER_TAG: OWNER, INSTANCE_TAG: self.instance}

    @property
    def labels(self) -> dict[str, str]:
        """Kubernetes labels that mark an object as made by us for this instance."""
        return {OWNER_LABEL: OWNER, INSTANCE_LABEL: self.instance}


OWNER = "ezgitops"
OWNER_TAG = "ezgitops.dev/owner"
INSTANCE_TAG = "ezgitops.dev/instance"
OWNER_LABEL = "app.kubernetes.io/managed-by"
INSTANCE_LABEL = "ezgitops.dev/instance"


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that another resource will have once it exists: ``output`` of the resource at ``address``."""

    address: str
    output: str


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One thing in AWS, in the cluster or in Git that should exist, described as data.

    Each kind is a frozen subclass in ``strategies.kinds`` whose fields are the desired state, and has one handler in
    ``strategies.resources``. ``address`` is unique in the plan and stable between runs (``aws.iam-role.reader``).
    ``explain`` says why the resource is needed, for the plan page. ``stands_on`` is the address of what this goes away with: it
    is made anew when that one is (what is set up on a machine, with the machine).
    """

    address: str
    title: str
    group: Group
    owner: Owner
    depends_on: tuple[str, ...] = ()
    explain: str = ""
    stands_on: str | None = None


class Action(StrEnum):
    """What must happen to one resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field that differs: where, what is there (None: nothing), what is asked for. Secrets are shown as ``(hidden)``."""

    path: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Change:
    """What must happen to one resource, why, and what exactly differs.

    ``conflict`` says why the change cannot be made (something foreign is in the way); a plan with a conflict is not applied.
    ``resource`` is None when the change deletes something that was found by its tags alone.
    """

    address: str
    kind: str
    title: str
    group: Group
    action: Action
    reason: str
    diff: tuple[FieldDiff, ...] = ()
    depends_on: tuple[str, ...] = ()
    provider_id: str | None = None
    conflict: str | None = None
    resource: Resource | None = None


# --- strategies -------------------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Observed:
    """What was found in the place of a resource.

    ``fields`` is what it has, in the words of the resource's own fields (so that the two can be compared); ``owner`` whose it
    is (None: nobody's mark); ``outputs`` what other resources may refer to; ``filled`` true for a repository with commits.
    """

    provider_id: str
    fields: Mapping[str, Json]
    owner: Owner | None
    outputs: Mapping[str, str] = field(default_factory=dict)
    filled: bool = False
