"""Readers of the facts that AWS knows. Calls of one reader that do not need each other's answer go out side by side."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial

from botocore.exceptions import ClientError

from strategies.base import Situation
from strategies.codecommit import names
from strategies.common import effective
from strategies.common.aws_names import endpoint_service
from strategies.facts import (
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_IDENTITY,
    AWS_OIDC_PROVIDERS,
    AWS_PROFILES,
    AWS_REPOSITORY,
    AWS_VPCS,
    CodeCommitRepository,
    EndpointServices,
    OidcProviders,
)
from strategies.ports import Reader
from strategies.resources.aws.caller import read_identity
from strategies.resources.aws.clients import AwsClients, AwsSessions
from strategies.resources.aws.errors import DENIED, code
from strategies.resources.aws.network import read_endpoints, read_vpcs
from strategies.resources.aws.profiles import read_profiles
from strategies.resources.aws.tags import instance_of
from strategies.resources.parallel import together

ENDPOINT_SERVICES = ("sts", "git-codecommit", "git-codecommit-fips", "codecommit", "codecommit-fips")
"""Short names of the services whose interface endpoints the strategies may need."""

LONGEST_NAME = 100
"""CodeCommit user guide, "Quotas": characters of a repository's name."""


def aws_readers(sessions: AwsSessions) -> Sequence[Reader]:
    """One reader for each fact that the questions ask for."""

    def at(situation: Situation) -> AwsClients:
        return sessions.clients(effective.profile(situation), effective.region(situation))

    return (
        Reader(AWS_PROFILES.id, lambda _situation: (), lambda _situation: read_profiles(sessions)),
        Reader(AWS_IDENTITY.id, _place, lambda situation: read_identity(at(situation))),
        Reader(AWS_VPCS.id, _place, lambda situation: read_vpcs(at(situation))),
        Reader(AWS_ENDPOINTS.id, _place, lambda situation: read_endpoints(at(situation))),
        Reader(AWS_ENDPOINT_SERVICES.id, effective.codecommit_place, lambda situation: read_endpoint_services(at(situation))),
        Reader(AWS_OIDC_PROVIDERS.id, effective.codecommit_place, lambda situation: read_oidc_providers(at(situation))),
        Reader(
            AWS_REPOSITORY.id,
            _repository_place,
            lambda situation: read_repository(at(situation), names.repository(situation) or ""),
        ),
    )


def _place(situation: Situation) -> Hashable | None:
    return effective.aws_place(situation)


def _repository_place(situation: Situation) -> Hashable | None:
    place, name = effective.codecommit_place(situation), names.repository(situation)
    return None if place is None or name is None else (place, name)


def read_endpoint_services(clients: AwsClients) -> EndpointServices:
    """The zones of each service that may be needed; a service that the region does not have is left out."""
    region = clients.region or ""
    wanted = [endpoint_service(region, short) for short in ENDPOINT_SERVICES]
    # By filter and not by ServiceNames: one unknown name there makes the whole call fail with InvalidServiceName.
    with clients.reading(f"endpoint services of {region}", "ec2"):
        answer = clients.ec2.describe_vpc_endpoint_services(Filters=[{"Name": "service-name", "Values": wanted}])
    return EndpointServices(
        {
            detail["ServiceName"]: tuple(sorted(detail.get("AvailabilityZones", ())))
            for detail in answer["ServiceDetails"]
            if any(kind.get("ServiceType") == "Interface" for kind in detail.get("ServiceType", ()))
        }
    )


def read_oidc_providers(clients: AwsClients) -> OidcProviders:
    """Every IAM OIDC provider of the account with its audiences and thumbprints."""
    with clients.reading("IAM OIDC providers", "iam"):
        arns = [one["Arn"] for one in clients.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
        details = together([partial(clients.iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn) for arn in arns])
    return OidcProviders(
        {
            detail["Url"].removeprefix("https://"): (arn, tuple(detail["ClientIDList"]))
            for arn, detail in zip(arns, details, strict=True)
        },
        {detail["Url"].removeprefix("https://"): tuple(detail.get("ThumbprintList", ())) for detail in details},
    )


def read_repository(clients: AwsClients, name: str) -> CodeCommitRepository:
    """Whether the repository exists and whose it is. That CodeCommit is closed to the account is a failure with its reason.

    Where it is not this program's, a name that is free is looked for: a list is what tells that nothing has it.
    """
    with clients.reading(f"CodeCommit repository {name}", "codecommit"):
        try:
            found = clients.codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
        except ClientError as error:
            if code(error) == "RepositoryDoesNotExistException":
                return CodeCommitRepository(name, exists=False)
            raise
        tags = clients.codecommit.list_tags_for_resource(resourceArn=found["Arn"])["tags"]
        instance = instance_of(tags)
        free = None if instance is not None else _free_name(clients, name)
    return CodeCommitRepository(name, exists=True, instance=instance, default_branch=found.get("defaultBranch"), free_name=free)


def _free_name(clients: AwsClients, name: str) -> str | None:
    """``NAME-2`` or the next one; None where the repositories may not be listed (codecommit:ListRepositories)."""
    try:
        pages = list(clients.codecommit.get_paginator("list_repositories").paginate())
    except ClientError as error:
        if code(error) in DENIED:
            return None
        raise
    taken = {one.get("repositoryName") for page in pages for one in page["repositories"]}
    candidates = (f"{name}-{number}" for number in range(2, 10))
    return next((one for one in candidates if one not in taken and len(one) <= LONGEST_NAME), None)
