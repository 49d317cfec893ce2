"""What must hold whatever the strategy is: AWS, the cluster, Argo CD, Git."""

from __future__ import annotations

from datetime import timedelta

from strategies.base import Check, Situation, Verdict
from strategies.common import effective, folders
from strategies.common.verdicts import aws, counted, failed, oc, passed, skipped, unknown, unread, warned
from strategies.facts import (
    AWS_IDENTITY,
    AWS_PROFILES,
    AWS_VPCS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    CLUSTER_RIGHTS,
    GIT_PROGRAM,
    KUBE_CONTEXTS,
    SOURCE,
    SOURCE_TREE,
)

MINIMUM_GIT = (2, 31)
"""The first git that takes configuration from ``GIT_CONFIG_COUNT`` (git release notes, 2.31)."""
_CLOCK_WARN_SECONDS = 60
_CLOCK_FAIL_SECONDS = 300
"""AWS refuses signatures that are five minutes off (IAM user guide, "Signature Version 4", "RequestExpired")."""
_LONG_APPLY = timedelta(minutes=15)


def identity(situation: Situation) -> Verdict:
    """The credentials work, belong to the account answered, and last long enough; the clocks agree."""
    error, found = situation.facts.error(AWS_IDENTITY), situation.facts.get(AWS_IDENTITY)
    if error is not None:
        return unread(error)
    if found is None:
        return unknown("not read yet")
    asked = situation.answers.aws.account
    if asked is not None and asked != found.account:
        evidence = f"the credentials belong to account {found.account}, the answers ask for {asked}"
        return failed(evidence, "Choose the profile of that account (aws.profile), or correct aws.account.")
    skew = found.clock_skew_seconds
    drift = f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} AWS's"
    if abs(skew) >= _CLOCK_FAIL_SECONDS:
        return failed(drift, "Set the clock: AWS refuses signatures that are five minutes off.", "timedatectl set-ntp true")
    who = f"{found.account}{f' ({found.alias})' if found.alias else ''} as {found.arn.rsplit(':', 1)[-1]}"
    if abs(skew) >= _CLOCK_WARN_SECONDS:
        return warned(f"{who}; {drift}", "Set the clock before it comes to five minutes.", "timedatectl set-ntp true")
    if found.expires_at is None:
        return passed(who)
    reading = situation.facts.readings[AWS_IDENTITY.id]
    left = found.expires_at - reading.at
    until = f"{who}, valid until {found.expires_at:%H:%M} UTC"
    if left < _LONG_APPLY:
        return warned(until, "They may end while an endpoint is waited for: log in again first.", _login(situation))
    return passed(until)


def _login(situation: Situation) -> str:
    return aws(situation, "sso", "login")


def region(situation: Situation) -> Verdict:
    """Endpoints must stand in the cluster's own region."""
    asked, info = effective.region(situation), situation.facts.get(CLUSTER_INFO)
    if asked is None:
        return failed("no region is known", "Answer aws.region, or set AWS_REGION.")
    if info is None or info.region is None:
        return unknown(f"{asked}; the cluster does not say where it runs", "Make sure that it is the cluster's region.")
    if info.region != asked:
        return failed(f"the answers say {asked}, the cluster runs in {info.region}", f"Answer aws.region: {info.region}")
    return passed(f"{asked}, where the cluster runs")


def vpc_dns(situation: Situation) -> Verdict:
    """Private DNS names of endpoints need both attributes (VPC user guide, "DNS attributes for your VPC")."""
    home = effective.vpc(situation)
    if home is None:
        return _no_vpc(situation)
    off = [
        (text, option)
        for on, text, option in (
            (home.dns_support, "DNS support", "--enable-dns-support"),
            (home.dns_hostnames, "DNS host names", "--enable-dns-hostnames"),
        )
        if not on
    ]
    if not off:
        return passed(f"{home.id}: DNS support and DNS host names are on")
    text, option = off[0]
    command = aws(situation, "ec2", "modify-vpc-attribute", "--vpc-id", home.id, option)
    return failed(f"{home.id}: {' and '.join(one for one, _ in off)} off", f"Turn {text} on.", command)


def _no_vpc(situation: Situation) -> Verdict:
    answered, vpcs = situation.answers.aws.vpc_id, situation.facts.get(AWS_VPCS) or ()
    if answered is not None:
        evidence = f"{answered} is not among the {counted(len(vpcs), 'VPC')} of this account and region"
        return failed(evidence, "Correct aws.vpcId, aws.region or aws.profile.", aws(situation, "ec2", "describe-vpcs"))
    evidence = f"none of the {counted(len(vpcs), 'VPC')} carries the tag of cluster {effective.infrastructure_name(situation)}"
    return failed(evidence, "Answer aws.vpcId.", aws(situation, "ec2", "describe-vpcs"))


def egress(situation: Situation) -> Verdict:
    """Whether the cluster really has no way out: what this program is for."""
    home, info = effective.vpc(situation), situation.facts.get(CLUSTER_INFO)
    if home is None:
        return unknown("the cluster's VPC is not known")
    ways = [f"internet gateway {home.internet_gateway}"] if home.internet_gateway else []
    ways += [f"NAT gateway {one}" for one in home.nat_gateways]
    ways += [f"default route in {s.id}" for s in effective.cluster_subnets(situation) if s.has_default_route]
    if info is not None and info.proxy:
        ways.append(f"cluster proxy {info.proxy}")
    if ways:
        return passed(f"this cluster may have a way out ({', '.join(ways)}); nothing here depends on it")
    return passed("no default route, no NAT, no internet gateway, no proxy")


def reachable(situation: Situation) -> Verdict:
    """The API server answers."""
    error, info = situation.facts.error(CLUSTER_INFO), situation.facts.get(CLUSTER_INFO)
    if error is not None:
        return unread(error)
    if info is None:
        return unknown("not read yet")
    shape = "hosted control plane" if info.control_plane == "External" else "OpenShift"
    return passed(f"{shape} {info.version} at {info.server}")


def cluster_identity(situation: Situation) -> Verdict:
    """The guard against applying to the wrong cluster."""
    asked, info = situation.answers.cluster.infrastructure_name, situation.facts.get(CLUSTER_INFO)
    if info is None:
        return unknown("the cluster was not read")
    if asked is not None and asked != info.infrastructure_name:
        evidence = f"context {info.context} leads to {info.infrastructure_name}, the answers are for {asked}"
        return failed(evidence, "Choose the context of that cluster (cluster.context).", "oc config get-contexts")
    issuer = situation.answers.cluster.oidc_issuer
    if issuer is not None and info.issuer and issuer != info.issuer:
        evidence = f"its service account issuer is {info.issuer}, the answers say {issuer}"
        return failed(evidence, f"Answer cluster.oidcIssuer: {info.issuer}")
    return passed(info.infrastructure_name)


def rights(situation: Situation) -> Verdict:
    """Every right that apply uses, asked one by one with SelfSubjectAccessReviews."""
    found = situation.facts.get(CLUSTER_RIGHTS)
    if found is None:
        return unknown("not read yet")
    missing = [right for right, allowed in found.allowed.items() if not allowed]
    if not missing:
        return passed(f"all {len(found.allowed)} rights that apply needs")
    first = missing[0]
    resource = f"{first.resource}.{first.group}" if first.group else first.resource
    where = ("-n", first.namespace) if first.namespace else ()
    evidence = (
        "may not " + ", ".join(str(one) for one in missing[:4]) + (f" and {len(missing) - 4} more" if len(missing) > 4 else "")
    )
    remedy = "Have them granted in that namespace; this shows one of them."
    return failed(evidence, remedy, oc(situation, "auth", "can-i", first.verb, resource, *where))


def gitops(situation: Situation) -> Verdict:
    """The operator is installed and the instance that shall sync is available."""
    found = situation.facts.get(CLUSTER_GITOPS)
    if found is None:
        return unknown("not read yet")
    if found.csv is None and not found.instances:
        return failed(
            "the OpenShift GitOps operator is not installed",
            "Install it from the channel that egress-zero clusters mirror: package openshift-gitops-operator, channel latest, "
            "source redhat-operators.",
            oc(situation, "get", "packagemanifest", "openshift-gitops-operator", "-n", "openshift-marketplace"),
        )
    if found.csv is not None and found.phase != "Succeeded":
        command = oc(situation, "get", "csv", found.csv, "-n", "openshift-gitops-operator", "-o", "yaml")
        return failed(f"{found.csv} is {found.phase or 'without a phase'}", "Wait, or see why it does not succeed.", command)
    instance = effective.argocd(situation)
    if instance is None:
        names = ", ".join(f"{one.namespace}/{one.name}" for one in found.instances)
        listing = oc(situation, "get", "argocd", "-A")
        if not names:
            return failed("there is no Argo CD instance in this cluster", "Make an ArgoCD resource.", listing)
        return failed(f"which Argo CD instance? found: {names}", "Answer argocd.namespace and argocd.name.", listing)
    where = f"{instance.namespace}/{instance.name}"
    if instance.phase != "Available":
        command = oc(situation, "get", "argocd", instance.name, "-n", instance.namespace, "-o", "yaml")
        return failed(f"{where} is {instance.phase or 'without a phase'}", "Wait, or see why it is not available.", command)
    return passed(f"GitOps {found.version or 'of unknown version'}, Argo CD instance {where} is available")


def git_program(situation: Situation) -> Verdict:
    """The mirror runs the git program."""
    error, found = situation.facts.error(GIT_PROGRAM), situation.facts.get(GIT_PROGRAM)
    if error is not None:
        return unread(error)
    if found is None:
        return unknown("not read yet")
    version = ".".join(str(part) for part in found.version)
    if found.version < MINIMUM_GIT:
        needed = ".".join(str(part) for part in MINIMUM_GIT)
        return failed(f"{found.path} is git {version}", f"Install git {needed} or newer.", "git --version")
    return passed(f"git {version} at {found.path}")


def source(situation: Situation) -> Verdict:
    """The source repository can be read and has the branch or tag that Argo CD shall follow."""
    if situation.answers.source.url is None:
        return skipped("source.url is not answered yet")
    error, found = situation.facts.error(SOURCE), situation.facts.get(SOURCE)
    if error is not None:
        return unread(error)
    if found is None:
        return unknown("not read yet")
    seen = f"{counted(len(found.branches), 'branch', 'branches')}, {counted(len(found.tags), 'tag')}"
    if not found.branches:
        return failed(f"{found.url} is empty", "Push a first commit to it.")
    revision = situation.answers.source.revision or found.default_branch
    if revision is None:
        return failed(f"reachable, {seen}; it names no default branch", "Answer source.revision.")
    if revision not in found.branches and revision not in found.tags:
        remedy = f"Answer source.revision with one of: {', '.join(sorted(found.branches)[:6])}"
        return failed(f"reachable, {seen}; it has no branch or tag {revision}", remedy)
    return passed(f"reachable, {seen}; {revision} is there")


def path(situation: Situation) -> Verdict:
    """The folder that Argo CD shall render is there and holds something to render."""
    return folders.judge(situation) or skipped("source.url is not answered yet")


COMMON_CHECKS: tuple[Check, ...] = (
    Check(
        id="aws.identity",
        title="AWS credentials and account",
        why="Everything in AWS is made with these credentials, in this account.",
        judge=identity,
        needs=(AWS_IDENTITY.id,),
        handles_errors=True,
    ),
    Check(
        id="aws.region",
        title="Region",
        why="An endpoint serves the VPC of its own region only.",
        judge=region,
        needs=(AWS_PROFILES.id, CLUSTER_INFO.id),
        depends_on=("cluster.reachable",),
    ),
    Check(
        id="aws.vpc-dns",
        title="VPC and its DNS attributes",
        why="Without both attributes AWS refuses an endpoint with private DNS, and Git's host name leads out of the VPC.",
        judge=vpc_dns,
        needs=(AWS_VPCS.id,),
        depends_on=("aws.identity",),
    ),
    Check(
        id="network.egress-zero",
        title="Egress-zero",
        why="Shows what this cluster can reach by itself.",
        judge=egress,
        needs=(AWS_VPCS.id, CLUSTER_INFO.id),
        blocking=False,
        depends_on=("aws.identity",),
    ),
    Check(
        id="cluster.reachable",
        title="Cluster",
        why="Everything in the cluster is made through its API server.",
        judge=reachable,
        needs=(KUBE_CONTEXTS.id, CLUSTER_INFO.id),
        handles_errors=True,
    ),
    Check(
        id="cluster.identity",
        title="The right cluster",
        why="Answers made for one cluster must not be applied to another.",
        judge=cluster_identity,
        needs=(CLUSTER_INFO.id,),
        depends_on=("cluster.reachable",),
    ),
    Check(
        id="cluster.rights",
        title="Rights in the cluster",
        why="Apply stops half way where a right is missing.",
        judge=rights,
        needs=(CLUSTER_RIGHTS.id,),
        depends_on=("cluster.reachable",),
    ),
    Check(
        id="cluster.gitops",
        title="OpenShift GitOps and Argo CD",
        why="Argo CD is what syncs; this program gives it a repository.",
        judge=gitops,
        needs=(CLUSTER_GITOPS.id,),
        depends_on=("cluster.reachable",),
    ),
    Check(
        id="git.program",
        title="git program",
        why="The mirror clones and pushes with it.",
        judge=git_program,
        needs=(GIT_PROGRAM.id,),
        handles_errors=True,
    ),
    Check(
        id="git.source",
        title="Source repository",
        why="Its branches and tags are what is mirrored.",
        judge=source,
        needs=(SOURCE.id,),
        handles_errors=True,
        depends_on=("git.program",),
    ),
    Check(
        id="git.source-path",
        title="Path in the source repository",
        why="Argo CD cannot render a folder that is not there, and syncs nothing from one without manifests.",
        judge=path,
        needs=(SOURCE_TREE.id,),
        depends_on=("git.source",),
        blocking=True,
        handles_errors=True,
    ),
)
