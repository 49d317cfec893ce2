"""What every look from inside the cluster has in common: whether a pod could look at all."""

from __future__ import annotations

from collections.abc import Callable

from strategies.base import Check, Mend, Situation, Vantage, Verdict
from strategies.common.verdicts import failed, oc, passed, skipped, unknown
from strategies.facts import CLUSTER_INFO, CLUSTER_PROBE, Probe, ProbeState

OFF = "not looked at: clusterProbe is false"
NOT_RUN = "not looked at: no pod could look ('Image and pod of the probe' says why)"


def image(situation: Situation, key: str, *, needed: bool) -> Verdict:
    """A pod with the image starts in Argo CD's namespace: the image is pulled, nothing refuses the pod.

    ``key`` is the answer that names another image; ``needed`` says whether anything besides the probe runs on it.
    """
    found = situation.facts.get(CLUSTER_PROBE)
    if found is None:
        return unknown("not read yet")
    if found.state is ProbeState.OFF:
        return skipped(OFF)
    problem = found.problem
    if problem is None:
        return passed(f"a pod ran {short(found.image)} and reported")
    if found.state is not ProbeState.NO_IMAGE:
        return unknown(problem.message, problem.remedy, problem.command)
    evidence = f"the node cannot pull {short(found.image)}: {problem.message}"
    if not needed:
        return unknown(evidence, "Only this look from inside needs the image: clusterProbe: false leaves it out.")
    command = oc(situation, "get", "imagestream", "tools", "-n", "openshift", "-o", "yaml")
    return failed(evidence, problem.remedy, command, mend=_own_tools(situation, key, found.image))


def image_check(judge: Callable[[Situation], Verdict], why: str) -> Check:
    """The check of the image, with why it matters for a strategy."""
    return Check(
        id="probe.image",
        title="Image and pod of the probe",
        why=f"What the mirrors of an egress-zero cluster have is known when a node pulls it; {why}",
        judge=judge,
        needs=(CLUSTER_PROBE.id,),
        vantage=Vantage.CLUSTER,
        depends_on=("cluster.reachable", "gitops.operator"),
    )


def not_looked(found: Probe | None) -> Verdict | None:
    """What each of the other checks says where no pod looked; None where one did."""
    if found is None:
        return unknown("not read yet")
    if found.state is ProbeState.OFF:
        return skipped(OFF)
    return None if found.state is ProbeState.DONE else skipped(NOT_RUN)


def short(reference: str) -> str:
    """An image with as much of its digest as one reads."""
    name, _, digest = reference.partition("@sha256:")
    return f"{name}@sha256:{digest[:12]}..." if digest else reference


def _own_tools(situation: Situation, key: str, tried: str) -> Mend | None:
    """The image of this cluster's release, where it is another than the one that was tried."""
    info = situation.facts.get(CLUSTER_INFO)
    if info is None or info.tools_image is None or info.tools_image == tried:
        return None
    says = f"Answers {key} with the cluster's own tools image, {short(info.tools_image)}."
    return Mend("Take the cluster's tools image", says, edits={key: info.tools_image})
