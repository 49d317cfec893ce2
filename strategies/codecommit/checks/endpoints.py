"""Whether endpoints that others made let the cluster through: their policies, and the security groups in front of them."""

from __future__ import annotations

import json
from collections.abc import Callable

from strategies.base import Check, Situation, Status, Verdict
from strategies.codecommit import policies
from strategies.codecommit.endpoints import foreign, whose
from strategies.common import effective
from strategies.common.cidrs import uncovered
from strategies.common.passages import Passage, passage, statements
from strategies.common.verdicts import aws, failed, passed, unknown, unseen, warned
from strategies.facts import AWS_ENDPOINTS, AWS_INSTANCES, AWS_SECURITY_GROUPS, AWS_VPCS, Endpoint

PORT = 443
_LONGEST_COMMAND = 1500
_BY_REFERENCE = ("sg-", "pl-")
_WORST = (Status.FAIL, Status.UNKNOWN, Status.WARN)


def policy(situation: Situation) -> Verdict:
    """The policies of the endpoints for Git and STS let this repository and this role through.

    Allow, Deny, NotAction, NotResource and wildcards are evaluated; conditions only as far as the answers decide them. Our own
    endpoint's policy is not looked at: the plan sets it.
    """
    answers = situation.answers
    if not (answers.aws.account and answers.codecommit.repository.name):
        return unknown("account and repository are not known yet")
    return _each(situation, _passes, "the endpoints are ours or have yet to be made: the plan sets their policies")


def _each(situation: Situation, judge: Callable[[Situation, str, Endpoint], Verdict], none: str) -> Verdict:
    """The worst verdict on the endpoints of others; all that passed, else."""
    verdicts = [judge(situation, short, endpoint) for short, endpoint in foreign(situation)]
    for status in _WORST:
        for one in verdicts:
            if one.status is status:
                return one
    return passed("; ".join(one.evidence for one in verdicts) or none)


def _passes(situation: Situation, short: str, endpoint: Endpoint) -> Verdict:
    if endpoint.policy is None:
        return unknown(f"the policy of {endpoint.id} was not told")
    action, resource = policies.endpoint_call(situation.answers, short)
    verdict = passage(endpoint.policy, action, resource)
    if verdict is Passage.OPEN:
        return passed(f"{endpoint.id} lets {action} through")
    name = f"{endpoint.id} ({short}, {whose(endpoint)})"
    look = aws(
        situation, "ec2", "describe-vpc-endpoints", "--vpc-endpoint-ids", endpoint.id,
        "--query", "VpcEndpoints[].PolicyDocument", "--output", "text",
    )  # fmt: skip
    if verdict is Passage.CONDITIONAL:
        evidence = f"the policy of {name} has conditions on {action} that only AWS can judge"
        return warned(evidence, f"Make sure that they let {action} on {resource} through.", look)
    remedy = "Have its owner allow that in the endpoint's policy."
    if short == "sts":
        remedy += " Nobody signs this call: a statement with a condition on aws:Principal... never allows it."
    evidence = f"the policy of {name} does not let {action} on {resource} through"
    return failed(evidence, remedy, _amended(situation, endpoint, action, resource) or look)


def _amended(situation: Situation, endpoint: Endpoint, action: str, resource: str) -> str | None:
    """The command that adds what is missing; None where that would not help (a Deny), or would be too long to read."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
    document = {**(endpoint.policy or {}), "Statement": [*statements(endpoint.policy or {}), statement]}
    if passage(document, action, resource) is not Passage.OPEN:
        return None
    text = json.dumps(document, separators=(",", ":"))
    command = aws(
        situation, "ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", endpoint.id, "--policy-document", text
    )  # fmt: skip
    return command if len(command) <= _LONGEST_COMMAND else None


def access(situation: Situation) -> Verdict:
    """The security groups of the endpoints for Git and STS let the nodes in on port 443.

    By their addresses, or by a group that every node has. Our own endpoint is not looked at: the plan opens it.
    """
    blind = unseen(situation, AWS_ENDPOINTS.id, AWS_VPCS.id, AWS_SECURITY_GROUPS.id)
    if blind is not None:
        return blind
    if not situation.answers.cluster.machine_cidrs:
        return unknown("the addresses of the nodes are not known", "Answer cluster.machineCidrs.")
    return _each(situation, _admits, "the endpoints are ours or have yet to be made: the plan opens them to the nodes")


def _admits(situation: Situation, short: str, endpoint: Endpoint) -> Verdict:
    groups = [one for one in situation.facts.get(AWS_SECURITY_GROUPS) or () if one.id in endpoint.security_group_ids]
    sources = [source for group in groups for source in group.sources(PORT)]
    machines = situation.answers.cluster.machine_cidrs or ()
    out = uncovered(machines, sources)
    if not out:
        return passed(f"{endpoint.id} lets {', '.join(machines)} in")
    named = [source for source in sources if source.startswith(_BY_REFERENCE)]
    ours = sorted(effective.node_groups(situation) & set(named))
    if ours:
        return passed(f"{endpoint.id} lets the nodes in by their group {ours[0]}")
    name = f"{endpoint.id} ({short}, {whose(endpoint)})"
    if named:
        evidence = f"{name} lets {', '.join(named)} in on port {PORT}; that every node is among them is not known"
        return warned(
            evidence, "Make sure that the nodes are, or have their addresses let in.", _open(situation, endpoint, out[0])
        )
    front = ", ".join(endpoint.security_group_ids) or "nothing"
    evidence = f"{front} in front of {name} does not let {', '.join(out)} in on port {PORT}"
    return failed(evidence, "Have the owner of that group let the nodes in.", _open(situation, endpoint, out[0]))


def _open(situation: Situation, endpoint: Endpoint, cidr: str) -> str | None:
    if not endpoint.security_group_ids:
        return None
    return aws(
        situation, "ec2", "authorize-security-group-ingress", "--group-id", endpoint.security_group_ids[0],
        "--protocol", "tcp", "--port", str(PORT), "--cidr", cidr,
    )  # fmt: skip


CHECKS: tuple[Check, ...] = (
    Check(
        id="codecommit.endpoint-policy",
        title="Policies of endpoints",
        why="What an endpoint's policy does not let through never reaches the service, whatever the role may do.",
        judge=policy,
        needs=(AWS_ENDPOINTS.id, AWS_VPCS.id),
        depends_on=("codecommit.private-dns",),
    ),
    Check(
        id="codecommit.endpoint-access",
        title="Security groups of endpoints",
        why="An endpoint answers only those whom its security groups let in.",
        judge=access,
        needs=(AWS_ENDPOINTS.id, AWS_VPCS.id, AWS_SECURITY_GROUPS.id, AWS_INSTANCES.id),
        depends_on=("codecommit.private-dns",),
        handles_errors=True,
    ),
)
