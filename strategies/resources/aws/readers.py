"""Readers of the facts that AWS knows. Calls of one reader that do not need each other's answer go out side by side."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from strategies.base import Situation
from strategies.codecommit import names
from strategies.codecommit.urls import endpoint_service
from strategies.common import effective
from strategies.facts import (
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_IDENTITY,
    AWS_OIDC_PROVIDERS,
    AWS_PROFILES,
    AWS_REPOSITORY,
    AWS_VPCS,
    AwsIdentity,
    AwsProfiles,
    CodeCommitRepository,
    EndpointServices,
    FactError,
    OidcProviders,
)
from strategies.ports import FactFailureError, Reader
from strategies.resources.aws.clients import AwsClients, AwsSessions
from strategies.resources.aws.errors import code
from strategies.resources.aws.network import read_endpoints, read_vpcs
from strategies.resources.aws.tags import instance_of
from strategies.resources.parallel import both, together

ENDPOINT_SERVICES = ("sts", "git-codecommit", "git-codecommit-fips", "codecommit", "codecommit-fips")
"""Short names of the services whose interface endpoints the strategies may need."""


def aws_readers(sessions: AwsSessions, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Sequence[Reader]:
    """One reader for each AWS fact. ``clock`` measures how far this machine's clock is from AWS's."""

    def at(situation: Situation) -> AwsClients:
        return sessions.clients(effective.profile(situation), effective.region(situation))

    return (
        Reader(AWS_PROFILES.id, lambda _situation: (), lambda _situation: read_profiles(sessions)),
        Reader(AWS_IDENTITY.id, _place, lambda situation: read_identity(at(situation), clock)),
        Reader(AWS_VPCS.id, _place, lambda situation: read_vpcs(at(situation))),
        Reader(AWS_ENDPOINTS.id, _place, lambda situation: read_endpoints(at(situation))),
        Reader(AWS_ENDPOINT_SERVICES.id, _place, lambda situation: read_endpoint_services(at(situation))),
        Reader(AWS_OIDC_PROVIDERS.id, _place, lambda situation: read_oidc_providers(at(situation))),
        Reader(
            AWS_REPOSITORY.id,
            _repository_place,
            lambda situation: read_repository(at(situation), names.repository(situation) or ""),
        ),
    )


def _place(situation: Situation) -> Hashable | None:
    return effective.aws_place(situation)


def _repository_place(situation: Situation) -> Hashable | None:
    place, name = _place(situation), names.repository(situation)
    return None if place is None or name is None else (place, name)


def read_profiles(sessions: AwsSessions) -> AwsProfiles:
    """The profiles of this machine, which one the environment selects, and its region.

    ``selected`` follows the AWS CLI ("Configuration settings and precedence"): keys in the environment beat AWS_PROFILE, which
    beats the profile named ``default``. ``regions`` are the regions where the SDK knows CodeCommit.
    """
    environ = sessions.environ
    clients = sessions.clients(None, None)
    try:
        profiles = clients.profiles()
        if "AWS_ACCESS_KEY_ID" in environ:
            selected = None
        else:
            selected = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE")
            selected = selected or ("default" if "default" in profiles else None)
        region = sessions.clients(selected, None).configured_region()
        return AwsProfiles(profiles, selected, region, tuple(sorted(clients.regions("codecommit"))))
    except BotoCoreError as error:
        remedy = (
            "Mend the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, or set AWS_PROFILE to another profile."
        )
        raise FactFailureError(FactError(f"AWS configuration: {error}", remedy, "aws configure list-profiles")) from error


def read_identity(clients: AwsClients, clock: Callable[[], datetime]) -> AwsIdentity:
    """Whose credentials these are (sts:GetCallerIdentity), until when they are valid, and how far the clocks are apart.

    The account's alias (iam:ListAccountAliases) is read beside it and left out where the operator may not read it.
    """
    with clients.reading("AWS identity", "sts"):
        credentials = clients.credentials()
        answer, alias = both(clients.sts.get_caller_identity, lambda: _account_alias(clients))
    arn = answer["Arn"]
    headers = answer["ResponseMetadata"].get("HTTPHeaders", {})
    skew = 0.0
    if "date" in headers:
        skew = (clock() - parsedate_to_datetime(headers["date"])).total_seconds()
    # botocore has no public attribute for the end of credentials; the AWS CLI's export-credentials reads this one too.
    ends = getattr(credentials, "_expiry_time", None)
    return AwsIdentity(
        account=answer["Account"],
        arn=arn,
        partition=arn.split(":")[1],
        expires_at=ends if isinstance(ends, datetime) else None,
        clock_skew_seconds=skew,
        alias=alias,
    )


def _account_alias(clients: AwsClients) -> str | None:
    try:
        aliases = clients.iam.list_account_aliases()["AccountAliases"]
    except (ClientError, BotoCoreError):
        return None
    return aliases[0] if aliases else None


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
    """Whether the repository exists and whose it is. That CodeCommit is closed to the account is a failure with its reason."""
    with clients.reading(f"CodeCommit repository {name}", "codecommit"):
        try:
            found = clients.codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
        except ClientError as error:
            if code(error) == "RepositoryDoesNotExistException":
                return CodeCommitRepository(name, exists=False)
            raise
        tags = clients.codecommit.list_tags_for_resource(resourceArn=found["Arn"])["tags"]
    return CodeCommitRepository(name, exists=True, instance=instance_of(tags), default_branch=found.get("defaultBranch"))
