"""Checks of what is on the machine, of the allow list, of the source's content and of Argo CD's Secrets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strategies.base import Status, Verdict
from strategies.facts import (
    ARGOCD_CERTIFICATES,
    ARGOCD_SECRETS,
    AWS_DRY_RUNS,
    AWS_INSTANCES,
    AWS_PERMISSIONS_BOUNDARY,
    AWS_QUOTAS,
    PROXY_HOST,
    SOURCE_CONTENT,
    AwsQuotas,
    Configuration,
    Decided,
    Decision,
    DryRun,
    DryRuns,
    FactError,
    LfsRule,
    PermissionsBoundary,
    RepositorySecret,
    SourceContent,
    Submodule,
    Tried,
    Usage,
)
from tests.fakes import PROXY_MACHINE
from tests.unit.bastion_proxy.bastion_answers import new
from tests.unit.bastion_proxy.judging import BY_ID, changed, edits, healthy, judged, situation

OFFLINE = FactError("Run Command did not end: DeliveryTimedOut", "See the agent.")
SUBMODULE = "https://gitlab.acme.example/acme/policies.git"


def on_the_machine(check: str, **changes: object) -> Verdict:
    """The check, with the machine changed."""
    return judged(check, host(**changes))


def host(**changes: object) -> dict[str, object]:
    found = replace(healthy(PROXY_HOST), **changes)  # type: ignore[arg-type]  # the fields are the test's to choose
    return {PROXY_HOST.id: found}


@pytest.mark.parametrize("check", ["proxy.squid", "proxy.configuration", "proxy.internet"])
class TestEvery:
    """What holds for each of them."""

    def test_it_passes_in_the_healthy_world(self, check: str) -> None:
        assert judged(check).status is Status.PASS

    def test_why_a_machine_could_not_be_looked_at_is_told_once(self, check: str) -> None:
        verdict = judged(check, {PROXY_HOST.id: OFFLINE})
        if check == "proxy.squid":
            assert (verdict.status, verdict.evidence) == (Status.UNKNOWN, OFFLINE.message)
        else:
            assert (verdict.status, "'Squid on the machine' says why" in verdict.evidence) == (Status.SKIPPED, True)

    def test_without_the_list_of_machines_it_is_not_known_whether_it_is_made(self, check: str) -> None:
        facts = {AWS_INSTANCES.id: FactError("denied"), PROXY_HOST.id: None}
        assert BY_ID[check].judge(situation(facts, new())).status is Status.UNKNOWN

    def test_before_it_is_made_the_plan_is_told(self, check: str) -> None:
        verdict = BY_ID[check].judge(situation({PROXY_HOST.id: None}, new()))
        assert (verdict.status, "the plan" in verdict.evidence) == (Status.PASS, True)

    def test_a_proxy_of_somebody_else_is_left_alone(self, check: str) -> None:
        verdict = judged(check, {PROXY_HOST.id: None}, bastion_proxy__proxy__method="existing")
        assert verdict.status is Status.SKIPPED


class TestSquid:
    """``proxy.squid``: installed, or to be had."""

    @pytest.mark.parametrize(
        ("running", "enabled", "says"),
        [
            (False, False, "Squid 6.13 on Amazon Linux 2023 is installed and does not run: the plan starts it"),
            (True, True, "Squid 6.13 on Amazon Linux 2023 runs"),
            (True, False, "Squid 6.13 on Amazon Linux 2023 runs, and does not start with the machine: the plan enables it"),
        ],
    )
    def test_its_state_is_told(self, running: bool, enabled: bool, says: str) -> None:
        assert on_the_machine("proxy.squid", running=running, enabled=enabled).evidence == says

    def test_to_install_it_on_somebody_s_machine_is_a_warning(self) -> None:
        verdict = on_the_machine("proxy.squid", squid_version=None, configuration=Configuration.NONE)
        assert (verdict.status, "offers 6.13" in verdict.evidence) == (Status.WARN, True)

    def test_on_a_machine_of_ours_it_is_not(self) -> None:
        made = changed(AWS_INSTANCES, PROXY_MACHINE, instance="prod-east")
        verdict = BY_ID["proxy.squid"].judge(situation({**made, **host(squid_version=None)}, new()))
        assert (verdict.status, "which the plan installs" in verdict.evidence) == (Status.PASS, True)

    def test_another_machine_at_its_address_is_not_judged(self) -> None:
        verdict = BY_ID["proxy.squid"].judge(situation({PROXY_HOST.id: OFFLINE}, new()))
        assert (verdict.status, "the plan makes the machine" in verdict.evidence) == (Status.PASS, True)

    def test_a_package_repository_out_of_reach(self) -> None:
        error = "Failed to download metadata for repo 'amazonlinux'\x1b[31m"
        verdict = on_the_machine("proxy.squid", squid_version=None, offered=None, offer_error=error)
        assert verdict.status is Status.FAIL
        assert "and cannot be: Failed to download metadata for repo 'amazonlinux'?[31m" in verdict.evidence
        assert verdict.remedy is not None
        assert "S3 gateway endpoint" in verdict.remedy.text

    def test_ours_that_does_not_run(self) -> None:
        assert on_the_machine("proxy.squid", configuration=Configuration.OURS).status is Status.WARN


class TestConfiguration:
    """``proxy.configuration``: whose it is."""

    @pytest.mark.parametrize("whose", [Configuration.NONE, Configuration.PACKAGED, Configuration.OURS])
    def test_what_nobody_else_wrote(self, whose: Configuration) -> None:
        assert on_the_machine("proxy.configuration", configuration=whose).status is Status.PASS

    def test_somebody_else_s_is_not_replaced_unless_it_is_answered(self) -> None:
        verdict = on_the_machine("proxy.configuration", configuration=Configuration.FOREIGN)
        assert (verdict.status, edits(verdict)) == (
            Status.FAIL,
            {"bastionProxy.squid.foreignConfiguration": "replace"},
        )
        assert verdict.remedy is not None
        assert verdict.remedy.mend is not None
        assert "squid.conf.before-ezgitops" in verdict.remedy.mend.says
        answered = judged(
            "proxy.configuration",
            host(configuration=Configuration.FOREIGN),
            bastion_proxy__squid__foreign_configuration="replace",
        )
        assert answered.status is Status.PASS

    def test_another_instance_s_is_never_replaced(self) -> None:
        verdict = judged(
            "proxy.configuration",
            host(configuration=Configuration.OTHER_INSTANCE),
            bastion_proxy__squid__foreign_configuration="replace",
        )
        assert (verdict.status, "another instance" in verdict.evidence) == (Status.FAIL, True)


class TestInternet:
    """``proxy.internet``: the Git host, seen from the machine."""

    def test_any_answer_is_one(self) -> None:
        assert on_the_machine("proxy.internet", direct=403).evidence == "github.com answers the machine with 403"

    def test_no_answer(self) -> None:
        verdict = on_the_machine("proxy.internet", direct=None, direct_error="Connection timed out after 5000 ms")
        assert (verdict.status, "Connection timed out" in verdict.evidence) == (Status.FAIL, True)

    def test_a_certificate_of_somebody_in_between(self) -> None:
        verdict = on_the_machine("proxy.internet", direct=None, direct_error="self-signed", tls_issuer="CN=Acme Inspection")
        assert (verdict.status, "signed by CN=Acme Inspection" in verdict.evidence) == (Status.FAIL, True)

    def test_nothing_was_told(self) -> None:
        assert on_the_machine("proxy.internet", direct=None).status is Status.UNKNOWN


LEADS = Decision("github.com:443", True, Decided.PASSED, 200, whole=True)
STRANGER = Decision("example.com:443", False, Decided.REFUSED, 403)
METADATA = Decision("169.254.169.254:443", False, Decided.REFUSED, 403)
IN_CLEAR = Decision("http://169.254.169.254/", False, Decided.REFUSED, 403, whole=True)


def decided(*decisions: Decision, **changes: object) -> Verdict:
    """``proxy.decides``, where Squid of ours runs."""
    ours = {"configuration": Configuration.OURS, "running": True, "enabled": True, "decisions": decisions}
    return on_the_machine("proxy.decides", **{**ours, **changes})


class TestDecides:
    """``proxy.decides``: what Squid does with what it is asked for."""

    def test_it_stands_in_no_apply_s_way(self) -> None:
        assert not BY_ID["proxy.decides"].blocking

    def test_what_is_tried_is_told(self) -> None:
        verdict = decided(LEADS, STRANGER, METADATA, IN_CLEAR)
        assert (verdict.status, verdict.evidence) == (
            Status.PASS,
            "leads to github.com:443, and refuses example.com:443, 169.254.169.254:443, http://169.254.169.254/",
        )

    @pytest.mark.parametrize(
        ("through", "means"),
        [
            (
                replace(STRANGER, decided=Decided.PASSED, status=200),
                "does not refuse example.com:443 (HTTP 200): data can leave",
            ),
            (
                replace(STRANGER, decided=Decided.FAILED, status=503),
                "does not refuse example.com:443 (HTTP 503): data can leave",
            ),
            (replace(STRANGER, decided=Decided.FAILED, status=None), "does not refuse example.com:443 (no answer): data can"),
            (
                replace(METADATA, decided=Decided.PASSED, status=200),
                "169.254.169.254:443 (HTTP 200): whoever reaches the proxy",
            ),
            (replace(IN_CLEAR, decided=Decided.PASSED, status=401), "the credentials of its role"),
        ],
    )
    def test_what_is_not_refused_is_told_with_what_it_means(self, through: Decision, means: str) -> None:
        verdict = decided(LEADS, through)
        assert (verdict.status, means in verdict.evidence) == (Status.FAIL, True), verdict.evidence

    @pytest.mark.parametrize(
        ("git", "says"),
        [
            (replace(LEADS, decided=Decided.REFUSED, status=403), "Squid refuses github.com:443 (HTTP 403), which is to pass"),
            (replace(LEADS, decided=Decided.FAILED, status=503), "Squid does not reach github.com:443 (HTTP 503)"),
            (replace(LEADS, whole=False), "Squid leads to github.com:443 (HTTP 200), and the certificate"),
        ],
    )
    def test_what_does_not_pass(self, git: Decision, says: str) -> None:
        verdict = decided(git, STRANGER, METADATA, IN_CLEAR)
        assert (verdict.status, verdict.evidence.startswith(says)) == (Status.FAIL, True), verdict.evidence

    def test_a_port_that_answers_nothing(self) -> None:
        silent = [replace(one, decided=Decided.FAILED, status=None) for one in (LEADS, STRANGER, METADATA)]
        verdict = decided(*silent)
        assert (verdict.status, "answers nothing" in verdict.evidence) == (Status.FAIL, True)

    def test_nothing_was_told(self) -> None:
        assert decided().status is Status.UNKNOWN

    @pytest.mark.parametrize(
        "changes",
        [
            {"squid_version": None, "configuration": Configuration.NONE, "running": False},
            {"configuration": Configuration.PACKAGED},
            {"configuration": Configuration.FOREIGN},
            {"configuration": Configuration.OTHER_INSTANCE},
            {"running": False},
        ],
    )
    def test_before_an_apply_nothing_is_tried(self, changes: dict[str, object]) -> None:
        verdict = decided(**changes)
        assert (verdict.status, "apply" in verdict.evidence) == (Status.SKIPPED, True)

    def test_before_the_machine_is_made_nothing_is_tried(self) -> None:
        verdict = BY_ID["proxy.decides"].judge(situation({PROXY_HOST.id: None}, new()))
        assert (verdict.status, verdict.evidence) == (Status.SKIPPED, "not tried: apply sets Squid up first")

    def test_a_proxy_of_somebody_else_is_left_alone(self) -> None:
        verdict = judged("proxy.decides", {PROXY_HOST.id: None}, bastion_proxy__proxy__method="existing")
        assert (verdict.status, "somebody else's" in verdict.evidence) == (Status.SKIPPED, True)

    def test_why_a_machine_could_not_be_looked_at_is_told_elsewhere(self) -> None:
        verdict = judged("proxy.decides", {PROXY_HOST.id: OFFLINE})
        assert (verdict.status, "'Squid on the machine' says why" in verdict.evidence) == (Status.SKIPPED, True)


class TestAllowList:
    """``proxy.allow-list``: what the source needs."""

    def with_submodule(self, url: str | None = SUBMODULE) -> dict[str, object]:
        return {SOURCE_CONTENT.id: replace(healthy(SOURCE_CONTENT), submodules=(Submodule("policies", url, 3),))}

    def test_all_are_on_it(self) -> None:
        assert judged("proxy.allow-list").evidence == "1 host, and all that the source needs are among them"

    def test_a_missing_one_is_added_by_one_key(self) -> None:
        verdict = judged("proxy.allow-list", self.with_submodule())
        assert verdict.status is Status.WARN
        assert "not on the list: gitlab.acme.example (.gitmodules:3 names" in verdict.evidence
        assert edits(verdict) == {"bastionProxy.allow.hosts": ["github.com", "gitlab.acme.example"]}

    def test_what_nothing_needs_is_told(self) -> None:
        verdict = judged("proxy.allow-list", bastion_proxy__allow__hosts=["github.com", "pypi.org"])
        assert (verdict.status, "nothing that was read needs pypi.org" in verdict.evidence) == (Status.PASS, True)

    def test_another_s_proxy_has_a_list_of_its_own(self) -> None:
        verdict = judged("proxy.allow-list", bastion_proxy__proxy__method="existing")
        assert verdict.evidence.endswith("whether that proxy lets them through, the cluster itself will say")

    def test_content_that_could_not_be_read(self) -> None:
        verdict = judged("proxy.allow-list", {SOURCE_CONTENT.id: FactError("git does not answer")})
        assert (verdict.status, "git does not answer" in verdict.evidence) == (Status.UNKNOWN, True)

    def test_a_list_that_is_full_has_no_button(self) -> None:
        hosts = [f"h{number}.example" for number in range(499)] + ["github.com"]
        verdict = judged("proxy.allow-list", self.with_submodule(), bastion_proxy__allow__hosts=hosts)
        assert verdict.remedy is not None
        assert (verdict.status, verdict.remedy.mend) == (Status.WARN, None)

    def test_no_list_yet(self) -> None:
        assert judged("proxy.allow-list", bastion_proxy__allow__hosts=None).status is Status.UNKNOWN

    @pytest.mark.parametrize(
        ("url", "status"),
        [
            (SUBMODULE, Status.PASS),
            ("../policies.git", Status.PASS),
            ("git@github.com:acme/policies.git", Status.WARN),
            ("ssh://git@github.com/acme/policies.git", Status.WARN),
            ("http://github.com/acme/policies.git", Status.WARN),
            ("https://github.com:8443/acme/policies.git", Status.WARN),
            ("https://[", Status.WARN),
            (None, Status.WARN),
        ],
    )
    def test_submodules_pass_by_https_alone(self, url: str | None, status: Status) -> None:
        assert judged("git.source-submodules", self.with_submodule(url)).status is status


class TestContent:
    """``git.source-lfs`` and ``git.source-submodules``."""

    def test_files_of_git_lfs(self) -> None:
        content = SourceContent("main", lfs_files=("logo.png",), lfs_rules=(LfsRule(".gitattributes", 1, "*.png"),))
        verdict = judged("git.source-lfs", {SOURCE_CONTENT.id: content})
        assert verdict.status is Status.WARN
        assert verdict.remedy is not None
        assert "mirror" not in verdict.remedy.text

    def test_without_content_nothing_is_said(self) -> None:
        for check in ("git.source-lfs", "git.source-submodules"):
            assert judged(check).status is Status.PASS
            assert judged(check, {SOURCE_CONTENT.id: FactError("no")}).status is Status.SKIPPED


class TestArgoCd:
    """What the Secret of the source meets in Argo CD's namespace."""

    TEMPLATE = RepositorySecret("acme-creds", True, "https://github.com/acme", "", ("url", "password"))

    def test_a_template_stands_in_where_the_source_needs_no_login(self) -> None:
        facts = {ARGOCD_SECRETS.id: (self.TEMPLATE,)}
        assert judged("argocd.repo-creds", facts).status is Status.WARN
        with_login = judged("argocd.repo-creds", facts, source__username="git", source__password="env:TOKEN")
        assert with_login.status is Status.PASS
        app = {"id": "1", "installation_id": "2", "private_key": "file:/k"}
        assert judged("argocd.repo-creds", facts, bastion_proxy__github_app=app).status is Status.PASS

    def test_the_ca_that_is_answered_is_no_surprise(self) -> None:
        facts: dict[str, object] = {ARGOCD_CERTIFICATES.id: ("github.com",)}
        assert judged("argocd.tls-certs", facts).status is Status.WARN
        proxy = {"method": "existing", "url": "http://proxy.acme.example:3128", "ca_file": "ca.pem"}
        assert judged("argocd.tls-certs", facts, bastion_proxy__proxy=proxy).status is Status.PASS

    def test_while_the_repository_is_not_known_nothing_is_said(self) -> None:
        assert judged("argocd.repository-secret", bastion_proxy__secret_name=None).status is Status.SKIPPED


class TestPermissions:
    """What the credentials may do and the account may have."""

    def test_nothing_is_made_for_a_proxy_of_somebody_else(self) -> None:
        assert judged("aws.dry-run", {AWS_DRY_RUNS.id: DryRuns(())}).status is Status.SKIPPED

    def test_what_is_denied_leads_to_the_page_with_the_policy(self) -> None:
        runs = DryRuns((DryRun("ec2:RunInstances", Tried.DENIED, "the credentials may not call ec2:RunInstances"),))
        verdict = judged("aws.dry-run", {AWS_DRY_RUNS.id: runs})
        assert verdict.status is Status.FAIL
        assert verdict.remedy is not None
        assert verdict.remedy.text.startswith("Ask for ec2:RunInstances; docs/bastion-proxy.md")

    def test_the_account_s_roles_count_only_where_one_is_made(self) -> None:
        full = {AWS_QUOTAS.id: AwsQuotas(50, Usage(1000, 1000), Usage(4, 5000))}
        assert judged("aws.quotas", full).status is Status.SKIPPED
        check = BY_ID["aws.quotas"]
        assert check.judge(situation(full, new())).status is Status.WARN
        assert check.judge(situation(answers=new())).evidence == "120 of 1000 IAM roles, 4 of 5000 IAM users"
        unread = {AWS_QUOTAS.id: AwsQuotas(unread=(FactError("denied"),))}
        assert check.judge(situation(unread, new())).status is Status.UNKNOWN

    def test_a_boundary_that_does_not_exist(self) -> None:
        facts = {AWS_PERMISSIONS_BOUNDARY.id: PermissionsBoundary("arn:aws:iam::123456789012:policy/none", exists=False)}
        verdict = judged("proxy.permissions-boundary", facts)
        assert verdict.status is Status.FAIL
        assert verdict.remedy is not None
        assert "bastionProxy.instance.permissionsBoundary" in verdict.remedy.text


def test_what_stands_after_what_exists() -> None:
    known = {*BY_ID, "cluster.home", "aws.identity", "git.source", "gitops.operator", "cluster.reachable", "argocd.instance"}
    assert {after for one in BY_ID.values() for after in one.depends_on} <= known
    assert len(BY_ID) == len({one.id for one in BY_ID.values()})
