"""One instance under the operator's hands: the draft, what was found about it, its checks, its plan and its apply.

Every front end drives the same object. It is thread-safe; only ``wait``, ``plan``, ``plan_destroy``, ``apply``, ``mend`` and
``status`` take longer than a moment. What it shows of the world stands in ``outlook``; here is what changes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from strategies.answers import Answers
from strategies.base import Action, Check, Json, Mend, Owner, Question, Resource, Strategy
from strategies.contradictions import contradictions
from strategies.kinds import StoredSecretResource
from strategies.ports import ResourceError, Site, World
from wizard.answers.draft import Draft
from wizard.answers.keys import secret_references
from wizard.engine.apply import ApplyReport, Desk, Order, apply
from wizard.engine.events import Sink
from wizard.engine.execution import Pause, real_pause
from wizard.engine.lock import place_name
from wizard.engine.mend import carry_out_mend
from wizard.engine.outlook import Outlook
from wizard.engine.plan import Plan, SavedPlan
from wizard.engine.status import StatusReport
from wizard.engine.survey import Remake, Survey, survey, survey_owned, texts
from wizard.engine.verify import Patience, Word, goal_of, verify

DEBOUNCE = 0.35
"""Seconds without a key stroke after which what is typed is looked up in the world."""

FRESH = 5.0
"""Seconds during which a plan is carried out without looking at the world a second time."""


class IncompleteError(Exception):
    """There is no plan yet: a required answer is missing or wrong, or answers cannot hold together. ``keys`` says which."""

    def __init__(self, keys: Sequence[str], message: str | None = None) -> None:
        super().__init__(message or "not answered yet: " + ", ".join(keys))
        self.keys = tuple(keys)


def utc_now() -> datetime:
    """The present time."""
    return datetime.now(UTC)


def _ignore(_draft: Draft) -> None:
    """Nobody wants to know of edits."""


class Session(Outlook):
    """See the module. ``questions`` and ``checks`` are the common ones; without them the catalogue's are taken.

    ``directory`` gives the folder of an instance (None: nothing is written); in it, each place (account, region, cluster) has
    its own lock and journals. ``on_edit`` is called with the draft after every edit, in the thread that made it.
    """

    def __init__(
        self,
        world: World,
        draft: Draft,
        *,
        strategies: Mapping[str, Strategy],
        clock: Callable[[], datetime] = utc_now,
        on_edit: Callable[[Draft], None] = _ignore,
        questions: Sequence[Question] | None = None,
        checks: Sequence[Check] | None = None,
        directory: Callable[[str], Path] | None = None,
        pause: Pause = real_pause,
        patience: Patience | None = None,
        debounce: float = DEBOUNCE,
    ) -> None:
        if questions is None or checks is None:
            from strategies.common import COMMON_CHECKS, COMMON_QUESTIONS

            questions = COMMON_QUESTIONS if questions is None else questions
            checks = COMMON_CHECKS if checks is None else checks
        super().__init__(
            world.readers(),
            draft,
            strategies=strategies,
            questions=questions,
            checks=checks,
            clock=clock,
            on_edit=on_edit,
            debounce=debounce,
        )
        self._world = world
        self._directory, self._pause, self._patience = directory, pause, patience or Patience()
        self._made: tuple[Plan, Survey, Remake, datetime] | None = None

    def edit(self, key: str, value: Json) -> None:
        """Give an answer, right or wrong; None takes it back. What was planned for other answers does not hold any more."""
        with self._lock:
            self._made = None
        super().edit(key, value)

    # --- planning and applying ----------------------------------------------------------------------------------

    def plan(
        self, select: Callable[[Resource], bool] | None = None, alter: Callable[[Resource], Resource] = lambda one: one
    ) -> Plan:
        """Look at every resource and plan; with ``select`` for those resources alone, and nothing is deleted.

        ``alter`` gives what is asked for in a selected resource's place.

        Raises IncompleteError, SurveyError.
        """
        answers, strategy = self._ready()

        def look() -> Survey:
            site, owner = self._world.site(answers), Owner(answers.name or "")
            resources = strategy.resources(answers)
            if select is None:
                return survey(site, owner, strategy.id, resources)
            return survey(site, owner, strategy.id, [alter(r) for r in resources if select(r)], leftovers=False)

        return self._remember(look)

    def plan_destroy(self, *, delete_repository: str | None = None, partial: bool = False) -> Plan:
        """Plan to remove everything that is marked as this instance's. Raises IncompleteError, SurveyError."""
        answers = self.complete()
        if answers.name is None:
            raise IncompleteError(["name"])
        site, owner = self._world.site(answers), Owner(answers.name)
        return self._remember(lambda: survey_owned(site, owner, delete_repository=delete_repository, partial=partial))

    def survey_of(self, plan: Plan) -> Survey | None:
        """What was seen when this plan was made, as long as it is the last one."""
        with self._lock:
            return self._made[1] if self._made is not None and self._made[0] is plan else None

    def apply(
        self, plan: Plan, *, sink: Sink, cancel: threading.Event, confirmed: SavedPlan | None = None, verified: bool = True
    ) -> ApplyReport:
        """Carry out a plan that the operator has seen.

        The world is looked at again first, and the plan is refused when it would not do the same any more; ``confirmed`` is the
        plan to hold it against, when that is another one (from a file). With ``verified`` Argo CD has the last word.
        Raises IncompleteError, LockedError, StalePlanError, ConflictError, SurveyError: nothing was touched then.
        """
        with self._lock:
            made = self._made
        if made is None or made[0] is not plan:
            raise IncompleteError(["plan"])
        _, seen, remake, at = made
        answers = self.complete()
        destroying = plan.operation == "destroy"
        strategy = None if destroying else self.strategy()

        def look() -> Survey:
            return seen if (self._clock() - at).total_seconds() <= FRESH else remake()

        order = Order(
            site=self._world.site(answers),
            confirmed=confirmed or SavedPlan.of(plan),
            look=look,
            outputs=tuple(strategy.outputs(answers)) if strategy is not None else (),
            goal=(lambda outputs: goal_of(answers, outputs)) if strategy is not None and verified else lambda _outputs: None,
        )
        desk = Desk(self._place(answers, order.site), self._clock, self._pause, self._patience)
        try:
            return apply(order, desk, sink=sink, cancel=cancel)
        finally:
            with self._lock:
                self._made = None

    def mend(self, mend: Mend, *, sink: Sink = lambda _event: None, stop: threading.Event | None = None) -> None:
        """Do what a check's mend says, and read again what it is about.

        Raises ResourceError when the world refused, LockedError when another run holds the instance.
        """
        if mend.operation is not None:
            answers = self.complete()
            site, instance = self._world.site(answers), answers.name or ""
            desk = Desk(self._place(answers, site) if instance else None, self._clock, self._pause, self._patience)
            carry_out_mend(mend, instance, site, desk, sink=sink, stop=stop or threading.Event())
            with self._lock:
                inside = self._inspector.seen_inside
            refreshes = (*mend.refreshes, *inside)  # what the cluster sees may be another thing now
        else:
            refreshes = mend.refreshes
        for key, value in mend.edits.items():
            self.edit(key, value)
        if refreshes:
            self.refresh(*refreshes)

    def status(self, *, sink: Sink, stop: threading.Event, patience: Patience | None = None) -> StatusReport:
        """Compare the world with the answers and ask Argo CD to look again. Raises IncompleteError, SurveyError."""
        plan = self.plan()
        answers = self.complete()
        seen = self.survey_of(plan)
        outputs = {s.change.address: s.observed.outputs for s in seen.steps if s.observed} if seen else {}
        goal, strategy = goal_of(answers, outputs), self.strategy()
        word = Word(False, "the answers name no Application", None)
        if goal is not None:
            word = verify(
                self._world.site(answers),
                goal,
                emit=sink,
                clock=self._clock,
                pause=self._pause,
                stop=stop,
                patience=patience or Patience(timeout=60.0, error=10.0),
            )
        state = tuple(strategy.state(answers, outputs)) if strategy is not None else ()
        return StatusReport(plan, state, word)

    def check_secrets(self, *schemes: str, spent: bool = True) -> None:
        """Resolve every secret that the answers refer to, and forget it again. Raises ResourceError where one is missing.

        With ``schemes`` (``env``, ``prompt``) only references of these are looked at; without ``spent`` none that only making
        something takes.
        """
        for reference in secret_references(self.complete(), spent=spent):
            if not schemes or reference.partition(":")[0] in schemes:
                self.check_secret(reference)

    def check_secrets_of(self, select: Callable[[Resource], bool]) -> None:
        """Resolve the secrets that these resources take, and forget them again.

        Raises ResourceError where one is missing, IncompleteError.
        """
        answers, strategy = self._ready()
        every = frozenset(secret_references(answers))
        taken = (found for one in strategy.resources(answers) if select(one) for found in texts(one) if found in every)
        for reference in dict.fromkeys(taken):
            self.check_secret(reference)

    def check_work(self, plan: Plan) -> None:
        """Resolve the secrets that the plan's changes take, and forget them again. Raises ResourceError where one is missing.

        One that the plan itself makes, or keeps, is there when its turn comes.
        """
        every = frozenset(secret_references(self.complete()))
        kept = {one.resource.name for one in plan.changes if isinstance(one.resource, StoredSecretResource)}
        needed: dict[str, list[str]] = {}
        for one in plan.changes:
            if one.action is not Action.NONE:
                for reference in dict.fromkeys(found for found in texts(one.resource) if found in every):
                    needed.setdefault(reference, []).append(one.title)
        for reference, titles in needed.items():
            scheme, _, rest = reference.partition(":")
            if scheme == "aws-secretsmanager" and rest.partition("#")[0] in kept:
                continue
            try:
                self.check_secret(reference)
            except ResourceError as error:
                raise ResourceError(f"{error.what}, needed for {', '.join(titles)}", error.why, error.remedy) from None

    def check_secret(self, reference: str) -> None:
        """Resolve one reference and forget the secret; ``prompt:`` asks now instead of when it is first needed.

        Raises ResourceError.
        """
        self._world.site(self.complete()).resolve_secret(reference)

    # --- inside -------------------------------------------------------------------------------------------------

    def _place(self, answers: Answers, site: Site) -> Path | None:
        """The folder of an instance in one account, region and cluster; None where nothing is written."""
        if self._directory is None:
            return None
        place = (answers.aws.account, answers.aws.region, site.cluster_address())
        return self._directory(answers.name or "") / place_name(place)

    def _ready(self) -> tuple[Answers, Strategy]:
        keys = [q.key for q in self.missing()] + [fault.key for fault in self.draft.faults()]
        strategy = self.strategy()
        if strategy is None and "strategy" not in keys:
            keys.append("strategy")
        answers = self.complete()
        if answers.name is None and "name" not in keys:
            keys.append("name")
        if keys or strategy is None:
            raise IncompleteError(list(dict.fromkeys(keys)))
        if not strategy.card(self.situation()).available:
            message = f"strategy is {strategy.id}, which this version cannot carry out"
            raise IncompleteError(["strategy"], message)
        # The draft was judged as typed; what was found in the world may contradict it.
        wrong = contradictions(answers)
        if wrong:
            raise IncompleteError([one.key for one in wrong], "; ".join(f"{one.key} {one.message}" for one in wrong))
        return answers, strategy

    def _remember(self, look: Remake) -> Plan:
        at = self._clock()
        seen = look()
        with self._lock:
            self._made = (seen.plan, seen, look, at)
        return seen.plan
