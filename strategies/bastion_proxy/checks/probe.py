"""The proxy as only a pod of the cluster sees it: whether it is reached, what it lets through, and what it refuses.

Where the proxy is made by this program nothing is judged before an apply has made it: there is nothing yet to look at. What an
apply puts right never fails here, so that it never stands in that apply's way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strategies.base import Check, Situation, Vantage, Verdict
from strategies.bastion_proxy.checks import listing
from strategies.bastion_proxy.checks.views import Look, look
from strategies.bastion_proxy.probe import IMAGE_KEY, is_its_own, means
from strategies.common.checks import probe
from strategies.common.shown import shown
from strategies.common.verdicts import counted, failed, more, oc, passed, skipped, warned
from strategies.facts import CLUSTER_PROBE, Passage, PassageState

_MOST_NAMED = 3
_NOT_REACHED = "not looked at: the proxy takes no connection"
_LOGIN_FIRST = "not looked at: the proxy asks for a login first"
_NOT_THROUGH = "not looked at: the proxy does not lead to the Git host"


def image(situation: Situation) -> Verdict:
    """A pod starts in Argo CD's namespace: the image is pulled, nothing refuses the pod. Nothing else here needs it."""
    return probe.image(situation, IMAGE_KEY, needed=False)


def tcp(situation: Situation) -> Verdict:
    """The proxy's address takes connections from a node."""
    return look(situation, _tcp)


def _tcp(at: Look) -> Verdict:
    view = at.view
    if view.address_error:
        evidence = f"the name in {view.url} has no address inside the VPC: {view.address_error}"
        return failed(evidence, "Name an address in bastionProxy.proxy.url, or let the VPC's resolver know that name.")
    if not view.unreached:
        return passed(f"{view.url} takes connections from a node")
    evidence = f"{view.url} takes no connection from a node: {view.unreached}"
    command = oc(at.situation, "get", "networkpolicy,egressfirewall", "-n", at.namespace)
    closed = (
        "Routes both ways, network ACLs of both subnets, the security groups of the nodes and of the proxy, and network "
        "policies (egress) in Argo CD's namespace have a say."
    )
    if "refused" in view.unreached.lower():
        closed = "The machine answers, and nothing listens at that port."
    if at.ours:
        return warned(evidence, f"Apply puts our rules and Squid right. {closed}", command)
    return failed(evidence, closed, command)


def auth(situation: Situation) -> Verdict:
    """The proxy asks for no login, or takes the one that Argo CD has."""
    return look(situation, _auth)


def _auth(at: Look) -> Verdict:
    view, asked = at.view, at.situation.answers.bastion_proxy
    if not at.reached:
        return skipped(_NOT_REACHED)
    if not at.wants_login:
        with_login = "takes the login that Argo CD's Secret holds" if view.login else "asks for no login"
        return passed(f"{view.url} {with_login}")
    if at.ours:
        evidence = f"{view.url} asks for a login (HTTP 407): Squid of ours asks for none"
        return warned(evidence, "Something else answers there. See what listens on the machine, then apply.")
    if view.login:
        evidence = f"{view.url} does not take the login that Secret {asked.secret_name} holds (HTTP 407)"
        remedy = "Apply writes what bastionProxy.proxy.username and bastionProxy.proxy.password say now: see that they hold."
        return warned(evidence, remedy)
    if asked.proxy.username is not None and asked.proxy.password is not None:
        return passed(f"{view.url} asks for a login (HTTP 407), and is given it by the Secret that apply makes")
    evidence = f"{view.url} asks for a login (HTTP 407), and the answers have none"
    remedy = "Answer bastionProxy.proxy.username, and bastionProxy.proxy.password with a reference (env:PROXY_PASSWORD)."
    return failed(evidence, remedy)


def allows(situation: Situation) -> Verdict:
    """Each host that is needed is reached through the proxy."""
    return look(situation, _allows)


def _allows(at: Look) -> Verdict:
    unable = _not_ready(at)
    if unable is not None:
        return unable
    shut = [one for one in at.view.allowed if one.state is not PassageState.OPEN]
    if not shut:
        untried = len(at.situation.answers.bastion_proxy.allow.hosts or ()) - len(at.view.allowed)
        rest = f"; {counted(untried, 'other host')} of the list not tried" if untried > 0 else ""
        return passed(f"{at.view.url} leads to {_named([one.target for one in at.view.allowed])}{rest}")
    denied = [one for one in shut if one.state is PassageState.REFUSED and (one.status or 0) < 500]
    git = next((one for one in shut if one.target == at.git), None)
    if denied and (git is None or git in denied):
        return _denied(at, denied, git)
    lost = [one for one in shut if one not in denied]
    evidence = f"{at.view.url} does not reach {_told(lost)}"
    if git is None:
        return warned(evidence, "See whether these hosts exist, and whether the network behind the proxy leads to them.")
    remedy = "The proxy itself has no way there: its routes, its resolver, and a firewall behind it have a say."
    return failed(evidence, remedy, _from_the_machine(at))


def _denied(at: Look, denied: Sequence[Passage], git: Passage | None) -> Verdict:
    evidence = f"{at.view.url} refuses {_told(denied)}"
    if at.ours:
        return warned(evidence, "The list on the machine is not that of these answers: apply puts it right.")
    remedy = f"Ask whoever runs the proxy to let CONNECT to {_named([one.target for one in denied])} through."
    return warned(evidence, remedy) if git is None else failed(evidence, remedy)


def refuses(situation: Situation) -> Verdict:
    """Whatever else is asked for is refused."""
    return look(situation, _refuses)


def _refuses(at: Look) -> Verdict:
    unable = _not_ready(at)
    if unable is not None:
        return unable
    through = [one for one in at.view.forbidden if one.state is PassageState.OPEN]
    tried = [one for one in at.view.forbidden if _was_tried(one)]
    if not through and not (tried and at.ours):
        return passed(f"{at.view.url} lets none of {counted(len(at.view.forbidden), 'other target')} through")
    evidence = "; ".join(f"{at.view.url} lets {shown(one.target)} through: {means(one.target, at.git)}" for one in through)
    if at.ours:
        remedy = "The configuration on the machine is not ours any more, or another one is read: apply puts it right."
        if through:
            return failed(evidence, remedy)
        return warned(f"{at.view.url} tried to reach {_told(tried)}, and only failed to", remedy)
    remedy = "Ask whoever runs the proxy whether that is meant; a list of hosts at port 443 is all that Argo CD needs."
    if any(is_its_own(one.target) for one in through):
        return failed(evidence, "Ask whoever runs the proxy to refuse link-local addresses and its own: no client needs them.")
    return warned(evidence, remedy)


def _was_tried(one: Passage) -> bool:
    return one.state is PassageState.UNANSWERED or (one.state is PassageState.REFUSED and (one.status or 0) >= 500)


def git_tls(situation: Situation) -> Verdict:
    """The certificate behind the proxy is the Git host's own, signed by an authority that Argo CD knows."""
    return look(situation, _git_tls)


def _git_tls(at: Look) -> Verdict:
    unable = _not_ready(at)
    if unable is not None:
        return unable
    git = next((one for one in at.view.allowed if one.target == at.git), None)
    if git is None or git.state is not PassageState.OPEN:
        return skipped(_NOT_THROUGH)
    if git.tls_error:
        return _not_believed(at, git)
    others = [one for one in at.view.allowed if one.tls_error and one is not git]
    if others:
        told = ", ".join(f"{shown(one.target)} ({one.tls_error}{_signed(one)})" for one in others[:_MOST_NAMED])
        evidence = f"{git.target} has a certificate to be believed, and {told}{more(len(others) - _MOST_NAMED)} has none"
        return warned(evidence, "See what ends TLS for these hosts, before or behind the proxy.")
    whose = "the authority that Argo CD has for it" if git.own_authorities else "an authority that the image trusts"
    return passed(f"{git.target} has, through the proxy, a certificate of {whose}")


def _not_believed(at: Look, git: Passage) -> Verdict:
    evidence = f"{git.target} through {at.view.url}: {git.tls_error}{_signed(git)}"
    ca_file = at.situation.answers.bastion_proxy.proxy.ca_file
    if at.ours:
        remedy = "Something between the proxy's machine and the Git host ends TLS: take that host out of TLS inspection."
        return failed(evidence, remedy, _from_the_machine(at))
    if git.own_authorities:
        remedy = "What argocd-tls-certs-cm holds for this host did not sign that certificate."
        if ca_file is None:
            return failed(evidence, f"{remedy} Take the entry out, or answer bastionProxy.proxy.caFile with the proxy's CA.")
        return warned(evidence, f"{remedy} Apply writes what {shown(ca_file)} holds now: see that it is the proxy's CA.")
    if ca_file is not None:
        return skipped(f"{evidence}; apply makes Argo CD believe {shown(ca_file)} for this host, and then this is looked at")
    remedy = (
        "The proxy inspects TLS. Answer bastionProxy.proxy.caFile with its CA (PEM), which Argo CD then believes for these "
        "hosts, or have this host taken out of the inspection. That certificate is never accepted unverified."
    )
    return failed(evidence, remedy)


def ls_remote(situation: Situation) -> Verdict:
    """The repository lists its references through the proxy, for what Argo CD's Secret holds."""
    return look(situation, _listed)


def _listed(at: Look) -> Verdict:
    unable = _not_ready(at)
    return unable if unable is not None else listing.judged(at)


def _not_ready(at: Look) -> Verdict | None:
    if not at.reached:
        return skipped(_NOT_REACHED)
    return skipped(_LOGIN_FIRST) if at.wants_login else None


def _named(targets: Sequence[str]) -> str:
    return ", ".join(shown(one) for one in targets[:_MOST_NAMED]) + more(len(targets) - _MOST_NAMED)


def _told(passages: Sequence[Passage]) -> str:
    return _named([f"{one.target} ({_answer(one)})" for one in passages])


def _answer(one: Passage) -> str:
    return f"HTTP {one.status} {one.error}".strip() if one.status is not None else one.error or "no answer"


def _signed(one: Passage) -> str:
    return f"; it is signed by {one.issuer}" if one.issuer else ""


def _from_the_machine(at: Look) -> str | None:
    return f"curl -sSI https://{at.git}/   # on the proxy's machine" if at.ours else None


def _check(id_: str, title: str, why: str, judge: Callable[[Situation], Verdict], *, blocking: bool = True) -> Check:
    return Check(
        id=f"probe.{id_}",
        title=title,
        why=why,
        judge=judge,
        needs=(CLUSTER_PROBE.id,),
        vantage=Vantage.CLUSTER,
        blocking=blocking,
        depends_on=("probe.image",),
    )


CHECKS: tuple[Check, ...] = (
    probe.image_check(image, "the checks below run on it, and nothing else does."),
    _check("proxy-tcp", "Proxy's port from the nodes", "Only a connection tries every rule on the way, both ways.", tcp),
    _check("proxy-auth", "Proxy's login", "Argo CD sends user and password only where its Secret has them.", auth),
    _check(
        "proxy-allows",
        "Hosts that pass the proxy",
        "What the proxy does not let through Argo CD cannot fetch, whatever the list says.",
        allows,
    ),
    _check(
        "proxy-refuses",
        "What the proxy refuses",
        "A proxy that lets more through is a way out of a cluster that has none, or into its own machine.",
        refuses,
        blocking=False,
    ),
    _check(
        "git-tls", "Git's certificate from inside", "Argo CD accepts no certificate of a middlebox that inspects TLS.", git_tls
    ),
    _check(
        "ls-remote",
        "Git with Argo CD's own Secret",
        "Lists the repository exactly as Argo CD does, with the very Secret that it uses: what works here works there.",
        ls_remote,
        blocking=False,
    ),
)
