"""A GitLab of one's own as data: resources, configuration, costs, rights."""

from __future__ import annotations

import json
import re
from typing import TypeVar

import pytest

from strategies.base import Resource, Situation
from strategies.facts import Facts
from strategies.kinds import (
    DataVolumeResource,
    Ec2InstanceResource,
    GitLabServerResource,
    IamRoleResource,
    PrivateNameResource,
    SecurityGroupResource,
    StoredSecretResource,
)
from strategies.private_server import own, own_configuration, own_names, own_operator, own_policies, policies
from strategies.private_server.own_cost import monthly
from strategies.private_server.own_questions import QUESTIONS
from tests.unit.private_server.own_complete import complete

T = TypeVar("T", bound=Resource)
BUCKET = {"backup_bucket": "acme-git-backups"}


def _one(kind: type[T], **asked: object) -> T:
    (found,) = [one for one in own.resources(complete(**asked)) if isinstance(one, kind)]
    return found


def test_nothing_is_made_where_nothing_is_asked() -> None:
    assert list(own.resources(complete(make=False))) == []


def test_each_resource_comes_after_what_it_needs() -> None:
    seen: set[str] = set()
    for one in own.resources(complete(**BUCKET)):
        assert set(one.depends_on) <= seen, one.address
        seen.add(one.address)
    assert len(seen) == 11


def test_the_group_lets_in_nodes_and_operators_and_out_to_little() -> None:
    group = _one(SecurityGroupResource, operator_cidrs=["10.8.0.0/24"])
    assert (group.ingress_cidrs, group.port, group.more_ports) == (("10.0.0.0/16", "10.8.0.0/24"), 443, (22,))
    assert group.egress == (("10.0.0.0/16", 443),)

    with_backups = _one(SecurityGroupResource, **BUCKET)
    assert with_backups.egress == (("10.0.0.0/16", 443), ("com.amazonaws.us-east-2.s3", 443))


def test_the_zone_is_the_name_and_leads_to_the_machine() -> None:
    name, machine = _one(PrivateNameResource), _one(Ec2InstanceResource)
    assert (name.name, name.target) == ("git.acme.internal", machine.private_address)
    assert (machine.image_id, machine.image_parameter) == ("ami-0917ab0000000000a", None)


def test_volume_and_server_know_what_their_machine_is_made_of() -> None:
    made_of = ("ami-0917ab0000000000a", "m6i.large", "prod-east-gitlab")
    assert _one(DataVolumeResource).made_of == _one(GitLabServerResource).made_of == made_of


def test_secrets_are_references_or_somebody_elses_to_write() -> None:
    found = {one.address: one for one in own.resources(complete(**BUCKET)) if isinstance(one, StoredSecretResource)}
    assert found[own_names.CERTIFICATE_SECRET].values == {"certificate": "file:git.crt", "privateKey": "file:git.key"}
    assert {address: one.after for address, one in found.items()} == {
        own_names.CERTIFICATE_SECRET: "gone",
        own_names.PASSWORD_SECRET: "recoverable",
        own_names.TOKEN_SECRET: "gone",
        own_names.KEYS_SECRET: "kept",
    }
    assert not any(one.values for address, one in found.items() if address != own_names.CERTIFICATE_SECRET)


def test_the_machine_reads_one_secret_and_writes_the_others_and_nothing_else() -> None:
    statements = {one["Sid"]: one for one in json.loads(json.dumps(_one(IamRoleResource, **BUCKET).policy))["Statement"]}
    prefix = "arn:aws:secretsmanager:us-east-2:123456789012:secret:ezgitops/prod-east/gitlab/"
    assert statements["ReadCertificate"]["Resource"] == f"{prefix}certificate-??????"
    assert statements["WriteSecrets"]["Action"] == ["secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue"]
    assert statements["WriteSecrets"]["Resource"] == [
        f"{prefix}{one}-??????" for one in ("root-password", "administrator-token", "keys")
    ]
    assert statements["WriteBackups"]["Resource"] == "arn:aws:s3:::acme-git-backups/prod-east-gitlab/*"
    assert set(statements) == {"RunCommand", "ReadCertificate", "WriteSecrets", "WriteBackups"}


def test_without_backups_the_machine_has_no_right_in_storage() -> None:
    text = json.dumps(own_policies.machine(complete()))
    assert "s3:" not in text
    assert "gitlab/keys" not in text


def test_the_configuration_asks_nothing_of_the_internet() -> None:
    text = own_configuration.configuration(complete())
    assert text.startswith("# ezgitops.dev/gitlab instance=prod-east format=1\n")
    for line in (
        "external_url 'https://git.acme.internal'",
        "nginx['ssl_certificate'] = '/etc/gitlab/ssl/git.acme.internal.crt'",
        "letsencrypt['enable'] = false",
        "gitlab_rails['usage_ping_enabled'] = false",
        "gitlab_rails['store_initial_root_password'] = false",
    ):
        assert line in text.splitlines()
    assert "backup" not in text
    ids = re.findall(r"\['uid'\] = (\d+)", text)
    assert len(ids) == len(set(ids)) == 6


def test_backups_go_by_the_machines_role() -> None:
    text = own_configuration.configuration(complete(**BUCKET))
    assert "'use_iam_profile' => true" in text
    assert "gitlab_rails['backup_upload_remote_directory'] = 'acme-git-backups'" in text


def test_what_the_model_would_refuse_does_not_get_into_ruby() -> None:
    answers = complete()
    hostile = answers.private_server.own.model_copy(update={"zone": "git'; system('id'); '"})
    branch = answers.private_server.model_copy(update={"own": hostile})
    with pytest.raises(ValueError, match="cannot stand in GitLab's configuration"):
        own_configuration.configuration(answers.model_copy(update={"private_server": branch}))


def test_what_it_costs_is_told_with_its_parts_and_its_region() -> None:
    assert monthly(complete()) == pytest.approx(0.096 * 730 + 70 * 0.08 + 3 * 0.40 + 0.50)
    told = own.cost(complete(**BUCKET))
    assert told.startswith("about 78 USD a month in us-east-2 (m6i.large, 50 GiB of data, 4 secrets, a private zone)")
    assert "backups in S3 besides" in told


def test_a_price_that_is_not_known_is_not_made_up() -> None:
    assert monthly(complete(instance_type="x2idn.large")) is None
    assert own.cost(complete(instance_type="x2idn.large")).startswith("730 hours of x2idn.large (price not known here)")


def test_a_server_that_is_there_already_needs_nothing_but_looks() -> None:
    policy = policies.operator_policy(complete(make=False))
    actions = [action for one in policy["Statement"] for action in _listed(one["Action"])]  # type: ignore[index,union-attr,call-overload]
    reads = ("Describe", "Get", "List", "Simulate")
    assert [one for one in actions if not str(one).partition(":")[2].startswith(reads)] == []
    assert len(policies.needed_permissions(complete(make=False)) or ()) == 1


def test_what_is_made_is_granted_to_the_operator_and_no_more() -> None:
    answers = complete(**BUCKET)
    statements = own_operator.statements(answers)
    sids = [one["Sid"] for one in statements]  # type: ignore[index,call-overload]
    assert len(sids) == len(set(sids))
    granted = {str(action) for one in statements for action in _listed(one["Action"])}  # type: ignore[index,call-overload]
    needed = {action for one in own_operator.permissions(answers) for action in one.actions}
    assert needed <= granted
    assert not any("*" in action for action in granted)
    reads = [one for one in statements if "secretsmanager:GetSecretValue" in _listed(one["Action"])]  # type: ignore[index,call-overload]
    assert "root-password" not in json.dumps(reads)
    assert "gitlab/keys" not in json.dumps(reads)


def test_permissions_wait_for_the_answers_that_they_need() -> None:
    assert policies.needed_permissions(complete(subnet_id=None)) is None


def test_the_token_of_the_machine_is_the_suggested_administrators() -> None:
    situation = Situation(complete(), Facts())
    assert own_names.suggested_token(situation) == "aws-secretsmanager:ezgitops/prod-east/gitlab/administrator-token"
    assert own_names.suggested_token(Situation(complete(make=False), Facts())) is None


def test_every_answer_is_asked_for_and_only_where_a_server_is_made() -> None:
    keys = {one.key.removeprefix("privateServer.own.") for one in QUESTIONS}
    model = type(complete().private_server.own)
    assert keys == {field.alias for field in model.model_fields.values()}
    assert [one.key for one in QUESTIONS if one.relevant(complete(make=False))] == ["privateServer.own.make"]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
