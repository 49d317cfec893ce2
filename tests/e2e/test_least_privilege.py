"""The whole road with exactly the rights that are documented: nothing is missing from them, and nothing in them is unused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from strategies.answers import Answers
from strategies.codecommit import policies, rights
from strategies.common.iam import Document
from tests.e2e.program import SAMPLE, Program, calls
from wizard.answers import document
from wizard.sandbox.launch import Sandbox

UNSIGNED = "MissingAuthenticationToken"
"""Asked without credentials, so that rights do not matter: AWS's clock is read, and a pod sees that STS answers."""

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
}
"""Actions that a first apply, its replay and a destroy do not need, and what does."""


STATIC = {
    "method: iam-role": "method: git-credentials",
    "userName: null": "userName: argocd-reader",
    "keep: by-hand": "keep: github-actions",
    "    roleName: null\n": "    roleName: mirror-role\n",
    "subject: null": "subject: repo:acme/cluster-config:ref:refs/heads/main",
    "pipelineFile: null": "pipelineFile: mirror.yml",
}
"""From the sample answers to those with a static password and a pipeline that keeps the mirror."""


def changed(path: Path, method: str) -> Path:
    """The sample answers with a credential method; with the static one, a pipeline keeps the mirror too."""
    text = SAMPLE.read_text(encoding="utf-8")
    for old, new in STATIC.items() if method == "git-credentials" else ():
        assert old in text
        text = text.replace(old, new)
    file = path / "answers.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def restricted(path: Path, answers: Answers) -> Path:
    """The healthy world, whose operator holds the documented rights and no others."""
    file = path / "least.yaml"
    scenario = {
        "extends": "healthy",
        "description": "An operator with the least rights",
        "aws": {"operator": {"policies": {"ezgitops": policies.operator_policy(answers)}}},
        "cluster": {"operator": {"rules": []}, "objects": list(rights.operator_roles(answers))},
    }
    file.write_text(yaml.safe_dump(scenario), encoding="utf-8")
    return file


@pytest.mark.parametrize("method", ["iam-role", "git-credentials"])
def test_the_documented_rights_are_enough_and_not_too_many(method: str, tmp_path: Path) -> None:
    file = changed(tmp_path, method)
    answers = document.load(file).draft().answers()
    with Sandbox(str(restricted(tmp_path, answers))) as sandbox:
        program = Program(tmp_path, dict(sandbox.environ))
        run = ("-f", str(file), "--output", "json")
        for arguments, wanted in (
            (("check", *run), 0),
            (("plan", *run, "--detailed-exitcode"), 4),
            (("apply", *run, "--yes"), 0),
            (("plan", *run, "--detailed-exitcode"), 0),
            (("mirror", *run), 0),
            (("status", *run), 0),
            (("destroy", answers.name or "", "--yes", answers.name or "", "--output", "json"), 0),
            (
                (
                    "destroy", answers.name or "", "--yes", answers.name or "", "--output", "json",
                    "--delete-repository", answers.codecommit.repository.name or "",
                ),
                0,
            ),
        ):  # fmt: skip
            result = program.run(*arguments)
            assert result.code == wanted, (arguments, result.out[-4000:], result.err)
            assert "not authorized" not in result.out, (arguments, [e for e in result.events if "not authorized" in str(e)])
            assert "could not be looked for" not in result.out
        made = [c for c in calls(sandbox.control) if c["api"] == "aws"]
    refused = {(c["operation"], c["error"]) for c in made if c["status"] == 403 or "Denied" in str(c["error"])}
    assert {(operation, error) for operation, error in refused if error != UNSIGNED} == set()
    used = {action for c in made for action in actions_of(c)}
    granted = set(actions(policies.operator_policy(answers)))
    assert sorted(granted - used - set(WITHOUT_A_CALL)) == []


def test_the_reasons_are_about_actions_that_are_granted(tmp_path: Path) -> None:
    granted: set[str] = set()
    for method in ("iam-role", "git-credentials"):
        granted |= set(actions(policies.operator_policy(document.load(changed(tmp_path, method)).draft().answers())))
    assert set(WITHOUT_A_CALL) <= granted


def actions_of(call: dict[str, object]) -> list[str]:
    """The IAM actions that one recorded call had to be allowed."""
    found = call["actions"]
    assert isinstance(found, list)
    return found


def actions(policy: Document) -> Iterator[str]:
    """Every action of a policy."""
    statements = policy["Statement"]
    assert isinstance(statements, list)
    for statement in statements:
        given = statement["Action"]
        yield from [given] if isinstance(given, str) else given
