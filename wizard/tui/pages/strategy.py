"""How Argo CD shall reach Git: one card for each strategy, for this very environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from strategies.base import Card, Verdict
from wizard.flow import Step
from wizard.tui.pages.base import WizardPage
from wizard.tui.theme import CHECK_MARKS

_UNBROKEN = 40


class StrategyCard(Static, can_focus=True):
    """One strategy. Having the focus is looking at it; Enter or a click takes it."""

    DEFAULT_CSS = """
    StrategyCard { height: auto; padding: 0 1; margin: 0 1 1 1; border-left: outer $panel; background: $surface; }
    StrategyCard:focus { border-left: outer $primary; background: $panel; }
    StrategyCard.-unavailable { color: $text-muted; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Choose, go on", tooltip="Choose this strategy and go on."),
        Binding("space", "mark", "Choose", tooltip="Choose this strategy and stay."),
        Binding("up,k", "look(-1)", "Up", show=False),
        Binding("down,j", "look(1)", "Down", show=False),
    ]

    class Taken(Message):
        """The card was chosen."""

        def __init__(self, strategy_id: str, *, go_on: bool) -> None:
            super().__init__()
            self.strategy_id = strategy_id
            self.go_on = go_on

    def __init__(self, strategy_id: str, title: str) -> None:
        super().__init__(id=f"card-{strategy_id}")
        self.strategy_id, self._title = strategy_id, title

    def show(self, card: Card, *, chosen: bool) -> None:
        """Show what is known now."""
        self.set_class(not card.available, "-unavailable")
        style = "bold $text-success" if card.recommended else "$text-warning" if not card.available else "$quiet"
        lines = [Content.assemble((f"{'●' if chosen else '○'} {self._title}", "bold"), "   ", (card.headline, style))]
        lines.append(Content.styled(card.summary, "$quiet"))
        if card.badges:
            lines.append(Content("   ").join(_badge(one) for one in card.badges))
        lines.append(Content(" · ".join(part for part in (card.makes, card.cost) if part)))
        self.update(Content("\n").join(lines))

    def about(self, *, whole: bool) -> Content:  # noqa: ARG002  # there is no more to say of a card than it shows
        """How to choose."""
        return Content.styled("Up and down look at a card, enter takes it; the choice can be taken back.", "$quiet")

    def action_look(self, direction: int) -> None:
        """Look at the card before or after."""
        if direction < 0:
            self.screen.focus_previous(StrategyCard)
        else:
            self.screen.focus_next(StrategyCard)

    def action_take(self) -> None:
        """Choose it and go on."""
        self.post_message(self.Taken(self.strategy_id, go_on=True))

    def action_mark(self) -> None:
        """Choose it and stay."""
        self.post_message(self.Taken(self.strategy_id, go_on=False))

    def on_click(self, event: events.Click) -> None:
        """A click chooses, a double click goes on."""
        self.post_message(self.Taken(self.strategy_id, go_on=event.chain == 2))


def _badge(verdict: Verdict) -> Content:
    """A badge: one that is short stays in one line."""
    mark = CHECK_MARKS[verdict.status.value]
    short = len(verdict.evidence) <= _UNBROKEN
    return Content.assemble(
        (f"{mark.icon}\N{NO-BREAK SPACE}", mark.style), verdict.evidence.replace(" ", "\N{NO-BREAK SPACE}" if short else " ")
    )


class StrategyPage(WizardPage):
    """The cards."""

    step: ClassVar[Step] = Step.STRATEGY

    def compose(self) -> ComposeResult:
        """One card for each strategy that there is."""
        for strategy in self.session.strategies().values():
            yield StrategyCard(strategy.id, strategy.title)

    def on_mount(self) -> None:
        """Fill the cards."""
        self.refresh_view({})

    def first_focus(self) -> None:
        """The chosen card, else the recommended one, else the first."""
        situation = self.session.situation()
        chosen = self.session.draft.get("strategy")
        cards = {strategy.id: strategy.card(situation) for strategy in self.session.strategies().values()}
        best = next((one for one, card in cards.items() if card.recommended and card.available), next(iter(cards), None))
        wanted = chosen if chosen in cards else best
        for card in self.query(StrategyCard):
            if card.strategy_id == wanted:
                card.focus()

    def refresh_view(self, faults: Mapping[str, str]) -> None:  # noqa: ARG002  # faults belong to fields
        """Badges, costs and the choice as they are now."""
        situation = self.session.situation()
        chosen = self.session.draft.get("strategy")
        for card in self.query(StrategyCard):
            strategy = self.session.strategies()[card.strategy_id]
            card.show(strategy.card(situation), chosen=chosen == card.strategy_id)

    async def forward(self) -> None:
        """Go on with what is chosen; with nothing chosen, with the card that has the focus."""
        focused = self.app.focused
        if self.session.draft.get("strategy") is None and isinstance(focused, StrategyCard):
            focused.action_take()
            return
        await super().forward()

    async def on_strategy_card_taken(self, message: StrategyCard.Taken) -> None:
        """Put the choice into the draft, unless this version cannot carry it out."""
        message.stop()
        strategy = self.session.strategies()[message.strategy_id]
        if not strategy.card(self.session.situation()).available:
            self.notify(f"{strategy.title} is not in this version yet.", severity="warning", timeout=4)
            return
        self.session.edit("strategy", message.strategy_id)
        self.frame.refresh_view()
        if message.go_on:
            await super().forward()
