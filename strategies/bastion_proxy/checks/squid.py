"""What a look at the machine itself shows: Squid, whose its configuration is, and whether the machine reaches the Git host."""

from __future__ import annotations

from urllib.parse import urlsplit

from strategies.base import Check, Mend, Situation, Status, Verdict
from strategies.bastion_proxy import machines
from strategies.bastion_proxy.checks.places import method, somebody_elses, take_another
from strategies.bastion_proxy.probe import git_target, means
from strategies.common.shown import shown
from strategies.common.verdicts import aws, failed, passed, skipped, unknown, unseen, warned
from strategies.facts import AWS_INSTANCES, PROXY_HOST, Configuration, Decided, Decision, ProxyHost

_LATER = "the plan makes the machine and puts Squid on it"
_MADE = "the plan makes the machine: after that it can say"


def squid(situation: Situation) -> Verdict:
    """Squid is on the machine, or can be put there."""
    before, found = _before(situation, _LATER, first=True), situation.facts.get(PROXY_HOST)
    if before is not None or found is None:
        return before or passed(_LATER)
    system = f" on {shown(found.system)}" if found.system else ""
    if found.squid_version is None and found.offered is None:
        evidence = f"Squid is not installed{system}, and cannot be: {shown(found.offer_error or 'no package is offered')}"
        remedy = (
            "Let the machine reach its package repositories: those of Amazon Linux 2023 are in S3 of the region "
            "(a way out, or the S3 gateway endpoint), those of RHEL at RHUI or Satellite. Or install Squid by hand."
        )
        return failed(evidence, remedy, _session(situation, found))
    if found.squid_version is None:
        evidence = f"Squid is not installed{system}; its package manager offers {shown(found.offered or '')}"
        if method(situation) == "new":
            return passed(f"{evidence}, which the plan installs")
        return warned(evidence, "The plan installs it there: agree with whoever keeps the machine.", _session(situation, found))
    version, state = f"Squid {shown(found.squid_version)}{system}", _state(found)
    if found.configuration is Configuration.OURS and not found.running:
        return warned(f"{version} has our configuration and does not run", "Apply again: it starts it, and enables it.")
    return passed(f"{version} {state}")


def _state(found: ProxyHost) -> str:
    if not found.running:
        return "is installed and does not run: the plan starts it"
    return "runs" if found.enabled else "runs, and does not start with the machine: the plan enables it"


def configuration(situation: Situation) -> Verdict:
    """Squid's configuration is the packaged one or ours: what somebody else wrote is not replaced unless that is answered."""
    before, found = _before(situation, _LATER), situation.facts.get(PROXY_HOST)
    if before is not None:
        return before
    if found is None or found.configuration is Configuration.NONE:
        return passed("there is none yet: the plan writes it")
    if found.configuration is Configuration.PACKAGED:
        return passed("as its package brings it: the plan writes ours beside it")
    if found.configuration is Configuration.OURS:
        return passed("ours, of this instance")
    if found.configuration is Configuration.OTHER_INSTANCE:
        return failed(
            "ezgitops wrote it for another instance: two would overrule each other",
            "Choose another machine, or destroy that instance first.",
            mend=take_another(situation),
        )
    if situation.answers.bastion_proxy.squid.foreign_configuration == "replace":
        return passed("somebody else wrote it: the plan keeps it as squid.conf.before-ezgitops and writes ours, as answered")
    return failed(
        "somebody else wrote /etc/squid/squid.conf: whoever goes through this proxy counts on it",
        "Choose another machine, or answer bastionProxy.squid.foreignConfiguration: replace. The old one is kept.",
        _session(situation, found),
        mend=Mend(
            "Replace it",
            "Answers bastionProxy.squid.foreignConfiguration with replace: apply keeps the old configuration as "
            "squid.conf.before-ezgitops and puts ours in its place. Others who use this proxy reach our hosts alone then.",
            edits={"bastionProxy.squid.foreignConfiguration": "replace"},
        ),
    )


def internet(situation: Situation) -> Verdict:
    """The machine itself, past Squid, reaches the Git host, and believes its certificate."""
    before, found = _before(situation, _MADE), situation.facts.get(PROXY_HOST)
    if before is not None or found is None:
        return before or passed(_MADE)
    host = urlsplit(situation.answers.source.url or "").hostname or "the Git host"
    if found.tls_issuer:
        evidence = f"the certificate that the machine sees for {host} is signed by {shown(found.tls_issuer)}, not by a known CA"
        remedy = (
            "Something on the machine's way out ends TLS and makes certificates of its own: have that host left out there. "
            "Argo CD would have to believe its CA as well."
        )
        return failed(evidence, remedy, _session(situation, found))
    if found.direct is not None:
        return passed(f"{host} answers the machine with {found.direct}")
    if not found.direct_error:
        return unknown(f"whether the machine reaches {host} was not told", "Look from there.", _session(situation, found))
    evidence = f"the machine does not reach {host}: {shown(found.direct_error)}"
    remedy = "See its way out: the NAT gateway, a firewall, network ACLs, what its security group lets out on port 443."
    return failed(evidence, remedy, _session(situation, found), mend=take_another(situation))


def decides(situation: Situation) -> Verdict:
    """Squid of ours, asked on its own machine: the Git host passes, and what is on no list does not.

    Nothing is tried before an apply has set it up. What an apply puts right is told, and stands in no apply's way.
    """
    before, found = _before(situation, _MADE), situation.facts.get(PROXY_HOST)
    if before is not None and before.status is not Status.PASS:
        return before
    if before is not None or found is None or found.configuration is not Configuration.OURS:
        return skipped("not tried: apply sets Squid up first")
    if not found.running:
        return skipped(f"not tried: Squid does not run on {found.instance_id}, and apply starts it")
    if not found.decisions:
        evidence = "what Squid decides could not be tried: /etc/squid/ezgitops.conf names no port of its own any more"
        return unknown(evidence, "Apply writes it anew.", _session(situation, found))
    if all(one.status is None for one in found.decisions):
        evidence = f"Squid runs on {found.instance_id}, and answers nothing at the port of its configuration"
        return failed(evidence, "See what it says: journalctl -u squid", _session(situation, found))
    through = [one for one in found.decisions if not one.allowed and one.decided is not Decided.REFUSED]
    if through:
        git = git_target(situation) or ""
        evidence = "; ".join(f"Squid does not refuse {_answered(one)}: {means(one.target, git)}" for one in through)
        remedy = "The configuration on the machine was changed, or Squid reads another one: apply puts ours back."
        return failed(evidence, remedy, _session(situation, found))
    return _leads(situation, found)


def _leads(situation: Situation, found: ProxyHost) -> Verdict:
    """The other half: what is allowed passes."""
    allowed = [one for one in found.decisions if one.allowed]
    for one in allowed:
        if one.decided is Decided.REFUSED:
            remedy = (
                "The list on the machine is not that of these answers: apply puts it right. If it is, the name resolves to an "
                "address inside a private network, where Squid of ours leads nobody."
            )
            return failed(f"Squid refuses {_answered(one)}, which is to pass", remedy, _session(situation, found))
        if one.decided is Decided.FAILED:
            remedy = "The machine gets there without it: see Squid's resolver (dns_nameservers) and its log."
            return failed(f"Squid does not reach {_answered(one)}", remedy, _session(situation, found))
        if not one.whole:
            remedy = "What Squid reaches under this name is not what the machine reaches: see Squid's resolver and its log."
            evidence = f"Squid leads to {_answered(one)}, and the certificate or the answer there is not to be believed"
            return failed(evidence, remedy, _session(situation, found))
    refused = ", ".join(shown(one.target) for one in found.decisions if not one.allowed)
    return passed(f"leads to {', '.join(shown(one.target) for one in allowed)}, and refuses {refused}")


def _answered(one: Decision) -> str:
    return f"{shown(one.target)} ({'no answer' if one.status is None else f'HTTP {one.status}'})"


def _before(situation: Situation, later: str, *, first: bool = False) -> Verdict | None:
    """What is said before the machine's own word: that it is somebody else's, is yet to be made, or could not be looked at.

    Why it could not, the ``first`` check says for all.
    """
    if method(situation) == "new" and machines.ours(situation) is None:
        # A machine of others that has its address is not judged here: see its place.
        return unseen(situation, AWS_INSTANCES.id) or passed(later)
    elses, blind = somebody_elses(situation), unseen(situation, PROXY_HOST.id)
    if elses is not None or blind is None or first:
        return elses or blind
    return skipped("the machine was not looked at: 'Squid on the machine' says why")


def _session(situation: Situation, found: ProxyHost) -> str:
    return aws(situation, "ssm", "start-session", "--target", found.instance_id)


CHECKS: tuple[Check, ...] = (
    Check(
        id="proxy.squid",
        title="Squid on the machine",
        why="It is the proxy. Where it is not installed, the machine has to reach a package repository.",
        judge=squid,
        needs=(PROXY_HOST.id, AWS_INSTANCES.id),
        depends_on=("proxy.ssm",),
        handles_errors=True,
    ),
    Check(
        id="proxy.configuration",
        title="Whose Squid's configuration is",
        why="A proxy that others already go through is not reconfigured without being asked to.",
        judge=configuration,
        needs=(PROXY_HOST.id, AWS_INSTANCES.id),
        depends_on=("proxy.squid",),
        handles_errors=True,
    ),
    Check(
        id="proxy.internet",
        title="Git host seen from the machine",
        why="What the machine does not reach itself, nobody reaches through it.",
        judge=internet,
        needs=(PROXY_HOST.id, AWS_INSTANCES.id),
        depends_on=("proxy.way-out", "proxy.ssm"),
        handles_errors=True,
    ),
    Check(
        id="proxy.decides",
        title="What the proxy decides, from its machine",
        why="A list is worth what Squid makes of it: the Git host has to pass, another host and instance metadata must not.",
        judge=decides,
        needs=(PROXY_HOST.id, AWS_INSTANCES.id),
        blocking=False,
        depends_on=("proxy.configuration", "proxy.internet"),
        handles_errors=True,
    ),
)
