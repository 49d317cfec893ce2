"""Answers that are each valid but cannot hold together. Pure; every front end and the answers file ask here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from strategies.answers import Answers
from strategies.bastion_proxy.contradictions import contradictions as of_bastion_proxy
from strategies.private_server.contradictions import contradictions as of_private_server
from strategies.private_server.own_contradictions import contradictions as of_own_server


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The key (dotted, camelCase) at which one of the answers would have to change, and why."""

    key: str
    message: str


def contradictions(answers: Answers) -> tuple[Contradiction, ...]:
    """Everything that cannot hold together. What is merely missing is not said here: that is ``Question.required``."""
    return (*_repeated(answers), *_source(answers), *_arns(answers), *_strategy(answers))


def _repeated(answers: Answers) -> Iterator[Contradiction]:
    lists = {
        "aws.subnetIds": answers.aws.subnet_ids,
        "cluster.machineCidrs": answers.cluster.machine_cidrs,
        "acceptWarnings": answers.accept_warnings,
        "bastionProxy.allow.hosts": answers.bastion_proxy.allow.hosts,
        "bastionProxy.repositories.helm": answers.bastion_proxy.repositories.helm,
        "bastionProxy.noProxy": answers.bastion_proxy.no_proxy,
        "privateServer.server.hostKeys": answers.private_server.server.host_keys,
        "privateServer.own.operatorCidrs": answers.private_server.own.operator_cidrs,
    }
    for key, values in lists.items():
        if values == [] and key not in _MAY_BE_EMPTY:
            yield Contradiction(key, "is an empty list: leave the key out to have it found, or name at least one")
        for place, value in enumerate(values or ()):
            if values is not None and value in values[:place]:
                yield Contradiction(f"{key}[{place}]", f"is named twice: {value}")


_MAY_BE_EMPTY = ("acceptWarnings", "bastionProxy.repositories.helm")


def _strategy(answers: Answers) -> Iterator[Contradiction]:
    if answers.strategy == "bastion-proxy":
        yield from (Contradiction(f"bastionProxy.{key}", said) for key, said in of_bastion_proxy(answers.bastion_proxy))
    if answers.strategy == "private-server":
        asked = answers.private_server
        found = (*of_private_server(asked), *of_own_server(asked))
        yield from (Contradiction(f"privateServer.{key}", said) for key, said in found)


def _source(answers: Answers) -> Iterator[Contradiction]:
    source = answers.source
    if source.username is not None and source.password is None:
        yield Contradiction(
            "source.password", "is missing: source.username is given, so say where its password is kept (env:NAME, file:PATH)"
        )


def _arns(answers: Answers) -> Iterator[Contradiction]:
    """An ARN must be of the account, region and partition that the answers name."""
    given = {
        "codecommit.credentials.permissionsBoundary": answers.codecommit.credentials.permissions_boundary,
        "codecommit.repository.kmsKeyId": answers.codecommit.repository.kms_key_id,
        "bastionProxy.instance.permissionsBoundary": answers.bastion_proxy.instance.permissions_boundary,
        "privateServer.own.permissionsBoundary": answers.private_server.own.permissions_boundary,
    }
    for key, arn in given.items():
        if arn is None or not arn.startswith("arn:"):
            continue
        fields = arn.split(":", 5)
        if len(fields) < 6:
            yield Contradiction(key, "is not a whole ARN: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE")
            continue
        _, partition, service, region, account, resource = fields
        wanted = ("iam", "policy/") if key.endswith("Boundary") else ("kms", "")
        if service != wanted[0] or not resource.startswith(wanted[1]):
            kind = "an IAM policy" if wanted[0] == "iam" else "a KMS key"
            yield Contradiction(key, f"is not the ARN of {kind}")
        if (
            account not in {"", "aws"}
            and answers.aws.account is not None
            and account != answers.aws.account
            and service == "iam"
        ):
            yield Contradiction(key, f"is of account {account}, but aws.account is {answers.aws.account}")
        if answers.aws.region is not None:
            if region and region != answers.aws.region:
                yield Contradiction(key, f"is of region {region}, but aws.region is {answers.aws.region}")
            if partition != _partition(answers.aws.region):
                yield Contradiction(
                    key, f"is of partition {partition}, but {answers.aws.region} is of {_partition(answers.aws.region)}"
                )


def _partition(region: str) -> str:
    """The partition of a region, by its prefix (AWS general reference, "Partitions")."""
    prefixes = {
        "cn-": "aws-cn",
        "us-gov-": "aws-us-gov",
        "us-iso-": "aws-iso",
        "us-isob-": "aws-iso-b",
        "eu-isoe-": "aws-iso-e",
        "us-isof-": "aws-iso-f",
        "eusc-": "aws-eusc",
    }
    return next((partition for prefix, partition in prefixes.items() if region.startswith(prefix)), "aws")
