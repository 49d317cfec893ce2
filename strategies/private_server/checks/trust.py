"""By what the server is believed: its certificate over HTTPS, its host keys over SSH. Never switched off, and never guessed."""

from __future__ import annotations

from datetime import timedelta

from strategies.base import Check, Mend, Situation, Verdict
from strategies.common.shown import shown
from strategies.common.verdicts import counted, failed, more, passed, skipped, unknown, warned
from strategies.facts import (
    CLUSTER_PROBE,
    SERVER_AUTHORITY,
    SERVER_CHAIN,
    SERVER_HOST_KEYS,
    SshHostKeys,
    TrustChain,
    Trusted,
    TrustFault,
)
from strategies.private_server import in_effect
from strategies.private_server.checks.looks import NO_URL, SOON_DAYS, address, pending, read_at
from strategies.private_server.offers import SERVERS_OWN

_MOST_SHOWN = 3


def certificate(situation: Situation) -> Verdict:
    """It is believed, by this machine or by the CA answered; where Argo CD is given a CA, that one alone counts."""
    where = address(situation)
    missing = pending(situation)
    if where is None or missing is not None:
        return missing or skipped(NO_URL)
    chain, error = situation.facts.get(SERVER_CHAIN), situation.facts.error(SERVER_CHAIN)
    if error is not None:
        return unknown(error.message, error.remedy, error.command)
    if chain is None:
        return passed("over SSH there is none") if where.scheme == "ssh" else unknown("not read yet")
    broken = situation.facts.error(SERVER_AUTHORITY)
    if broken is not None:
        return failed(broken.message, broken.remedy)
    if chain.trusted is Trusted.NOT:
        return _not_believed(situation, chain)
    ends, leaf = chain.expires_at, chain.leaf
    whom = "an authority that this machine trusts" if chain.trusted is Trusted.SYSTEM else "the CA of the answers"
    seen = f"{chain.host}: a certificate of {whom}{f' ({shown(leaf.issuer)})' if leaf is not None else ''}"
    if ends is None:
        return passed(seen)
    left = ends - read_at(situation, SERVER_CHAIN.id)
    if left < timedelta(days=SOON_DAYS):
        evidence = f"{seen}; one of the chain ends on {ends:%Y-%m-%d}, in {counted(max(left.days, 0), 'day')}"
        return warned(evidence, "Have it renewed before: from that day on no sync succeeds.")
    if chain.trusted is Trusted.SYSTEM and where.scheme == "https":
        return passed(f"{seen}, until {ends:%Y-%m-%d}; whether the cluster trusts it too, the look from inside tells")
    return passed(f"{seen}, until {ends:%Y-%m-%d}")


def _not_believed(situation: Situation, chain: TrustChain) -> Verdict:
    leaf, asked = chain.leaf, situation.answers.private_server.server
    why = chain.fault.value if chain.fault is not None else shown(chain.why)
    if leaf is None:
        return failed(f"{chain.host} shows no certificate: {why}", "Have the server serve HTTPS.")
    seen = f"the certificate of {chain.host} is not believed: {why}"
    if chain.fault in SERVERS_OWN:
        return _its_own_fault(situation, chain, seen)
    anchor = chain.anchor or leaf
    told = f"{seen}. Highest shown: {shown(anchor.subject)}, {anchor.sha256}"
    if asked.ca_file is not None:
        remedy = f"{shown(asked.ca_file)} holds another CA than the one that signed it. Name the right file."
        return failed(told, remedy)
    if asked.ca_fingerprint is not None:
        return failed(told, "What was confirmed is not the CA of this certificate. Confirm the right one, or name its file.")
    inside = situation.facts.get(CLUSTER_PROBE)
    if inside is not None and inside.server is not None and inside.server.trusted and not in_effect.makes(situation):
        return warned(f"{told}. The cluster believes it", "This machine does not: what it looks at there stays unseen.")
    if chain.fault is TrustFault.INCOMPLETE:
        remedy = "Have the server send its intermediate certificates too, or name a file with the CA and those between."
        return failed(told, remedy)
    remedy = (
        "Name the CA's file (privateServer.server.caFile), or confirm the CA shown: compare that fingerprint with what your "
        "security team publishes. It is never accepted unseen."
    )
    command = f"openssl s_client -connect {chain.host}:{chain.port} -servername {chain.host} -showcerts"
    mend = Mend(
        "Confirm the CA shown",
        f"Answers privateServer.server.caFingerprint with {anchor.sha256} ({shown(anchor.subject)}): do it only when your "
        "security team says the same. Argo CD then believes this one alone for the host.",
        edits={"privateServer.server.caFingerprint": anchor.sha256},
    )
    return failed(told, remedy, command, mend=mend)


def _its_own_fault(situation: Situation, chain: TrustChain, seen: str) -> Verdict:
    at, leaf = read_at(situation, SERVER_CHAIN.id), chain.leaf
    if chain.fault is TrustFault.WRONG_NAME and leaf is not None:
        names = ", ".join(leaf.names[:_MOST_SHOWN]) + more(len(leaf.names) - _MOST_SHOWN)
        remedy = "Use the name that it is for, or have a certificate made for this one (subjectAltName counts alone)."
        return failed(f"{seen}: {shown(names) or 'none'}", remedy)
    if chain.fault is TrustFault.NOT_YET_VALID:
        first = max((one.not_before for one in chain.certificates), default=at)
        return failed(f"{seen}: it begins on {first:%Y-%m-%d}", "Look at the clocks of the server and of this machine.")
    old = next((one for one in chain.certificates if one.not_after <= at), leaf)
    ended = f" on {old.not_after:%Y-%m-%d} ({shown(old.subject)})" if old is not None else ""
    return failed(f"{seen}{ended}", "Have the server's certificate renewed; nothing that is set here helps.")


def host_key(situation: Situation) -> Verdict:
    """Over SSH: the keys that the server shows are those that were confirmed."""
    where = address(situation)
    missing = pending(situation)
    if where is None or missing is not None:
        return missing or skipped(NO_URL)
    if where.scheme != "ssh":
        return passed("none is needed: Argo CD reaches the server by HTTPS")
    found, error = situation.facts.get(SERVER_HOST_KEYS), situation.facts.error(SERVER_HOST_KEYS)
    confirmed = situation.answers.private_server.server.host_keys or []
    if error is not None:
        return unknown(f"{error.message}; the look from inside shows the keys too", error.remedy, error.command)
    if found is None:
        return unknown("not read yet")
    return judged_keys(found, confirmed)


def judged_keys(found: SshHostKeys, confirmed: list[str]) -> Verdict:
    """What was shown, held against what was confirmed."""
    command = f"ssh-keyscan -p {found.port} {found.host}"
    shown_keys = {one.fingerprint: one.type for one in found.keys}
    listed = ", ".join(f"{kind} {fingerprint}" for fingerprint, kind in shown_keys.items())
    if not confirmed:
        mend = Mend(
            "Confirm the keys shown",
            f"Answers privateServer.server.hostKeys with {listed}: do it only when the server's administrator says the same.",
            edits={"privateServer.server.hostKeys": list(shown_keys)},
        )
        remedy = "Compare the fingerprints with those that the server's administrator knows, and confirm them."
        return failed(f"{found.host} shows {listed}, and none is confirmed", remedy, command, mend=mend)
    same = [one for one in confirmed if one in shown_keys]
    if len(same) == len(confirmed):
        return passed(f"{found.host} shows the keys that were confirmed: {', '.join(same[:_MOST_SHOWN])}")
    gone = [one for one in confirmed if one not in shown_keys]
    remedy = (
        "Either the server was set up anew, or somebody stands in its place and would read what is sent to it. Ask its "
        "administrator before the new fingerprints are confirmed."
    )
    evidence = f"{found.host} does not show {', '.join(gone[:_MOST_SHOWN])} any more, which was confirmed; it shows {listed}"
    return failed(evidence, remedy, command)


CHECKS: tuple[Check, ...] = (
    Check(
        id="server.certificate",
        title="Certificate of the server",
        why="Argo CD talks to nobody whose certificate it does not believe, and nothing here switches that off.",
        judge=certificate,
        needs=(SERVER_CHAIN.id, SERVER_AUTHORITY.id),
        depends_on=("server.https-only",),
        handles_errors=True,
    ),
    Check(
        id="server.host-key",
        title="SSH host keys",
        why="Over SSH the server is known by its keys alone: another key is another server.",
        judge=host_key,
        needs=(SERVER_HOST_KEYS.id,),
        handles_errors=True,
    ),
)
