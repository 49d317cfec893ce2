"""Who believes whom: the OIDC providers of the cluster and of the mirror pipeline."""

from __future__ import annotations

from collections.abc import Sequence

from strategies.base import Check, Mend, Situation, Verdict
from strategies.codecommit import policies
from strategies.common import effective
from strategies.common.verdicts import aws, counted, failed, passed, skipped, unknown, unseen, warned
from strategies.facts import AWS_OIDC_PROVIDERS, CLUSTER_INFO

AUDIENCES = ("openshift", "sts.amazonaws.com")
"""What codecommit.credentials.audience can be."""


def oidc_provider(situation: Situation) -> Verdict:
    """IAM knows the cluster's issuer, the audience of the refresher's token, and a thumbprint of the issuer's certificate.

    A thumbprint only counts where the certificate's authority is not in AWS's own library (IAM user guide, "Obtain the
    thumbprint for an OpenID Connect identity provider"), so that none is a warning.
    """
    credentials = situation.answers.codecommit.credentials
    if credentials.method != "iam-role":
        return skipped("a static password needs no OIDC provider")
    found, issuer = situation.facts.get(AWS_OIDC_PROVIDERS), situation.answers.cluster.oidc_issuer
    issuer = issuer or effective.suggested_issuer(situation)
    if found is None or issuer is None:
        return unknown("the cluster's issuer is not known" if found is not None else "not read yet")
    if issuer not in found.providers:
        command = aws(
            situation, "iam", "create-open-id-connect-provider", "--url", f"https://{issuer}",
            "--client-id-list", "openshift", "sts.amazonaws.com",
        )  # fmt: skip
        evidence = f"none of {counted(len(found.providers), 'IAM OIDC provider')} is for {issuer}"
        return failed(evidence, "Make one: without it AWS does not believe the cluster's tokens.", command)
    arn, audiences = found.providers[issuer]
    if credentials.audience not in audiences:
        command = aws(
            situation, "iam", "add-client-id-to-open-id-connect-provider",
            "--open-id-connect-provider-arn", arn, "--client-id", credentials.audience,
        )  # fmt: skip
        evidence = f"the provider for {issuer} lists {', '.join(audiences) or 'no audience'}, not {credentials.audience}"
        remedy = "Add the audience, or answer codecommit.credentials.audience with one that it lists."
        return failed(evidence, remedy, command, mend=_audience(arn, audiences, credentials.audience))
    thumbprints = found.thumbprints.get(issuer)
    if thumbprints is not None and not thumbprints:
        command = aws(
            situation, "iam", "update-open-id-connect-provider-thumbprint",
            "--open-id-connect-provider-arn", arn, "--thumbprint-list", "THUMBPRINT",
        )  # fmt: skip
        evidence = f"the provider for {issuer} lists {credentials.audience} and has no thumbprint"
        return warned(
            evidence, "Needed where AWS does not know the authority of the issuer's certificate: add it then.", command
        )
    shown = f" and {counted(len(thumbprints), 'thumbprint')}" if thumbprints is not None else ""
    return passed(f"the provider for {issuer} lists {credentials.audience}{shown}")


def _audience(arn: str, audiences: Sequence[str], wanted: str) -> Mend:
    """Ask for a token that the provider takes, if it takes any of ours: nothing in IAM changes then. Else add the audience."""
    listed = next((one for one in AUDIENCES if one in audiences), None)
    if listed is not None:
        says = f"Answers codecommit.credentials.audience with {listed}: the refresher asks for a token of that audience."
        return Mend("Use the audience that it lists", says, edits={"codecommit.credentials.audience": listed})
    return Mend(
        "Add the audience to the provider",
        f"Adds {wanted} to {arn}. Roles that trust the provider and do not look at the audience then take such tokens too.",
        operation="oidc.add-audience",
        arguments={"provider": arn, "audience": wanted},
        refreshes=(AWS_OIDC_PROVIDERS.id,),
    )


def pipeline_provider(situation: Situation) -> Verdict:
    """IAM knows the issuer of the mirror pipeline's tokens."""
    if situation.answers.codecommit.mirror.keep == "by-hand":
        return skipped("no pipeline is asked for")
    found = situation.facts.get(AWS_OIDC_PROVIDERS)
    if found is None:
        return unseen(situation, AWS_OIDC_PROVIDERS.id) or unknown("not read yet")
    issuer = policies.pipeline_issuer(situation.answers)
    if issuer not in found.providers:
        command = aws(
            situation, "iam", "create-open-id-connect-provider", "--url", f"https://{issuer}",
            "--client-id-list", policies.STS_AUDIENCE,
        )  # fmt: skip
        return warned(f"IAM has no OIDC provider for {issuer}", "Make one: the pipeline cannot log in before.", command)
    _arn, audiences = found.providers[issuer]
    if policies.STS_AUDIENCE not in audiences:
        evidence = f"the provider for {issuer} does not list {policies.STS_AUDIENCE}"
        return warned(evidence, "Add that audience: the pipeline cannot log in before.")
    return passed(f"the provider for {issuer} lists {policies.STS_AUDIENCE}")


CHECKS: tuple[Check, ...] = (
    Check(
        id="codecommit.oidc-provider",
        title="OIDC provider of the cluster",
        why="The role trusts the refresher by a token of this issuer, made for this audience.",
        judge=oidc_provider,
        needs=(AWS_OIDC_PROVIDERS.id, CLUSTER_INFO.id),
        depends_on=("aws.identity", "cluster.reachable"),
    ),
    Check(
        id="codecommit.pipeline-provider",
        title="OIDC provider of the mirror pipeline",
        why="The pipeline logs in to AWS with a token of its own host.",
        judge=pipeline_provider,
        needs=(AWS_OIDC_PROVIDERS.id,),
        blocking=False,
        handles_errors=True,
        depends_on=("aws.identity",),
    ),
)
