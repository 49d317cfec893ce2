"""The operator, the instance, and what stands in Argo CD's namespace: every verdict, and what one key does about it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import replace

import pytest

from strategies.base import Check, Situation, Status, Verdict
from strategies.codecommit.checks import argocd as codecommit_argocd
from strategies.common.checks import argocd, cluster
from strategies.facts import (
    ARGOCD_APPLICATIONS,
    ARGOCD_CERTIFICATES,
    ARGOCD_PROJECTS,
    ARGOCD_SECRETS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    ArgoApplication,
    ArgoDestination,
    ArgoInstance,
    ArgoProject,
    ClusterInfo,
    GitOps,
    OperatorSubscription,
    RepositorySecret,
)
from tests.fakes import healthy_facts
from tests.unit.strategies.test_checks import URL, judged, situation

HEALTHY = healthy_facts()
GITOPS = HEALTHY[CLUSTER_GITOPS.id]
INFO = HEALTHY[CLUSTER_INFO.id]
assert isinstance(GITOPS, GitOps)
assert isinstance(INFO, ClusterInfo)
NAMESPACE = "openshift-gitops"
ANYWHERE = (ArgoDestination("*", "", "*"),)
Given = Mapping[str, object]


def secret(name: str = "other", url: str = URL, project: str = "", *, instance: str | None = None) -> RepositorySecret:
    return RepositorySecret(name, False, url, project, ("password", "type", "url", "username"), instance)


def template(url: str, *keys: str) -> RepositorySecret:
    return RepositorySecret("template", True, url, "", keys)


def words(verdict: Verdict) -> list[str]:
    assert verdict.remedy is not None
    assert verdict.remedy.command is not None
    return shlex.split(verdict.remedy.command)


def edits(verdict: Verdict) -> dict[str, object]:
    assert verdict.remedy is not None
    assert verdict.remedy.mend is not None
    assert verdict.remedy.mend.operation is None
    return dict(verdict.remedy.mend.edits)


# --- the release ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "status"),
    [
        ("4.14.0", Status.PASS),
        ("4.21.3", Status.PASS),
        ("4.13.40", Status.WARN),
        ("3.11.1", Status.WARN),
        ("5.0.1", Status.WARN),
        ("", Status.UNKNOWN),
    ],
)
def test_releases(release: str, status: Status) -> None:
    verdict = judged("cluster.version", facts={CLUSTER_INFO.id: replace(INFO, version=release)})
    assert verdict.status is status


def test_what_a_login_may_not_read_is_not_known_and_no_failure() -> None:
    facts = {CLUSTER_INFO.id: replace(INFO, infrastructure_name="", issuer="", unread=("infrastructures.config.openshift.io",))}
    answers = {"cluster.infrastructureName": "prod-east-x7k2p", "cluster.oidcIssuer": "oidc.example.com/x"}
    verdict = judged("cluster.identity", facts=facts, answers=answers)
    assert verdict.status is Status.UNKNOWN
    assert words(verdict)[-1] == "infrastructures.config.openshift.io"
    verdict = judged("cluster.reachable", facts=facts)
    assert verdict.status is Status.PASS
    assert verdict.evidence.endswith("may not read infrastructures.config.openshift.io")


# --- the operator and the instance ----------------------------------------------------------------------------------


def test_the_operator_is_told_with_its_channel_and_what_it_brings() -> None:
    verdict = judged("gitops.operator")
    assert verdict.evidence == "OpenShift GitOps 1.21.0, channel latest, which brings Argo CD 3.4"


def test_an_operator_that_is_missing_is_installed_by_one_key() -> None:
    verdict = judged("gitops.operator", facts={CLUSTER_GITOPS.id: GitOps(None, None, None, ())})
    assert verdict.remedy is not None
    mend = verdict.remedy.mend
    assert mend is not None
    assert (mend.operation, dict(mend.edits)) == ("gitops.install-operator", {})
    assert CLUSTER_GITOPS.id in mend.refreshes


def test_an_operator_that_is_missing_is_installed_by_one_command_too() -> None:
    given = words(judged("gitops.operator", facts={CLUSTER_GITOPS.id: GitOps(None, None, None, ())}))
    assert given[2:] == ["|", "oc", "--context", "prod-east", "apply", "-f", "-"]
    made = json.loads(f"[{given[1].replace('} {', '},{')}]")
    assert [one["kind"] for one in made] == ["Namespace", "OperatorGroup", "Subscription"]
    assert (made[2]["spec"]["channel"], made[2]["spec"]["source"]) == ("latest", "redhat-operators")


def test_an_operator_that_somebody_asked_for_already_is_not_asked_for_twice() -> None:
    asked = OperatorSubscription("openshift-operators", "gitops", "gitops-1.16", "redhat-operators", "UpgradePending")
    verdict = judged("gitops.operator", facts={CLUSTER_GITOPS.id: GitOps(None, None, None, (), subscription=asked)})
    assert verdict.evidence == (
        "the subscription openshift-operators/gitops (channel gitops-1.16 of redhat-operators) has installed nothing: "
        "UpgradePending"
    )
    assert verdict.remedy is not None
    assert verdict.remedy.mend is None
    assert words(verdict)[-6:] == ["subscription.operators.coreos.com", "gitops", "-n", "openshift-operators", "-o", "yaml"]


def test_an_operator_that_failed_says_why() -> None:
    failed = replace(GITOPS, phase="Failed", message="install strategy failed")
    verdict = judged("gitops.operator", facts={CLUSTER_GITOPS.id: failed})
    assert verdict.evidence == "openshift-gitops-operator.v1.21.0 is Failed: install strategy failed"


def test_an_instance_without_an_operator_that_can_be_seen_is_enough() -> None:
    verdict = judged("gitops.operator", facts={CLUSTER_GITOPS.id: GitOps(None, None, None, GITOPS.instances)})
    assert verdict.status is Status.PASS
    assert "no sign of the operator itself" in verdict.evidence


def test_an_instance_that_is_not_ready_says_which_part() -> None:
    waiting = ArgoInstance(NAMESPACE, "openshift-gitops", "Pending", "default", ("repo: Pending",), "quota exceeded")
    verdict = judged("argocd.instance", facts={CLUSTER_GITOPS.id: replace(GITOPS, instances=(waiting,))})
    assert verdict.evidence == f"{NAMESPACE}/openshift-gitops is Pending (repo: Pending; quota exceeded)"


def test_an_answer_that_names_no_instance_is_put_right_by_one_key_when_there_is_one() -> None:
    answers = {"argocd.namespace": "elsewhere", "argocd.name": "x"}
    assert edits(judged("argocd.instance", answers=answers)) == {
        "argocd.namespace": NAMESPACE,
        "argocd.name": "openshift-gitops",
    }


def test_the_page_shows_the_operator_first_and_then_the_instance() -> None:
    none = situation({CLUSTER_GITOPS.id: GitOps(None, None, None, ())})
    assert argocd.ready(none) == argocd.operator(none)
    assert argocd.ready(situation()) == argocd.instance(situation())


# --- repository Secrets ---------------------------------------------------------------------------------------------

SECRETS: list[tuple[str, RepositorySecret, Given, Status]] = [
    ("another repository", secret(url=f"{URL}-2"), {}, Status.PASS),
    ("the same, spelt otherwise", secret(url=f" {URL.upper()}.GIT"), {}, Status.FAIL),
    ("ours by its labels", secret("older-name", instance="prod-east"), {}, Status.PASS),
    ("in the place of ours", secret("repo-prod-east-cluster-config"), {}, Status.PASS),
    ("another instance's", secret(instance="staging"), {}, Status.FAIL),
    ("for our project alone", secret(project="default"), {}, Status.FAIL),
    ("for another project", secret(project="payments"), {}, Status.PASS),
    ("for all, while ours is for one project", secret(), {"application.project": "platform"}, Status.PASS),
    ("both for one project", secret(project="platform"), {"application.project": "platform"}, Status.FAIL),
    ("a template, which is another matter", template(URL, "password"), {}, Status.PASS),
]


@pytest.mark.parametrize(("one", "answers", "status"), [case[1:] for case in SECRETS], ids=[case[0] for case in SECRETS])
def test_a_second_secret(one: RepositorySecret, answers: Given, status: Status) -> None:
    verdict = judged("argocd.repository-secret", facts={ARGOCD_SECRETS.id: (one,)}, answers=answers)
    assert verdict.status is status
    if status is Status.FAIL:
        assert words(verdict)[-6:] == [
            "label", "secret", one.name, "-n", NAMESPACE, "argocd.argoproj.io/secret-type-",
        ]  # fmt: skip


def test_a_secret_for_our_project_goes_before_ours() -> None:
    verdict = judged("argocd.repository-secret", facts={ARGOCD_SECRETS.id: (secret(project="default"),)})
    assert verdict.evidence.endswith("goes before ours")


def test_the_longest_template_that_fits_warns() -> None:
    short, long = template("https://git-codecommit.us-east-2.amazonaws.com/", "password"), template(URL[:-4], "sshPrivateKey")
    verdict = judged("argocd.repo-creds", facts={ARGOCD_SECRETS.id: (short, replace(long, name="longer"))})
    assert verdict.status is Status.WARN
    assert f"{NAMESPACE}/longer fits every URL that begins with {URL[:-4]} (sshPrivateKey)" in verdict.evidence


@pytest.mark.parametrize("url", ["https://github.com/", "https://git-codecommit.eu-west-1.amazonaws.com/", f"{URL}/more", ""])
def test_a_template_that_does_not_fit(url: str) -> None:
    assert judged("argocd.repo-creds", facts={ARGOCD_SECRETS.id: (template(url, "password"),)}).status is Status.PASS


def test_a_template_does_not_matter_to_a_secret_that_is_made_with_its_password() -> None:
    answers = {"codecommit.credentials.method": "git-credentials"}
    verdict = judged("argocd.repo-creds", facts={ARGOCD_SECRETS.id: (template(URL, "password"),)}, answers=answers)
    assert verdict.status is Status.PASS
    assert "does not matter" in verdict.evidence


# --- the Application ------------------------------------------------------------------------------------------------


def test_our_own_application_is_no_obstacle() -> None:
    ours = ArgoApplication("cluster-config", "default", "https://old", ".", "main", "prod-east")
    assert judged("argocd.application", facts={ARGOCD_APPLICATIONS.id: (ours,)}).evidence.endswith("is ours")


def test_one_that_syncs_the_same_is_left_to_the_plan() -> None:
    same = ArgoApplication("cluster-config", "default", URL, ".", "main")
    answers = {"source.path": ".", "source.revision": "main"}
    verdict = judged("argocd.application", facts={ARGOCD_APPLICATIONS.id: (same,)}, answers=answers)
    assert verdict.status is Status.PASS


def test_a_name_that_is_taken_is_put_right_by_one_key_with_a_free_one() -> None:
    taken = tuple(
        ArgoApplication(name, "default", "https://x/y", "", "main", "staging", "ApplicationSet all")
        for name in ("cluster-config", "cluster-config-prod-east")
    )
    verdict = judged("argocd.application", facts={ARGOCD_APPLICATIONS.id: taken})
    assert "belongs to the instance staging, syncs . of https://x/y and is kept by ApplicationSet all" in verdict.evidence
    assert edits(verdict) == {"application.name": "cluster-config-prod-east-2"}


# --- the project ----------------------------------------------------------------------------------------------------


def project(*rules: str, destinations: tuple[ArgoDestination, ...] = ANYWHERE) -> Given:
    return {ARGOCD_PROJECTS.id: (ArgoProject("default", rules, destinations),)}


def change(verdict: Verdict) -> object:
    given = words(verdict)
    assert given[given.index("patch") : given.index("patch") + 5] == [
        "patch", "appprojects.argoproj.io", "default", "-n", NAMESPACE,
    ]  # fmt: skip
    return json.loads(given[-1])


def test_a_repository_that_no_rule_permits_is_added_by_the_command() -> None:
    verdict = judged("argocd.project", facts=project("https://github.com/acme/*"))
    assert change(verdict) == [{"op": "add", "path": "/spec/sourceRepos/-", "value": URL}]
    verdict = judged("argocd.project", facts=project())
    assert "it permits no repository" in verdict.evidence
    assert change(verdict) == [{"op": "add", "path": "/spec/sourceRepos", "value": [URL]}]


def test_a_rule_that_denies_is_named_and_cannot_be_added_to() -> None:
    rule = "!https://git-codecommit.*.amazonaws.com/**"
    verdict = judged("argocd.project", facts=project("*", rule))
    assert f"its rule {rule} denies it" in verdict.evidence
    assert "edit" in words(verdict)


def test_a_destination_that_no_rule_permits() -> None:
    facts = project("*", destinations=(ArgoDestination("https://kubernetes.default.svc", "", "team-*"),))
    verdict = judged("argocd.project", facts=facts)
    assert "does not permit an Application that names no namespace" in verdict.evidence
    assert "https://kubernetes.default.svc team-*" in verdict.evidence
    assert change(verdict) == [
        {
            "op": "add",
            "path": "/spec/destinations/-",
            "value": {"server": "https://kubernetes.default.svc", "namespace": "*"},
        }
    ]
    answers = {"application.destinationNamespace": "team-blue"}
    assert judged("argocd.project", facts=facts, answers=answers).status is Status.PASS
    verdict = judged("argocd.project", facts=facts, answers={"application.layout": "app-of-apps"})
    assert f"does not permit namespace {NAMESPACE} of this cluster" in verdict.evidence


def test_a_destination_that_a_rule_denies() -> None:
    denied = (*ANYWHERE, ArgoDestination("*", "", "!openshift-*"))
    verdict = judged("argocd.project", facts=project("*", destinations=denied), answers={"application.layout": "app-of-apps"})
    assert verdict.status is Status.FAIL
    assert "edit" in words(verdict)


def test_a_project_that_does_not_exist_is_put_right_by_one_key_when_one_fits() -> None:
    assert edits(judged("argocd.project", answers={"application.project": "platform"})) == {"application.project": "default"}
    verdict = judged("argocd.project", facts=project("!**"), answers={"application.project": "platform"})
    assert verdict.remedy is not None
    assert verdict.remedy.mend is None


# --- certificates ---------------------------------------------------------------------------------------------------


def test_certificates_for_the_git_host_warn_and_others_do_not() -> None:
    host = "git-codecommit.us-east-2.amazonaws.com"
    assert judged("argocd.tls-certs", facts={ARGOCD_CERTIFICATES.id: ("gitlab.acme.example",)}).status is Status.PASS
    verdict = judged("argocd.tls-certs", facts={ARGOCD_CERTIFICATES.id: ("gitlab.acme.example", host)})
    assert verdict.status is Status.WARN
    assert host in verdict.evidence


# --- what is not known ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", codecommit_argocd.CHECKS, ids=lambda check: check.id)
def test_before_the_repository_is_known_nothing_is_said_of_it(check: Check) -> None:
    bare = Situation(situation().answers.model_copy(update={"aws": type(situation().answers.aws)()}), situation().facts)
    assert check.judge(bare).status is Status.SKIPPED


def test_what_was_not_read_is_not_known() -> None:
    bare = Situation(situation().answers, type(situation().facts)())
    for check in (*codecommit_argocd.CHECKS, *argocd.CHECKS, *cluster.CHECKS):
        assert check.judge(bare).status is Status.UNKNOWN, check.id


@pytest.mark.parametrize("check", codecommit_argocd.CHECKS, ids=lambda check: check.id)
def test_an_instance_that_is_not_there_is_one_failure_and_not_six(check: Check) -> None:
    elsewhere = situation(answers={"argocd.namespace": "elsewhere", "argocd.name": "x"})
    assert check.judge(elsewhere).status is Status.SKIPPED
