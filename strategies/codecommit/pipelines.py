"""Pipelines that keep the CodeCommit repository in step with its source: a GitHub Actions workflow or a GitLab CI job.

Both exchange the pipeline's own OIDC token for the mirror role, so no key is stored anywhere. Both fetch everything first and
push with ``--prune`` only when the revision that Argo CD follows has arrived. Values reach the shell as environment variables,
never as part of its text.
"""

from __future__ import annotations

import re

import yaml

from strategies.answers import Answers
from strategies.base import Group, Json, Owner
from strategies.codecommit import addresses, urls
from strategies.kinds import PipelineFileResource

MARK = "Written by ezgitops"
"""Stands in the first line of every pipeline file: without it a file is somebody else's."""

CHECKOUT = "actions/checkout@v7"
CONFIGURE_CREDENTIALS = "aws-actions/configure-aws-credentials@v6"
GITLAB_IMAGE = "alpine:3.22"
TOKEN_AUDIENCE = "sts.amazonaws.com"
EVERY_QUARTER = "7,22,37,52 * * * *"
"""Off the full hour, when GitHub delays scheduled runs most (GitHub docs, "Events that trigger workflows")."""

_DEFAULT_PATHS = {
    "github-actions": ".github/workflows/mirror-to-codecommit.yaml",
    "gitlab-ci": ".gitlab/mirror-to-codecommit.yml",
}

GITHUB_SCRIPT = """\
set -eu
git config --global credential.helper '!aws codecommit credential-helper $@'
git config --global credential.UseHttpPath true
# Otherwise the pointer to the default branch becomes a branch named HEAD.
git remote set-head origin --delete 2>/dev/null || true
# Pruning after a fetch that brought nothing would empty the mirror.
git rev-parse --verify --quiet "refs/remotes/origin/$MIRROR_REVISION^{commit}" >/dev/null ||
  git rev-parse --verify --quiet "refs/tags/$MIRROR_REVISION^{commit}" >/dev/null ||
  { echo "$MIRROR_REVISION was not fetched; nothing is pushed" >&2; exit 1; }
git push --prune "$MIRROR_URL" '+refs/remotes/origin/*:refs/heads/*' '+refs/tags/*:refs/tags/*'
"""

GITLAB_SCRIPT = """\
set -eu
git config --global credential.helper '!aws codecommit credential-helper $@'
git config --global credential.UseHttpPath true
work=$(mktemp -d)
printf '%s' "${MIRROR_TOKEN:-}" > "$work/token"
export AWS_WEB_IDENTITY_TOKEN_FILE="$work/token"
git clone --quiet --mirror "$CI_REPOSITORY_URL" "$work/mirror"
cd "$work/mirror"
# Pruning after a fetch that brought nothing would empty the mirror.
git rev-parse --verify --quiet "refs/heads/$MIRROR_REVISION^{commit}" >/dev/null ||
  git rev-parse --verify --quiet "refs/tags/$MIRROR_REVISION^{commit}" >/dev/null ||
  { echo "$MIRROR_REVISION was not fetched; nothing is pushed" >&2; exit 1; }
# Not --mirror: that would push merge-request references too, and delete what CodeCommit keeps.
git push --prune "$MIRROR_URL" '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*'
"""


def pipeline_file(answers: Answers) -> PipelineFileResource:
    """The file of the pipeline that the (complete) answers choose."""
    keep = answers.codecommit.mirror.keep
    path = answers.codecommit.mirror.pipeline_file or _DEFAULT_PATHS.get(keep, "mirror-to-codecommit.yaml")
    return PipelineFileResource(
        address=addresses.PIPELINE_FILE,
        title=f"Pipeline file {path}",
        group=Group.GIT,
        owner=Owner(answers.name or ""),
        depends_on=(addresses.MIRROR_ROLE,),
        explain="Commit it to the source repository: it keeps the mirror in step.",
        path=path,
        content=gitlab_job(answers) if keep == "gitlab-ci" else github_workflow(answers),
    )


def github_workflow(answers: Answers) -> str:
    """The workflow, as YAML.

    A token's ``sub`` names the ref that the run is on, and the role trusts one ``sub``. So the workflow runs on that ref alone:
    on each push to it, and every quarter of an hour for the others. In a GitHub environment it runs on every ref.
    """
    subject = answers.codecommit.mirror.subject or ""
    environment = _after(subject, "environment")
    ref = _after(subject, "ref")
    job: dict[str, Json] = {"runs-on": "ubuntu-latest"}
    triggers: dict[str, Json] = {"workflow_dispatch": {}, "schedule": [{"cron": EVERY_QUARTER}], "delete": {}}
    if environment is not None:
        job["environment"] = environment
        triggers["push"] = {"branches": ["**"], "tags": ["**"]}
    elif ref is not None:
        # A run on another ref would only be refused by AWS.
        job["if"] = f"github.ref == '{_quoted(ref)}'"
        triggers["push"] = {"branches": [ref.removeprefix("refs/heads/")]}
    job["steps"] = [
        {"uses": CHECKOUT, "with": {"fetch-depth": 0, "persist-credentials": False}},
        {
            "uses": CONFIGURE_CREDENTIALS,
            "with": {
                "role-to-assume": urls.mirror_role_arn(answers),
                "role-session-name": f"ezgitops-{answers.name}",
                "aws-region": answers.aws.region,
            },
        },
        {"name": "Push branches and tags", "shell": "bash", "env": _variables(answers), "run": GITHUB_SCRIPT},
    ]
    return _document(
        answers,
        {
            "name": "Mirror to CodeCommit",
            "on": triggers,
            "permissions": {"id-token": "write", "contents": "read"},
            "concurrency": {"group": "mirror-to-codecommit", "cancel-in-progress": False},
            "jobs": {"mirror": job},
        },
    )


def gitlab_job(answers: Answers) -> str:
    """The job, as YAML, to be included from ``.gitlab-ci.yml`` (GitLab docs, "Connect to AWS with OpenID Connect")."""
    found = re.search(r":ref_type:branch:ref:(.+)$", answers.codecommit.mirror.subject or "")
    rule: Json = {"if": "$CI_COMMIT_BRANCH"}
    if found is not None:
        rule = {"if": f'$CI_COMMIT_BRANCH == "{found[1]}"'}
    variables: dict[str, Json] = {
        "GIT_STRATEGY": "none",
        "AWS_REGION": answers.aws.region,
        "AWS_ROLE_ARN": urls.mirror_role_arn(answers),
        "AWS_ROLE_SESSION_NAME": f"ezgitops-{answers.name}",
        **_variables(answers),
    }
    return _document(
        answers,
        {
            "mirror-to-codecommit": {
                "image": GITLAB_IMAGE,
                "id_tokens": {"MIRROR_TOKEN": {"aud": TOKEN_AUDIENCE}},
                "rules": [rule],
                "resource_group": "mirror-to-codecommit",
                "variables": variables,
                "before_script": ["apk add --no-cache git aws-cli"],
                "script": [GITLAB_SCRIPT],
            }
        },
    )


def _variables(answers: Answers) -> dict[str, Json]:
    return {"MIRROR_URL": urls.repository_url(answers), "MIRROR_REVISION": answers.source.revision}


def _after(subject: str, word: str) -> str | None:
    """The value of one part of a GitHub subject (``repo:ORG/REPO:environment:NAME``); custom subjects may have any order."""
    found = re.search(rf":{word}:([^:]+)", subject)
    return found[1] if found is not None else None


def _quoted(text: str) -> str:
    """As it stands in a string of a GitHub expression."""
    return text.replace("'", "''")


def _document(answers: Answers, content: Json) -> str:
    first = f"# {MARK} for the instance {answers.name}. It keeps {urls.repository_url(answers)} in step with this repository."
    return f"{first}\n" + yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that a script can be read."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)
