"""The server as only a pod of the cluster sees it: its port, its certificate or keys, and what Argo CD's Secret lists."""

from __future__ import annotations

from collections.abc import Callable

from strategies.base import Check, Situation, Vantage, Verdict
from strategies.common import effective
from strategies.common.checks import probe
from strategies.common.shown import shown
from strategies.common.verdicts import counted, failed, oc, passed, skipped, unknown, warned
from strategies.facts import CLUSTER_PROBE, SERVER, SERVER_AUTHORITY, HostView, Listing, ListingState
from strategies.private_server import names
from strategies.private_server.checks.looks import NOT_YET, address
from strategies.private_server.probe import IMAGE_KEY

_MOST_SHOWN = 3
_NOT_REACHED = "not looked at: the server takes no connection"


def image(situation: Situation) -> Verdict:
    """A pod starts in Argo CD's namespace: the image is pulled, nothing refuses the pod. Nothing else here needs it."""
    return probe.image(situation, IMAGE_KEY, needed=False)


def _look(situation: Situation, judge: Callable[[Situation, HostView], Verdict]) -> Verdict:
    """A verdict about the server, once a pod has looked at it and there is something to look at."""
    found = situation.facts.get(CLUSTER_PROBE)
    missing = probe.not_looked(found)
    if missing is not None:
        return missing
    if found is None or found.server is None:
        return skipped("privateServer.repository.url is not answered yet")
    own = situation.answers.private_server.own.make
    if own and situation.facts.get(SERVER) is None and not found.server.reached:
        return skipped(NOT_YET)
    return judge(situation, found.server)


def tcp(situation: Situation) -> Verdict:
    """The server's port takes connections from a node."""
    return _look(situation, _tcp)


def _tcp(situation: Situation, view: HostView) -> Verdict:
    where = address(situation)
    port = where.port if where is not None else 443
    if not view.addresses:
        evidence = f"{view.host} has no address inside the cluster: {view.name_error or 'no answer'}"
        remedy = "Let the VPC's resolver know the name: a private hosted zone, or a resolver rule to the DNS that knows it."
        return failed(evidence, remedy)
    if not view.unreached:
        return passed(f"{view.host}:{port} takes connections at {', '.join(view.addresses[:_MOST_SHOWN])}")
    whys = ", ".join(f"{one} ({why})" for one, why in list(view.unreached.items())[:_MOST_SHOWN])
    evidence = f"{view.host}:{port} takes no connection from a node at {whys}"
    remedy = (
        "Routes both ways, the security groups and firewalls before the server, network ACLs, and network policies (egress) in "
        "Argo CD's namespace have a say."
    )
    namespace = effective.argocd_namespace(situation) or "NAMESPACE"
    command = oc(situation, "get", "networkpolicy,egressfirewall", "-n", namespace)
    return warned(evidence, remedy, command) if view.reached else failed(evidence, remedy, command)


def tls(situation: Situation) -> Verdict:
    """The certificate is believed by what Argo CD will believe."""
    return _look(situation, _tls)


def _tls(situation: Situation, view: HostView) -> Verdict:
    where = address(situation)
    if where is None or where.scheme == "ssh":
        return skipped("Argo CD reaches it over SSH")
    if not view.reached:
        return skipped(_NOT_REACHED)
    by = "the CA that Argo CD has for it" if view.own_authorities else "an authority that the image trusts"
    if view.trusted:
        return passed(f"{view.host} has a certificate of {by}")
    signer = f"; it is signed by {shown(view.issuer)}" if view.issuer else ""
    evidence = f"{view.host} inside the cluster: {shown(view.tls_error)}{signer}"
    if view.own_authorities:
        remedy = "Another certificate is shown in the cluster than the CA answered has signed: see what ends TLS on the way."
        return failed(evidence, remedy)
    if situation.facts.error(SERVER_AUTHORITY) is not None:
        remedy = (
            "The CA that was confirmed by its fingerprint is taken from what the server shows to this machine, which does not "
            "see it. Name the CA's file: privateServer.server.caFile."
        )
        return failed(evidence, remedy)
    remedy = (
        "This machine's authorities are not the cluster's. Answer privateServer.server.caFile, or confirm the CA by its "
        "fingerprint, and Argo CD gets it for this host."
    )
    return failed(evidence, remedy)


def host_key(situation: Situation) -> Verdict:
    """Over SSH: the cluster is shown the keys that were confirmed."""
    return _look(situation, _host_key)


def _host_key(situation: Situation, view: HostView) -> Verdict:
    where = address(situation)
    if where is None or where.scheme != "ssh":
        return skipped("Argo CD reaches it by HTTPS")
    if not view.reached:
        return skipped(_NOT_REACHED)
    if not view.host_keys:
        return failed(
            f"{view.host} shows no host key: {shown(view.ssh_error) or 'no SSH server answers'}", "Look at host and port."
        )
    confirmed = situation.answers.private_server.server.host_keys or []
    strange = [one for one in view.host_keys if one not in confirmed]
    banner = f" ({shown(view.banner)})" if view.banner else ""
    if not confirmed:
        return unknown(f"{view.host}{banner} shows {', '.join(view.host_keys)}", "Confirm the fingerprints.")
    if len(strange) == len(view.host_keys):
        evidence = f"{view.host}{banner} shows the cluster {', '.join(strange[:_MOST_SHOWN])}, which was not confirmed"
        remedy = (
            "Either the server was set up anew, or something in the VPC stands in its place. Ask its administrator before "
            "anything is confirmed."
        )
        return failed(evidence, remedy)
    return passed(f"{view.host}{banner} shows the cluster the keys that were confirmed")


def ls_remote(situation: Situation) -> Verdict:
    """The repository lists its references for what Argo CD's Secret holds."""
    return _look(situation, _listed)


def _listed(situation: Situation, view: HostView) -> Verdict:
    where, asked = address(situation), situation.answers.private_server
    if where is None or where.scheme == "ssh":
        return skipped("a pod is given no private key: Argo CD's own sync tells")
    if not view.trusted:
        return skipped(_NOT_REACHED if not view.reached else "not looked at: the certificate is not believed")
    found = situation.facts.get(CLUSTER_PROBE)
    listing = found.listing if found is not None else None
    if listing is None or asked.secret_name is None:
        return skipped("the name of the repository's Secret is not answered yet")
    name = asked.secret_name if asked.credentials.prefix is None else names.template_secret(asked.secret_name)
    match listing.state:
        case ListingState.NO_SECRET:
            return skipped(f"Secret {name} does not exist yet: apply makes it")
        case ListingState.NO_PASSWORD:
            return warned(f"Secret {name} holds no credential", "Apply puts one into it.")
        case ListingState.OTHER_URL | ListingState.GITHUB_APP:
            evidence = f"Secret {name} is for another URL; what it holds was not sent"
            return warned(evidence, "Answer privateServer.secretName with a name that is free, or apply to bring it in step.")
        case ListingState.UNREACHED:
            evidence = f"the request for {asked.repository.url} broke off: {shown(listing.error) or 'no answer'}"
            return failed(evidence, "Check again; if it stays, look for a middlebox between the nodes and the server.")
        case ListingState.ANSWERED:
            return _answered(situation, listing, name)


def _answered(situation: Situation, listing: Listing, name: str) -> Verdict:
    url, revision = situation.answers.private_server.repository.url or "", situation.answers.source.revision
    if listing.status in (401, 403):
        evidence = f"the server refuses what Secret {name} holds for {url}: HTTP {listing.status}"
        if situation.answers.private_server.credentials.method == "make":
            return warned(evidence, "It has ended or was revoked: this makes a new one.", "ezgitops renew")
        return failed(evidence, "It has ended, was revoked or may not read: answer privateServer.credentials.secret anew.")
    if listing.status == 404:
        return warned(
            f"{url} answers HTTP 404 to what Secret {name} holds", "It is not there, or the credential may not see it."
        )
    if listing.status in (301, 302, 303, 307, 308):
        return failed(
            f"{url} is redirected (HTTP {listing.status}), and Argo CD does not follow", "Answer with the server's own URL."
        )
    if listing.status != 200:
        return failed(f"the server answers HTTP {listing.status}", "Check again; if it stays, look at the server's state.")
    if listing.references == 0:
        return warned(f"{url} is empty", "Argo CD has nothing to sync before something is pushed.")
    seen = counted(listing.references, "reference")
    if not listing.revision_found and revision is not None:
        return warned(f"{seen}, and no {revision} among them", "Correct source.revision, or push it.")
    return passed(f"Argo CD's own Secret lists {seen} of {url}")


_WAY = ("probe.image", "server.address", "server.route", "server.ports")
_TRUST = (*_WAY, "server.https-only", "server.certificate", "server.host-key")
"""What is known to be wrong from the workstation already is not told a second time from the cluster."""


def _check(
    name: str,
    title: str,
    why: str,
    judge: Callable[[Situation], Verdict],
    after: tuple[str, ...] = _TRUST,
    *,
    blocking: bool = True,
) -> Check:
    return Check(
        id=f"probe.{name}",
        title=title,
        why=why,
        judge=judge,
        needs=(CLUSTER_PROBE.id, SERVER.id),
        vantage=Vantage.CLUSTER,
        blocking=blocking,
        depends_on=after,
        handles_errors=True,
    )


CHECKS: tuple[Check, ...] = (
    probe.image_check(image, "what the cluster sees is looked at by a pod."),
    _check(
        "server-tcp",
        "The server's port from the nodes",
        "Only a connection tries routes, groups, firewalls and network policies all at once.",
        tcp,
        _WAY,
    ),
    _check(
        "server-tls",
        "The server's certificate from inside",
        "Argo CD believes what it was given and what its image trusts, which is not what this machine trusts.",
        tls,
    ),
    _check(
        "server-host-key",
        "The server's host keys from inside",
        "Argo CD knows the server by the keys that were confirmed, wherever the name leads.",
        host_key,
    ),
    _check(
        "ls-remote",
        "Git with Argo CD's own Secret",
        "Lists the repository exactly as Argo CD does, with the very Secret that it uses: what works here works there.",
        ls_remote,
        (*_TRUST, "server.redirect"),
        blocking=False,
    ),
)
