"""What is asked for a GitLab of one's own on one machine in the VPC."""

from __future__ import annotations

from typing import Annotated

from strategies.section import Arn, DnsSubdomain, Form, IamName, IamPath, SecretRef, Section


class OwnServer(Section):
    """A GitLab of one's own, where there is no server yet: one machine from an image that the operator names."""

    make: bool = False
    """Make one. Nothing is downloaded: the image brings GitLab."""
    image_id: (
        Annotated[str, Form(r"^ami-[0-9a-f]{8,17}$", "ami- and 8 to 17 hexadecimal digits", example="ami-0a1b2c3d4e5f60718")]
        | None
    ) = None
    """Machine image with GitLab installed (the Omnibus package) and not configured."""
    instance_type: Annotated[str, Form(r"^[a-z0-9-]{1,20}\.[a-z0-9-]{1,20}$", "an EC2 instance type", example="m6i.large")] = (
        "m6i.large"
    )
    """Instance type: GitLab wants 2 vCPU and 8 GB at least (GitLab docs, "Installation requirements")."""
    subnet_id: (
        Annotated[
            str, Form(r"^subnet-[0-9a-f]{8,17}$", "subnet- and 8 to 17 hexadecimal digits", example="subnet-0aaaaaaaaaaaaaaaa")
        ]
        | None
    ) = None
    """Private subnet that the machine is made in."""
    address: Annotated[str, Form(r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$", "an IPv4 address", example="10.0.3.20")] | None = None
    """Private address of the machine: fixed, so that it keeps it when it is made anew."""
    zone: DnsSubdomain | None = None
    """Private hosted zone of the server's name: the name itself, so that no other name of the company is hidden."""
    operator_cidrs: (
        list[Annotated[str, Form(r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$", "an IPv4 network", example="10.8.0.0/24")]] | None
    ) = None
    """Who else may reach it besides the nodes: the operators' network."""
    data_gib: Annotated[str, Form(r"^[1-9][0-9]{1,4}$", "a number of GiB, in quotes", example="'50'")] = "50"
    """Size of its data volume in GiB. It is kept by ``destroy`` unless it is named."""
    certificate: SecretRef | None = None
    """Where the server's certificate (PEM, with those between it and the CA) is found."""
    private_key: SecretRef | None = None
    """Where its private key (PEM) is found."""
    backup_bucket: (
        Annotated[str, Form(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", "the name of an S3 bucket", example="acme-git-backups")]
        | None
    ) = None
    """Bucket to which a backup goes every night, through the VPC's S3 gateway endpoint. None: no backups."""
    role_name: IamName | None = None
    """Name of the IAM role and instance profile of the machine."""
    role_path: IamPath = "/"
    """IAM path of that role."""
    permissions_boundary: Arn | None = None
    """ARN of the permissions boundary, where the account demands one."""
