"""What a scenario can change of the account."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

VPC = "vpc-0a1b2c3d4e5f60718"
NAME = "com.amazonaws.us-east-2.git-codecommit"


def test_a_service_that_is_not_in_every_zone_refuses_the_other_subnets(start_account, refusal):
    """PrivateLink guide, "Subnets and Availability Zones"."""
    services = [{"name": "git-codecommit", "zones": ["us-east-2a"]}]
    changes = {"vpcs.0.endpoints": [], "endpoint_services": {"zones": ["us-east-2a", "us-east-2b"], "services": services}}
    with start_account(changes) as account:
        ec2 = account.client("ec2")
        ask = {"VpcEndpointType": "Interface", "VpcId": VPC, "ServiceName": NAME}
        detail = ec2.describe_vpc_endpoint_services(ServiceNames=[NAME])["ServiceDetails"][0]
        assert detail["AvailabilityZones"] == ["us-east-2a"]
        both = ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"]
        assert refusal(ec2.create_vpc_endpoint, **ask, SubnetIds=both) == "InvalidParameter"
        assert ec2.create_vpc_endpoint(**ask, SubnetIds=both[:1])["VpcEndpoint"]["SubnetIds"] == both[:1]


def test_codecommit_may_be_closed_to_the_account(start_account, refusal):
    """AWS DevOps blog on CodeCommit's closing to new customers: OperationNotAllowedException."""
    with start_account({"codecommit": {"open_to_account": False}}) as account:
        codecommit = account.client("codecommit")
        assert refusal(codecommit.create_repository, repositoryName="x") == "OperationNotAllowedException"
        assert codecommit.list_repositories()["repositories"] == []


def test_an_account_with_repositories_users_and_roles(start_account):
    """Everything that the scenario says is there already."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "codecommit:*", "Resource": "*"}]}
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    changes = {
        "codecommit": {"repositories": [{"name": "theirs", "tags": {"team": "b"}}]},
        "iam": {
            "users": [{"name": "ops", "policies": {"p": policy}}],
            "roles": [{"name": "node", "trust": trust, "tags": {"team": "b"}}],
        },
    }
    with start_account(changes) as account:
        names = [r["repositoryName"] for r in account.client("codecommit").list_repositories()["repositories"]]
        assert names == ["theirs"]
        iam = account.client("iam")
        assert iam.list_role_tags(RoleName="node")["Tags"] == [{"Key": "team", "Value": "b"}]
        key = iam.create_access_key(UserName="ops")["AccessKey"]
        credential = account.server.credential(key["AccessKeyId"])
        assert credential.secret_access_key == key["SecretAccessKey"]
        arn = account.client("sts", credential).get_caller_identity()["Arn"]
        assert arn == "arn:aws:iam::123456789012:user/ops"


def test_a_vpc_with_a_way_out(start_account):
    """The route that a zero-egress check looks for."""
    with start_account({"vpcs.0.internet_gateway": "igw-0a1b2c3d4e5f60718"}) as account:
        ec2 = account.client("ec2")
        tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [VPC]}])["RouteTables"]
        gateways = [r.get("GatewayId") for t in tables for r in t["Routes"] if r.get("DestinationCidrBlock") == "0.0.0.0/0"]
        assert gateways == ["igw-0a1b2c3d4e5f60718"]
        attached = [{"Name": "attachment.vpc-id", "Values": [VPC]}]
        assert len(ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]) == 1


def test_a_scenario_with_an_unknown_key_is_refused(start_account):
    """A typing error in a scenario must not pass unseen."""
    with pytest.raises(ValidationError, match="endpiont"), start_account({"endpiont_services": {}}):
        pass
