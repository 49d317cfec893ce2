"""The private server in the wizard: each kind of server to `Synced` with one URL, and what must not pass in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from strategies.facts import SERVER_HOST_KEYS
from tests.e2e.test_private_server import NO_SSH
from tests.tui.driving import SMALL, Operator, operating
from tests.tui.sandboxed import DEADLINE, failing, read, wizard
from wizard.answers.document import load
from wizard.exitcodes import ExitCode
from wizard.flow import Step
from wizard.tui.widgets.choices import Choices

pytestmark = pytest.mark.slow
SERVER, CREDENTIALS = "privateServer.server", "privateServer.credentials"
GITLAB = "https://gitlab.acme.example/platform/cluster-config.git"


@dataclass(frozen=True)
class Asked:
    """What an operator gives beside the CA: the URL, then texts by key."""

    url: str
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_ssh(self) -> bool:
        """Whether host keys have to be confirmed too."""
        return self.url.startswith("ssh:")


KINDS = {
    "gitlab": Asked(GITLAB, {f"{SERVER}.adminToken": "env:GITLAB_TOKEN"}),
    "bitbucket": Asked(
        "https://bitbucket.acme.example/scm/platform/cluster-config.git", {f"{SERVER}.adminToken": "env:BITBUCKET_TOKEN"}
    ),
    "gitea": Asked("ssh://git@gitea.acme.example/platform/cluster-config.git", {f"{SERVER}.adminToken": "env:GITEA_TOKEN"}),
    "ghes": Asked("ssh://git@github.acme.example/platform/cluster-config.git", {f"{SERVER}.adminToken": "env:GHES_TOKEN"}),
    "plain": Asked(
        "https://git.acme.example/platform/cluster-config.git",
        {f"{CREDENTIALS}.username": "argocd", f"{CREDENTIALS}.secret": "env:GIT_READ_PASSWORD"},
    ),
}


async def named(operator: Operator, url: str) -> None:
    """To the details of the private server, with this URL typed and the server looked at."""
    await operator.to(Step.STRATEGY)
    await operator.press("down", "down", "enter")
    await operator.on(Step.DETAILS)
    await operator.until(lambda: operator.app.focused is not None and operator.app.focused.has_class("control"), "a field")
    operator.paste(url)
    await operator.until(lambda: operator.draft("privateServer.repository.url") == url, "the URL")
    await read(operator)


async def into(operator: Operator, key: str) -> None:
    """Put the focus into the field of a question, which has to be in sight."""
    control = f"#field-{key.replace('.', '-')} .control"
    await operator.until(lambda: operator.app.frame.query(control), key)
    operator.app.frame.query_one(control).focus()
    await operator.pilot.pause()


async def confirm(operator: Operator, key: str) -> None:
    """Confirm what is shown first, with one key."""
    await into(operator, key)
    await operator.press("space")
    await operator.until(lambda: operator.draft(key), key)
    await read(operator)


async def give(operator: Operator, texts: Mapping[str, str]) -> None:
    """Type into fields."""
    for key, text in texts.items():
        await into(operator, key)
        operator.paste(text)
        await operator.until(lambda key=key, text=text: operator.draft(key) == text, key)  # type: ignore[misc]
        await read(operator)


@pytest.mark.parametrize("kind", [pytest.param(one, marks=NO_SSH if asked.by_ssh else ()) for one, asked in KINDS.items()])
async def test_one_url_leads_to_synced(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked = KINDS[kind]
    with wizard("healthy", tmp_path / "state") as app:
        async with operating(app, SMALL) as operator:
            await named(operator, asked.url)
            await confirm(operator, f"{SERVER}.caFingerprint")
            assert app.session is not None
            assert app.session.effective(f"{SERVER}.kind") == kind
            if asked.by_ssh:
                await confirm(operator, f"{SERVER}.hostKeys")
            await give(operator, asked.texts)
            await operator.press("enter")
            await operator.on(Step.CHECKS)
            await read(operator)
            assert failing(operator) == []
            await operator.press("enter")
            await operator.on(Step.PLAN)
            await operator.sees("to create")
            await operator.press("enter")
            await operator.sees("Apply to prod-east?")
            await operator.press("y")
            await operator.until_done(DEADLINE)
            await operator.sees("✔ Argo CD is Synced and Healthy")
            assert (await operator.leave("enter")).exit_code is ExitCode.DONE
    answers = load(tmp_path / "prod-east.ezgitops.yaml").draft().answers().private_server
    assert (answers.server.kind, answers.repository.mode) == (kind, "existing")


async def test_a_private_ca_is_shown_and_confirmed_by_a_key_of_its_own_alone(tmp_path: Path) -> None:
    with wizard("private-ca", tmp_path) as app:
        async with operating(app, SMALL) as operator:
            await named(operator, GITLAB)
            await operator.sees("? its certificate is not believed yet", "[ ] CN=Acme Corp Issuing CA")
            await operator.sees("D9:F5:33:32", "9C:69:24:B8")
            await operator.press("f2")
            await operator.sees("✖ fail    Certificate of the server", "m Mend")
            await operator.press("m")
            await operator.sees("Confirm the CA shown", "D9:F5:33:32", "Do it (y)")
            await operator.press("y")
            await operator.until(lambda: operator.draft(f"{SERVER}.caFingerprint"), "the fingerprint")
            await read(operator)
            assert "server.certificate" not in failing(operator)
            await operator.press("escape")
            await operator.sees("✔ GitLab", "[x] CN=Acme Corp Issuing CA", "✔ believed by the CA given")
            await into(operator, f"{SERVER}.caFingerprint")
            await operator.press("space")
            await operator.until(lambda: operator.draft(f"{SERVER}.caFingerprint") is None, "nothing confirmed")
            await read(operator)
            await operator.sees("? its certificate is not believed yet", "[ ] CN=Acme Corp Issuing CA")
            await into(operator, f"{SERVER}.caFingerprint")
            await operator.press("enter")
            await operator.sees("✖ Product is missing")
            assert operator.draft(f"{SERVER}.caFingerprint") is None


async def test_a_token_that_has_ended_is_told_under_its_field_and_blocks(tmp_path: Path) -> None:
    with wizard("token-expired", tmp_path) as app:
        async with operating(app, SMALL) as operator:
            await named(operator, GITLAB)
            await confirm(operator, f"{SERVER}.caFingerprint")
            await give(operator, KINDS["gitlab"].texts)
            await operator.sees("✖ ")
            assert failing(operator) == ["server.token"]


async def test_a_server_without_https_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with wizard("http-only-server", tmp_path) as app:
        async with operating(app, SMALL) as operator:
            await named(operator, GITLAB)
            await operator.sees("✖ port 443 speaks plain HTTP, which is not used", "ssh:// URL")
            assert "server.https-only" in failing(operator)
            operator.app.frame.query_one("#field-privateServer-repository-url Input").focus()
            await operator.press("home", *["delete"] * 5)
            await operator.type("http")
            await operator.sees("✖")


@NO_SSH
async def test_another_host_key_than_the_one_confirmed_is_not_taken_by_going_on(tmp_path: Path) -> None:
    old = f"SHA256:{'A' * 43}"
    with wizard("ssh-host-key-changed", tmp_path) as app:
        async with operating(app, SMALL) as operator:
            await named(operator, KINDS["gitea"].url)
            await confirm(operator, f"{SERVER}.caFingerprint")
            assert app.session is not None
            app.session.edit(f"{SERVER}.hostKeys", [old])
            await read(operator)
            await into(operator, f"{SERVER}.hostKeys")
            await operator.sees("[x] confirmed, and not shown by the server", "✖ the server shows other keys")
            await operator.press("enter")
            assert operator.draft(f"{SERVER}.hostKeys") == [old]
            assert "server.host-key" in failing(operator)


async def test_a_public_address_inside_the_vpc_is_in_sight_on_the_page_of_checks(tmp_path: Path) -> None:
    with wizard("resolves-public", tmp_path) as app:
        async with operating(app, SMALL) as operator:
            await named(operator, GITLAB)
            await confirm(operator, f"{SERVER}.caFingerprint")
            await give(operator, KINDS["gitlab"].texts)
            await operator.press("enter")
            await operator.on(Step.CHECKS)
            await read(operator)
            await operator.sees("44.203.113.50")
            print(operator.seen, failing(operator))


@NO_SSH
async def test_what_has_to_be_compared_is_shown_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fingerprint whose last letter is out of sight cannot be compared."""
    monkeypatch.chdir(tmp_path)
    with wizard("private-ca", tmp_path / "state") as app:
        async with operating(app, SMALL) as operator:
            await named(operator, "ssh://git@gitlab.acme.example/platform/cluster-config.git")
            field = f"#field-{SERVER.replace('.', '-')}-hostKeys"
            await operator.until(lambda: app.frame.query(f"{field} Choices"), "the host keys")
            shown = app.frame.query_one(f"{field} Choices", Choices)
            while app.focused is not shown:
                await operator.press("tab")
            assert app.session is not None
            keys = app.session.situation().facts.get(SERVER_HOST_KEYS)
            assert keys is not None
            await operator.until(lambda: keys.keys[0].fingerprint in operator.seen, "the whole fingerprint", 5)
            assert not shown.show_vertical_scrollbar
