"""The documents: links lead somewhere, commands exist, and the words are the product's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]+)?\)")
COMMAND = re.compile(r"\bezgitops ([a-z]+)\b")
COMMANDS = {"check", "plan", "apply", "status", "mirror", "renew", "destroy", "schema", "sandbox"}
FOREIGN = re.compile(r"/work/|/farm/|/tmp/brief|\.\./shared|\bsession \d|\bissue \d", re.IGNORECASE)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file = page.parent / target
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor[1:] in anchors(file), f"{page.name}: {target}{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_exist_and_words_are_the_products(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```.*?^```|`[^`\n]+`", text, re.MULTILINE | re.DOTALL))
    assert set(COMMAND.findall(code)) <= COMMANDS
    assert FOREIGN.search(text) is None


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name in index or page.name == "README.md"


def test_the_code_speaks_of_the_product_alone() -> None:
    for file in [*(ROOT / "wizard").rglob("*.py"), *(ROOT / "strategies").rglob("*.py")]:
        assert FOREIGN.search(file.read_text(encoding="utf-8")) is None, file
