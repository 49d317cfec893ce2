"""A GitLab of one's own, before it is made: its image, its way to AWS, its name, its certificate, its backups."""

from __future__ import annotations

from datetime import datetime, timedelta

from strategies.base import Check, Situation, Status, Verdict
from strategies.common import aws_names, effective
from strategies.common.cidrs import apart
from strategies.common.verdicts import aws, failed, passed, unknown, unseen, warned
from strategies.facts import (
    AWS_ENDPOINTS,
    AWS_PRIVATE_ZONES,
    AWS_SECURITY_GROUPS,
    OWN_CERTIFICATE,
    OWN_IMAGE,
    Endpoint,
)
from strategies.private_server import own_offers

_NEEDED = ("ssm", "ssmmessages", "ec2messages", "secretsmanager")
"""Run Command's three (SSM user guide, "Create VPC endpoints for Systems Manager"), and the machine's secrets."""
_SERVING = ("available", "pending")
_SOON = timedelta(days=30)
_MAKE = "Make them in the cluster's VPC with private DNS, open for the machine: it has no other way."


def image(situation: Situation) -> Verdict:
    """The image is there, usable, and of the instance type's architecture."""
    own = situation.answers.private_server.own
    if own.image_id is None:
        return unknown("no image is answered yet")
    missing, found = unseen(situation, OWN_IMAGE.id), situation.facts.get(OWN_IMAGE)
    if missing is not None or found is None:
        return missing or unknown("not read yet")
    command = aws(situation, "ec2", "describe-images", "--owners", "self", "--query", "Images[].[ImageId,Name,State]")
    if not found.exists:
        return failed(f"this account sees no image {found.id} in its region", "Answer privateServer.own.imageId.", command)
    named = f"{found.id} ({found.name})" if found.name else found.id
    if found.state != "available":
        return failed(f"{named} is {found.state}", "Wait until it is available, or answer another image.", command)
    if not found.types:
        return failed(f"the region has no instance type {own.instance_type}", "Answer privateServer.own.instanceType.")
    if found.architecture not in found.types:
        evidence = f"{named} is for {found.architecture}, {own.instance_type} runs {', '.join(found.types)}"
        return failed(evidence, "Answer an image or an instance type of the other's architecture.", command)
    return passed(f"{named}, {found.architecture}; whether GitLab's package is on it shows when it is set up")


def endpoints(situation: Situation) -> Verdict:
    """The machine reaches Systems Manager and Secrets Manager, through endpoints that let it in."""
    own, home = situation.answers.private_server.own, effective.vpc(situation)
    missing, found = unseen(situation, AWS_ENDPOINTS.id), situation.facts.get(AWS_ENDPOINTS)
    if missing is not None or found is None or home is None:
        return missing or unknown("the cluster's VPC is not known")
    there = {short: _endpoint(situation, short, home.id) for short in _NEEDED}
    lacking = [short for short, one in there.items() if one is None]
    subnet = own_offers.chosen_subnet(situation)
    if lacking:
        if subnet is not None and subnet.way_out is not None:
            return warned(f"no endpoint for {', '.join(lacking)}: the way out of {subnet.id} would have to serve", _MAKE)
        command = aws(
            situation, "ec2", "create-vpc-endpoint", "--vpc-endpoint-type", "Interface", "--vpc-id", home.id,
            "--service-name", _service(situation, lacking[0]), "--subnet-ids", own.subnet_id or "SUBNET",
            "--security-group-ids", "GROUP", "--private-dns-enabled",
        )  # fmt: skip
        return failed(f"{home.name or home.id} has no endpoint with private DNS for {', '.join(lacking)}", _MAKE, command)
    shut = [short for short, one in there.items() if one is not None and not _lets_in(situation, one)]
    if shut:
        evidence = f"the security groups of {', '.join(shut)} do not let {own.address or 'the machine'} in at 443"
        return failed(evidence, "Let the machine's address in there, at TCP 443.")
    return passed(f"endpoints for {', '.join(_NEEDED)}")


def name(situation: Situation) -> Verdict:
    """The server's name is the zone's, and nobody else answers for it."""
    return (
        unseen(situation, AWS_PRIVATE_ZONES.id)
        or own_offers.judge_zone(situation)
        or unknown("no name is answered yet", "Answer privateServer.own.zone with the host of the repository's URL.")
    )


def certificate(situation: Situation) -> Verdict:
    """Certificate and key belong together, are for the name, and hold for a while."""
    own = situation.answers.private_server.own
    if own.certificate is None or own.private_key is None:
        return unknown("no certificate and key are answered yet")
    missing, found = unseen(situation, OWN_CERTIFICATE.id), situation.facts.get(OWN_CERTIFICATE)
    if missing is not None or found is None:
        return missing or unknown("not read yet")
    remedy = "Answer privateServer.own.certificate and privateKey with what your CA issued for the name."
    if found.fault:
        return failed(found.fault, remedy)
    if not found.key_fits:
        return failed(f"the key is not that of {found.subject}", remedy)
    host = own.zone or ""
    if not any(_covers(one, host) for one in found.names):
        listed = ", ".join(found.names[:5]) or "no DNS name at all"
        return failed(f"the certificate is for {listed}, and not for {host}", remedy)
    if not found.chain:
        return failed("its certificates do not sign each other in their order", "Put the server's own first, then its issuers.")
    told = _lifetime(found.not_before, found.not_after, situation.facts.readings[OWN_CERTIFICATE.id].at, found.issuer)
    asked = situation.answers.private_server.server
    if told.status is Status.PASS and asked.ca_file is None and asked.ca_fingerprint is None:
        return warned(
            f"it is issued by {found.issuer}, and no CA is answered by which Argo CD believes that",
            "Name its file (privateServer.server.caFile), or confirm one that comes with it (caFingerprint).",
        )
    return told


def backups(situation: Situation) -> Verdict:
    """Backups reach their bucket through the VPC's S3 gateway endpoint."""
    own, home = situation.answers.private_server.own, effective.vpc(situation)
    if own.backup_bucket is None:
        return warned("no backups are made", "Answer privateServer.own.backupBucket, or accept this warning.")
    missing, found = unseen(situation, AWS_ENDPOINTS.id), situation.facts.get(AWS_ENDPOINTS)
    if missing is not None or found is None or home is None:
        return missing or unknown("the cluster's VPC is not known")
    service = _service(situation, "s3")
    gateway = [one for one in found if (one.vpc_id, one.service, one.type) == (home.id, service, "Gateway")]
    if not gateway:
        subnet = own_offers.chosen_subnet(situation)
        command = aws(
            situation, "ec2", "create-vpc-endpoint", "--vpc-id", home.id, "--service-name", service,
            "--route-table-ids", (subnet.route_table if subnet is not None else None) or "TABLE",
        )  # fmt: skip
        return failed(f"{home.name or home.id} has no gateway endpoint for S3", "Make one; it costs nothing.", command)
    return passed(f"{own.backup_bucket} through {gateway[0].id}; the bucket itself is seen when the first backup is made")


def _lifetime(begins: datetime | None, ends: datetime | None, at: datetime, issuer: str) -> Verdict:
    remedy = "Have your CA issue another one; the next apply puts it on the machine."
    if ends is None or begins is None:
        return unknown("the certificate does not say how long it holds")
    if begins > at:
        return failed(f"it holds from {begins:%Y-%m-%d} on", remedy)
    if ends <= at:
        return failed(f"it ended on {ends:%Y-%m-%d}", remedy)
    if ends - at < _SOON:
        return warned(f"it ends on {ends:%Y-%m-%d}, in {(ends - at).days} days", remedy)
    return passed(f"issued by {issuer}, until {ends:%Y-%m-%d}")


def _covers(listed: str, host: str) -> bool:
    """RFC 6125, section 6.4.3: a star stands for one label, the first."""
    if listed.startswith("*."):
        return host.partition(".")[2] == listed[2:]
    return listed == host


def _service(situation: Situation, short: str) -> str:
    return aws_names.endpoint_service(effective.region(situation) or "", short)


def _endpoint(situation: Situation, short: str, vpc_id: str) -> Endpoint | None:
    """The interface endpoint that a name in the VPC leads to."""
    service = _service(situation, short)
    fitting = (
        one
        for one in situation.facts.get(AWS_ENDPOINTS) or ()
        if (one.vpc_id, one.service, one.type) == (vpc_id, service, "Interface") and one.private_dns and one.state in _SERVING
    )
    return next(fitting, None)


def _lets_in(situation: Situation, endpoint: Endpoint) -> bool:
    """Whether a group of the endpoint lets the machine's address in; what cannot be seen is not held against it."""
    groups, address = situation.facts.get(AWS_SECURITY_GROUPS), situation.answers.private_server.own.address
    if groups is None or address is None:
        return True
    known = [one for one in groups if one.id in endpoint.security_group_ids]
    sources = [source for one in known for source in one.sources(443)]
    # A group or prefix list as source may hold the machine: what is behind it is not known here.
    return not known or any("/" not in source or not apart([f"{address}/32"], [source]) for source in sources)


def _idle(situation: Situation) -> str | None:
    return None if situation.answers.private_server.own.make else "no server is to be made"


CHECKS: tuple[Check, ...] = (
    Check(
        id="own.image",
        title="Image with GitLab",
        why="Nothing is downloaded in this VPC: the machine has what its image brings.",
        judge=image,
        needs=(OWN_IMAGE.id,),
        handles_errors=True,
        idle=_idle,
    ),
    Check(
        id="own.endpoints",
        title="The machine's way to AWS",
        why="It is set up through Systems Manager, and fetches its certificate from Secrets Manager.",
        judge=endpoints,
        needs=(AWS_ENDPOINTS.id, AWS_SECURITY_GROUPS.id),
        handles_errors=True,
        idle=_idle,
    ),
    Check(
        id="own.name",
        title="The server's name",
        why="The private zone answers for this one name in the VPC: a second one would decide by chance.",
        judge=name,
        needs=(AWS_PRIVATE_ZONES.id,),
        handles_errors=True,
        idle=_idle,
    ),
    Check(
        id="own.certificate",
        title="The server's certificate",
        why="Argo CD believes the server by it; nginx does not start with a key of another one.",
        judge=certificate,
        needs=(OWN_CERTIFICATE.id,),
        handles_errors=True,
        idle=_idle,
    ),
    Check(
        id="own.backups",
        title="Backups of the server",
        why="A volume in one zone is the only copy of what the company keeps there, until there is a backup.",
        judge=backups,
        needs=(AWS_ENDPOINTS.id,),
        handles_errors=True,
        idle=_idle,
        blocking=False,
    ),
)
