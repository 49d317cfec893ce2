"""The facts that AWS knows, read from the healthy account and from accounts where something is missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strategies.answers import Answers
from strategies.base import Situation
from strategies.facts import (
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_IDENTITY,
    AWS_OIDC_PROVIDERS,
    AWS_PROFILES,
    AWS_REPOSITORY,
    AWS_VPCS,
    AwsIdentity,
    AwsProfiles,
    CodeCommitRepository,
    EndpointServices,
    Facts,
    OidcProviders,
    Reading,
    Vpc,
)
from strategies.ports import FactFailureError, Reader
from strategies.resources.aws.clients import AwsSessions
from strategies.resources.aws.readers import aws_readers
from tests.contract.resources_aws.conftest import OWNER, StartWorld, World

PROFILES = AwsProfiles(("prod-east",), "prod-east", "us-east-2")


def situation(repository: str = "prod-east-cluster-config") -> Situation:
    answers = Answers.model_validate(
        {
            "aws": {"profile": "prod-east", "region": "us-east-2"},
            "codecommit": {"repository": {"name": repository}},
        }
    )
    reading = Reading(PROFILES, None, datetime(2026, 11, 23, tzinfo=UTC), 0.0)
    return Situation(answers, Facts({AWS_PROFILES.id: reading}))


def readers(world: World) -> Mapping[str, Reader]:
    return {one.fact_id: one for one in aws_readers(world.sessions)}


def test_nothing_is_read_before_profile_and_region_are_known(world: World) -> None:
    empty = Situation(Answers(), Facts())
    for fact_id, reader in readers(world).items():
        assert (reader.inputs(empty) is None) == (fact_id != AWS_PROFILES.id), fact_id
        assert reader.inputs(situation()) is not None, fact_id


def test_the_repository_is_read_again_when_its_name_changes_and_nothing_else_is(world: World) -> None:
    changed = {
        fact_id
        for fact_id, reader in readers(world).items()
        if reader.inputs(situation()) != reader.inputs(situation("another"))
    }
    assert changed == {AWS_REPOSITORY.id}


def test_profiles_of_the_configuration_files(world: World) -> None:
    found = readers(world)[AWS_PROFILES.id].read(situation())

    assert isinstance(found, AwsProfiles)
    assert (found.names, found.selected, found.region) == (("prod-east",), "prod-east", "us-east-2")
    assert "us-east-2" in found.regions
    assert "us-gov-west-1" in found.regions


def test_identity_with_partition(world: World) -> None:
    found = readers(world)[AWS_IDENTITY.id].read(situation())

    assert isinstance(found, AwsIdentity)
    assert found.account == "123456789012"
    assert found.arn == "arn:aws:sts::123456789012:assumed-role/PlatformEngineer/operator"
    assert (found.partition, found.expires_at) == ("aws", None)


def test_the_network_of_the_cluster(world: World) -> None:
    found = readers(world)[AWS_VPCS.id].read(situation())

    assert isinstance(found, tuple)
    vpc = next(one for one in found if isinstance(one, Vpc) and one.id == "vpc-0a1b2c3d4e5f60718")
    assert (vpc.name, vpc.cidrs, vpc.dns_support, vpc.dns_hostnames) == ("prod-east-vpc", ("10.0.0.0/16",), True, True)
    assert (vpc.internet_gateway, vpc.nat_gateways) == (None, ())
    assert [(s.az, s.cidr, s.cluster, s.has_default_route) for s in sorted(vpc.subnets, key=lambda s: s.az)] == [
        ("us-east-2a", "10.0.0.0/20", "prod-east-x7k2p", False),
        ("us-east-2b", "10.0.16.0/20", "prod-east-x7k2p", False),
        ("us-east-2c", "10.0.32.0/20", "prod-east-x7k2p", False),
    ]


def test_a_default_route_is_seen_through_the_main_table(world: World) -> None:
    ec2 = world.clients.ec2
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId="vpc-0a1b2c3d4e5f60718")
    ec2.create_route(RouteTableId="rtb-0a1b2c3d4e5f60718", DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)

    found = readers(world)[AWS_VPCS.id].read(situation())

    assert isinstance(found, tuple)
    vpc = next(one for one in found if one.id == "vpc-0a1b2c3d4e5f60718")
    assert vpc.internet_gateway == gateway
    assert all(s.has_default_route for s in vpc.subnets)
    assert {(s.way_out, s.route_table) for s in vpc.subnets} == {(gateway, "rtb-0a1b2c3d4e5f60718")}
    assert vpc.private_subnets == ()


def test_what_may_not_be_read_of_a_vpc_is_named_and_the_rest_is_read(start_world: StartWorld) -> None:
    def less(scenario: dict[str, object]) -> None:
        operator = scenario["operator"]
        assert isinstance(operator, dict)
        seen = {"Effect": "Allow", "Action": ["ec2:DescribeVpcs", "ec2:DescribeSubnets"], "Resource": "*"}
        operator["policies"] = {"Little": {"Version": "2012-10-17", "Statement": [seen]}}

    with start_world(less) as world:
        found = readers(world)[AWS_VPCS.id].read(situation())

    assert isinstance(found, tuple)
    assert len(found[0].subnets) == 3
    assert {(s.route_table, s.has_default_route) for s in found[0].subnets} == {(None, False)}
    assert set(found[0].unseen) == {
        "ec2:DescribeInternetGateways",
        "ec2:DescribeNatGateways",
        "ec2:DescribeRouteTables",
        "ec2:DescribeVpcAttribute",
    }


def test_a_subnet_that_several_clusters_share(world: World) -> None:
    names = ("staging-q9w8e", "unmanaged")
    tags = [{"Key": f"kubernetes.io/cluster/{name}", "Value": "shared"} for name in names]
    world.clients.ec2.create_tags(Resources=["subnet-0aaaaaaaaaaaaaaaa"], Tags=tags)

    found = readers(world)[AWS_VPCS.id].read(situation())

    assert isinstance(found, tuple)
    shared = next(s for s in found[0].subnets if s.id == "subnet-0aaaaaaaaaaaaaaaa")
    assert shared.clusters == ("prod-east-x7k2p", "staging-q9w8e")
    assert shared.belongs_to("staging-q9w8e")
    assert not shared.belongs_to(None)


def test_endpoints_and_whose_they_are(world: World) -> None:
    world.clients.ec2.create_tags(
        Resources=["vpce-0ec00000000000003"], Tags=[{"Key": key, "Value": value} for key, value in OWNER.tags.items()]
    )

    found = readers(world)[AWS_ENDPOINTS.id].read(situation())

    assert isinstance(found, tuple)
    by_id = {one.id: one for one in found}
    sts = by_id["vpce-05700000000000002"]
    assert (sts.service, sts.type, sts.state, sts.private_dns) == (
        "com.amazonaws.us-east-2.sts",
        "Interface",
        "available",
        True,
    )
    assert sts.security_group_ids == ("sg-0e0e0e0e0e0e0e0e0",)
    assert sts.policy is not None
    assert (sts.policy["Statement"], sts.keeper) == (
        [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
        "Red Hat",
    )
    assert (sts.instance, by_id["vpce-0ec00000000000003"].instance) == (None, "prod-east")


def test_services_that_the_region_lacks_are_left_out(start_world: StartWorld) -> None:
    def without_fips(scenario: dict[str, object]) -> None:
        services = scenario["endpoint_services"]
        assert isinstance(services, dict)
        services["services"] = [
            {**one, "zones": ["us-east-2a", "us-east-2b"]} if one["name"] == "git-codecommit" else one
            for one in services["services"]
            if one["name"] != "git-codecommit-fips"
        ]

    with start_world(without_fips) as world:
        found = readers(world)[AWS_ENDPOINT_SERVICES.id].read(situation())

    assert isinstance(found, EndpointServices)
    assert found.zones["com.amazonaws.us-east-2.git-codecommit"] == ("us-east-2a", "us-east-2b")
    assert len(found.zones["com.amazonaws.us-east-2.sts"]) == 3
    assert "com.amazonaws.us-east-2.git-codecommit-fips" not in found.zones


def test_oidc_providers_by_url_without_scheme(world: World) -> None:
    found = readers(world)[AWS_OIDC_PROVIDERS.id].read(situation())

    assert isinstance(found, OidcProviders)
    issuer = "oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"
    arn, audiences = found.providers[issuer]
    assert arn == f"arn:aws:iam::123456789012:oidc-provider/{issuer}"
    assert set(audiences) == {"openshift", "sts.amazonaws.com"}


def test_a_repository_free_foreign_and_ours(world: World) -> None:
    reader = readers(world)[AWS_REPOSITORY.id]
    assert reader.read(situation("free")) == CodeCommitRepository("free", exists=False)
    world.clients.codecommit.create_repository(repositoryName="theirs")
    world.clients.codecommit.create_repository(repositoryName="ours", tags=OWNER.tags)

    assert reader.read(situation("theirs")) == CodeCommitRepository("theirs", exists=True, free_name="theirs-2")
    assert reader.read(situation("ours")) == CodeCommitRepository("ours", exists=True, instance="prod-east")


def test_keys_that_aws_does_not_know_are_told_with_the_way_out(world: World, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("[prod-east]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wrong\n")
    environ = {**world.sessions.environ, "AWS_SHARED_CREDENTIALS_FILE": str(wrong)}
    reader = {one.fact_id: one for one in aws_readers(AwsSessions(environ))}[AWS_IDENTITY.id]

    with pytest.raises(FactFailureError) as caught:
        reader.read(situation())

    assert "AWS identity" in caught.value.error.message
    assert caught.value.error.command == "aws configure --profile prod-east"


def test_a_profile_that_does_not_exist_is_told(world: World) -> None:
    answers = Answers.model_validate({"aws": {"profile": "nowhere", "region": "us-east-2"}})
    with pytest.raises(FactFailureError) as caught:
        readers(world)[AWS_IDENTITY.id].read(Situation(answers, situation().facts))

    assert "nowhere" in caught.value.error.message
    assert caught.value.error.command == "aws configure list-profiles"


def test_an_api_that_does_not_answer_is_told(world: World) -> None:
    environ = {**world.sessions.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    sessions = AwsSessions(environ)
    reader = {one.fact_id: one for one in aws_readers(sessions)}[AWS_ENDPOINT_SERVICES.id]

    with pytest.raises(FactFailureError) as caught:
        reader.read(situation())

    assert "127.0.0.1:9" in caught.value.error.message
    assert "HTTPS_PROXY" in caught.value.error.remedy
