"""What is looked at from inside the cluster for a private Git server: pure, for the answers and facts there are so far.

The pod believes what Argo CD will believe: the CA of the answers, which goes into the Job as the text that it is (a CA is
public), else what Argo CD has for the host already, else what its image trusts.
"""

from __future__ import annotations

from strategies.base import Situation
from strategies.common import effective
from strategies.common.probe_job import Order, Repository, ServerOrder
from strategies.common.servers.address import ServerAddress
from strategies.facts import CLUSTER_INFO, SERVER_AUTHORITY
from strategies.private_server import in_effect, names

IMAGE_KEY = "privateServer.probeImage"
MOST_AUTHORITIES = 60 * 1024
"""Letters of a CA that fit into the Job: execve(2) takes 128 KiB for one variable."""


def order(situation: Situation) -> Order | None:
    """What to look at; None while something that it takes is not known yet."""
    info, asked = situation.facts.get(CLUSTER_INFO), situation.answers.private_server
    image = asked.probe_image or (info.tools_image if info is not None else None)
    context, instance = effective.context(situation), effective.instance(situation)
    namespace, where = effective.argocd_namespace(situation), in_effect.chosen(situation)
    if context is None or namespace is None or instance is None or image is None or where is None:
        return None
    named = asked.server.ca_file is not None or asked.server.ca_fingerprint is not None
    if named and where.scheme == "https" and not situation.facts.known(SERVER_AUTHORITY.id):
        return None
    server = ServerOrder(where.host, where.port, where.scheme == "ssh", authorities(situation))
    return Order(context, namespace, instance, image, IMAGE_KEY, (), _repository(situation, where), server=server)


def authorities(situation: Situation) -> str:
    """The CA that goes with the Job; empty where none is answered, or it is larger than fits."""
    found = situation.facts.get(SERVER_AUTHORITY)
    return found.pem if found is not None and len(found.pem) <= MOST_AUTHORITIES else ""


def _repository(situation: Situation, where: ServerAddress) -> Repository | None:
    """What is listed, with the Secret that holds the credential. Not over SSH: a pod is given no private key."""
    asked = situation.answers.private_server
    if where.scheme != "https" or asked.secret_name is None or asked.repository.url is None:
        return None
    revision = situation.answers.source.revision or effective.suggested_revision(situation) or "HEAD"
    prefix = asked.credentials.prefix
    return Repository(
        prefix or asked.repository.url,
        where.host,
        f"/{where.path}",
        revision,
        asked.secret_name if prefix is None else names.template_secret(asked.secret_name),
        where.port,
        open_to_all=asked.credentials.method == "none",
    )
