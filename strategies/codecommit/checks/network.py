"""The way from the nodes to CodeCommit and STS: endpoints, zones, private DNS."""

from __future__ import annotations

from strategies.base import Check, Situation, Verdict
from strategies.codecommit import urls
from strategies.common import effective
from strategies.common.verdicts import aws, failed, passed, skipped, unknown
from strategies.facts import AWS_ENDPOINT_SERVICES, AWS_ENDPOINTS, AWS_VPCS, Endpoint


def zones(situation: Situation) -> Verdict:
    """The Git endpoint can stand in every subnet answered, and they are one for each zone."""
    services, region = situation.facts.get(AWS_ENDPOINT_SERVICES), effective.region(situation)
    if services is None or region is None:
        return unknown("not read yet")
    short = git_service(situation)
    supported = services.zones.get(urls.endpoint_service(region, short))
    if supported is None:
        remedy = "Answer codecommit.network.fips: false." if short.endswith("-fips") else "Choose another strategy."
        command = aws(situation, "ec2", "describe-vpc-endpoint-services", "--filters", f"Name=service-name,Values=*{short}")
        return failed(f"{region} has no endpoint service {short}", remedy, command)
    subnets = effective.chosen_subnets(situation)
    if not subnets:
        return failed("no subnet is chosen", "Answer aws.subnetIds with private subnets of the cluster, one for each zone.")
    outside = [s for s in subnets if s.az not in supported]
    if outside:
        evidence = f"{short} is not offered in {', '.join(f'{s.az} ({s.id})' for s in outside)}"
        return failed(evidence, f"Leave those out of aws.subnetIds; it is offered in {', '.join(supported)}.")
    if len({s.az for s in subnets}) < len(subnets):
        return failed("two of the subnets are in one zone", "Answer aws.subnetIds with one subnet for each zone.")
    return passed(f"{short} is offered in {', '.join(sorted(s.az for s in subnets))}")


def git_service(situation: Situation) -> str:
    """Short name of the endpoint service for Git."""
    return "git-codecommit-fips" if situation.answers.codecommit.network.fips else "git-codecommit"


def endpoint_for(situation: Situation, short: str) -> Endpoint | None:
    """The interface endpoint in the cluster's VPC that holds the service's private DNS name."""
    region, home = effective.region(situation), effective.vpc(situation)
    if region is None or home is None:
        return None
    name = urls.endpoint_service(region, short)
    there = [e for e in situation.facts.get(AWS_ENDPOINTS) or () if e.vpc_id == home.id and e.type == "Interface"]
    return next((e for e in there if e.service == name and e.private_dns), None)


def sts(situation: Situation) -> Verdict:
    """The refresher can reach STS."""
    codecommit = situation.answers.codecommit
    if codecommit.credentials.method != "iam-role":
        return skipped("a static password needs no STS")
    if situation.facts.get(AWS_ENDPOINTS) is None:
        return unknown("not read yet")
    found = endpoint_for(situation, "sts")
    if found is not None:
        return passed(f"{found.id} is {found.state}")
    if codecommit.network.sts_endpoint == "when-missing":
        return passed("none in this VPC yet: the plan makes one")
    return failed(
        "this VPC has no STS endpoint with private DNS, and codecommit.network.stsEndpoint is never",
        "Answer codecommit.network.stsEndpoint: when-missing, or make one. Without it the password ends after 15 minutes.",
    )


def private_dns(situation: Situation) -> Verdict:
    """Nobody else holds Git's private DNS name in the VPC with an endpoint that cannot serve."""
    if situation.facts.get(AWS_ENDPOINTS) is None:
        return unknown("not read yet")
    found = endpoint_for(situation, git_service(situation))
    if found is None:
        return passed("the private DNS name of Git's host is free in this VPC")
    if found.state not in ("available", "pending"):
        command = aws(situation, "ec2", "describe-vpc-endpoints", "--vpc-endpoint-ids", found.id)
        return failed(f"{found.id} holds it and is {found.state}", "Have its owner mend or delete it.", command)
    if found.instance == effective.instance(situation):
        return passed(f"{found.id} is ours")
    whose = "somebody else's" if found.instance is None else f"that of the instance {found.instance}"
    return passed(f"{found.id} is {whose} and {found.state}; the plan says whether it fits")


CHECKS: tuple[Check, ...] = (
    Check(
        id="codecommit.zones",
        title="Endpoint service in the zones",
        why="AWS refuses an endpoint when its service is not offered in the zone of one of the subnets.",
        judge=zones,
        needs=(AWS_ENDPOINT_SERVICES.id, AWS_VPCS.id),
        depends_on=("aws.identity",),
    ),
    Check(
        id="codecommit.sts-endpoint",
        title="STS endpoint in this VPC",
        why="Without it the cluster cannot exchange its token for a role, and the password ends after 15 minutes.",
        judge=sts,
        needs=(AWS_ENDPOINTS.id, AWS_VPCS.id),
        depends_on=("aws.identity",),
    ),
    Check(
        id="codecommit.private-dns",
        title="Private DNS name of Git's host",
        why="Only one endpoint of a VPC can hold a service's private DNS name.",
        judge=private_dns,
        needs=(AWS_ENDPOINTS.id, AWS_VPCS.id),
        depends_on=("aws.identity",),
    ),
)
