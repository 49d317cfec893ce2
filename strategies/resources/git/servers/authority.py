"""The CA by which a private server is believed, as the answers name it: a file of this machine, or a fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from strategies.common.shown import shown
from strategies.resources.git.servers.dial import Dialer, TalkError, Trouble
from strategies.resources.git.servers.tls import parse_certificates, read_chain

_FILE_MOST = 1024 * 1024


def authority(
    dialer: Dialer,
    environ: Mapping[str, str],
    host: str,
    port: int,
    *,
    ca_file: str | None = None,
    ca_fingerprint: str | None = None,
) -> str | None:
    """The CA in PEM; None where the answers name none, and the CAs of this machine decide. Raises TalkError.

    By fingerprint it is looked for among the certificates that the server shows: whoever answers there now can show any, but
    no other with this fingerprint. It is believed no further than as the end of a chain that is then verified.
    """
    if ca_file is not None:
        return _from_file(ca_file)
    if ca_fingerprint is None:
        return None
    chain = read_chain(dialer, environ, host, port)
    found = chain.by_fingerprint(ca_fingerprint)
    if found is None:
        seen = ", ".join(f"{one.subject} {one.sha256[:23]}..." for one in chain.certificates) or chain.why or "none"
        why = (
            f"{shown(host)} does not show the certificate that was confirmed ({shown(ca_fingerprint)[:23]}...); it shows {seen}"
        )
        raise TalkError(Trouble.TLS, shown(why, 600))
    return found.pem


def _from_file(name: str) -> str:
    path = Path(name).expanduser()
    try:
        with path.open(encoding="ascii") as file:
            text = file.read(_FILE_MOST)
        parse_certificates(text)
    except OSError as error:
        raise TalkError(Trouble.TLS, f"the CA's file {shown(name)} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise TalkError(Trouble.TLS, f"the CA's file {shown(name)} holds no PEM certificate") from error
    return text
