"""What a GitLab of one's own costs a month, told before it is made. Pure.

Prices are those on demand of US East (Ohio) in USD: aws.amazon.com/ec2/pricing/on-demand (Linux), /ebs/pricing (gp3),
/secrets-manager/pricing, /route53/pricing. Other regions cost up to half as much again; taxes, discounts and saving plans are
left out. A machine's hours are those of AWS's own calculator: 730 a month.
"""

from __future__ import annotations

from collections.abc import Mapping

from strategies.answers import Answers
from strategies.private_server import own_names

_HOURS = 730
_HOURLY: Mapping[str, float] = {
    "c6i.xlarge": 0.17, "c7i.xlarge": 0.1785,
    "m5.large": 0.096, "m5.xlarge": 0.192, "m5a.large": 0.086,
    "m6a.large": 0.0864, "m6a.xlarge": 0.1728, "m6g.large": 0.077, "m6g.xlarge": 0.154,
    "m6i.large": 0.096, "m6i.xlarge": 0.192, "m6i.2xlarge": 0.384,
    "m7a.large": 0.1159, "m7g.large": 0.0816, "m7g.xlarge": 0.1632, "m7i.large": 0.1008, "m7i.xlarge": 0.2016,
    "r6i.large": 0.126, "r6i.xlarge": 0.252,
    "t3.large": 0.0832, "t3.xlarge": 0.1664, "t3a.large": 0.0752, "t3a.xlarge": 0.1504, "t4g.large": 0.0672,
}  # fmt: skip
_GIB = 0.08
_ROOT_GIB = 20
"""What the disk of an image with GitLab has at least; an image may bring a larger one."""
_SECRET = 0.40
_ZONE = 0.50


def monthly(answers: Answers) -> float | None:
    """USD a month without backups and traffic; None for an instance type whose price is not known here."""
    own = answers.private_server.own
    hourly = _HOURLY.get(own.instance_type)
    if hourly is None:
        return None
    disks = (int(own.data_gib) + _ROOT_GIB) * _GIB
    return hourly * _HOURS + disks + len(own_names.secrets(answers)) * _SECRET + _ZONE


def cost(answers: Answers) -> str:
    """In one sentence; says of what it consists, and for which region."""
    own = answers.private_server.own
    total = monthly(answers)
    parts = f"{own.instance_type}, {own.data_gib} GiB of data, {len(own_names.secrets(answers))} secrets, a private zone"
    backups = ", backups in S3 besides (about 0.023 USD a GB)" if own.backup_bucket is not None else ""
    if total is None:
        hours = f"{_HOURS} hours of {own.instance_type}"
        rest = int(own.data_gib) * _GIB + _ROOT_GIB * _GIB + len(own_names.secrets(answers)) * _SECRET + _ZONE
        return f"{hours} (price not known here) and about {rest:.0f} USD a month for the rest in us-east-2{backups}"
    return f"about {total:.0f} USD a month in us-east-2 ({parts}){backups}; other regions up to half more"
