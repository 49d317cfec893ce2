"""What is wrong with a text, where a pattern alone would not tell the operator enough. Pure functions, None when nothing is.

None of them repeats a text that may hold a secret.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

_TURNS_TEXT_ROUND = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TOKENS = (
    (r"\bgh[pousr]_[A-Za-z0-9]{16,}", "a GitHub token"),
    (r"\bgithub_pat_[A-Za-z0-9_]{16,}", "a GitHub token"),
    (r"\bglpat-[A-Za-z0-9_.-]{16,}", "a GitLab token"),
    (r"\b(A3T[A-Z0-9]|AKIA|ASIA)[A-Z0-9]{16}\b", "an AWS access key"),
    (r"\bxox[abprs]-[A-Za-z0-9-]{10,}", "a Slack token"),
    (r"\bATBB[A-Za-z0-9]{16,}", "a Bitbucket app password"),
    (r"-----BEGIN [A-Z ]*PRIVATE KEY", "a private key"),
    (r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}", "a signed token"),
)
_SCP_LIKE = re.compile(r"^[A-Za-z0-9._-]+@([A-Za-z0-9.-]+):(?!/)(.+)$")
_ZONE = re.compile(r"^([a-z]{2,4}(?:-[a-z]+)+-[0-9])[a-z]$")


def unprintable(text: str) -> str | None:
    """Refuse what cannot be seen or changes what is seen: control characters, line separators, bidirectional marks."""
    for place, character in enumerate(text, start=1):
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _TURNS_TEXT_ROUND:
            return f"holds a control character (U+{ord(character):04X}, character {place}); write plain text on one line"
    return None


def secret_kind(text: str) -> str | None:
    """What kind of secret the text seems to hold (``a GitHub token``), by the prefixes that its makers gave it; else None."""
    for pattern, kind in _TOKENS:
        if re.search(pattern, text):
            return kind
    return None


def secretive(text: str) -> str | None:
    """Refuse a text that seems to hold a secret."""
    kind = secret_kind(text)
    if kind is None:
        return None
    return f"seems to be {kind}; no secret is written here. Take it out, and revoke it if others could read it"


def reference(text: str) -> str | None:
    """Refuse a secret that stands where the name of its place should stand."""
    if re.match(r"^(env|file|prompt|aws-secretsmanager):", text):
        label = text.partition(":")[2]
        if text.startswith("prompt:") and re.search(r"[A-Za-z0-9+/=_-]{40,}", label):
            return "prompt: is followed by what to ask for, not by the secret itself"
        return None
    return (
        "must name the place where the secret is kept, not be the secret: "
        "env:NAME, file:PATH, prompt:LABEL or aws-secretsmanager:NAME[#JSON-KEY]"
    )


def git_url(text: str) -> str | None:
    """Refuse what is not a plain HTTPS clone URL, and say why. Credentials in it are never repeated."""
    scp = _SCP_LIKE.match(text)
    if scp:
        return (
            "is an SSH address: mirrors go over HTTPS, and through a proxy Argo CD speaks SOCKS to SSH hosts, which Squid does "
            f"not. Write https://{scp[1]}/{scp[2].lstrip('/')}"
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "is not a URL that can be read (check brackets and port)"
    if parts.scheme in {"ssh", "git", "git+ssh"}:
        return (
            "is not an HTTPS URL: mirrors go over HTTPS, and through a proxy Argo CD speaks SOCKS to SSH hosts, which Squid "
            "does not. Write https://HOST/PATH"
        )
    if parts.scheme == "http":
        return "is not encrypted; write https://"
    if parts.scheme != "https":
        return "must be an HTTPS URL: https://HOST/PATH"
    if "@" in parts.netloc:
        return "holds credentials; take them out, and use source.username and source.password (a reference) instead"
    if parts.query or parts.fragment or "?" in text or "#" in text:
        return "must end with the repository's path: no ? and no #"
    if port is not None and not 0 < port < 65536:
        return "has a port that does not exist (1 to 65535)"
    if not parts.hostname or not _possible(parts.hostname):
        return "has a host name that cannot exist"
    if not parts.path.strip("/"):
        return "names a server, but no repository on it: add its path"
    if any(p in {".", ".."} for p in parts.path.split("/")):
        return "must not have . or .. in its path"
    return None


def _possible(host: str) -> bool:
    return all(re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?", part) for part in host.split("."))


def proxy_url(text: str) -> str | None:
    """Refuse what is not a plain ``http://HOST:PORT``, and say why. Credentials in it are never repeated."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "is not a URL that can be read (check brackets and port)"
    if parts.scheme in {"socks4", "socks5", "socks5h"}:
        return "is a SOCKS proxy; Argo CD speaks that to SSH hosts alone. Name an HTTP proxy"
    if parts.scheme == "https":
        return "is a proxy that is itself spoken to over TLS; Squid here listens without, and what passes is TLS anyway"
    if parts.scheme != "http":
        return "must be the URL of an HTTP proxy: http://HOST:PORT"
    if "@" in parts.netloc:
        return "holds credentials; take them out, and use bastionProxy.proxy.username and .password (a reference) instead"
    if port is None or not 0 < port < 65536:
        return "must end with a port from 1 to 65535 (Squid's own is 3128)"
    if parts.path or parts.query or parts.fragment:
        return "must end with the port"
    if not parts.hostname or not _possible(parts.hostname):
        return "has a host name that cannot exist"
    return None


def allowed_host(text: str) -> str | None:
    """Refuse what would let out more than one host, or a place that no proxy may lead to."""
    if "://" in text:
        return "is a URL; write its host alone"
    if text.startswith((".", "*")):
        return "would let everything below a domain out; name each host"
    if ":" in text:
        return "has a port; only port 443 is let through, and it is not written"
    if re.fullmatch(r"[0-9.]+", text):
        return "is an address; name the host, so that its certificate can be checked"
    if text == "localhost" or text.endswith((".localhost", ".ec2.internal", ".compute.internal")):
        return "is a name inside the network; the proxy leads out, and nowhere else"
    return None


def helm_url(text: str) -> str | None:
    """Refuse what is not the plain HTTPS URL of a Helm repository, and say why."""
    if text.startswith("oci://"):
        return "is an OCI registry, which Argo CD knows by its host alone; only https:// repositories stand here"
    path = text.partition("://")[2].partition("/")[2]
    return git_url(text if path.strip("/") else f"{text.rstrip('/')}/index.yaml")


def repository_url(text: str) -> str | None:
    """Refuse what is not a clone URL that Argo CD takes as it stands, and say why. Credentials in it are never repeated."""
    scp = _SCP_LIKE.match(text)
    if scp and "://" not in text:
        return f"is the short form of an SSH address; write it out: ssh://git@{scp[1]}/{scp[2].lstrip('/')}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "is not a URL that can be read (check brackets and port)"
    if parts.scheme != "ssh":
        said = git_url(text)
        return (
            said
            if said is None or "credentials" not in said
            else ("holds credentials; take them out, and say below privateServer.credentials where they are kept")
        )
    if parts.password is not None:
        return "holds a password; take it out: SSH logs in by key"
    if not parts.username:
        return "names no user; Git servers take one, usually git: ssh://git@HOST/PATH"
    if port is not None and not 0 < port < 65536:
        return "has a port that does not exist (1 to 65535)"
    if not parts.hostname or not _possible(parts.hostname):
        return "has a host name that cannot exist"
    if not parts.path.strip("/"):
        return "names a server, but no repository on it: add its path"
    return None


def region(text: str) -> str | None:
    """Refuse an availability zone in the place of a region."""
    zone = _ZONE.match(text)
    return f"is an availability zone; its region is {zone[1]}" if zone else None


def cidr(text: str) -> str | None:
    """Refuse a network that does not parse or whose address has bits beyond its mask."""
    try:
        network = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return "must be an IPv4 network: four numbers up to 255, a slash, and a length from 0 to 32 (10.0.0.0/16)"
    if "/" not in text:
        return f"has no length; a single address is {network}"
    if text.partition("/")[0] != str(network.network_address):
        return f"has bits set beyond its length; the network is {network}"
    return None


def revision(text: str) -> str | None:
    """Refuse what Git would not take as the name of a branch or tag (``git check-ref-format``), and pull-request refs."""
    if text.startswith(("refs/pull/", "refs/merge-requests/")):
        return "is a pull request's ref; those are never mirrored. Name a branch or a tag"
    if text.startswith("-"):
        return "must not begin with a hyphen"
    if text == "@" or text.startswith("/") or text.endswith(("/", ".")) or "//" in text or ".." in text or "@{" in text:
        return "is not a name that Git allows for a branch or tag"
    if any(part.startswith(".") or part.endswith(".lock") for part in text.split("/")):
        return "is not a name that Git allows: no part may begin with . or end with .lock"
    return None


def repository_path(text: str) -> str | None:
    """Refuse a folder outside the repository."""
    if text.startswith("/"):
        return "must be relative to the repository's root: without the leading /"
    if ".." in text.split("/"):
        return "must stay inside the repository: no .."
    return None


def pipeline_subject(text: str) -> str | None:
    """Refuse wildcards: the trust policy compares the claim exactly, so that no other pipeline can take the role."""
    if "*" in text or "?" in text:
        return "is compared exactly, so * and ? match nothing; write the whole subject (repo:ORG/REPO:ref:refs/heads/main)"
    return None
