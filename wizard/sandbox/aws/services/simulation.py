"""IAM's policy simulator for a principal of the account (API_SimulatePrincipalPolicy)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from wizard.sandbox.aws.policy import Context, Decision
from wizard.sandbox.aws.services.base import AwsError
from wizard.sandbox.aws.world import World

Answer: TypeAlias = dict[str, object]

_STRICTEST = (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY, Decision.ALLOWED)


def simulate(
    world: World, principal_arn: str, actions: Sequence[str], resources: Sequence[str], context: Context
) -> list[Answer]:
    """One ``EvaluationResult`` for each action: the strictest decision over the resources, and that on each of them.

    API_EvaluationResult. Policies, permissions boundary and context are really evaluated; of the organization's policies
    only those without conditions. Raises NoSuchEntity, and InvalidInput for what is no user or role (the session of a role).
    """
    kind, _, name = principal_arn.split(":", 5)[-1].partition("/")
    if kind not in ("role", "user", "group") or not name:
        raise AwsError("InvalidInput", f"Invalid Entity Arn: {principal_arn} does not clearly define entity type and name.")
    if world.identity(principal_arn) is None:
        raise AwsError("NoSuchEntity", f"The {kind} with name {name.rpartition('/')[2]} cannot be found.")
    return [_evaluated(world, principal_arn, action, resources or ["*"], context) for action in actions]


def _evaluated(world: World, principal: str, action: str, resources: Sequence[str], context: Context) -> Answer:
    if ":" not in action:
        raise AwsError("InvalidInput", f"Invalid Action: {action}")
    above = [world.organization_decision(principal, action, one, context, simulated=True) for one in resources]
    own = [world.decision(principal, action, one, context) for one in resources]
    decided = [min(pair, key=_STRICTEST.index) for pair in zip(above, own, strict=True)]
    answer: Answer = {
        "EvalActionName": action,
        "EvalResourceName": resources[0],
        "EvalDecision": min(decided, key=_STRICTEST.index).value,
        "MatchedStatements": [],
        "MissingContextValues": [],
        "ResourceSpecificResults": [
            {
                "EvalResourceName": resource,
                "EvalResourceDecision": decision.value,
                "MatchedStatements": [],
                "MissingContextValues": [],
            }
            for resource, decision in zip(resources, decided, strict=True)
        ],
    }
    if world.scenario.organization.policies:
        allowed = all(decision is Decision.ALLOWED for decision in above)
        answer["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
    return answer
