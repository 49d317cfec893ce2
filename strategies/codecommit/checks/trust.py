"""Who believes whom: the OIDC providers of the cluster and of the mirror pipeline."""

from __future__ import annotations

from strategies.base import Check, Situation, Verdict
from strategies.codecommit import policies
from strategies.common import effective
from strategies.common.verdicts import aws, counted, failed, passed, skipped, unknown, warned
from strategies.facts import AWS_OIDC_PROVIDERS, CLUSTER_INFO


def oidc_provider(situation: Situation) -> Verdict:
    """IAM knows the cluster's issuer and the audience of the refresher's token."""
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
        return failed(evidence, "Add the audience, or answer codecommit.credentials.audience with one that it lists.", command)
    return passed(f"the provider for {issuer} lists {credentials.audience}")


def pipeline_provider(situation: Situation) -> Verdict:
    """IAM knows the issuer of the mirror pipeline's tokens."""
    if situation.answers.codecommit.mirror.keep == "by-hand":
        return skipped("no pipeline is asked for")
    found = situation.facts.get(AWS_OIDC_PROVIDERS)
    if found is None:
        return unknown("not read yet")
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
        depends_on=("aws.identity",),
    ),
)
