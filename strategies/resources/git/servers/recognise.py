"""Finds out what a Git server is from its address alone: the probes, side by side, and the judgement on their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

from strategies.common.servers.address import AddressError, ServerAddress, parse_address
from strategies.common.servers.judge import judge, judge_banner
from strategies.common.servers.probes import BODY_LIMIT, HEADERS, Probe, ProbeAnswer, Sign, probes
from strategies.common.shown import shown
from strategies.facts import FactError, ServerInfo, ServerKind
from strategies.ports import FactFailureError
from strategies.resources.git.servers.dial import CONNECT_TIMEOUT, Deadline, Dialer, TalkError, Trouble
from strategies.resources.git.servers.http import HttpClient, Limits
from strategies.resources.git.servers.ssh import read_host_keys
from strategies.resources.parallel import together

_HTTP_PORT = 80
PROBE_LIMITS = Limits(seconds=10.0, body=BODY_LIMIT)


def recognise(
    environ: Mapping[str, str], text: str, *, ca: str | None = None, dialer: Dialer | None = None, limits: Limits = PROBE_LIMITS
) -> ServerInfo:
    """What answers at the address that was typed. ``ca`` (PEM) is believed instead of the system's CAs. No login is sent.

    First what the root of the host says; the context paths that the address may name, only where that proves nothing.
    Raises FactFailureError: no usable address, nothing answers, its certificate is not believed, it sends elsewhere.
    """
    try:
        address = parse_address(text)
    except AddressError as error:
        remedy = "Answer the server's address, such as https://git.example.com."
        raise FactFailureError(FactError(str(error), remedy)) from error
    line = dialer or Dialer(environ)
    if address.scheme == "ssh":
        return _by_ssh(environ, address, HttpClient(line, environ, ca, limits))
    return _by_https(line, address, HttpClient(line, environ, ca, limits))


def ask(client: HttpClient, wanted: Sequence[Probe]) -> list[tuple[Probe, ProbeAnswer]]:
    """The probes with their answers, all made side by side."""
    return list(zip(wanted, together([partial(_asked, client, probe) for probe in wanted]), strict=True))


def _by_https(line: Dialer, address: ServerAddress, client: HttpClient) -> ServerInfo:
    every = probes(address)
    answers = ask(client, [probe for probe in every if not probe.context])
    found = judge(address, answers)
    if found is None:
        raise FactFailureError(_unreachable(address, [answer for _probe, answer in answers], plain=_plain_http(line, address)))
    deeper = [probe for probe in every if probe.context]
    if deeper and (found.kind is ServerKind.PLAIN or not found.sure):
        answers += ask(client, deeper)
        found = judge(address, answers) or found
    elsewhere = _elsewhere(answers)
    if elsewhere is not None and not found.sure:
        raise FactFailureError(
            FactError(f"{address.authority} sends to {elsewhere}, and Argo CD does not follow", _moved(address, elsewhere))
        )
    return found


def _by_ssh(environ: Mapping[str, str], address: ServerAddress, client: HttpClient) -> ServerInfo:
    """The web side of the same name tells more than SSH does; it need not exist."""
    answers = ask(client, probes(address))
    web = judge(address, answers)
    try:
        keys = read_host_keys(environ, address.host, address.port)
    except TalkError as error:
        if web is not None:
            return web
        remedy = "Look at the address, and whether this machine has a way to it; the cluster may have one."
        raise FactFailureError(FactError(error.why, remedy)) from error
    return judge_banner(address, keys.banner, web)


def _asked(client: HttpClient, probe: Probe) -> ProbeAnswer:
    follow = probe.sign is not Sign.CLONE
    try:
        answer = client.request("GET", probe.url, headers={"Accept": "*/*"}, follow=follow)
    except TalkError as error:
        return ProbeAnswer(None, error=error.why, error_kind=error.trouble.value)
    kept = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
    if answer.location is not None:
        kept["location"] = answer.location
    return ProbeAnswer(answer.status, kept, answer.text)


def _elsewhere(answers: Sequence[tuple[Probe, ProbeAnswer]]) -> str | None:
    """The other host that every answer sends to, where all that came are redirects to one."""
    came = [(probe, answer) for probe, answer in answers if answer.status is not None]
    targets = set()
    for probe, answer in came:
        location = answer.headers.get("location")
        if location is None:
            return None
        try:
            there, here = urlsplit(location), urlsplit(probe.url)
        except ValueError:
            return None
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            targets.add(f"{there.scheme}://{there.netloc}")
    return shown(targets.pop()) if len(targets) == 1 and came else None


def _moved(address: ServerAddress, elsewhere: str) -> str:
    """What to do about a server that sends to another one. An address that is never used is not advised."""
    let = "If it is a page to log in, have the paths of Git and of the API let past it."
    try:
        parse_address(elsewhere)
    except AddressError as error:
        return f"Nothing is sent there: {error}. Look at the server, and at what stands before it. {let}"
    return (
        "If the server has moved, and its administrator says the same, answer privateServer.repository.url and server.baseUrl "
        f"with {elsewhere} instead of {address.origin}: the token goes there then. {let}"
    )


_WORST_FIRST = (
    Trouble.FORBIDDEN, Trouble.TLS, Trouble.PROXY, Trouble.NAME, Trouble.REDIRECT, Trouble.TOO_MUCH, Trouble.CONTENT,
    Trouble.PROTOCOL, Trouble.TIMEOUT, Trouble.CONNECT,
)  # fmt: skip
"""Which error is told where probes failed for several reasons: the one that says most."""
_REMEDIES = {
    Trouble.FORBIDDEN: "Look at the address and at DNS: no Git server is at such an address.",
    Trouble.TLS: "Supply the CA that signed the server's certificate, or have the certificate mended.",
    Trouble.PROXY: "Look at HTTPS_PROXY and NO_PROXY: a private server is mostly reached past the proxy.",
    Trouble.NAME: "Look at the address and at DNS. If only the cluster can resolve it, the look is made from there.",
    Trouble.TIMEOUT: "Look at its load, at what stands before it, at routes and security groups. If only the cluster can reach "
    "it, the look is made from there.",
    Trouble.CONNECT: "Look at port, routes and security groups. If only the cluster can reach it, the look is made from there.",
}


def _plain_http(line: Dialer, address: ServerAddress) -> bool:
    """Whether something listens at the port of plain HTTP. Nothing is sent to it."""
    try:
        with Deadline(CONNECT_TIMEOUT) as deadline:
            line.open(address.host, _HTTP_PORT, deadline).close()
    except TalkError:
        return False
    return True


def _unreachable(address: ServerAddress, answers: Sequence[ProbeAnswer], *, plain: bool) -> FactError:
    kinds = {answer.error_kind: answer.error for answer in answers}
    worst = next((one for one in _WORST_FIRST if one.value in kinds), None)
    why = kinds[worst.value] if worst is not None else "it does not answer"
    remedy = _REMEDIES.get(worst, "") if worst is not None else ""
    if worst is Trouble.CONNECT and plain:
        why += "; port 80 is open, but plain HTTP shows tokens to everybody on the way and is not used"
        remedy = "Have the server serve HTTPS, or answer its SSH address."
    return FactError(f"{address.authority}: {why}", remedy or "Look at the address: no known Git server answers like this.")
