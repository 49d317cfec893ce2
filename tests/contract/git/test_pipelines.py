"""The pipeline files: the YAML that GitHub and GitLab read, and their shell part run for real against local repositories."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from strategies.answers import Answers
from strategies.codecommit import pipelines, policies
from strategies.ports import ResourceError
from strategies.resources.git.pipeline_file import PipelineFileHandler
from tests.contract.git.conftest import IDENTITY, git
from tests.recording import RecordingRun
from tests.unit.codecommit.answers import complete

ON_MAIN = "repo:acme/cluster-config:ref:refs/heads/main"


def github(subject: str = ON_MAIN) -> dict[str, Any]:
    """The workflow as GitHub reads it."""
    answers = complete(codecommit__mirror__keep="github-actions", codecommit__mirror__subject=subject)
    loaded = yaml.safe_load(pipelines.github_workflow(answers))
    assert isinstance(loaded, dict)
    return loaded


def gitlab_answers() -> Answers:
    """Answers that choose GitLab."""
    subject = "project_path:acme/cluster-config:ref_type:branch:ref:main"
    return complete(codecommit__mirror__keep="gitlab-ci", codecommit__mirror__subject=subject)


def references(folder: Path, *prefixes: str) -> dict[str, str]:
    """Full names to object ids."""
    lines = git("for-each-ref", "--format=%(refname) %(objectname)", *prefixes, folder=folder).splitlines()
    return {name: oid for name, _, oid in (line.partition(" ") for line in lines)}


def test_the_workflow_uses_a_role_and_fetches_everything() -> None:
    workflow = github()
    assert workflow["permissions"] == {"id-token": "write", "contents": "read"}
    checkout, credentials, push = workflow["jobs"]["mirror"]["steps"]
    assert checkout == {"uses": "actions/checkout@v7", "with": {"fetch-depth": 0, "persist-credentials": False}}
    assert credentials["uses"] == "aws-actions/configure-aws-credentials@v6"
    assert credentials["with"]["role-to-assume"] == "arn:aws:iam::123456789012:role/prod-east-git-mirror"
    assert not {"aws-access-key-id", "aws-secret-access-key"} & set(credentials["with"])
    assert "${{" not in push["run"]


@pytest.mark.parametrize("subject", [ON_MAIN, "repo:acme@1/cluster-config@2:ref:refs/heads/main"])
def test_the_workflow_runs_where_the_role_trusts_it(subject: str) -> None:
    workflow = github(subject)
    assert workflow["on"]["push"] == {"branches": ["main"]}
    assert workflow["jobs"]["mirror"]["if"] == "github.ref == 'refs/heads/main'"


def test_a_workflow_in_an_environment_runs_on_every_ref() -> None:
    workflow = github("repo:acme/cluster-config:environment:mirror")
    assert workflow["on"]["push"] == {"branches": ["**"], "tags": ["**"]}
    assert workflow["jobs"]["mirror"]["environment"] == "mirror"
    assert "if" not in workflow["jobs"]["mirror"]


def test_the_gitlab_job_asks_for_the_audience_that_the_role_trusts() -> None:
    answers = gitlab_answers()
    job = yaml.safe_load(pipelines.gitlab_job(answers))["mirror-to-codecommit"]
    (statement,) = policies.mirror_trust(answers)["Statement"]
    trusted = [value for key, value in statement["Condition"]["StringEquals"].items() if key.endswith(":aud")]
    assert [job["id_tokens"]["MIRROR_TOKEN"]["aud"]] == trusted
    assert job["rules"] == [{"if": '$CI_COMMIT_BRANCH == "main"'}]
    assert job["variables"]["AWS_ROLE_ARN"] == "arn:aws:iam::123456789012:role/prod-east-git-mirror"


def checkout(source: Path, tmp_path: Path) -> Path:
    """What actions/checkout leaves with ``fetch-depth: 0``."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git("init", "-q", "-b", "main", folder=folder)
    git("remote", "add", "origin", str(source), folder=folder)
    git("fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*", folder=folder)
    git("remote", "set-head", "origin", "main", folder=folder)
    return folder


def run_script(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it as the runner does."""
    env = {**os.environ, **IDENTITY, **variables}
    return subprocess.run(["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_github_script_mirrors_and_prunes(source: Path, bare: Callable[[str], Path], tmp_path: Path) -> None:
    target = bare("target")
    git("push", "-q", str(target), "main:old", folder=source)
    folder = checkout(source, tmp_path)
    done = run_script(pipelines.GITHUB_SCRIPT, folder, MIRROR_URL=str(target), MIRROR_REVISION="main")
    assert done.returncode == 0, done.stderr
    assert references(target) == references(source, "refs/heads", "refs/tags")


def test_the_gitlab_script_mirrors_and_prunes(source: Path, bare: Callable[[str], Path], tmp_path: Path) -> None:
    target = bare("target")
    git("push", "-q", str(target), "main:old", folder=source)
    variables = {"MIRROR_URL": str(target), "MIRROR_REVISION": "v2", "CI_REPOSITORY_URL": str(source), "MIRROR_TOKEN": "jwt"}
    done = run_script(pipelines.GITLAB_SCRIPT, tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    assert references(target) == references(source, "refs/heads", "refs/tags")


@pytest.mark.parametrize("script", [pipelines.GITHUB_SCRIPT, pipelines.GITLAB_SCRIPT])
def test_nothing_is_pushed_when_the_followed_revision_was_not_fetched(
    script: str, source: Path, bare: Callable[[str], Path], tmp_path: Path
) -> None:
    target = bare("target")
    git("push", "-q", str(target), "main:old", folder=source)
    folder = checkout(source, tmp_path)
    done = run_script(script, folder, MIRROR_URL=str(target), MIRROR_REVISION="gone", CI_REPOSITORY_URL=str(source))
    assert done.returncode == 1
    assert "gone was not fetched" in done.stderr
    assert list(references(target)) == ["refs/heads/old"]


def test_the_file_is_written_once_and_a_foreign_one_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / ".github" / "workflows" / "mirror.yaml"
    answers = complete(
        codecommit__mirror__keep="github-actions",
        codecommit__mirror__subject=ON_MAIN,
        codecommit__mirror__pipeline_file=str(path),
    )
    resource, handler = pipelines.pipeline_file(answers), PipelineFileHandler()
    assert handler.plan(resource, handler.read(resource)).action == "create"
    handler.create(resource, RecordingRun())
    assert path.read_text() == resource.content
    assert path.stat().st_mode & 0o777 == 0o644
    assert handler.plan(resource, handler.read(resource)).action == "none"
    path.write_text(path.read_text() + "# more\n")
    assert handler.plan(resource, handler.read(resource)).action == "update"
    assert handler.plan(resource, handler.read(resource)).conflict is None
    path.write_text("on: push\n")
    assert "was not written by ezgitops" in str(handler.plan(resource, handler.read(resource)).conflict)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ResourceError, match="not a text file"):
        handler.read(resource)
