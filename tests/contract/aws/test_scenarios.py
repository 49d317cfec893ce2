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


def test_a_vpc_with_a_nat_gateway(start_account):
    """VPC user guide, "NAT gateways": it stands in a public subnet; private ones have a route table that leads to it."""
    private = {"id": "rtb-0b1b2c3d4e5f60718", "default": "nat-0a1b2c3d4e5f60718"}
    public = {"id": "subnet-0dddddddddddddddd", "name": "public", "zone": "us-east-2a", "cidr": "10.0.240.0/24"}
    nodes = {"id": "subnet-0aaaaaaaaaaaaaaaa", "name": "private", "zone": "us-east-2a", "cidr": "10.0.0.0/20"}
    changes = {
        "vpcs.0.internet_gateway": "igw-0a1b2c3d4e5f60718",
        "vpcs.0.route_tables": [private],
        "vpcs.0.nat_gateways": [{"id": private["default"], "subnet": public["id"]}],
        "vpcs.0.subnets": [{**nodes, "route_table": private["id"]}, public],
        "vpcs.0.endpoints": [],
        "vpcs.0.instances": [],
    }
    with start_account(changes) as account:
        ec2 = account.client("ec2")
        gateway = ec2.describe_nat_gateways()["NatGateways"][0]
        assert (gateway["NatGatewayId"], gateway["SubnetId"], gateway["State"]) == (
            private["default"],
            public["id"],
            "available",
        )
        table = ec2.describe_route_tables(RouteTableIds=[private["id"]])["RouteTables"][0]
        assert [a["SubnetId"] for a in table["Associations"]] == ["subnet-0aaaaaaaaaaaaaaaa"]
        assert [r["NatGatewayId"] for r in table["Routes"] if r["DestinationCidrBlock"] == "0.0.0.0/0"] == [private["default"]]


def test_a_full_subnet_takes_no_endpoint(start_account, refusal):
    """EC2 API reference, "Error codes": InsufficientFreeAddressesInSubnet. Five addresses of a subnet are AWS's own."""
    small = {"id": "subnet-0eeeeeeeeeeeeeeee", "name": "small", "zone": "us-east-2a", "cidr": "10.0.64.0/28", "interfaces": 10}
    with start_account({"vpcs.0.subnets": [small], "vpcs.0.endpoints": [], "vpcs.0.instances": []}) as account:
        ec2 = account.client("ec2")

        def free() -> int:
            return ec2.describe_subnets(SubnetIds=[small["id"]])["Subnets"][0]["AvailableIpAddressCount"]

        assert free() == 1
        ask = {"VpcEndpointType": "Interface", "VpcId": VPC, "SubnetIds": [small["id"]], "PrivateDnsEnabled": False}
        ec2.create_vpc_endpoint(**ask, ServiceName=NAME)
        assert free() == 0
        assert refusal(ec2.create_vpc_endpoint, **ask, ServiceName=NAME) == "InsufficientFreeAddressesInSubnet"


def test_an_endpoint_that_failed_is_listed_and_serves_nobody(start_account):
    """EC2 API reference, "VpcEndpoint": the states of an endpoint."""
    failed = {"id": "vpce-05700000000000002", "service": "sts", "subnets": ["subnet-0aaaaaaaaaaaaaaaa"], "failed": True}
    with start_account({"vpcs.0.endpoints": [failed]}) as account:
        found = account.client("ec2").describe_vpc_endpoints()["VpcEndpoints"][0]
        assert (found["State"], found["PrivateDnsEnabled"]) == ("failed", True)
        assert account.server.endpoint("sts") is None


def test_dns_that_is_turned_off_later_hides_the_names_of_endpoints(start_account):
    """VPC user guide, "DNS attributes for your VPC": private names need both; endpoints that are there stay."""
    with start_account({"vpcs.0.dns_hostnames": False}) as account:
        assert account.server.endpoint("sts") is None
        account.client("ec2").modify_vpc_attribute(VpcId=VPC, EnableDnsHostnames={"Value": True})
        assert account.server.endpoint("sts") is not None


def test_a_rule_that_names_a_group_lets_its_members_in(start_account):
    """VPC user guide, "Security group rules": the source may be a group, which means the addresses of its members."""
    rules = [{"group": "sg-0d0d0d0d0d0d0d0d0", "port": 443}]
    with start_account({"vpcs.0.security_groups.0.ingress": rules}) as account:
        endpoint = account.server.endpoint("sts")
        assert endpoint.admits("10.0.1.17")
        assert not endpoint.admits("10.0.2.5")


def test_a_private_hosted_zone_is_in_the_way_of_private_dns(start_account, refusal):
    """PrivateLink guide, "Access an AWS service": private DNS conflicts with a zone of the same name tied to the VPC."""
    zone = {"name": "git-codecommit.us-east-2.amazonaws.com"}
    with start_account({"vpcs.0.private_zones": [zone]}) as account:
        found = account.client("route53").list_hosted_zones_by_vpc(VPCId=VPC, VPCRegion="us-east-2")["HostedZoneSummaries"]
        assert [one["Name"].rstrip(".") for one in found] == [zone["name"]]
        assert found[0]["Owner"] == {"OwningAccount": "123456789012"}
        ec2 = account.client("ec2")
        ask = {"VpcEndpointType": "Interface", "VpcId": VPC, "ServiceName": NAME, "SubnetIds": ["subnet-0aaaaaaaaaaaaaaaa"]}
        assert refusal(ec2.create_vpc_endpoint, **ask) == "InvalidParameter"
        assert ec2.create_vpc_endpoint(**ask, PrivateDnsEnabled=False)["VpcEndpoint"]["State"] == "pending"


def test_a_call_that_nobody_signed_meets_no_condition_on_who_calls(start_account):
    """IAM user guide, "AWS global condition context keys": the aws:Principal keys stand in signed requests only."""
    condition = {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}
    held = {"Effect": "Allow", "Principal": "*", "Action": "sts:*", "Resource": "*", "Condition": condition}
    endpoint = {"id": "vpce-05700000000000002", "service": "sts", "subnets": ["subnet-0aaaaaaaaaaaaaaaa"]}
    policy = {"Version": "2012-10-17", "Statement": [held]}
    with start_account({"vpcs.0.endpoints": [{**endpoint, "policy": policy}]}) as account:
        found = account.server.endpoint("sts")
        role = "arn:aws:iam::123456789012:role/PlatformEngineer"
        assert found.permits(role, "sts:AssumeRole", role)
        assert not found.permits("", "sts:AssumeRoleWithWebIdentity", role)
