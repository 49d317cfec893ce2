"""Looks at the way to Git and STS from inside the cluster, once, and prints what it saw as one line of JSON.

Runs in a Job's pod, on whatever Python 3.6 or newer the image has, with the standard library alone. What to look at is in the
variable ``EZGITOPS_PROBE``; the repository Secret of Argo CD is mounted as files. Nothing of the Secret is ever printed.
"""

import base64
import http.client
import ipaddress
import json
import os
import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple

PORT = 443
TIMEOUT_SECONDS = 5.0
ELSEWHERE_SECONDS = 1.5
"""For addresses of the internet: without a way nothing answers, and a VPC that has such addresses itself answers at once."""
MOST_ADDRESSES = 16
MOST_BYTES = 4 * 1024 * 1024
MOST_LETTERS = 300
MARK = "ezgitops-probe "
"""Begins the line with the report, so that whatever else a pod's log holds is not taken for it."""

Report = Dict[str, object]


class View(NamedTuple):
    """What was seen of a host, and an address at which its certificate was believed."""

    report: Report
    door: Optional[str]


class Target(NamedTuple):
    """What to list: the repository's host and path, the revision to look for, and the folder with the Secret's files."""

    url: str
    host: str
    path: str
    revision: str
    secret: str


def look_at(host: str) -> View:
    """A host, step by step: its name, its addresses, its certificate, an HTTP answer. Each step needs the one before."""
    try:
        found = socket.getaddrinfo(host, PORT, 0, socket.SOCK_STREAM)
    except OSError as error:
        return View({"host": host, "name_error": said(error)}, None)
    addresses = sorted({str(info[4][0]) for info in found})[:MOST_ADDRESSES]
    with ThreadPoolExecutor(max_workers=len(addresses)) as pool:
        attempts = dict(zip(addresses, pool.map(refusal, addresses)))  # noqa: B905 - "strict" is of Python 3.10
    seen: Report = {
        "host": host,
        "addresses": addresses,
        "unreached": {address: why for address, why in attempts.items() if why is not None},
    }
    reached = [address for address, why in attempts.items() if why is None]
    if not reached:
        return View(seen, None)
    seen.update(look_through(host, reached[0]))
    return View(seen, None if "tls_error" in seen else reached[0])


def refusal(address: str) -> Optional[str]:
    """Why an address takes no connection, or None when it does."""
    patience = ELSEWHERE_SECONDS if ipaddress.ip_address(address.partition("%")[0]).is_global else TIMEOUT_SECONDS
    try:
        socket.create_connection((address, PORT), patience).close()
    except OSError as error:
        return said(error)
    return None


def look_through(host: str, address: str) -> Report:
    """The certificate, and the answer to a plain GET: any answer at all says that the service is there."""
    connection = Connection(host, address)
    try:
        connection.connect()
    except (OSError, ssl.CertificateError) as error:  # the latter is no OSError before Python 3.7
        return {"tls_error": said(error), "issuer": issuer_of(host, address)}
    try:
        connection.request("GET", "/", headers={"User-Agent": "ezgitops-probe"})
        return {"status": connection.getresponse().status}
    except (OSError, http.client.HTTPException) as error:
        return {"http_error": said(error)}
    finally:
        connection.close()


class Connection(http.client.HTTPSConnection):
    """HTTPS to one address, as the host that has the certificate. No proxy: Argo CD is given none either."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(host, PORT, timeout=TIMEOUT_SECONDS)
        self.address = address

    def connect(self) -> None:
        """Connect, and believe the certificate or raise ssl.SSLError."""
        bare = socket.create_connection((self.address, PORT), TIMEOUT_SECONDS)
        self.sock = ssl.create_default_context().wrap_socket(bare, server_hostname=self.host)


def issuer_of(host: str, address: str) -> str:
    """Who signed the certificate that was not believed: it is only read here, and nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        bare = socket.create_connection((address, PORT), TIMEOUT_SECONDS)
        with context.wrap_socket(bare, server_hostname=host) as secured:
            return issuer(secured.getpeercert(True) or b"")
    except (OSError, ValueError, IndexError):
        return ""


def issuer(certificate: bytes) -> str:
    """The organisation and common name of a certificate's issuer (RFC 5280, section 4.1). Raises ValueError, IndexError.

    The ssl module decodes only certificates that it believes.
    """
    names = {b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU", b"\x55\x04\x03": "CN"}
    fields = parts(parts(parts(certificate)[0][1])[0][1])
    if fields[0][0] == 0xA0:  # the version, which may be left out
        fields = fields[1:]
    found = []
    for _, relative in parts(fields[2][1]):
        for _, pair in parts(relative):
            (_, kind), (_, value) = parts(pair)[:2]
            if kind in names:
                found.append("{}={}".format(names[kind], value.decode("utf-8", "replace")))
    return clipped(", ".join(found))


def parts(data: bytes) -> List[Tuple[int, bytes]]:
    """The elements of DER data: tag and content (ITU-T X.690)."""
    found = []
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[position : position + count], "big")
            position += count
        if position + length > len(data):
            raise ValueError("cut off")
        found.append((tag, data[position : position + length]))
        position += length
    return found


def list_references(target: Target, address: Optional[str]) -> Report:
    """The repository's references, asked for as Argo CD does: what the Secret holds goes with the first request, as Basic.

    Argo CD lists with go-git, in process: GET info/refs of the smart HTTP protocol (argo-cd, util/git/client.go).
    """
    secret = {name: content(target.secret, name) for name in ("url", "username", "password")}
    if secret["url"] is None:
        return {"state": "no-secret"}
    if secret["url"].strip() != target.url:
        return {"state": "other-url"}
    if not secret["password"]:
        return {"state": "no-password"}
    if address is None:
        return {"state": "unreached"}
    # Argo CD's own name for a password without a user (pkg/apis/application/v1alpha1/repository_types.go).
    login = "{}:{}".format(secret["username"] or "x-access-token", secret["password"])
    headers = {
        "Authorization": "Basic " + base64.b64encode(login.encode()).decode(),
        "User-Agent": "git/ezgitops-probe",
        "Accept": "*/*",
    }
    try:
        connection = Connection(target.host, address)
        try:
            connection.request("GET", target.path + "/info/refs?service=git-upload-pack", headers=headers)
            answer = connection.getresponse()
            body = answer.read(MOST_BYTES)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return {"state": "unreached", "error": said(error)}
    names = references(body) if answer.status == 200 else []
    wanted = {target.revision, "refs/heads/" + target.revision, "refs/tags/" + target.revision}
    return {
        "state": "answered",
        "status": answer.status,
        "references": len([name for name in names if name.startswith("refs/")]),
        "revision_found": bool(wanted & set(names)),
    }


def references(body: bytes) -> List[str]:
    """The names that a server advertises (gitprotocol-http(5), "Smart Server Response"); as many as can be read."""
    found = []
    position = 0
    while position + 4 <= len(body):
        try:
            length = int(body[position : position + 4], 16)
        except ValueError:
            break
        line = body[position + 4 : position + length].partition(b"\0")[0].strip()
        position += max(length, 4)
        commit, _, name = line.partition(b" ")
        if len(commit) >= 40 and name and name != b"capabilities^{}":
            found.append(name.decode("utf-8", "replace"))
    return found


def content(folder: str, name: str) -> Optional[str]:
    """One value of the mounted Secret, or None when it has none."""
    try:
        return (Path(folder) / name).read_text()
    except (OSError, ValueError):
        return None


def said(error: Exception) -> str:
    """An error's own words on one line."""
    words = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error) or type(error).__name__
    return clipped(str(words))


def clipped(text: str) -> str:
    """Printable, and not longer than anybody reads."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MOST_LETTERS]


def probe(hosts: Mapping[str, str], repository: Optional[Mapping[str, str]]) -> Report:
    """Look at the hosts, by their names here (``git``, ``sts``), and list the repository of ``git``, if there is one."""
    with ThreadPoolExecutor(max_workers=max(len(hosts), 1)) as pool:
        views = dict(zip(hosts, pool.map(look_at, hosts.values())))  # noqa: B905 - "strict" is of Python 3.10
    report: Report = {name: view.report for name, view in views.items()}
    if repository is not None:
        report["listing"] = list_references(Target(**repository), views["git"].door)
    return report


def main(environ: Mapping[str, str]) -> int:
    """Look, and print the report. What was seen is no failure of the program, whatever it is."""
    asked = json.loads(environ["EZGITOPS_PROBE"])
    report = probe(asked["hosts"], asked["repository"])
    print(MARK + json.dumps(report, sort_keys=True), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
