"""What only a pod of the cluster can tell: whether it starts, what names mean there, and who answers.

A workstation's view is not the cluster's: its names, its routes and its trusted authorities are others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from strategies.base import Check, Remedy, Situation, Status, Vantage, Verdict
from strategies.codecommit.endpoints import endpoint_for, git_service, is_ours
from strategies.codecommit.probe import IMAGE_KEY
from strategies.common import effective
from strategies.common.checks import probe
from strategies.common.cidrs import uncovered
from strategies.common.verdicts import aws, counted, failed, oc, passed, skipped, warned
from strategies.facts import (
    AWS_ENDPOINTS,
    AWS_SECURITY_GROUPS,
    AWS_VPCS,
    CLUSTER_PROBE,
    Endpoint,
    HostView,
    Listing,
    ListingState,
)

_NOT_LED = "not looked at: the name does not lead to the endpoint"
_NOT_REACHED = "not looked at: the endpoint takes no connection"
_NO_GIT = "there is no available endpoint for Git in this VPC yet: nothing to look at before apply has made it"
_NO_STS = "there is no available STS endpoint in this VPC yet: nothing to look at before apply has made it"


def image(situation: Situation) -> Verdict:
    """A pod with the helper image starts in Argo CD's namespace; the refresher, where there is one, runs on it too."""
    return probe.image(situation, IMAGE_KEY, needed=situation.answers.codecommit.credentials.method == "iam-role")


def git_dns(situation: Situation) -> Verdict:
    """Git's host name resolves to addresses of this VPC."""
    return _of_git(situation, _git_dns)


def _git_dns(situation: Situation, git: HostView) -> Verdict:
    outside = _outside(situation, git.addresses)
    if git.addresses and not outside:
        return passed(f"{git.host} is {', '.join(git.addresses)}")
    seen = f"to {', '.join(outside)}, outside of the VPC" if outside else f"to nothing ({git.name_error or 'no address'})"
    remedy = (
        "Something answers for this name before the endpoint does: look for a private hosted zone of that name, a resolver "
        "rule, or DNS servers of your own in the VPC's DHCP options or in the cluster's DNS operator."
    )
    home = effective.vpc(situation)
    where = ("--vpc-id", home.id if home is not None else "VPC", "--vpc-region", effective.region(situation) or "REGION")
    command = aws(situation, "route53", "list-hosted-zones-by-vpc", *where)
    if git.trusted:  # a way out, or an endpoint that several VPCs share
        return warned(f"{git.host} resolves {seen}, and answers there: the endpoint is passed by", remedy, command)
    return failed(f"{git.host} resolves {seen}", remedy, command)


def git_tcp(situation: Situation) -> Verdict:
    """The endpoint takes connections from the pod, at each of its addresses."""
    return _of_git(situation, _git_tcp)


def _git_tcp(situation: Situation, git: HostView) -> Verdict:
    if not git.trusted and (not git.addresses or _outside(situation, git.addresses)):
        return skipped(_NOT_LED)
    return _tcp(situation, git, git_service(situation))


def git_tls(situation: Situation) -> Verdict:
    """The certificate is that of the host, signed by an authority that the image knows."""
    return _of_git(situation, _git_tls)


def _git_tls(situation: Situation, git: HostView) -> Verdict:
    if not git.trusted and _outside(situation, git.addresses):
        return skipped(_NOT_LED)
    if not git.reached:
        return skipped(_NOT_REACHED)
    return passed(f"{git.host} has a certificate that the image trusts") if git.trusted else _intercepted(git)


def sts(situation: Situation) -> Verdict:
    """STS answers over its regional name: a private address, a certificate, an HTTP answer."""
    if situation.answers.codecommit.credentials.method != "iam-role":
        return skipped("a static password needs no STS")
    found = situation.facts.get(CLUSTER_PROBE)
    missing = probe.not_looked(found)
    if missing is not None:
        return missing
    view = found.sts if found is not None else None
    if view is None or not _serves(endpoint_for(situation, "sts")):
        return skipped(_NO_STS)
    outside = _outside(situation, view.addresses)
    if outside or not view.addresses:
        seen = ", ".join(outside) if outside else f"nothing ({view.name_error or 'no address'})"
        remedy = "Let the endpoint answer for this name: no private hosted zone and no DNS of your own may hold it."
        evidence = f"{view.host} resolves to {seen}, not to the endpoint"
        answers = outside and view.status is not None
        return warned(f"{evidence}, and answers there", remedy) if answers else failed(evidence, remedy)
    reach = _tcp(situation, view, "sts")
    if reach.status is not Status.PASS:
        return reach
    if view.tls_error:
        return _intercepted(view)
    if view.status is None:
        remedy = "Look for a middlebox between the nodes and the endpoint that lets connections in and no requests through."
        return failed(f"{view.host} takes connections and does not answer: {view.http_error or 'nothing came'}", remedy)
    return passed(f"{view.host} at {', '.join(view.addresses)} answers HTTP {view.status}")


def ls_remote(situation: Situation) -> Verdict:
    """The repository lists its references for what Argo CD's Secret holds."""
    return _of_git(situation, _listed)


def _listed(situation: Situation, git: HostView) -> Verdict:
    found = situation.facts.get(CLUSTER_PROBE)
    if not git.trusted:
        return skipped(_NOT_REACHED if not git.reached else "not looked at: the host's certificate is not trusted")
    listing = found.listing if found is not None else None
    if listing is None:
        return skipped("the repository's name or that of its Secret is not answered yet")
    name = situation.answers.codecommit.secret_name
    match listing.state:
        case ListingState.NO_SECRET:
            return skipped(f"Secret {name} does not exist yet: apply makes it")
        case ListingState.NO_PASSWORD:
            return warned(
                f"Secret {name} holds no password", "The refresher writes it: see what it says.", _refresher(situation)
            )
        case ListingState.OTHER_URL:
            evidence = f"Secret {name} is for another URL; its password was not sent"
            return warned(evidence, "Answer codecommit.secretName with a name that is free, or apply to bring it in step.")
        case ListingState.GITHUB_APP:
            return warned(f"Secret {name} is that of a GitHub App", "Apply brings it in step with the answers.")
        case ListingState.UNREACHED:
            evidence = (
                f"the request for {situation.answers.codecommit.repository.name} broke off: {listing.error or 'no answer'}"
            )
            return failed(evidence, "Check again; if it stays, look for a middlebox between the nodes and the endpoint.")
        case ListingState.ANSWERED:
            return _answered(situation, listing)


def _answered(situation: Situation, listing: Listing) -> Verdict:
    name, revision = situation.answers.codecommit.repository.name, situation.answers.source.revision
    if listing.status in (401, 403):
        evidence = f"CodeCommit refuses what the Secret holds for {name}: HTTP {listing.status}"
        if situation.answers.codecommit.credentials.method != "iam-role":
            return failed(evidence, "The user's credential is gone, inactive, or may not pull: apply makes a new one.")
        remedy = (
            "The password has ended or was made by a role that may not pull, or the endpoint's policy forbids it. The "
            "refresher says what it did last; apply again brings role, policy and refresher in step."
        )
        return failed(evidence, remedy, _refresher(situation))
    if listing.status == 404:
        command = aws(situation, "codecommit", "get-repository", "--repository-name", name or "NAME")
        return failed(f"there is no repository {name}", "Apply makes it.", command)
    if listing.status != 200:
        return failed(
            f"CodeCommit answers HTTP {listing.status}", "Check again; if it stays, look at the AWS Health Dashboard."
        )
    if listing.references == 0:
        return warned(f"{name} is empty", "Argo CD has nothing to sync before the mirror has run.", "ezgitops mirror")
    seen = counted(listing.references, "reference")
    if not listing.revision_found and revision is not None:
        return warned(f"{seen}, and no {revision} among them", "Push it to the source and mirror again.", "ezgitops mirror")
    return passed(f"Argo CD's own Secret lists {seen} of {name}")


def _of_git(situation: Situation, judge: Callable[[Situation, HostView], Verdict]) -> Verdict:
    """A verdict about Git's host, once a pod has looked at it."""
    found = situation.facts.get(CLUSTER_PROBE)
    missing = probe.not_looked(found)
    if missing is not None:
        return missing
    if found is None or found.git is None or not _serves(endpoint_for(situation, git_service(situation))):
        return skipped(_NO_GIT)
    return judge(situation, found.git)


def _serves(endpoint: Endpoint | None) -> bool:
    """True for one that is there and owns its service's name: without it there is nothing to look at."""
    return endpoint is not None and endpoint.state == "available" and endpoint.private_dns


def _tcp(situation: Situation, view: HostView, service: str) -> Verdict:
    if not view.unreached:
        return passed(f"{view.host} takes connections at {', '.join(view.addresses)}")
    whys = ", ".join(f"{address} ({why})" for address, why in view.unreached.items())
    found = endpoint_for(situation, service)
    endpoint = found.id if found is not None else "the endpoint"
    evidence = f"{view.host}:443 takes no connection at {whys}; {endpoint} holds the name"
    remedy = (
        "Let TCP 443 from the nodes through: the endpoint's security groups, the network ACLs of its subnets and of the "
        "nodes', and network policies (egress) in Argo CD's namespace have a say."
    )
    command = aws(situation, "ec2", "describe-vpc-endpoints", "--vpc-endpoint-ids", found.id) if found is not None else None
    if view.reached:
        return warned(evidence, remedy, command)
    if found is not None and is_ours(situation, found) and _shut(situation, found):
        return warned(evidence, "The endpoint is ours: apply puts its security groups right.", command)
    return failed(evidence, remedy, command)


def _shut(situation: Situation, endpoint: Endpoint) -> bool:
    """True unless its security groups are known to let every node in."""
    groups = situation.facts.get(AWS_SECURITY_GROUPS)
    if groups is None:
        return True
    sources = [source for one in groups if one.id in endpoint.security_group_ids for source in one.sources(443)]
    return bool(uncovered(situation.answers.cluster.machine_cidrs or (), sources))


def _intercepted(view: HostView) -> Verdict:
    signer = f"; it is signed by {view.issuer}" if view.issuer else ""
    remedy = (
        "Something between the nodes and the endpoint ends TLS: take this host out of TLS inspection. Argo CD and the "
        "refresher trust what their images trust, and that certificate is never accepted unverified."
    )
    return Verdict(Status.FAIL, f"{view.host}: {view.tls_error}{signer}", Remedy(remedy))


def _outside(situation: Situation, addresses: Sequence[str]) -> list[str]:
    """Those of the addresses that are in none of the VPC's networks."""
    home = effective.vpc(situation)
    networks = [ip_network(cidr, strict=False) for cidr in (home.cidrs if home is not None else ())]
    return [one for one in addresses if not any(_within(one, network) for network in networks)]


def _within(address: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(address) in network
    except ValueError:
        return False


def _refresher(situation: Situation) -> str:
    account, namespace = situation.answers.codecommit.credentials.service_account, situation.answers.argocd.namespace
    return oc(situation, "logs", f"deployment/{account or 'REFRESHER'}", "-n", namespace or "NAMESPACE", "--tail=5")


_NEEDS = (CLUSTER_PROBE.id, AWS_ENDPOINTS.id, AWS_VPCS.id)

_AFTER = ("aws.identity", "aws.vpc-dns", "codecommit.endpoint-access", "probe.image")
"""What is known to be wrong from the workstation already is not told a second time from the cluster."""

CHECKS: tuple[Check, ...] = (
    probe.image_check(image, "the refresher runs on this image."),
    Check(
        id="probe.git-dns",
        title="Git's host name inside the VPC",
        why="Argo CD finds CodeCommit by name: the name has to lead to the endpoint, not out of a VPC that has no way out.",
        judge=git_dns,
        needs=_NEEDS,
        vantage=Vantage.CLUSTER,
        depends_on=_AFTER,
    ),
    Check(
        id="probe.git-tcp",
        title="Git's port 443 from the nodes",
        why="Security groups, network ACLs and network policies each can close it, and only a connection tries all of them.",
        judge=git_tcp,
        needs=_NEEDS,
        vantage=Vantage.CLUSTER,
        depends_on=_AFTER,
    ),
    Check(
        id="probe.git-tls",
        title="Git's certificate from inside",
        why="Argo CD accepts no certificate of a middlebox that inspects TLS.",
        judge=git_tls,
        needs=_NEEDS,
        vantage=Vantage.CLUSTER,
        depends_on=_AFTER,
    ),
    Check(
        id="probe.sts",
        title="STS from inside the cluster",
        why="The refresher exchanges its token for a role there, every five minutes.",
        judge=sts,
        needs=_NEEDS,
        vantage=Vantage.CLUSTER,
        depends_on=_AFTER,
    ),
    Check(
        id="probe.ls-remote",
        title="Git with Argo CD's own Secret",
        why="Lists the repository exactly as Argo CD does, with the very Secret that it uses: what works here works there.",
        judge=ls_remote,
        needs=_NEEDS,
        vantage=Vantage.CLUSTER,
        blocking=False,
        depends_on=_AFTER,
    ),
)
