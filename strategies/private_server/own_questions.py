"""What is asked for a GitLab of one's own, where there is no server yet."""

from __future__ import annotations

from strategies.answers import Answers
from strategies.base import Kind, Page, Question
from strategies.facts import AWS_INSTANCES, AWS_PRIVATE_ZONES, AWS_TAKEN_ADDRESSES, AWS_VPCS, CLUSTER_INFO
from strategies.private_server import own_offers


def _made(answers: Answers) -> bool:
    return answers.private_server.own.make


QUESTIONS: tuple[Question, ...] = (
    Question(
        key="privateServer.own.make",
        title="Make the server",
        help="Where there is no server yet, a GitLab is made: a machine in the VPC, from an image of yours with its package. "
        "What it costs a month is told here.",
        page=Page.DETAILS,
        kind=Kind.YES_NO,
        leads=True,
        judge=own_offers.told_cost,
    ),
    Question(
        key="privateServer.own.imageId",
        title="Image with GitLab",
        help="An AMI with GitLab's Linux package installed and not configured. Nothing is downloaded.",
        page=Page.DETAILS,
        leads=True,
        required=True,
        relevant=_made,
    ),
    Question(
        key="privateServer.own.instanceType",
        title="Instance type",
        help="GitLab wants 2 vCPU and 8 GB at least, and the image's architecture.",
        page=Page.DETAILS,
        leads=True,
        judge=own_offers.told_cost,
        relevant=_made,
    ),
    Question(
        key="privateServer.own.subnetId",
        title="Machine's subnet",
        help="A private subnet of the cluster's VPC. Its data volume is in the same zone, and does not move.",
        page=Page.DETAILS,
        leads=True,
        kind=Kind.CHOICE,
        required=True,
        suggest=own_offers.suggested_subnet,
        choices=own_offers.subnets,
        needs=(AWS_VPCS.id, AWS_INSTANCES.id, CLUSTER_INFO.id),
        relevant=_made,
    ),
    Question(
        key="privateServer.own.address",
        title="Machine's address",
        help="A free private address of that subnet; it stays the same when the machine is made anew.",
        page=Page.DETAILS,
        leads=True,
        required=True,
        suggest=own_offers.suggested_address,
        judge=own_offers.judge_address,
        needs=(AWS_VPCS.id, AWS_INSTANCES.id, AWS_TAKEN_ADDRESSES.id),
        relevant=_made,
    ),
    Question(
        key="privateServer.own.zone",
        title="Private hosted zone",
        help="The server's whole name: the zone answers for it alone, so that no other name of the company is hidden.",
        page=Page.DETAILS,
        leads=True,
        required=True,
        suggest=own_offers.suggested_zone,
        judge=own_offers.judge_zone,
        needs=(AWS_PRIVATE_ZONES.id,),
        relevant=_made,
    ),
    Question(
        key="privateServer.own.certificate",
        title="Certificate",
        help="Where the PEM is found, its own certificate first and then those up to your CA: file:PATH, env:NAME or "
        "aws-secretsmanager:ID.",
        page=Page.DETAILS,
        leads=True,
        kind=Kind.SECRET,
        required=True,
        relevant=_made,
    ),
    Question(
        key="privateServer.own.privateKey",
        title="Certificate's key",
        help="Where the PEM is found, without a pass phrase. It reaches the machine through AWS Secrets Manager alone.",
        page=Page.DETAILS,
        leads=True,
        kind=Kind.SECRET,
        required=True,
        relevant=_made,
    ),
    Question(
        key="privateServer.own.operatorCidrs",
        title="Operators' networks",
        help="Who reaches it at 443 and 22 besides the nodes. This machine has to: it makes the repository and its credential.",
        page=Page.DETAILS,
        leads=True,
        kind=Kind.LIST,
        required=True,
        relevant=_made,
    ),
    Question(
        key="privateServer.own.dataGib",
        title="Data volume in GiB",
        help="In GiB. It can grow later and not shrink; destroy keeps it unless it is named.",
        page=Page.DETAILS,
        leads=True,
        judge=own_offers.judge_size,
        relevant=_made,
    ),
    Question(
        key="privateServer.own.backupBucket",
        title="Bucket for backups",
        help="One that is there: a backup goes to it every night through the VPC's S3 gateway endpoint. None: no backups.",
        page=Page.DETAILS,
        leads=True,
        relevant=_made,
    ),
    Question(
        key="privateServer.own.roleName",
        title="Role of the machine",
        help="Made with just what Systems Manager, its secrets and its backups need; the instance profile has the same name.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=own_offers.suggested_role,
        needs=(CLUSTER_INFO.id,),
        relevant=_made,
    ),
    Question(
        key="privateServer.own.rolePath",
        title="IAM path of that role",
        help="A slash alone, or a path with slashes at both ends.",
        page=Page.DETAILS,
        advanced=True,
        relevant=_made,
    ),
    Question(
        key="privateServer.own.permissionsBoundary",
        title="Permissions boundary",
        help="ARN of the policy that bounds every role, where the account demands one.",
        page=Page.DETAILS,
        advanced=True,
        relevant=_made,
    ),
)
