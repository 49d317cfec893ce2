"""What the probe saw of the proxy, and whether there is anything to be judged yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from strategies.base import Situation, Verdict
from strategies.bastion_proxy import machines
from strategies.bastion_proxy.probe import git_target
from strategies.common import effective
from strategies.common.checks import probe
from strategies.common.verdicts import skipped
from strategies.facts import (
    AWS_INSTANCES,
    CLUSTER_PROBE,
    PROXY_HOST,
    Configuration,
    Listing,
    ListingState,
    Probe,
    ProxyView,
)

_PROXY_LOGIN = 407
"""RFC 9110, section 15.5.8."""


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a proxy that should be there. ``ours`` says that this program sets it up; ``git`` is the Git host's target."""

    situation: Situation
    view: ProxyView
    listing: Listing | None
    git: str
    ours: bool

    @property
    def reached(self) -> bool:
        """True when the proxy took a connection."""
        return not (self.view.address_error or self.view.unreached)

    @property
    def wants_login(self) -> bool:
        """True when it answered to anything with a demand for a login."""
        return any(one.status == _PROXY_LOGIN for one in (*self.view.allowed, *self.view.forbidden))

    @property
    def namespace(self) -> str:
        """Argo CD's namespace, for commands."""
        return effective.argocd_namespace(self.situation) or "NAMESPACE"


def look(situation: Situation, judge: Callable[[Look], Verdict]) -> Verdict:
    """A verdict about the proxy, once a pod has looked at it and there is something to look at."""
    found = situation.facts.get(CLUSTER_PROBE)
    missing = probe.not_looked(found)
    if missing is not None:
        return missing
    git = git_target(situation)
    if found is None or found.proxy is None or git is None:
        return skipped("bastionProxy.proxy.url or source.url is not answered yet")
    ours = situation.answers.bastion_proxy.proxy.method != "existing"
    pending = _pending(situation, found) if ours else None
    if pending is not None:
        return skipped(f"not looked at: {pending}")
    return judge(Look(situation, found.proxy, found.listing, git, ours))


def _pending(situation: Situation, found: Probe) -> str | None:
    """Why an apply comes first; None where it has been made, as far as can be seen."""
    host = situation.facts.get(PROXY_HOST)
    if host is not None:
        if host.squid_version is None or host.configuration is not Configuration.OURS:
            return f"apply sets Squid up on {host.instance_id} first"
        return None if host.running else f"Squid does not run on {host.instance_id}: apply starts it"
    error = situation.facts.error(PROXY_HOST)
    if error is not None:
        return f"the proxy's machine could not be looked at ({error.message})"
    method = situation.answers.bastion_proxy.proxy.method
    if method == "new" and situation.facts.get(AWS_INSTANCES) is not None and machines.ours(situation) is None:
        return "apply makes the proxy's machine first"
    if found.listing is None or found.listing.state is ListingState.NO_SECRET:
        return "Argo CD has no Secret with the proxy yet: apply comes first"
    return None
