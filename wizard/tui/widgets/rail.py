"""The step rail on top: where the operator is, what is done, what is to come."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from wizard.flow import INFO, Step

_SHOWN = tuple(step for step in Step if step not in (Step.WELCOME, Step.DONE))


class Rail(Static):
    """``✔ Environment ─ ● Strategy ─ ○ Details ...``; a click on a step asks to go there."""

    DEFAULT_CSS = """
    Rail { height: 1; padding: 0 1; background: $panel; color: $quiet; link-style: none; link-color: $quiet; link-background-hover: $primary 30%; link-style-hover: none; }
    """

    step: reactive[Step] = reactive(Step.WELCOME)

    def render(self) -> Content:
        """The rail for the present step."""
        order = list(Step)
        here = order.index(self.step)
        parts = [Content.styled("ezgitops", "bold $primary"), Content("  ")]
        for place, step in enumerate(_SHOWN):
            if place:
                parts.append(Content.styled(" ─ ", "dim"))
            at = order.index(step)
            name = INFO[step].name
            action = f"@click=screen.rail('{step.value}')"
            if at == here:
                parts.append(Content.styled(f"● {name}", f"bold $primary {action}"))
            elif at < here:
                parts.append(Content.styled(f"✔ {name}", f"$text-success {action}"))
            else:
                parts.append(Content.styled(f"○ {name}", action))
        return Content.assemble(*parts)
