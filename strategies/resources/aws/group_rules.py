"""Rules of security groups: what they let through, and how they are said in words. Pure.

EC2 API reference, "IpPermission" and "SecurityGroupRule".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from strategies.base import Json

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        IpPermissionOutputTypeDef,
        IpPermissionTypeDef,
        IpRangeTypeDef,
        PrefixListIdTypeDef,
        SecurityGroupRuleTypeDef,
    )

MISSING = ("InvalidGroup.NotFound", "InvalidGroupId.NotFound")
"""EC2's codes for a security group that is not there, or not known everywhere yet."""


def open_cidrs(permissions: Sequence[IpPermissionOutputTypeDef], port: int) -> list[str]:
    """IPv4 ranges with which TCP ``port`` is let through, sorted."""
    return sorted(
        block["CidrIp"] for one in permissions if _covers(one, port) for block in one.get("IpRanges", ()) if "CidrIp" in block
    )


def refers_elsewhere(permissions: Sequence[IpPermissionOutputTypeDef], port: int) -> bool:
    """True when TCP ``port`` is also let in by reference (another group, a prefix list): who that is, is not known here."""
    return any(_covers(one, port) and (one.get("UserIdGroupPairs") or one.get("PrefixListIds")) for one in permissions)


def in_words(protocol: str, low: int, high: int, peer: str, *, outbound: bool = False) -> str:
    """``tcp 443 from 10.0.0.0/16``; ``everything to 0.0.0.0/0``."""
    way = "to" if outbound else "from"
    if protocol == "-1":
        return f"everything {way} {peer}"
    return f"{protocol} {low if low == high else f'{low}-{high}'} {way} {peer}"


def permission_words(permission: IpPermissionOutputTypeDef, *, outbound: bool = False) -> list[str]:
    """Every rule of a permission, as DescribeSecurityGroups groups them."""
    peers = [block["CidrIp"] for block in permission.get("IpRanges", ()) if "CidrIp" in block]
    peers += [block["CidrIpv6"] for block in permission.get("Ipv6Ranges", ()) if "CidrIpv6" in block]
    peers += [pair["GroupId"] for pair in permission.get("UserIdGroupPairs", ()) if "GroupId" in pair]
    peers += [one["PrefixListId"] for one in permission.get("PrefixListIds", ()) if "PrefixListId" in one]
    protocol, low, high = permission.get("IpProtocol", "-1"), permission.get("FromPort", -1), permission.get("ToPort", -1)
    return [in_words(protocol, low, high, peer, outbound=outbound) for peer in peers]


def rule_words(rule: SecurityGroupRuleTypeDef) -> str:
    """A single rule, as DescribeSecurityGroupRules gives it, in the same words."""
    group = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    peer = rule.get("CidrIpv4") or rule.get("CidrIpv6") or group or rule.get("PrefixListId") or ""
    protocol, low, high = rule.get("IpProtocol", "-1"), rule.get("FromPort", -1), rule.get("ToPort", -1)
    return in_words(protocol, low, high, peer, outbound=bool(rule.get("IsEgress")))


def tcp(port: int, cidrs: Sequence[str], description: str) -> IpPermissionTypeDef:
    """The permission that lets TCP ``port`` through with these ranges."""
    ranges: list[IpRangeTypeDef] = [{"CidrIp": cidr, "Description": description} for cidr in cidrs]
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}


def tcp_to(port: int, target: str, description: str) -> IpPermissionTypeDef:
    """The permission that lets TCP ``port`` through with a range, or with a prefix list (``pl-``)."""
    if not target.startswith("pl-"):
        return tcp(port, [target], description)
    listed: list[PrefixListIdTypeDef] = [{"PrefixListId": target, "Description": description}]
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "PrefixListIds": listed}


def as_told(permissions: Sequence[IpPermissionTypeDef]) -> Json:
    """The same for the journal, and so for the equivalent command."""
    return [cast("dict[str, Json]", dict(one)) for one in permissions]


def _covers(permission: IpPermissionOutputTypeDef, port: int) -> bool:
    protocol = permission.get("IpProtocol")
    if protocol == "-1":
        return True
    return protocol == "tcp" and permission.get("FromPort", 0) <= port <= permission.get("ToPort", 65535)
