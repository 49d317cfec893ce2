"""A GitLab of one's own on one machine in the cluster's VPC, as resources. Pure, for complete answers."""

from __future__ import annotations

from collections.abc import Iterator

from strategies.answers import Answers
from strategies.base import Group, Resource
from strategies.common import aws_names
from strategies.common.manifests import owner
from strategies.kinds import (
    DataVolumeResource,
    Ec2InstanceResource,
    GitLabServerResource,
    IamRoleResource,
    InstanceProfileResource,
    PrivateNameResource,
    SecurityGroupResource,
    StoredSecretResource,
)
from strategies.private_server import own_configuration, own_names, own_policies
from strategies.private_server.own_cost import cost

__all__ = ["cost", "resources"]

_HTTPS, _SSH = 443, 22


def resources(answers: Answers) -> Iterator[Resource]:
    """Everything that the server consists of, each after what it needs; nothing where none is to be made."""
    if not answers.private_server.own.make:
        return
    yield from _network(answers)
    yield from _identity(answers)
    yield from _secrets(answers)
    yield from _machine(answers)
    yield _server(answers)


def data(answers: Answers) -> str | None:
    """The address of the volume with everything that a server of one's own holds; None where the server is somebody else's."""
    return own_names.VOLUME if answers.private_server.own.make else None


def server(answers: Answers) -> GitLabServerResource | None:
    """The server itself; None where none is to be made, and while what it takes is not answered."""
    try:
        return _server(answers) if answers.private_server.own.make else None
    except ValueError:
        return None


def clients(answers: Answers) -> tuple[str, ...]:
    """Who may reach the server: the nodes, and the operators' networks."""
    return tuple(dict.fromkeys((*(answers.cluster.machine_cidrs or ()), *(answers.private_server.own.operator_cidrs or ()))))


def storage(answers: Answers) -> str:
    """Name of the prefix list that stands for S3 in the region (VPC user guide, "AWS-managed prefix lists")."""
    return aws_names.endpoint_service(answers.aws.region or "", "s3")


def _network(answers: Answers) -> Iterator[Resource]:
    own, name, vpc = answers.private_server.own, own_names.machine(answers.name or ""), answers.aws.vpc_id or ""
    # AWS's resolver, clock and instance metadata pass every security group (VPC user guide, "Security groups").
    outward = [(cidr, _HTTPS) for cidr in answers.cluster.machine_cidrs or ()]
    if own.backup_bucket is not None:
        outward.append((storage(answers), _HTTPS))
    yield SecurityGroupResource(
        address=own_names.SECURITY_GROUP,
        title=f"Security group {name}",
        group=Group.AWS,
        owner=owner(answers),
        explain="Lets the nodes and the operators in at 443 and 22; lets out to the VPC's endpoints, and to S3 for backups.",
        name=name,
        vpc_id=vpc,
        description=f"GitLab for {answers.cluster.infrastructure_name}",
        ingress_cidrs=clients(answers),
        port=_HTTPS,
        more_ports=(_SSH,),
        egress=tuple(outward),
    )
    yield PrivateNameResource(
        address=own_names.NAME,
        title=f"Private name {own.zone}",
        group=Group.AWS,
        owner=owner(answers),
        explain=f"In the VPC the name leads to {own.address}; no other name of the company is hidden by it.",
        name=own.zone or "",
        vpc_id=vpc,
        target=own.address or "",
    )


def _identity(answers: Answers) -> Iterator[Resource]:
    own = answers.private_server.own
    role = own.role_name or ""
    yield IamRoleResource(
        address=own_names.ROLE,
        title=f"IAM role {role}",
        group=Group.AWS,
        owner=owner(answers),
        explain="Lets Systems Manager reach the machine, and the machine its own secrets and its backups' folder.",
        name=role,
        path=own.role_path,
        description=f"GitLab machine of {answers.name} (ezgitops)",
        permissions_boundary=own.permissions_boundary,
        trust_policy=own_policies.machine_trust(answers),
        policy_name="gitlab",
        policy=own_policies.machine(answers),
    )
    yield InstanceProfileResource(
        address=own_names.INSTANCE_PROFILE,
        title=f"Instance profile {role}",
        group=Group.AWS,
        owner=owner(answers),
        depends_on=(own_names.ROLE,),
        explain="Gives the role to the machine.",
        name=role,
        path=own.role_path,
    )


def _secrets(answers: Answers) -> Iterator[Resource]:
    """The certificate stays in its secret: a machine that is made anew needs it again, and every plan compares it.

    It never goes through a command's parameters, which Systems Manager keeps in its history for 30 days.
    """
    own, instance = answers.private_server.own, answers.name or ""
    told = {
        "certificate": (own_names.CERTIFICATE_SECRET, "gone", "Hands the certificate and its key to the machine, encrypted."),
        "root-password": (own_names.PASSWORD_SECRET, "recoverable", "Root's first password, made on the machine."),
        "administrator-token": (own_names.TOKEN_SECRET, "gone", "An administrator's token for this program: it ends in a day."),
        "keys": (own_names.KEYS_SECRET, "kept", "The keys without which no backup can be read; kept apart from the backups."),
    }
    for which in own_names.secrets(answers):
        address, after, explain = told[which]
        values = {"certificate": own.certificate or "", "privateKey": own.private_key or ""} if which == "certificate" else {}
        yield StoredSecretResource(
            address=address,
            title=f"Secret {own_names.secret(instance, which)}",
            group=Group.AWS,
            owner=owner(answers),
            explain=explain,
            name=own_names.secret(instance, which),
            description=f"GitLab of {instance} (ezgitops): {which.replace('-', ' ')}",
            values=values,
            after=after,
        )


def _machine(answers: Answers) -> Iterator[Resource]:
    own, name, vpc = answers.private_server.own, own_names.machine(answers.name or ""), answers.aws.vpc_id or ""
    yield Ec2InstanceResource(
        address=own_names.INSTANCE,
        title=f"Machine {name}",
        group=Group.AWS,
        owner=owner(answers),
        depends_on=(own_names.SECURITY_GROUP, own_names.INSTANCE_PROFILE),
        explain="Runs GitLab: no public address, no SSH key of anybody's, IMDSv2 alone, encrypted disks. "
        f"With all that belongs to it: {cost(answers)}.",
        name=name,
        vpc_id=vpc,
        subnet_id=own.subnet_id or "",
        private_address=own.address or "",
        instance_type=own.instance_type,
        image_id=own.image_id,
        security_group=own_names.SECURITY_GROUP,
        profile_name=own.role_name or "",
    )
    yield DataVolumeResource(
        address=own_names.VOLUME,
        title=f"Data volume {name}",
        group=Group.AWS,
        owner=owner(answers),
        depends_on=(own_names.INSTANCE,),
        explain="Holds every repository and GitLab's settings; kept when the machine goes.",
        name=name,
        vpc_id=vpc,
        subnet_id=own.subnet_id or "",
        private_address=own.address or "",
        size_gib=int(own.data_gib),
        made_of=_made_of(answers),
    )


def _made_of(answers: Answers) -> tuple[str, str, str]:
    own = answers.private_server.own
    return own.image_id or "", own.instance_type, own.role_name or ""


def _server(answers: Answers) -> GitLabServerResource:
    own, instance = answers.private_server.own, answers.name or ""
    keys = own_names.secret(instance, "keys") if own.backup_bucket is not None else None
    needed = [own_names.NAME, own_names.VOLUME, own_names.CERTIFICATE_SECRET, own_names.PASSWORD_SECRET, own_names.TOKEN_SECRET]
    return GitLabServerResource(
        address=own_names.SERVER,
        title=f"GitLab {own.zone}",
        group=Group.AWS,
        owner=owner(answers),
        depends_on=(*needed, *((own_names.KEYS_SECRET,) if keys is not None else ())),
        explain="Configures GitLab through Systems Manager; the first time takes about ten minutes.",
        host=own.zone or "",
        region=answers.aws.region or "",
        vpc_id=answers.aws.vpc_id or "",
        private_address=own.address or "",
        volume_name=own_names.machine(instance),
        made_of=_made_of(answers),
        configuration=own_configuration.configuration(answers),
        certificate=own.certificate or "",
        certificate_secret=own_names.secret(instance, "certificate"),
        password_secret=own_names.secret(instance, "root-password"),
        token_secret=own_names.secret(instance, "administrator-token"),
        keys_secret=keys,
        backup_folder=own_configuration.folder(answers),
    )
