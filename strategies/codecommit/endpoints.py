"""The interface endpoints that the strategy needs: which are there in the cluster's VPC, whose, and which are made. Pure."""

from __future__ import annotations

from strategies.base import Situation
from strategies.common import aws_names, effective
from strategies.facts import AWS_ENDPOINTS, Endpoint

SERVING = ("available", "pending")
"""The states of an endpoint that serves, or is about to (EC2 API reference, "VpcEndpoint")."""


def git_service(situation: Situation) -> str:
    """Short name of the endpoint service for Git."""
    return "git-codecommit-fips" if situation.answers.codecommit.network.fips else "git-codecommit"


def needed(situation: Situation) -> tuple[str, ...]:
    """Short names of the services that the cluster has to reach."""
    uses_role = situation.answers.codecommit.credentials.method == "iam-role"
    return (git_service(situation), "sts") if uses_role else (git_service(situation),)


def planned(situation: Situation) -> tuple[str, ...]:
    """Short names of the services for which the plan sees to an endpoint."""
    network = situation.answers.codecommit.network
    found = [one for one in needed(situation) if one != "sts" or network.sts_endpoint == "when-missing"]
    if network.api_endpoint:
        found.append("codecommit-fips" if network.fips else "codecommit")
    return tuple(found)


def to_make(situation: Situation) -> tuple[str, ...]:
    """Those of the planned ones that are not there yet."""
    return tuple(one for one in planned(situation) if endpoint_for(situation, one) is None)


def endpoint_for(situation: Situation, short: str) -> Endpoint | None:
    """The interface endpoint in the cluster's VPC that is ours, else the one that holds the service's private DNS name."""
    region, home = effective.region(situation), effective.vpc(situation)
    if region is None or home is None:
        return None
    name = aws_names.endpoint_service(region, short)
    there = [
        one
        for one in situation.facts.get(AWS_ENDPOINTS) or ()
        if one.vpc_id == home.id and one.type == "Interface" and one.service == name and one.state != "deleting"
    ]
    ours = [one for one in there if is_ours(situation, one)]
    return next(iter([*ours, *(one for one in there if one.private_dns)]), None)


def is_ours(situation: Situation, endpoint: Endpoint) -> bool:
    """True for one that this instance made, which the plan mends where it differs."""
    return endpoint.instance is not None and endpoint.instance == effective.instance(situation)


def foreign(situation: Situation) -> tuple[tuple[str, Endpoint], ...]:
    """Short name and endpoint of those that the cluster has to use as they are: they are there, and not ours."""
    found = ((short, endpoint_for(situation, short)) for short in needed(situation))
    return tuple((short, one) for short, one in found if one is not None and not is_ours(situation, one))


def whose(endpoint: Endpoint) -> str:
    """Who keeps it, as far as its tags say."""
    if endpoint.instance is not None:
        return f"made by the instance {endpoint.instance}"
    return f"kept by {endpoint.keeper}" if endpoint.keeper else "kept by somebody else"
