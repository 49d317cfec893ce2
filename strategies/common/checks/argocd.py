"""What must hold of the GitOps operator and of the Argo CD instance that shall sync."""

from __future__ import annotations

import shlex

from strategies.base import Check, Json, Mend, Situation, Status, Verdict
from strategies.common import effective, gitops
from strategies.common.argo import version_behind
from strategies.common.verdicts import failed, oc, passed, unknown
from strategies.facts import (
    ARGOCD_APPLICATIONS,
    ARGOCD_CERTIFICATES,
    ARGOCD_PROJECTS,
    ARGOCD_SECRETS,
    CLUSTER_GITOPS,
    CLUSTER_PROBE,
    ArgoInstance,
    GitOps,
)

READ_ANEW = (
    CLUSTER_GITOPS.id,
    ARGOCD_SECRETS.id,
    ARGOCD_APPLICATIONS.id,
    ARGOCD_PROJECTS.id,
    ARGOCD_CERTIFICATES.id,
    CLUSTER_PROBE.id,
)
"""What is another once the operator has been installed."""
INSTALL = Mend(
    "Install OpenShift GitOps",
    f"Makes the namespace {gitops.NAMESPACE} with an operator group for all namespaces and a subscription to "
    f"{gitops.PACKAGE}, channel {gitops.CHANNEL} of {gitops.SOURCE}, and waits until its Argo CD instance is available: some "
    "minutes. The operator is for the whole cluster; ezgitops destroy leaves it.",
    operation="gitops.install-operator",
    refreshes=READ_ANEW,
)


def operator(situation: Situation) -> Verdict:
    """The operator is installed and works."""
    found = situation.facts.get(CLUSTER_GITOPS)
    if found is None:
        return unknown("not read yet")
    if found.csv is None:
        return _no_operator(situation, found)
    if found.phase != "Succeeded":
        where = found.subscription.namespace if found.subscription is not None else gitops.NAMESPACE
        command = oc(situation, "get", "csv", found.csv, "-n", where, "-o", "yaml")
        evidence = f"{found.csv} is {found.phase or 'without a phase'}" + (f": {found.message}" if found.message else "")
        return failed(evidence, "Wait, or see why it does not succeed.", command)
    behind = version_behind(found.version)
    brings = f", which brings Argo CD {behind}" if behind is not None else ""
    channel = f", channel {found.subscription.channel}" if found.subscription is not None else ""
    return passed(f"OpenShift GitOps {found.version or 'of unknown version'}{channel}{brings}")


def _no_operator(situation: Situation, found: GitOps) -> Verdict:
    asked = found.subscription
    if asked is not None:
        evidence = (
            f"the subscription {asked.namespace}/{asked.name} (channel {asked.channel} of {asked.source}) has installed nothing"
        )
        said = asked.message or asked.state
        command = oc(situation, "get", "subscription.operators.coreos.com", asked.name, "-n", asked.namespace, "-o", "yaml")
        remedy = "Wait, or correct it: egress-zero clusters mirror channel latest of redhat-operators alone."
        return failed(evidence + (f": {said}" if said else ""), remedy, command)
    if found.instances:  # installed by other means, or its parts may not be looked at
        return passed(f"no sign of the operator itself, but {_names(found)}")
    return failed(
        "the OpenShift GitOps operator is not installed",
        "Install it from the channel that egress-zero clusters mirror: package openshift-gitops-operator, channel latest, "
        "source redhat-operators.",
        f"echo {shlex.quote(gitops.as_one_line())} | {oc(situation, 'apply', '-f', '-')}",
        mend=INSTALL,
    )


def instance(situation: Situation) -> Verdict:
    """The instance that shall sync is known and available."""
    found = situation.facts.get(CLUSTER_GITOPS)
    if found is None:
        return unknown("not read yet")
    listing = oc(situation, "get", "argocd", "-A")
    if not found.instances:
        remedy = "Make an ArgoCD resource, or let the operator make its own (DISABLE_DEFAULT_ARGOCD_INSTANCE)."
        return failed("there is no Argo CD instance in this cluster", remedy, listing)
    chosen, asked = effective.argocd(situation), situation.answers.argocd
    if chosen is None and asked.namespace is None:
        return failed(f"which Argo CD instance? there are {_names(found)}", "Answer argocd.namespace and argocd.name.", listing)
    if chosen is None:
        wanted = f"{asked.namespace}/{asked.name or '?'}"
        evidence = f"there is no Argo CD instance {wanted}; there are {_names(found)}"
        mend = _take(found.instances[0]) if len(found.instances) == 1 else None
        return failed(evidence, "Correct argocd.namespace and argocd.name.", listing, mend=mend)
    where = f"{chosen.namespace}/{chosen.name}"
    if chosen.phase != "Available":
        said = "; ".join((*chosen.waiting, *((chosen.message,) if chosen.message else ())))
        evidence = f"{where} is {chosen.phase or 'without a phase'}" + (f" ({said})" if said else "")
        return failed(evidence, "Wait, or see which pod does not start.", oc(situation, "get", "pods", "-n", chosen.namespace))
    return passed(f"{where} is available; its repo-server runs as service account {chosen.service_account}")


def _take(found: ArgoInstance) -> Mend:
    edits: dict[str, Json] = {"argocd.namespace": found.namespace, "argocd.name": found.name}
    return Mend(f"Take {found.namespace}/{found.name}", "Changes argocd.namespace and argocd.name in the answers.", edits=edits)


def _names(found: GitOps) -> str:
    return ", ".join(f"{one.namespace}/{one.name}" for one in found.instances)


def ready(situation: Situation) -> Verdict:
    """Operator and instance in one: the first that is not as it should be."""
    first = operator(situation)
    return instance(situation) if first.status is Status.PASS else first


CHECKS: tuple[Check, ...] = (
    Check(
        id="gitops.operator",
        title="OpenShift GitOps operator",
        why="It brings Argo CD, and keeps it as its ArgoCD resource says.",
        judge=operator,
        needs=(CLUSTER_GITOPS.id,),
        depends_on=("cluster.reachable",),
    ),
    Check(
        id="argocd.instance",
        title="Argo CD instance",
        why="Argo CD is what syncs; this program gives it a repository.",
        judge=instance,
        needs=(CLUSTER_GITOPS.id,),
        depends_on=("gitops.operator",),
    ),
)
