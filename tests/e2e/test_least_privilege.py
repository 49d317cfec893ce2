"""The whole road with exactly the rights that are documented: nothing is missing from them, and nothing in them is unused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import pytest
import yaml

from strategies.answers import Answers
from strategies.base import Json, Strategy
from strategies.common import iam
from strategies.registry import STRATEGIES
from tests.e2e.program import ROOT, SAMPLE, Program, calls
from tests.e2e.servers import sample
from wizard.answers import document
from wizard.sandbox.launch import Sandbox

UNSIGNED = "MissingAuthenticationToken"
"""Asked without credentials, so that rights do not matter: AWS's clock is read, and a pod sees that STS answers."""

OPERATOR = "PlatformEngineer"
"""The role of the operator, in the ARN of whose key a call was signed with."""

TRIED = "RunInstances"
"""Tried before its security group and its profile are there, when the account's policies cannot allow it: of a dry run that is
refused, only the organization's word counts."""

WITHOUT_A_CALL = {
    "codecommit:GitPull": "Git itself, not the API: cloning what stands in the mirror",
    "codecommit:GitPush": "Git itself, not the API: the mirror",
    "codecommit:UpdateRepositoryDescription": "a changed codecommit.repository.description",
    "codecommit:UpdateRepositoryEncryptionKey": "a changed codecommit.repository.kmsKeyId",
    "ec2:ModifyVpcEndpoint": "an endpoint of ours that drifted, or changed answers",
    "ec2:RevokeSecurityGroupIngress": "a CIDR that is no longer asked for",
    "iam:DeleteRolePermissionsBoundary": "codecommit.credentials.permissionsBoundary taken back",
    "iam:DeleteUserPermissionsBoundary": "codecommit.credentials.permissionsBoundary taken back",
    "iam:DetachRolePolicy": "a managed policy that somebody attached: IAM deletes no role that has one",
    "iam:DetachUserPolicy": "a managed policy that somebody attached: IAM deletes no user that has one",
    "iam:ListInstanceProfileTags": "an account that has instance profiles",
    "iam:ListUserTags": "an account that has users",
    "iam:PutRolePermissionsBoundary": "a changed codecommit.credentials.permissionsBoundary",
    "iam:PutUserPermissionsBoundary": "a changed codecommit.credentials.permissionsBoundary",
    "iam:UpdateAssumeRolePolicy": "a trust policy that drifted, or another service account",
    "iam:UpdateRole": "a description that drifted",
    "route53:ListTagsForResources": "an account that has private hosted zones",
}
"""Actions of the CodeCommit strategy that a first apply, its replay and a destroy do not need, and what does."""

BASTION_WITHOUT_A_CALL = {
    "codecommit:ListTagsForResource": "an account that has repositories",
    "ec2:ModifyInstanceMetadataOptions": "a machine of ours that answers IMDSv1",
    "ec2:RevokeSecurityGroupIngress": "a CIDR that is no longer asked for",
    "ec2:StartInstances": "a machine of ours that somebody stopped",
    "iam:DeleteRolePermissionsBoundary": "bastionProxy.instance.permissionsBoundary taken back",
    "iam:DetachRolePolicy": "a managed policy that somebody attached: IAM deletes no role that has one",
    "iam:GetRole": "the session of a single sign-on, whose role's path is looked up",
    "iam:ListInstanceProfileTags": "an account that has instance profiles",
    "iam:ListRoleTags": "roles that could be of this program",
    "iam:ListUserTags": "an account that has users",
    "iam:PutRolePermissionsBoundary": "a changed bastionProxy.instance.permissionsBoundary",
    "iam:UpdateAssumeRolePolicy": "a trust policy that drifted",
    "iam:UpdateRole": "a description that drifted",
    "route53:ListTagsForResources": "an account that has private hosted zones",
}
"""The same of the bastion proxy."""

PRIVATE_WITHOUT_A_CALL = {
    "codecommit:ListTagsForResource": "an account that has repositories",
    "iam:GetRole": "the session of a single sign-on, whose role's path is looked up",
    "iam:ListInstanceProfileTags": "an account that has instance profiles",
    "iam:ListRoleTags": "roles that could be of this program",
    "iam:ListUserTags": "an account that has users",
    "route53:ListTagsForResources": "an account that has private hosted zones",
}
"""The same of a private server that is there already."""

OWN_WITHOUT_A_CALL = {
    "codecommit:ListTagsForResource": "an account that has repositories",
    "ec2:DeleteVolume": "a data volume on which nothing was put yet: one that holds data is kept",
    "ec2:ModifyVolume": "a larger privateServer.own.dataGib",
    "ec2:RevokeSecurityGroupIngress": "a CIDR that is no longer asked for",
    "ec2:StartInstances": "a machine of ours that somebody stopped",
    "iam:DeleteRolePermissionsBoundary": "privateServer.own.permissionsBoundary taken back",
    "iam:DetachRolePolicy": "a managed policy that somebody attached: IAM deletes no role that has one",
    "iam:ListUserTags": "an account that has users",
    "iam:PutRolePermissionsBoundary": "a changed privateServer.own.permissionsBoundary",
    "iam:UpdateAssumeRolePolicy": "a trust policy that drifted",
    "iam:UpdateRole": "a description that drifted",
    "secretsmanager:PutSecretValue": "another certificate",
    "secretsmanager:RestoreSecret": "an apply within 30 days of a destroy, which finds root's password waiting to be deleted",
}
"""The same of one that is made."""

VERBS_WITHOUT_A_CALL = {"list events": "a pod of the probe that does not start"}
"""Rights in the cluster that no road needs by itself, and what does."""

BASTION_VERBS_WITHOUT_A_CALL = {
    **VERBS_WITHOUT_A_CALL,
    "get argocds.argoproj.io": "bastionProxy.repoServer.proxy, of these answers or of earlier ones",
    "patch argocds.argoproj.io": "bastionProxy.repoServer.proxy, of these answers or of earlier ones",
    "patch configmaps": "the CA of a proxy that ends TLS, or of a private server of earlier answers",
}
"""The same of the bastion proxy."""

PRIVATE_VERBS_WITHOUT_A_CALL = {
    **VERBS_WITHOUT_A_CALL,
    "get argocds.argoproj.io": "earlier answers that had the repo-server use a proxy",
    "patch argocds.argoproj.io": "earlier answers that had the repo-server use a proxy",
}
"""The same of a private server."""


STATIC = {
    "method: iam-role": "method: git-credentials",
    "userName: null": "userName: argocd-reader",
    "keep: by-hand": "keep: github-actions",
    "    roleName: null\n": "    roleName: mirror-role\n",
    "subject: null": "subject: repo:acme/cluster-config:ref:refs/heads/main",
    "pipelineFile: null": "pipelineFile: mirror.yml",
}
"""From the sample answers to those with a static password and a pipeline that keeps the mirror."""


BASTION = ROOT / "docs" / "examples" / "answers-bastion-proxy.yaml"
REPO_SERVER = {"    proxy: false\n": "    proxy: true\n", "workerGroupId: null": "workerGroupId: sg-0d0d0d0d0d0d0d0d0"}
"""From the sample answers to those that set the repo-server's environment, and whose nodes' group gets a rule."""

NEW = {
    "method: instance": "method: new",
    "url: http://10.1.1.10:3128": "url: http://10.1.1.20:3128",
    "    id: i-0c1b2c3d4e5f60010\n    vpcId: null\n    subnetId: null\n": (
        "    id: null\n    vpcId: vpc-0e1b2c3d4e5f60718\n    subnetId: subnet-0e0e0e0e0e0e0e0e0\n"
    ),
    "roleName: null": "roleName: prod-east-egress-proxy",
    "proxyGroupId: sg-0e5e5e5e5e5e5e5e5": "proxyGroupId: null",
    "workerGroupId: null": "workerGroupId: sg-0d0d0d0d0d0d0d0d0",
}
"""To those with a machine that is made."""

CODECOMMIT_CASES: dict[str, Mapping[str, str]] = {"iam-role": {}, "git-credentials": STATIC}
BASTION_CASES: dict[str, Mapping[str, str]] = {"instance": {}, "repo-server": REPO_SERVER, "new": NEW}


def changed(path: Path, sample: Path, changes: Mapping[str, str]) -> Path:
    """Sample answers with changes of their text."""
    text = sample.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file = path / "answers.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def read(file: Path) -> tuple[Answers, Strategy]:
    """The answers of a file and their strategy."""
    answers = document.load(file).draft().answers()
    return answers, STRATEGIES[answers.strategy or ""]


def restricted(path: Path, answers: Answers, strategy: Strategy) -> Path:
    """The healthy world, whose operator holds the documented rights and no others.

    Where the nodes' group shall get a rule, it is one that does not let everything out; where a server is made, one with an
    image for it.
    """
    file = path / "least.yaml"
    parts = iam.parts(strategy.operator_policy(answers))
    world = "healthy" if answers.bastion_proxy.network.worker_group_id is None else "worker-egress-blocks-3128"
    scenario = {
        "extends": "own-server" if answers.private_server.own.make else world,
        "description": "An operator with the least rights",
        "aws": {"operator": {"policies": {f"ezgitops-{number}": part for number, part in enumerate(parts)}}},
        "cluster": {"operator": {"rules": []}, "objects": list(strategy.operator_roles(answers))},
    }
    file.write_text(yaml.safe_dump(scenario), encoding="utf-8")
    return file


def walk(
    tmp_path: Path,
    file: Path,
    road: Sequence[tuple[tuple[str, ...], int]],
    spared: Mapping[str, str],
    spared_verbs: Mapping[str, str],
) -> None:
    """Go a road, commands with their exit codes: nothing is refused, and no right but the spared ones is left unused."""
    answers, strategy = read(file)
    with Sandbox(str(restricted(tmp_path, answers, strategy))) as sandbox:
        program = Program(tmp_path, dict(sandbox.environ))
        for arguments, wanted in road:
            result = program.run(*arguments, "--output", "json")
            assert result.code == wanted, (arguments, result.out[-4000:], result.err)
            assert "not authorized" not in result.out, (arguments, [e for e in result.events if "not authorized" in str(e)])
            assert "could not be looked for" not in result.out
        every = calls(sandbox.control)
    made = [c for c in every if c["api"] == "aws"]
    tried = [c for c in made if c["operation"] == TRIED and not c["mutating"]]
    refused = {
        (c["operation"], c["error"]) for c in made if c not in tried and (c["status"] == 403 or "Denied" in str(c["error"]))
    }
    assert {(operation, error) for operation, error in refused if error != UNSIGNED} == set()
    # Machines and the refresher have roles of their own.
    used = {action for c in made if OPERATOR in str(c["principal"]) for action in actions_of(c)}
    granted = set(actions(strategy.operator_policy(answers)))
    assert sorted(granted - used - set(spared)) == []
    asked = [c for c in every if c["api"] == "cluster" and c["user"] == "operator"]
    # Where a login may not look into every namespace, it looks into Argo CD's own.
    denied = {(c["verb"], c["resource"], c["namespace"]) for c in asked if c["status"] == 403}
    assert [one for one in denied if one[0] != "list" or one[2]] == []
    done = {f"{c['verb']} {c['resource']}" for c in asked if c["status"] != 403}
    # Server-side apply is recorded as a patch, and takes the right to create where there is nothing yet.
    done |= {one.replace("patch ", "create ", 1) for one in done}
    assert sorted(set(verbs(strategy.operator_roles(answers))) - done - set(spared_verbs)) == []


@pytest.mark.parametrize("case", list(CODECOMMIT_CASES))
def test_the_documented_rights_are_enough_and_not_too_many(case: str, tmp_path: Path) -> None:
    file = changed(tmp_path, SAMPLE, CODECOMMIT_CASES[case])
    answers, _ = read(file)
    name, run = answers.name or "", ("-f", str(file))
    gone = ("destroy", name, "--yes", name)
    road = (
        (("check", *run), 0),
        (("plan", *run, "--detailed-exitcode"), 4),
        (("apply", *run, "--yes"), 0),
        (("plan", *run, "--detailed-exitcode"), 0),
        (("mirror", *run), 0),
        (("status", *run), 0),
        (gone, 0),
        ((*gone, "--delete-repository", answers.codecommit.repository.name or ""), 0),
    )
    walk(tmp_path, file, road, WITHOUT_A_CALL, VERBS_WITHOUT_A_CALL)


@pytest.mark.parametrize("case", list(BASTION_CASES))
def test_the_bastions_rights_are_enough_and_not_too_many(case: str, tmp_path: Path) -> None:
    file = changed(tmp_path, BASTION, BASTION_CASES[case])
    answers, _ = read(file)
    name, run = answers.name or "", ("-f", str(file))
    road = (
        (("check", *run), 0),
        (("plan", *run, "--detailed-exitcode"), 4),
        (("apply", *run, "--yes"), 0),
        (("apply", *run, "--yes"), 0),
        (("status", *run), 0),
        # Without answers: what was applied is known from the journal.
        (("destroy", name, "--yes", name), 0),
    )
    walk(tmp_path, file, road, BASTION_WITHOUT_A_CALL, BASTION_VERBS_WITHOUT_A_CALL)


@pytest.mark.parametrize(("kind", "spared"), [("gitlab", PRIVATE_WITHOUT_A_CALL), ("own", OWN_WITHOUT_A_CALL)])
def test_a_private_servers_rights_are_enough_and_not_too_many(kind: str, spared: Mapping[str, str], tmp_path: Path) -> None:
    file = sample(kind)
    answers, _ = read(file)
    name, run = answers.name or "", ("-f", str(file))
    road = (
        (("check", *run), 0),
        (("plan", *run, "--detailed-exitcode"), 4),
        (("apply", *run, "--yes"), 0),
        (("plan", *run, "--detailed-exitcode"), 0),
        (("status", *run), 0),
        (("mirror", *run), 0),
        (("renew", *run, "--yes"), 0),
        (("destroy", name, *run, "--yes", name), 0),
        (("destroy", name, "--yes", name), 0),
    )
    walk(tmp_path, file, road, spared, PRIVATE_VERBS_WITHOUT_A_CALL)


@pytest.mark.parametrize(
    ("answered", "cases", "spared"),
    [
        (SAMPLE, CODECOMMIT_CASES, WITHOUT_A_CALL),
        (BASTION, BASTION_CASES, BASTION_WITHOUT_A_CALL),
        (sample("gitlab"), {"gitlab": {}}, PRIVATE_WITHOUT_A_CALL),
        (sample("own"), {"own": {}}, OWN_WITHOUT_A_CALL),
    ],
    ids=["codecommit", "bastion-proxy", "private-server", "private-server-own"],
)
def test_the_reasons_are_about_actions_that_are_granted(
    answered: Path, cases: Mapping[str, Mapping[str, str]], spared: Mapping[str, str], tmp_path: Path
) -> None:
    granted: set[str] = set()
    for changes in cases.values():
        answers, strategy = read(changed(tmp_path, answered, changes))
        granted |= set(actions(strategy.operator_policy(answers)))
    assert set(spared) <= granted


def actions_of(call: dict[str, object]) -> list[str]:
    """The IAM actions that one recorded call had to be allowed."""
    found = call["actions"]
    assert isinstance(found, list)
    return found


def verbs(manifests: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    """Every right of a set of roles, as verb and resource: ``patch applications.argoproj.io``."""
    for manifest in manifests:
        rules = manifest.get("rules", [])
        assert isinstance(rules, list)
        for rule in rules:
            assert isinstance(rule, dict)
            parts = [rule[key] for key in ("verbs", "apiGroups", "resources")]
            for verb, group, resource in product(*(part for part in parts if isinstance(part, list))):
                plural, _, sub = str(resource).partition("/")
                yield f"{verb} {plural}{f'.{group}' if group else ''}{f'/{sub}' if sub else ''}"


def actions(policy: Mapping[str, Json]) -> Iterator[str]:
    """Every action of a policy."""
    statements = policy["Statement"]
    assert isinstance(statements, list)
    for statement in statements:
        assert isinstance(statement, dict)
        given = statement["Action"]
        yield from map(str, given if isinstance(given, list) else [given])
