"""The image that the refresher runs on."""

from __future__ import annotations

from strategies.base import Check, Situation, Verdict
from strategies.common.verdicts import failed, oc, passed, skipped
from strategies.facts import CLUSTER_INFO


def image(situation: Situation) -> Verdict:
    """There is an image for the refresher that the cluster has already."""
    credentials, info = situation.answers.codecommit.credentials, situation.facts.get(CLUSTER_INFO)
    if credentials.method != "iam-role":
        return skipped("a static password needs no refresher")
    if credentials.image is not None:
        own = info is not None and credentials.image == info.tools_image
        return passed("the cluster's own tools image, by digest" if own else f"{credentials.image}, as answered")
    return failed(
        "the cluster's tools image was not found",
        "Answer codecommit.credentials.image with an image, by digest, that has python3 and that the cluster can pull.",
        oc(situation, "get", "imagestream", "tools", "-n", "openshift", "-o", "yaml"),
    )


CHECKS: tuple[Check, ...] = (
    Check(
        id="codecommit.image",
        title="Image of the refresher",
        why="An egress-zero cluster can only pull what its release mirror has.",
        judge=image,
        needs=(CLUSTER_INFO.id,),
        depends_on=("cluster.reachable",),
    ),
)
