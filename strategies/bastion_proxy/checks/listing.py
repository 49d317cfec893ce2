"""The source repository, listed through the proxy with what Argo CD's Secret holds."""

from __future__ import annotations

from strategies.base import Verdict
from strategies.bastion_proxy.checks.views import Look
from strategies.common.verdicts import counted, failed, passed, skipped, warned
from strategies.facts import Listing, ListingState


def judged(at: Look) -> Verdict:
    """What the listing shows of repository, login and revision."""
    listing, source = at.listing, at.situation.answers.source
    if listing is None:
        return skipped("the name of the repository's Secret is not answered yet")
    name = at.situation.answers.bastion_proxy.secret_name
    match listing.state:
        case ListingState.NO_SECRET:
            return skipped(f"Secret {name} does not exist yet: apply makes it")
        case ListingState.OTHER_URL:
            evidence = f"Secret {name} is for another URL; what it holds was not sent"
            return warned(evidence, "Answer bastionProxy.secretName with a name that is free, or apply to bring it in step.")
        case ListingState.GITHUB_APP:
            return skipped(f"Secret {name} is that of a GitHub App, and its key is not given to a pod: Argo CD's sync tells")
        case ListingState.NO_PASSWORD:
            return warned(f"Secret {name} holds no password", "Apply writes what source.password refers to.")
        case ListingState.UNREACHED:
            if not listing.error:
                return skipped("not looked at: the Git host is not reached through the proxy, or not believed")
            evidence = f"the request for {source.url} through {at.view.url} broke off: {listing.error}"
            return failed(evidence, "Check again; if it stays, look at the proxy's log (access.log) for this host.")
        case ListingState.ANSWERED:
            return _answered(at, listing)


def _answered(at: Look, listing: Listing) -> Verdict:
    source = at.situation.answers.source
    host = at.git.rpartition(":")[0]
    if listing.status in (401, 403, 404):
        return _refused(at, listing, host)
    if listing.status in (301, 302, 303, 307, 308):
        evidence = f"{host} sends {source.url} elsewhere (HTTP {listing.status}), and Argo CD does not follow"
        return failed(evidence, "Answer source.url with the URL that the host uses now.")
    if listing.status != 200:
        return failed(f"{host} answers HTTP {listing.status}", "Check again; if it stays, look at the host's status page.")
    if listing.references == 0:
        return warned(f"{source.url} is empty", "Argo CD has nothing to sync before something is pushed.")
    seen = counted(listing.references, "reference")
    if not listing.revision_found and source.revision is not None:
        return warned(f"{seen}, and no {source.revision} among them", "Correct source.revision, or push it.")
    return passed(f"Argo CD's own Secret lists {seen} of {source.url} through {at.view.url}")


def _refused(at: Look, listing: Listing, host: str) -> Verdict:
    source, name = at.situation.answers.source, at.situation.answers.bastion_proxy.secret_name
    if source.password is None:
        evidence = f"{host} shows {source.url} to nobody without a login: HTTP {listing.status}"
        return failed(evidence, "Answer source.password with a reference (env:SOURCE_TOKEN), or bastionProxy.githubApp.")
    evidence = f"{host} does not take what Secret {name} holds for {source.url}: HTTP {listing.status}"
    return failed(
        evidence, "The token has ended, or may not read this repository. Apply writes what source.password refers to."
    )
