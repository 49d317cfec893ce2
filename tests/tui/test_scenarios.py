"""Worlds in which something is wrong: the failing check in sight on a small terminal, its remedy one key away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.driving import SMALL, URL, Operator, operating
from tests.tui.sandboxed import DEADLINE, failing, read, wizard
from wizard.flow import Step

pytestmark = pytest.mark.slow


async def to_checks(operator: Operator) -> None:
    """Enter on every page; only the source is typed."""
    await operator.to(Step.DETAILS)
    operator.paste(URL)
    await operator.until(lambda: operator.draft("source.url") == URL, "the URL")
    await read(operator)
    await operator.press("enter")
    await operator.on(Step.CHECKS)
    await read(operator)


@pytest.mark.parametrize(
    ("scenario", "check", "title"),
    [
        ("vpc-dns-off", "aws.vpc-dns", "VPC and its DNS attributes"),
        ("oidc-audience-missing", "codecommit.oidc-provider", "OIDC provider of the cluster"),
    ],
)
async def test_one_key_mends_it_and_it_is_green_without_leaving_the_page(
    scenario: str, check: str, title: str, tmp_path: Path
) -> None:
    with wizard(scenario, tmp_path) as app:
        async with operating(app, SMALL) as operator:
            await to_checks(operator)
            await operator.sees(f"✖ fail    {title}", "m Mend")
            assert check in failing(operator)
            await operator.press("m")
            await operator.sees("Do it (y)")
            await operator.press("y")
            await operator.until(lambda: not failing(operator), f"{check} to pass", DEADLINE)
            assert app.frame.step is Step.CHECKS
            await read(operator)
            await operator.until(lambda: "✖ fail" not in operator.seen, "the screen to show it")
            await operator.press("enter")
            await operator.on(Step.PLAN)


async def test_the_operator_that_argo_cd_needs_is_installed_from_the_first_page(tmp_path: Path) -> None:
    with wizard("no-gitops-operator", tmp_path) as app:
        async with operating(app, SMALL) as operator:
            await operator.to(Step.ENVIRONMENT)
            await operator.sees("✖ 1 fail", "OpenShift GitOps operator")
            await operator.press("f2")
            await operator.sees("✖ fail    OpenShift GitOps operator", "m Mend")
            await operator.press("m")
            await operator.sees("Install OpenShift GitOps?", "Do it (y)")
            await operator.press("y")
            await operator.sees("mending")
            await operator.until(lambda: "gitops.operator" not in failing(operator), "the operator", DEADLINE)
            await read(operator)
            assert failing(operator) == []
            await operator.press("escape")
            await operator.sees("openshift-gitops")
            await operator.press("ctrl+n")
            await operator.on(Step.STRATEGY)


@pytest.mark.parametrize(
    ("scenario", "said", "command"),
    [
        ("security-group-closed", "✖ fail", "aws ec2 authorize-security-group-ingress"),
        ("duplicate-repository-secret", "✖ fail", "oc "),
    ],
)
async def test_what_no_key_may_mend_has_its_command_one_key_away(
    scenario: str, said: str, command: str, tmp_path: Path
) -> None:
    with wizard(scenario, tmp_path) as app:
        async with operating(app, SMALL) as operator:
            await to_checks(operator)
            await operator.sees(said, f"y  $ {command}")
            assert "m Mend" not in operator.seen
            await operator.press("y")
            assert app.clipboard.startswith(command)
            await operator.press("enter")
            await operator.until(lambda: "✖" in operator.seen.splitlines()[-2], "the reason")


async def test_a_warning_is_accepted_by_one_key(tmp_path: Path) -> None:
    with wizard("source-needs-helm-from-outside", tmp_path) as app:
        async with operating(app, SMALL) as operator:
            await to_checks(operator)
            await operator.sees("⚠ warn", "prometheus-community.github.io", "monitoring.yaml:9")
            await operator.press("a")
            await operator.sees("✔ accepted")
            assert operator.draft("acceptWarnings") == ["git.source-outside"]
