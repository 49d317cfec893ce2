"""What one looks at: the draft, what was found about it, and its checks. Reading happens in background threads.

Events reach subscribers from those threads, in order. Thread-safe; nothing but ``wait`` takes longer than a moment.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from strategies.answers import Answers
from strategies.base import Check, CheckResult, Json, Page, Question, Situation, Strategy
from strategies.facts import Facts
from strategies.ports import Reader
from wizard.answers.draft import Draft
from wizard.engine.checks import evaluate, worst_first
from wizard.engine.events import CheckChanged, Event, Sink
from wizard.engine.inspector import Inspector
from wizard.engine.suggestions import Filled, fill, model_default

_ROUNDS = 20
"""Forgetting one fact may take an answer with it, and that the next fact: far fewer times than this."""


class Outlook:
    """See the module. ``questions`` and ``checks`` are the common ones, to which the chosen strategy's are added.

    ``on_edit`` is called with the draft after every edit, in the thread that made it; ``debounce`` is how many seconds
    without a key stroke pass before what is typed is looked up in the world.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        draft: Draft,
        *,
        strategies: Mapping[str, Strategy],
        questions: Sequence[Question],
        checks: Sequence[Check],
        clock: Callable[[], datetime],
        on_edit: Callable[[Draft], None],
        debounce: float,
    ) -> None:
        self.draft = draft
        self._strategies, self._clock, self._on_edit, self._debounce = strategies, clock, on_edit, debounce
        self._common_questions, self._common_checks = tuple(questions), tuple(checks)
        self._lock = threading.RLock()
        self._idle = threading.Condition(self._lock)
        self._sinks: list[Sink] = []
        self._outbox: deque[Event] = deque()
        self._flushing = False
        self._inspector = Inspector(readers, lock=self._lock, clock=clock, changed=self._noticed, after=self._flush)
        self._started = False
        self._wanted: Callable[[Check], bool] = lambda _check: True
        self._filled: Filled = fill(draft, self._all_questions(draft.answers()), Facts())
        self._results: tuple[CheckResult, ...] = ()
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
        """The relevant questions of one page or of all, page by page: those that lead, the common ones, the others."""
        answers, pages = self.situation().answers, list(Page)
        found = [q for q in self._all_questions(answers) if q.relevant(answers) and (page is None or q.page is page)]
        return tuple(sorted(found, key=lambda q: (pages.index(q.page), not q.leads)))

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
        self._start()

    def locate(self) -> None:
        """Begin to read where one is, and nothing else: what the common questions of the environment need. No check is told of.

        What is suggested before everything was read would otherwise be looked at for a moment, whether it holds or not.
        """
        with self._lock:
            asked = [one for one in self._common_questions if one.page is Page.ENVIRONMENT]
            self._inspector.only = frozenset(fact for one in asked for fact in one.needs)
            self._wanted = lambda _check: False
        self._start()

    def _start(self) -> None:
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

    # --- inside -------------------------------------------------------------------------------------------------

    def _all_questions(self, answers: Answers) -> tuple[Question, ...]:
        chosen = self._strategies.get(answers.strategy or "")
        return (*self._common_questions, *(chosen.questions() if chosen is not None else ()))

    def _all_checks(self, answers: Answers) -> tuple[Check, ...]:
        chosen = self._strategies.get(answers.strategy or "")
        return (*self._common_checks, *(chosen.checks() if chosen is not None else ()))

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
