"""How much the account may have, and that it is held to it."""

from __future__ import annotations

VPC = "vpc-0a1b2c3d4e5f60718"
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},'
    ' "Action": "sts:AssumeRole"}]}'
)


def test_quotas_are_told_and_held(start_account, refusal):
    """API_GetServiceQuota, API_GetAccountSummary; EC2 "Client error codes"; IAM "Common errors"."""
    quotas = {"interface_endpoints_per_vpc": 3, "roles": 1, "users": 7}
    with start_account({"quotas": quotas}) as account:
        service_quotas, ec2, iam = (account.client(name) for name in ("service-quotas", "ec2", "iam"))
        quota = service_quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-29B6F2EB")["Quota"]
        assert (quota["Value"], quota["Adjustable"]) == (3.0, True)
        listed = service_quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]
        assert quota in listed
        assert refusal(service_quotas.get_service_quota, ServiceCode="vpc", QuotaCode="L-0") == "NoSuchResourceException"
        summary = iam.get_account_summary()["SummaryMap"]
        assert (summary["Roles"], summary["RolesQuota"], summary["UsersQuota"]) == (1, 1, 7)
        assert refusal(iam.create_role, RoleName="x", AssumeRolePolicyDocument=TRUST) == "LimitExceeded"
        ask = {"VpcEndpointType": "Interface", "VpcId": VPC, "ServiceName": "com.amazonaws.us-east-2.git-codecommit"}
        assert refusal(ec2.create_vpc_endpoint, **ask) == "VpcEndpointLimitExceeded"
