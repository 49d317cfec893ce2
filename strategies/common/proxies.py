"""Which hosts ``NO_PROXY`` leaves out, as far as the programs that are used here agree. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def exempt(host: str, entries: Sequence[str]) -> bool:
    """Whether ``host`` is reached past the proxy: ``*``, its own name, or a domain above it, with or without a leading dot.

    Networks (``10.0.0.0/8``) are left to the programs: Go and newer versions of curl know them, Python does not.
    """
    name = host.lower().rstrip(".")
    domains = (entry.lower().lstrip(".").partition(":")[0] for entry in entries)
    return "*" in entries or any(name == domain or name.endswith(f".{domain}") for domain in domains if domain)
