"""What one key mends in AWS: the change is made, journalled, repeatable, and waited for until it can be read."""

from __future__ import annotations

import pytest

from strategies.facts import AWS_OIDC_PROVIDERS, AWS_VPCS, OidcProviders
from strategies.ports import ResourceError
from strategies.resources.aws.mends import AWS_MENDS
from tests.contract.resources_aws.conftest import VPC, StartWorld, World
from tests.contract.resources_aws.test_readers import readers, situation

ISSUER = "oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"


def test_dns_is_turned_on_in_the_vpc(start_world: StartWorld) -> None:
    def without_dns(scenario: dict[str, object]) -> None:
        vpcs = scenario["vpcs"]
        assert isinstance(vpcs, list)
        vpcs[0].update(dns_support=False, dns_hostnames=False)

    with start_world(without_dns) as world:
        for _ in range(2):
            run = world.run()
            AWS_MENDS["vpc.enable-dns"](world.clients, {"vpc": VPC}, run)
            assert run.names == ["ec2:ModifyVpcAttribute", "ec2:ModifyVpcAttribute"]
        found = readers(world)[AWS_VPCS.id].read(situation())

    assert isinstance(found, tuple)
    assert (found[0].dns_support, found[0].dns_hostnames) == (True, True)


def test_an_audience_is_added_to_the_provider(world: World) -> None:
    for _ in range(2):
        run = world.run()
        AWS_MENDS["oidc.add-audience"](world.clients, {"provider": PROVIDER, "audience": "another"}, run)
        assert run.names == ["iam:AddClientIDToOpenIDConnectProvider"]

    found = readers(world)[AWS_OIDC_PROVIDERS.id].read(situation())
    assert isinstance(found, OidcProviders)
    assert "another" in found.providers[ISSUER][1]
    assert found.thumbprints[ISSUER] == ("917e732d330f9a12404f73d8bea36948b929dffc",)


def test_what_is_not_there_is_told(world: World) -> None:
    with pytest.raises(ResourceError) as caught:
        AWS_MENDS["vpc.enable-dns"](world.clients, {"vpc": "vpc-00000000000000000"}, world.run())
    assert "turn DNS on in vpc-00000000000000000" in str(caught.value)
