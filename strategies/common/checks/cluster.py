"""What must hold in the cluster whatever the strategy is."""

from __future__ import annotations

import re
import shlex

from strategies.base import Check, Situation, Verdict
from strategies.common.verdicts import failed, oc, passed, unknown, unread, warned
from strategies.facts import CLUSTER_INFO, CLUSTER_RIGHTS, KUBE_CONTEXTS, ClusterInfo

OLDEST = (4, 14)
"""The first release that ROSA with hosted control planes was offered with (Red Hat, "Red Hat OpenShift Service on AWS update
life cycle"): there is no egress-zero cluster of an older one."""


def reachable(situation: Situation) -> Verdict:
    """The API server answers."""
    error, info = situation.facts.error(CLUSTER_INFO), situation.facts.get(CLUSTER_INFO)
    if error is not None:
        return unread(error)
    if info is None:
        return unknown("not read yet")
    shape = "hosted control plane" if info.control_plane == "External" else "OpenShift"
    hidden = f"; the login may not read {', '.join(info.unread)}" if info.unread else ""
    return passed(f"{shape} {info.version or 'of unknown release'} at {info.server}{hidden}")


def cluster_identity(situation: Situation) -> Verdict:
    """The guard against applying to the wrong cluster."""
    asked, info = situation.answers.cluster.infrastructure_name, situation.facts.get(CLUSTER_INFO)
    if info is None:
        return unknown("the cluster was not read")
    if not info.infrastructure_name:
        command = oc(situation, "auth", "can-i", "get", "infrastructures.config.openshift.io")
        return unknown("the cluster's infrastructure name was not read", "Ask for the right to read it.", command)
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
    if first.name is not None:
        resource = f"{resource}/{first.name}"
    where = ("-n", first.namespace) if first.namespace else ()
    evidence = (
        "may not " + ", ".join(str(one) for one in missing[:4]) + (f" and {len(missing) - 4} more" if len(missing) > 4 else "")
    )
    strategy = situation.answers.strategy or "codecommit"
    remedy = (
        f"Have them granted: docs/examples/operator-rbac-{strategy}.yaml has all of them as roles. This command asks for one."
    )
    return failed(evidence, remedy, oc(situation, "auth", "can-i", first.verb, resource, *where))


def version(situation: Situation) -> Verdict:
    """The release is one that this program was made for."""
    info = situation.facts.get(CLUSTER_INFO)
    if info is None:
        return unknown("the cluster was not read")
    found = re.match(r"(\d+)\.(\d+)", info.version)
    if found is None:
        return unknown(f"the cluster gives no release ({info.version or 'nothing'})")
    release, oldest = (int(found[1]), int(found[2])), ".".join(map(str, OLDEST))
    if release < OLDEST:
        evidence = f"OpenShift {info.version} is older than {oldest}"
        return warned(evidence, f"Upgrade to {oldest} or newer: older releases get no fixes any more.", _upgrades(info))
    if release[0] > OLDEST[0]:
        evidence = f"OpenShift {info.version} is newer than anything that this program knows (4.x)"
        return warned(evidence, "Look for a newer ezgitops.", "ezgitops --version")
    return passed(f"OpenShift {info.version}")


def _upgrades(info: ClusterInfo) -> str:
    """ROSA names a cluster as its infrastructure name begins."""
    return shlex.join(["rosa", "list", "upgrades", "--cluster", info.infrastructure_name.rpartition("-")[0]])


CHECKS: tuple[Check, ...] = (
    Check(
        id="cluster.reachable",
        title="Cluster",
        why="Everything in the cluster is made through its API server.",
        judge=reachable,
        needs=(KUBE_CONTEXTS.id, CLUSTER_INFO.id),
        handles_errors=True,
    ),
    Check(
        id="cluster.version",
        title="OpenShift release",
        why="What is made here relies on kinds and fields of the API that older releases do not have.",
        judge=version,
        needs=(CLUSTER_INFO.id,),
        blocking=False,
        depends_on=("cluster.reachable",),
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
)
