"""``--set`` and the environment: which wins, what type a value gets, and that no typo passes unseen."""

from __future__ import annotations

import pytest

from wizard.answers import overrides
from wizard.answers.draft import Draft
from wizard.answers.faults import AnswersError


def test_command_line_over_environment_over_file() -> None:
    draft = Draft({"source": {"revision": "file", "path": "file"}, "aws": {"region": "us-east-2"}})
    environ = {
        "EZGITOPS_ANSWERS__SOURCE__REVISION": "environment",
        "EZGITOPS_ANSWERS__SOURCE__PATH": "environment",
        "EZGITOPS_OTHER": "x",
        "HOME": "/root",
    }
    overrides.apply(draft, ["source.revision=first", "source.revision=last"], environ)
    assert [draft.get(key) for key in ("source.revision", "source.path", "aws.region")] == ["last", "environment", "us-east-2"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("aws.account=012345678901", "012345678901"),
        ("source.revision=on", "on"),
        ("source.path=a=b", "a=b"),
        ("application.syncPolicy.prune=true", True),
        ("application.syncPolicy.prune=FALSE", False),
        ("cluster.machineCidrs=10.0.0.0/16,10.1.0.0/16", ["10.0.0.0/16", "10.1.0.0/16"]),
        ("cluster.machineCidrs=[10.0.0.0/16, '10.1.0.0/16']", ["10.0.0.0/16", "10.1.0.0/16"]),
        ("cluster.machineCidrs=10.0.0.0/16", ["10.0.0.0/16"]),
        ("acceptWarnings=", []),
        ("aws.region=null", None),
        ("strategy=codecommit", "codecommit"),
    ],
)
def test_values_have_the_type_of_their_key(text: str, value: object) -> None:
    draft = Draft({"aws": {"region": "us-east-2"}})
    overrides.apply(draft, [text], {})
    assert draft.get(text.partition("=")[0]) == value


@pytest.mark.parametrize(
    "name",
    [
        "EZGITOPS_ANSWERS__AWS__VPC_ID",
        "EZGITOPS_ANSWERS__AWS__VPCID",
        "EZGITOPS_ANSWERS__aws__vpcId",
    ],
)
def test_environment_names_need_no_case(name: str) -> None:
    draft = Draft()
    overrides.apply(draft, [], {name: "vpc-0a1b2c3d"})
    assert draft.get("aws.vpcId") == "vpc-0a1b2c3d"


def test_every_fault_is_told_and_the_draft_stays() -> None:
    draft = Draft({"name": "prod-east"})
    sets = [
        "aws.regoin=x",
        "aws=1",
        "noequals",
        "=x",
        "application.syncPolicy.prune=7",
        "kind=x",
        "name=Bad",
        "aws.subnetIds=[[1]]",
    ]
    with pytest.raises(AnswersError) as raised:
        overrides.apply(draft, [*sets, "aws.region=us-east-2"], {"EZGITOPS_ANSWERS__SOURCE__URLL": "x"})
    said = {(f.file, f.key, f.suggestion) for f in raised.value.faults}
    assert said == {
        ("--set", "aws.regoin", "region"),
        ("--set", "aws", None),
        ("--set", "", None),
        ("--set", "application.syncPolicy.prune", None),
        ("--set", "kind", None),
        ("--set", "name", None),
        ("--set", "aws.subnetIds", None),
        ("EZGITOPS_ANSWERS__SOURCE__URLL", "", "url"),
    }
    assert draft == Draft({"name": "prod-east"})


def test_a_fault_does_not_repeat_what_was_given() -> None:
    with pytest.raises(AnswersError) as raised:
        overrides.apply(Draft(), ["source.password=hunter2"], {"EZGITOPS_ANSWERS__SOURCE__USERNAME": "ghp_" + "a1B2" * 9})
    assert "hunter2" not in str(raised.value)
    assert "ghp_" not in str(raised.value)


def test_faults_of_the_file_are_not_blamed_on_the_command_line() -> None:
    draft = Draft({"aws": {"region": "bad"}})
    overrides.apply(draft, ["name=prod-east"], {})
    assert draft.get("name") == "prod-east"
