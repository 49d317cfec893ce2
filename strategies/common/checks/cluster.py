"""What must hold in the cluster whatever the strategy is."""

from __future__ import annotations

from strategies.base import Check, Situation, Verdict
from strategies.common import effective
from strategies.common.verdicts import failed, oc, passed, unknown, unread
from strategies.facts import CLUSTER_GITOPS, CLUSTER_INFO, CLUSTER_RIGHTS, KUBE_CONTEXTS


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
)
