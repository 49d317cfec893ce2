"""Where the strategy's endpoints are to stand: their services in the zones, addresses for them, their private DNS names."""

from __future__ import annotations

from collections.abc import Sequence

from strategies.base import Check, Mend, Situation, Verdict
from strategies.codecommit import urls
from strategies.codecommit.endpoints import SERVING, endpoint_for, git_service, is_ours, planned, to_make, whose
from strategies.common import aws_names, effective
from strategies.common.verdicts import aws, counted, failed, passed, skipped, unknown, unseen, warned
from strategies.facts import AWS_ENDPOINT_SERVICES, AWS_ENDPOINTS, AWS_PRIVATE_ZONES, AWS_VPCS, PrivateZone, Subnet


def zones(situation: Situation) -> Verdict:
    """The services of the endpoints that the plan sees to are offered in every zone of the subnets answered."""
    services, region = situation.facts.get(AWS_ENDPOINT_SERVICES), effective.region(situation)
    if services is None or region is None:
        return unknown("not read yet")
    wanted = [one for one in planned(situation) if (there := endpoint_for(situation, one)) is None or is_ours(situation, there)]
    if not wanted:
        return passed("no endpoint has to be made")
    for short in wanted:
        if aws_names.endpoint_service(region, short) not in services.zones:
            remedy = "Answer codecommit.network.fips: false." if short.endswith("-fips") else "Choose another strategy."
            command = aws(situation, "ec2", "describe-vpc-endpoint-services", "--filters", f"Name=service-name,Values=*{short}")
            return failed(f"{region} has no endpoint service {short}", remedy, command)
    subnets = effective.chosen_subnets(situation)
    supported = {short: services.zones[aws_names.endpoint_service(region, short)] for short in wanted}
    for short, offered in supported.items():
        outside = [s for s in subnets if s.az not in offered]
        if outside:
            evidence = f"{short} is not offered in {', '.join(f'{s.az} ({s.id})' for s in outside)}"
            remedy = f"Leave those out of aws.subnetIds; it is offered in {', '.join(offered)}."
            inside = [s for s in subnets if all(s.az in one for one in supported.values())]
            return failed(evidence, remedy, mend=_take(inside, "Leave those subnets out"))
    return passed(f"{', '.join(wanted)}: offered in {', '.join(sorted(s.az for s in subnets))}")


def free_addresses(situation: Situation) -> Verdict:
    """Every subnet answered has an address left for each endpoint that is made (VPC user guide, "Subnet sizing")."""
    made, chosen = to_make(situation), effective.chosen_subnets(situation)
    if not made:
        return passed("no endpoint has to be made")
    full = [s for s in chosen if s.free_addresses < len(made)]
    need = f"{counted(len(made), 'address', 'addresses')} for {', '.join(made)}"
    if not full:
        least = min((s.free_addresses for s in chosen), default=0)
        return passed(f"{need} in each of {counted(len(chosen), 'subnet')}; the fullest has {least} free")
    evidence = f"{', '.join(f'{s.id} ({s.az}) has {s.free_addresses} free' for s in full)}; needed: {need}"
    return failed(
        evidence,
        "Free addresses there, or answer aws.subnetIds with other subnets: nodes reach an endpoint from every zone.",
        aws(situation, "ec2", "describe-network-interfaces", "--filters", f"Name=subnet-id,Values={full[0].id}"),
        mend=_take(_with_room(situation, len(made)), "Take subnets with room"),
    )


def _with_room(situation: Situation, addresses: int) -> list[Subnet]:
    """The subnets answered that have room, and for the others one of the cluster's in the same zone that has."""
    spare = [s for s in effective.cluster_subnets(situation) if s.free_addresses >= addresses]
    found: list[Subnet] = []
    for subnet in effective.chosen_subnets(situation):
        if subnet.free_addresses >= addresses:
            found.append(subnet)
        else:
            found += [s for s in spare if s.az == subnet.az][:1]
    return found


def _take(subnets: Sequence[Subnet], title: str) -> Mend | None:
    """Answers with these subnets; None where there are none."""
    if not subnets:
        return None
    names: list[str] = [s.id for s in subnets]
    places = ", ".join(f"{s.id} ({s.az})" for s in subnets)
    return Mend(
        title, f"Answers aws.subnetIds with {places}. Nodes of other zones reach the endpoint too.", {"aws.subnetIds": names}
    )


def sts(situation: Situation) -> Verdict:
    """The refresher can reach STS."""
    codecommit = situation.answers.codecommit
    if codecommit.credentials.method != "iam-role":
        return skipped("a static password needs no STS")
    blind = unseen(situation, AWS_ENDPOINTS.id, AWS_VPCS.id)
    if blind is not None:
        return blind
    found = endpoint_for(situation, "sts")
    if found is not None:
        if found.state in SERVING or is_ours(situation, found):
            return passed(f"{found.id} is {found.state}")
        command = aws(situation, "ec2", "describe-vpc-endpoints", "--vpc-endpoint-ids", found.id)
        return failed(f"{found.id} ({whose(found)}) is {found.state}", "Have its owner mend or delete it.", command)
    zone = _zone(situation, aws_names.sts_host(effective.region(situation) or ""))
    if codecommit.network.sts_endpoint == "when-missing":
        if zone is not None:
            return _taken(situation, zone, "Answer codecommit.network.stsEndpoint: never, if STS is reached through that zone.")
        return passed("none in this VPC yet: the plan makes one")
    if zone is not None:
        evidence = f"none in this VPC; the private hosted zone {zone.name} of account {zone.account} answers for it"
        return warned(evidence, "Make sure that it leads to an endpoint that the nodes reach: only the cluster can tell.")
    mend = Mend(
        "Let the plan make one",
        "Answers codecommit.network.stsEndpoint with when-missing: one more interface endpoint, billed for each zone.",
        {"codecommit.network.stsEndpoint": "when-missing"},
    )
    return failed(
        "this VPC has no STS endpoint with private DNS, and codecommit.network.stsEndpoint is never",
        "Answer codecommit.network.stsEndpoint: when-missing, or make one. Without it the password ends after 15 minutes.",
        mend=mend,
    )


def private_dns(situation: Situation) -> Verdict:
    """Nobody else holds Git's private DNS name in the VPC with an endpoint that cannot serve."""
    blind = unseen(situation, AWS_ENDPOINTS.id, AWS_VPCS.id)
    if blind is not None:
        return blind
    found = endpoint_for(situation, git_service(situation))
    zone = _zone(situation, urls.git_host(effective.region(situation) or "", situation.answers.codecommit.network.fips))
    if found is None and zone is not None:
        return _taken(situation, zone, "It may be meant to: whoever keeps it can say how this VPC is to reach Git.")
    if found is None:
        return passed("the private DNS name of Git's host is free in this VPC")
    command = aws(situation, "ec2", "describe-vpc-endpoints", "--vpc-endpoint-ids", found.id)
    if is_ours(situation, found):
        return passed(f"{found.id} is ours")
    if found.state not in SERVING:
        evidence = f"{found.id} ({whose(found)}) holds it and is {found.state}"
        return failed(evidence, "Have its owner mend or delete it: a VPC has one endpoint for a private DNS name.", command)
    return warned(
        f"{found.id} holds it, {whose(found)}: it is used as it is",
        "Agree with its owner: whoever closes or deletes it cuts Argo CD off. This program never changes it.",
        command,
    )


def _zone(situation: Situation, host: str) -> PrivateZone | None:
    """The private hosted zone of the VPC that has exactly this host's name."""
    return next((one for one in situation.facts.get(AWS_PRIVATE_ZONES) or () if one.name == host), None)


def _taken(situation: Situation, zone: PrivateZone, hint: str) -> Verdict:
    """AWS makes no endpoint with private DNS beside such a zone ("conflicting DNS domain", PrivateLink guide)."""
    vpc = effective.vpc(situation)
    command = aws(
        situation, "route53", "list-hosted-zones-by-vpc",
        "--vpc-id", vpc.id if vpc is not None else "VPC", "--vpc-region", effective.region(situation) or "REGION",
    )  # fmt: skip
    evidence = (
        f"a private hosted zone {zone.name} of account {zone.account} answers in this VPC: AWS makes no endpoint beside it"
    )
    return failed(evidence, f"Have that zone taken off this VPC, or let it lead to an endpoint. {hint}", command)


CHECKS: tuple[Check, ...] = (
    Check(
        id="codecommit.zones",
        title="Endpoint services in the zones",
        why="AWS refuses an endpoint when its service is not offered in the zone of one of the subnets.",
        judge=zones,
        needs=(AWS_ENDPOINT_SERVICES.id, AWS_VPCS.id, AWS_ENDPOINTS.id),
        depends_on=("aws.subnets", "codecommit.service"),
    ),
    Check(
        id="aws.free-addresses",
        title="Free addresses for endpoints",
        why="An endpoint takes one address of each of its subnets; AWS does not make it where none is left.",
        judge=free_addresses,
        needs=(AWS_VPCS.id, AWS_ENDPOINTS.id),
        depends_on=("aws.subnets",),
    ),
    Check(
        id="codecommit.sts-endpoint",
        title="STS endpoint in this VPC",
        why="Without it the cluster cannot exchange its token for a role, and the password ends after 15 minutes.",
        judge=sts,
        needs=(AWS_ENDPOINTS.id, AWS_VPCS.id, AWS_PRIVATE_ZONES.id),
        handles_errors=True,
        depends_on=("cluster.home",),
    ),
    Check(
        id="codecommit.private-dns",
        title="Private DNS name of Git's host",
        why="Only one endpoint of a VPC can hold a service's private DNS name, and whoever holds it decides who passes.",
        judge=private_dns,
        needs=(AWS_ENDPOINTS.id, AWS_VPCS.id, AWS_PRIVATE_ZONES.id),
        handles_errors=True,
        depends_on=("cluster.home",),
    ),
)
