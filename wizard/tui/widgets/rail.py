"""The step rail on top: where the operator is, what is done, what is to come."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from wizard.flow import INFO, Step

_SHOWN = tuple(step for step in Step if step not in (Step.WELCOME, Step.DONE))
_HEAD, _GAP = "ezgitops  ", " ─ "


class Rail(Static):
    """``✔ Environment ─ ● Strategy ─ ○ Details ...``; a click on a step asks to go there."""

    DEFAULT_CSS = """
    Rail { height: 1; padding: 0 1; background: $panel; color: $quiet; }
    """
    ALLOW_SELECT = False

    class Chosen(Message):
        """A step was clicked."""

        def __init__(self, step: Step) -> None:
            super().__init__()
            self.step = step

    step: reactive[Step] = reactive(Step.WELCOME)
    failed: reactive[bool] = reactive(False)
    """The step before the present one did not succeed."""

    def render(self) -> Content:
        """The rail for the present step."""
        order = list(Step)
        here = order.index(self.step)
        parts = [Content.styled(_HEAD, "bold $primary")]
        for place, step in enumerate(_SHOWN):
            at = order.index(step)
            if at == here:
                icon, style = "●", "bold $primary"
            elif at < here:
                icon, style = ("✖", "$text-error") if self.failed and at == here - 1 else ("✔", "$text-success")
            else:
                icon, style = "○", "$quiet"
            parts.append(Content.styled(_GAP if place else "", "$quiet"))
            parts.append(Content.styled(f"{icon} {INFO[step].name}", style))
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        """Find the step under the mouse."""
        end = len(_HEAD)
        offset = event.get_content_offset(self)
        for step in _SHOWN:
            begin, end = end, end + 2 + len(INFO[step].name)
            if offset is not None and begin <= offset.x < end:
                self.post_message(self.Chosen(step))
                return
            end += len(_GAP)
