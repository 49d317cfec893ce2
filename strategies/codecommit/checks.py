"""What must hold for the CodeCommit strategy."""

from __future__ import annotations

from strategies.base import Check, Situation, Verdict
from strategies.codecommit import policies, urls
from strategies.common import effective
from strategies.common.verdicts import aws, counted, failed, passed, skipped, unknown, unread, warned
from strategies.facts import (
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_OIDC_PROVIDERS,
    AWS_REPOSITORY,
    AWS_VPCS,
    CLUSTER_INFO,
    Endpoint,
)


def service(situation: Situation) -> Verdict:
    """CodeCommit answers this account in this region."""
    error = situation.facts.error(AWS_REPOSITORY)
    if error is not None:
        return unread(error)
    if situation.facts.get(AWS_REPOSITORY) is None:
        return unknown("not read yet")
    return passed(f"CodeCommit answers in {effective.region(situation)}")


def repository(situation: Situation) -> Verdict:
    """The name is free, or the repository is this instance's."""
    found = situation.facts.get(AWS_REPOSITORY)
    if found is None:
        return unknown("not read yet")
    if not found.exists:
        return passed(f"{found.name} is free")
    instance = effective.instance(situation)
    if found.instance is not None and found.instance == instance:
        return passed(f"{found.name} exists and is ours")
    whose = "something else" if found.instance is None else f"the instance {found.instance}"
    command = aws(situation, "codecommit", "get-repository", "--repository-name", found.name)
    return failed(f"{found.name} is taken by {whose}", "Answer another codecommit.repository.name.", command)


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


def oidc_provider(situation: Situation) -> Verdict:
    """IAM knows the cluster's issuer and the audience of the refresher's token."""
    credentials = situation.answers.codecommit.credentials
    if credentials.method != "iam-role":
        return skipped("a static password needs no OIDC provider")
    found, issuer = situation.facts.get(AWS_OIDC_PROVIDERS), situation.answers.cluster.oidc_issuer
    issuer = issuer or effective.suggested_issuer(situation)
    if found is None or issuer is None:
        return unknown("the cluster's issuer is not known" if found is not None else "not read yet")
    if issuer not in found.providers:
        command = aws(
            situation, "iam", "create-open-id-connect-provider", "--url", f"https://{issuer}",
            "--client-id-list", "openshift", "sts.amazonaws.com",
        )  # fmt: skip
        evidence = f"none of {counted(len(found.providers), 'IAM OIDC provider')} is for {issuer}"
        return failed(evidence, "Make one: without it AWS does not believe the cluster's tokens.", command)
    arn, audiences = found.providers[issuer]
    if credentials.audience not in audiences:
        command = aws(
            situation, "iam", "add-client-id-to-open-id-connect-provider",
            "--open-id-connect-provider-arn", arn, "--client-id", credentials.audience,
        )  # fmt: skip
        evidence = f"the provider for {issuer} lists {', '.join(audiences) or 'no audience'}, not {credentials.audience}"
        return failed(evidence, "Add the audience, or answer codecommit.credentials.audience with one that it lists.", command)
    return passed(f"the provider for {issuer} lists {credentials.audience}")


def pipeline_provider(situation: Situation) -> Verdict:
    """IAM knows the issuer of the mirror pipeline's tokens."""
    if situation.answers.codecommit.mirror.keep == "by-hand":
        return skipped("no pipeline is asked for")
    found = situation.facts.get(AWS_OIDC_PROVIDERS)
    if found is None:
        return unknown("not read yet")
    issuer = policies.pipeline_issuer(situation.answers)
    if issuer not in found.providers:
        command = aws(
            situation, "iam", "create-open-id-connect-provider", "--url", f"https://{issuer}",
            "--client-id-list", policies.STS_AUDIENCE,
        )  # fmt: skip
        return warned(f"IAM has no OIDC provider for {issuer}", "Make one: the pipeline cannot log in before.", command)
    _arn, audiences = found.providers[issuer]
    if policies.STS_AUDIENCE not in audiences:
        evidence = f"the provider for {issuer} does not list {policies.STS_AUDIENCE}"
        return warned(evidence, "Add that audience: the pipeline cannot log in before.")
    return passed(f"the provider for {issuer} lists {policies.STS_AUDIENCE}")


def image(situation: Situation) -> Verdict:
    """There is an image for the refresher that the cluster has already."""
    credentials, info = situation.answers.codecommit.credentials, situation.facts.get(CLUSTER_INFO)
    if credentials.method != "iam-role":
        return skipped("a static password needs no refresher")
    if credentials.image is not None:
        own = info is not None and credentials.image == info.tools_image
        return passed("the cluster's own tools image, by digest" if own else f"{credentials.image}, as answered")
    return failed(
        "the cluster's tools image was not found",
        "Answer codecommit.credentials.image with an image, by digest, that has python3 and that the cluster can pull.",
        "oc get imagestream tools -n openshift -o yaml",
    )


CHECKS: tuple[Check, ...] = (
    Check(
        id="codecommit.service",
        title="CodeCommit in this region",
        why="Not every region has CodeCommit, and not every account may use it.",
        judge=service,
        needs=(AWS_REPOSITORY.id,),
        handles_errors=True,
        depends_on=("aws.identity",),
    ),
    Check(
        id="codecommit.repository",
        title="CodeCommit repository",
        why="The mirror deletes from its repository what the source does not have: it must be ours.",
        judge=repository,
        needs=(AWS_REPOSITORY.id,),
        depends_on=("codecommit.service",),
    ),
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
    Check(
        id="codecommit.oidc-provider",
        title="OIDC provider of the cluster",
        why="The role trusts the refresher by a token of this issuer, made for this audience.",
        judge=oidc_provider,
        needs=(AWS_OIDC_PROVIDERS.id, CLUSTER_INFO.id),
        depends_on=("aws.identity", "cluster.reachable"),
    ),
    Check(
        id="codecommit.image",
        title="Image of the refresher",
        why="An egress-zero cluster can only pull what its release mirror has.",
        judge=image,
        needs=(CLUSTER_INFO.id,),
        depends_on=("cluster.reachable",),
    ),
    Check(
        id="codecommit.pipeline-provider",
        title="OIDC provider of the mirror pipeline",
        why="The pipeline logs in to AWS with a token of its own host.",
        judge=pipeline_provider,
        needs=(AWS_OIDC_PROVIDERS.id,),
        blocking=False,
        depends_on=("aws.identity",),
    ),
)
