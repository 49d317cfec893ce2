"""Proxies that somebody runs already: they ask for a login, or end TLS, and are nobody's here to configure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from wizard.sandbox.machines.spec import Host, ProxySpec
from wizard.sandbox.network.proxy import ConnectProxy, Decision, Pass, Refuse, Route


class CorporateProxies:
    """One for each machine that has ``machine.proxy``, started when somebody first connects.

    ``internet`` is where connections lead; ``inspected`` the loopback port of the same sites behind certificates of the
    company's own CA, for those that end TLS; ``anything`` a port at which something listens, whatever it is.
    """

    def __init__(self, internet: Route, *, inspected: Callable[[], int], anything: Callable[[], int]) -> None:
        self._internet, self._inspected, self._anything = internet, inspected, anything
        self._running: dict[str, ConnectProxy] = {}
        self._lock = threading.Lock()

    def listener(self, host: Host, port: int) -> int | None:
        """The loopback port that stands for the machine's, or None where nobody listens. It expects a PROXY protocol header."""
        spec = host.spec.proxy
        if spec is None or port != spec.port:
            return None
        with self._lock:
            proxy = self._running.get(host.id)
            if proxy is None:
                proxy = self._running[host.id] = self._started(host, spec)
        return urlsplit(proxy.url).port

    def stop(self) -> None:
        """Stop all of them."""
        with self._lock:
            for proxy in self._running.values():
                proxy.stop()
            self._running.clear()

    def _started(self, host: Host, spec: ProxySpec) -> ConnectProxy:
        login = None if spec.auth is None else (spec.auth.user, spec.auth.password)
        proxy = ConnectProxy(host.name, partial(self._decide, spec), login=login, announced=True)
        proxy.start()
        return proxy

    def _decide(self, spec: ProxySpec, name: str, port: int) -> Decision:
        """Where a host exists, a middlebox may answer in its name."""
        if name in spec.refuses:
            return Refuse(f"{name} is not on the list of this proxy")
        decision = self._internet(name, port)
        if spec.everything and isinstance(decision, Refuse):
            return Pass(self._anything())
        return Pass(self._inspected()) if spec.intercepts and isinstance(decision, Pass) else decision
