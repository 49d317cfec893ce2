"""One instance under the operator's hands: the draft, what was found about it, its checks, its plan and its apply.

Every front end drives the same object. It is thread-safe; reading happens in background threads, and nothing but ``wait``,
``plan``, ``plan_destroy`` and ``apply`` takes longer than a moment. Events reach subscribers from those threads, in order.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from strategies.answers import Answers
from strategies.base import Check, CheckResult, Json, Mend, Owner, Page, Question, Resource, Situation, Strategy
from strategies.contradictions import contradictions
from strategies.facts import Facts
from strategies.ports import Site, World
from wizard.answers.draft import Draft
from wizard.engine.apply import ApplyReport, Desk, Order, apply
from wizard.engine.checks import evaluate, worst_first
from wizard.engine.events import CheckChanged, Event, Sink
from wizard.engine.execution import Pause, real_pause
from wizard.engine.inspector import Inspector
from wizard.engine.lock import place_name
from wizard.engine.mend import carry_out_mend
from wizard.engine.plan import Plan, SavedPlan
from wizard.engine.status import MIRRORED, REFRESHED, StatusReport, latest
from wizard.engine.suggestions import Filled, fill, model_default
from wizard.engine.survey import Remake, Survey, survey, survey_owned
from wizard.engine.verify import Patience, Word, goal_of, verify

DEBOUNCE = 0.35
"""Seconds without a key stroke after which what is typed is looked up in the world."""

FRESH = 5.0
"""Seconds during which a plan is carried out without looking at the world a second time."""

_ROUNDS = 20
"""Forgetting one fact may take an answer with it, and that the next fact: far fewer times than this."""


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


class Session:
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
        self.draft = draft
        self._world, self._strategies, self._clock, self._on_edit = world, strategies, clock, on_edit
        self._common_questions, self._common_checks = tuple(questions), tuple(checks)
        self._directory, self._pause, self._patience = directory, pause, patience or Patience()
        self._debounce = debounce
        self._lock = threading.RLock()
        self._idle = threading.Condition(self._lock)
        self._sinks: list[Sink] = []
        self._outbox: deque[Event] = deque()
        self._flushing = False
        self._inspector = Inspector(world.readers(), lock=self._lock, clock=clock, changed=self._noticed, after=self._flush)
        self._started = False
        self._wanted: Callable[[Check], bool] = lambda _check: True
        self._filled: Filled = fill(draft, self._all_questions(draft.answers()), Facts())
        self._results: tuple[CheckResult, ...] = ()
        self._made: tuple[Plan, Survey, Remake, datetime] | None = None
        self._settle()

    # --- looking ------------------------------------------------------------------------------------------------

    def situation(self) -> Situation:
        """The answers in effect (given or suggested) and the facts read so far."""
        with self._lock:
            return Situation(self._filled.answers, self._inspector.facts)

    def results(self) -> tuple[CheckResult, ...]:
        """Every check as it stands, the worst first."""
        with self._lock:
            return worst_first([result for result in self._results if self._wanted(result.check)])

    def catalogue(self) -> tuple[Check, ...]:
        """Every check that there is, whatever the strategy."""
        return (*self._common_checks, *(check for one in self._strategies.values() for check in one.checks()))

    def reading(self) -> frozenset[str]:
        """Ids of the facts that are being read now."""
        with self._lock:
            return self._inspector.reading

    def strategy(self) -> Strategy | None:
        """The strategy in effect."""
        return self._strategies.get(self.situation().answers.strategy or "")

    def strategies(self) -> Mapping[str, Strategy]:
        """Every strategy, by id."""
        return self._strategies

    def questions(self, page: Page | None = None) -> tuple[Question, ...]:
        """The relevant questions, common ones first, of one page or of all."""
        answers = self.situation().answers
        return tuple(q for q in self._all_questions(answers) if q.relevant(answers) and (page is None or q.page is page))

    def effective(self, key: str) -> Json:
        """What holds for a key: what was given (also when it is wrong), else the suggestion, else the model's default."""
        with self._lock:
            given = self.draft.get(key)
            if given is not None:
                return given
            suggested = self._filled.suggested.get(key)
        return model_default(key) if suggested is None else suggested

    def suggested(self, key: str) -> bool:
        """True when a key's value is a suggestion that nobody has confirmed."""
        with self._lock:
            return key in self._filled.suggested

    def complete(self) -> Answers:
        """The answers with every value in effect filled in, as they are carried out and saved."""
        return self.situation().answers

    def missing(self) -> tuple[Question, ...]:
        """The required questions without any value in effect."""
        return tuple(q for q in self.questions() if q.required and self.effective(q.key) in (None, "", []))

    # --- driving ------------------------------------------------------------------------------------------------

    def subscribe(self, sink: Sink) -> Callable[[], None]:
        """Send every event to ``sink`` from now on; the function returned ends that."""
        with self._lock:
            self._sinks.append(sink)

        def leave() -> None:
            with self._lock:
                if sink in self._sinks:
                    self._sinks.remove(sink)

        return leave

    def start(self) -> None:
        """Begin to read facts."""
        with self._lock:
            self._started = True
            self._results = ()  # so that every check is told of once, also one that never changes
            self._settle()
        self._flush()

    def edit(self, key: str, value: Json) -> None:
        """Give an answer, right or wrong; None takes it back, so that the suggestion holds again."""
        with self._lock:
            if value is None:
                self.draft.unset(key)
            else:
                self.draft.set(key, value)
            self._made = None
            self._settle(delay=self._debounce)
        self._on_edit(self.draft)
        self._flush()

    def refresh(self, *fact_ids: str) -> None:
        """Read these facts again (none named: all)."""
        with self._lock:
            self._inspector.refresh(self.situation(), fact_ids)
            self._settle()
        self._flush()

    def select(self, wanted: Callable[[Check], bool]) -> None:
        """From now on give the results of these checks alone. The others are judged all the same: some depend on them."""
        with self._lock:
            self._wanted = wanted
            self._settle()
        self._flush()

    def probe(self) -> None:
        """From now on use readers, too, that leave something in the world while they read: the operator asked for checks.

        They are left alone when no check that is wanted needs what they read.
        """
        with self._lock:
            needed = {fact for check in self._all_checks(self._filled.answers) if self._wanted(check) for fact in check.needs}
            if needed & self._inspector.withheld:
                self._inspector.intrusive = True
                self._settle()
        self._flush()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being read and every event of that was delivered. False when ``timeout`` seconds have passed.

        Not to be called by a sink, which would wait for itself.
        """
        with self._idle:
            return self._idle.wait_for(self._quiet, timeout)

    def close(self) -> None:
        """Stop reading. What is under way is thrown away."""
        with self._lock:
            self._inspector.close()
            self._sinks.clear()
            self._idle.notify_all()

    # --- planning and applying ----------------------------------------------------------------------------------

    def plan(self, select: Callable[[Resource], bool] | None = None) -> Plan:
        """Look at every resource and plan; with ``select`` for those resources alone, and nothing is deleted.

        Raises IncompleteError, SurveyError.
        """
        answers, strategy = self._ready()

        def look() -> Survey:
            site, owner = self._world.site(answers), Owner(answers.name or "")
            resources = strategy.resources(answers)
            if select is None:
                return survey(site, owner, strategy.id, resources)
            return survey(site, owner, strategy.id, [r for r in resources if select(r)], leftovers=False)

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
        goal = goal_of(answers, {s.change.address: s.observed.outputs for s in seen.steps if s.observed} if seen else {})
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
        refreshed, mirrored = (latest(seen, name) if seen else None for name in (REFRESHED, MIRRORED))
        return StatusReport(plan, refreshed, mirrored, word)

    def check_secrets(self, *schemes: str) -> None:
        """Resolve every secret that the answers refer to, and forget it again. Raises ResourceError where one is missing.

        With ``schemes`` (``env``, ``prompt``) only references of these are looked at.
        """
        reference = self.complete().source.password
        if reference is not None and (not schemes or reference.partition(":")[0] in schemes):
            self.check_secret(reference)

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

    def _all_questions(self, answers: Answers) -> tuple[Question, ...]:
        chosen = self._strategies.get(answers.strategy or "")
        return (*self._common_questions, *(chosen.questions() if chosen is not None else ()))

    def _all_checks(self, answers: Answers) -> tuple[Check, ...]:
        chosen = self._strategies.get(answers.strategy or "")
        return (*self._common_checks, *(chosen.checks() if chosen is not None else ()))

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

    def _noticed(self, event: Event) -> None:
        """A reading began or ended (called with the lock held)."""
        self._outbox.append(event)
        self._settle()
        self._idle.notify_all()

    def _settle(self, delay: float = 0.0) -> None:
        """Bring suggestions, readings and checks in step with draft and facts (called with the lock held)."""
        for _ in range(_ROUNDS):
            questions = self._all_questions(self._filled.answers)
            self._filled = fill(self.draft, questions, self._inspector.facts)
            again = self._all_questions(self._filled.answers)
            situation = Situation(self._filled.answers, self._inspector.facts)
            forgot = self._started and self._inspector.follow(situation, delay=delay)
            if not forgot and len(again) == len(questions):
                break
        situation = Situation(self._filled.answers, self._inspector.facts)
        inspector = self._inspector
        results = evaluate(self._all_checks(situation.answers), situation, inspector.reading, inspector.withheld)
        before = {result.check.id: result for result in self._results}
        self._results = results
        if self._started:
            now = self._clock()
            told = [r for r in results if before.get(r.check.id) != r and self._wanted(r.check)]
            self._outbox.extend(CheckChanged(at=now, result=r) for r in told)

    def _quiet(self) -> bool:
        return not self._inspector.reading and not self._outbox and not self._flushing

    def _flush(self) -> None:
        """Deliver what is in the outbox. Whoever comes while another thread delivers leaves it to that thread."""
        while True:
            with self._lock:
                if self._flushing or not self._outbox:
                    return
                self._flushing = True
                event = self._outbox.popleft()
                sinks = tuple(self._sinks)
            try:
                for sink in sinks:
                    sink(event)
            finally:
                with self._idle:
                    self._flushing = False
                    if self._quiet():
                        self._idle.notify_all()
