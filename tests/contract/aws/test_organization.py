"""What the organization above an account withholds, and how much of it a simulation sees."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

VPC = "vpc-0a1b2c3d4e5f60718"
OPERATOR = "arn:aws:iam::123456789012:role/PlatformEngineer"
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def deny(action, **condition):
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    if condition:
        statement["Condition"] = {"ArnNotLike": {"aws:PrincipalArn": condition["but"]}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def simulated(account, action):
    iam = account.client("iam")
    answer = iam.simulate_principal_policy(PolicySourceArn=OPERATOR, ActionNames=[action], ResourceArns=["*"])
    return answer["EvaluationResults"][0]


def test_an_explicit_deny_of_the_organization_wins_over_every_grant(start_account):
    """Organizations user guide, "SCP evaluation"; the message: IAM user guide, "Troubleshoot access denied error messages"."""
    policies = {"FullAWSAccess": FULL, "no-groups": deny("ec2:CreateSecurityGroup")}
    with start_account({"organization": {"policies": policies}}) as account:
        with pytest.raises(ClientError) as caught:
            account.client("ec2").create_security_group(GroupName="x", Description="x", VpcId=VPC, DryRun=True)
        assert caught.value.response["Error"]["Code"] == "UnauthorizedOperation"
        assert "with an explicit deny in a service control policy" in str(caught.value)
        assert account.client("iam").list_roles()["Roles"]


def test_what_no_policy_of_the_organization_allows_is_denied(start_account):
    """Organizations user guide, "SCP evaluation": without an allow nothing passes."""
    policies = {"only-ec2": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}}
    with start_account({"organization": {"policies": policies}}) as account:
        with pytest.raises(ClientError, match="because no service control policy allows the iam:ListRoles action"):
            account.client("iam").list_roles()
        assert account.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_a_simulation_does_not_see_policies_of_the_organization_with_conditions(start_account):
    """IAM user guide, "IAM policy testing with the IAM policy simulator"."""
    plain, narrow = deny("iam:CreateUser"), deny("iam:CreateRole", but="arn:aws:iam::*:role/Landing*")
    with start_account({"organization": {"policies": {"all": FULL, "plain": plain, "narrow": narrow}}}) as account:
        seen = simulated(account, "iam:CreateUser")
        assert seen["EvalDecision"] == "explicitDeny"
        assert seen["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
        unseen = simulated(account, "iam:CreateRole")
        assert unseen["EvalDecision"] == "allowed"
        with pytest.raises(ClientError, match="service control policy"):
            account.client("iam").create_role(RoleName="x", AssumeRolePolicyDocument="{}")


def test_a_simulation_has_one_result_for_an_action_and_the_context_that_it_is_given(start_account):
    """API_EvaluationResult: the top level is the strictest decision over all resources; API_ContextEntry."""
    tagged = {"StringEquals": {"aws:RequestTag/team": "a"}}
    statement = {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::123456789012:role/a*", "Condition": tagged}
    see = {"Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": OPERATOR}
    policy = {"Version": "2012-10-17", "Statement": [statement, see]}
    roles = ["arn:aws:iam::123456789012:role/a1", "arn:aws:iam::123456789012:role/b1"]
    with start_account({"operator": {"policies": {"p": policy}}}) as account:
        ask = {"PolicySourceArn": OPERATOR, "ActionNames": ["iam:CreateRole"], "ResourceArns": roles}
        entry = {"ContextKeyName": "aws:RequestTag/team", "ContextKeyType": "string", "ContextKeyValues": ["a"]}
        simulate = account.client("iam").simulate_principal_policy
        assert [one["EvalDecision"] for one in simulate(**ask)["EvaluationResults"]] == ["implicitDeny"]
        (result,) = simulate(**ask, ContextEntries=[entry])["EvaluationResults"]
        assert result["EvalDecision"] == "implicitDeny"
        decisions = [one["EvalResourceDecision"] for one in result["ResourceSpecificResults"]]
        assert decisions == ["allowed", "implicitDeny"]
