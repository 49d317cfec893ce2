"""What is looked at from inside the cluster for CodeCommit: pure, for the answers and facts there are so far.

It does not wait for what AWS says of endpoints: looking at a name that nobody serves yet costs less than that wait.
"""

from __future__ import annotations

from strategies.base import Situation
from strategies.codecommit import urls
from strategies.common import aws_names, effective
from strategies.common.probe_job import Order, Repository
from strategies.facts import CLUSTER_INFO

IMAGE_KEY = "codecommit.credentials.image"


def order(situation: Situation) -> Order | None:
    """What to look at; None while something that it takes is not known yet."""
    answers = situation.answers
    region, namespace = effective.region(situation), effective.argocd_namespace(situation)
    context, instance, image = effective.context(situation), effective.instance(situation), _image(situation)
    if context is None or namespace is None or instance is None or image is None or region is None:
        return None
    hosts = {"git": urls.git_host(region, answers.codecommit.network.fips)}
    if answers.codecommit.credentials.method == "iam-role":
        hosts["sts"] = aws_names.sts_host(region)
    return Order(context, namespace, instance, image, IMAGE_KEY, tuple(hosts.items()), _repository(situation, region))


def _image(situation: Situation) -> str | None:
    info = situation.facts.get(CLUSTER_INFO)
    return situation.answers.codecommit.credentials.image or (info.tools_image if info is not None else None)


def _repository(situation: Situation, region: str) -> Repository | None:
    answers = situation.answers
    codecommit, revision = answers.codecommit, answers.source.revision or effective.suggested_revision(situation)
    name, secret = codecommit.repository.name, codecommit.secret_name
    if name is None or secret is None:
        return None
    fips = codecommit.network.fips
    host, path = urls.git_host(region, fips), urls.clone_path(name)
    return Repository(urls.clone_url(region, name, fips), host, path, revision or "HEAD", secret)
