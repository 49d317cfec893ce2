"""Looks at the way to Git from inside the cluster, once, and prints what it saw as one line of JSON.

Runs in a Job's pod, joined with the other parts (``probe_job.script``), on whatever Python 3.6 or newer the image has, with the
standard library alone. What to look at is in the variable ``EZGITOPS_PROBE``; the repository Secret of Argo CD is mounted as
files. Nothing of the Secret is ever printed.
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
from functools import partial
from typing import Dict, List, Mapping, NamedTuple, Optional

from strategies.common.probe_proxy_script import Proxy, Tunnels, look_through_proxy, trusted_file
from strategies.common.probe_ssh_script import KEYS, host_key
from strategies.common.probe_tls_script import PORT, TIMEOUT_SECONDS, Connection, Dial, Report, content, issuer_of, said

ELSEWHERE_SECONDS = 1.5
"""For addresses of the internet: without a way nothing answers, and a VPC that has such addresses itself answers at once."""
MOST_ADDRESSES = 16
MOST_BYTES = 4 * 1024 * 1024
MARK = "ezgitops-probe "
"""Begins the line with the report, so that whatever else a pod's log holds is not taken for it."""
SECRET_KEYS = ("url", "username", "password", "bearerToken", "githubAppID")


class Door(NamedTuple):
    """A way to a host whose certificate is believed, and the PEM file that makes it so, where the image's own does not."""

    dial: Dial
    authorities: Optional[str] = None


class View(NamedTuple):
    """What was seen of a host, and the way to it if its certificate was believed."""

    report: Report
    door: Optional[Door]


class Target(NamedTuple):
    """What to list: the repository's host and path, the revision to look for, and the folder with the Secret's files.

    ``open_to_all``: a Secret without a password is no fault, and the repository is asked for without one.
    """

    url: str
    host: str
    path: str
    revision: str
    secret: str
    port: int = PORT
    open_to_all: bool = False


class Server(NamedTuple):
    """A Git server: over SSH or by HTTPS, with the PEM text that Argo CD will believe for it, if it gets one.

    ``folder`` has the certificates that Argo CD believes now, by host name; they count where there is no such text.
    """

    host: str
    port: int
    ssh: bool = False
    authorities: str = ""
    folder: Optional[str] = None


def look_at(host: str, port: int = PORT, authorities: Optional[str] = None, ssh: bool = False) -> View:
    """A host, step by step: its name, its addresses, its certificate, an HTTP answer. Each step needs the one before.

    ``authorities`` is what alone is believed for it: a PEM file or text. ``ssh``: its host keys are looked at instead.
    """
    try:
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    except OSError as error:
        return View({"host": host, "name_error": said(error)}, None)
    addresses = sorted({str(info[4][0]) for info in found})[:MOST_ADDRESSES]
    with ThreadPoolExecutor(max_workers=len(addresses)) as pool:
        attempts = dict(zip(addresses, pool.map(partial(refusal, port), addresses)))  # noqa: B905 - "strict" is of Python 3.10
    seen: Report = {
        "host": host,
        "addresses": addresses,
        "unreached": {address: why for address, why in attempts.items() if why is not None},
    }
    reached = [address for address, why in attempts.items() if why is None]
    if not reached:
        return View(seen, None)
    door = Door(partial(socket.create_connection, (reached[0], port), TIMEOUT_SECONDS), authorities)
    if ssh:
        seen.update(look_at_keys(door))
        return View(seen, None)
    seen["own_authorities"] = authorities is not None
    seen.update(look_through(host, port, door))
    return View(seen, None if "tls_error" in seen else door)


def look_at_keys(door: Door) -> Report:
    """The host keys of an SSH server, one of each type that it has; a type that it has not is no fault."""
    seen: Report = {}
    keys: List[str] = []
    for algorithms in KEYS:
        try:
            shown = host_key(door.dial, algorithms)
        except (OSError, ValueError) as error:
            seen["ssh_error"] = said(error)
            continue
        seen["banner"] = shown.banner
        keys.append(shown.fingerprint)
    if keys:
        seen.pop("ssh_error", None)
        seen["host_keys"] = keys
    return seen


def refusal(port: int, address: str) -> Optional[str]:
    """Why an address takes no connection, or None when it does."""
    patience = ELSEWHERE_SECONDS if ipaddress.ip_address(address.partition("%")[0]).is_global else TIMEOUT_SECONDS
    try:
        socket.create_connection((address, port), patience).close()
    except OSError as error:
        return said(error)
    return None


def look_through(host: str, port: int, door: Door) -> Report:
    """The certificate, and the answer to a plain GET: any answer at all says that the service is there."""
    connection = Connection(host, port, door.dial, door.authorities)
    try:
        connection.connect()
    except (OSError, ssl.CertificateError) as error:  # the latter is no OSError before Python 3.7
        return {"tls_error": said(error), "issuer": issuer_of(host, door.dial)}
    try:
        connection.request("GET", "/", headers={"User-Agent": "ezgitops-probe"})
        return {"status": connection.getresponse().status}
    except (OSError, http.client.HTTPException) as error:
        return {"http_error": said(error)}
    finally:
        connection.close()


def list_references(target: Target, door: Optional[Door]) -> Report:
    """The repository's references, asked for as Argo CD does: what the Secret holds goes with the first request.

    Argo CD lists with go-git, in process: GET info/refs of the smart HTTP protocol (argo-cd, util/git/client.go).
    """
    secret = {name: content(target.secret, name) for name in SECRET_KEYS}
    if secret["url"] is None:
        return {"state": "no-secret"}
    if secret["url"].strip() != target.url:
        return {"state": "other-url"}
    if secret["githubAppID"]:
        return {"state": "github-app"}
    if not (secret["password"] or secret["bearerToken"] or target.open_to_all):
        return {"state": "no-password"}
    if door is None:
        return {"state": "unreached"}
    headers = {"User-Agent": "git/ezgitops-probe", "Accept": "*/*"}
    headers.update(authorization(secret))
    try:
        connection = Connection(target.host, target.port, door.dial, door.authorities)
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


def authorization(secret: Mapping[str, Optional[str]]) -> Dict[str, str]:
    """The header that Argo CD makes of its Secret: a token before a password, none where there is neither.

    pkg/apis/application/v1alpha1/repository_types.go, GetGitCreds; a password without a user goes with Argo CD's own name.
    """
    if secret["bearerToken"]:
        return {"Authorization": "Bearer " + secret["bearerToken"].strip()}
    if not secret["password"]:
        return {}
    login = "{}:{}".format(secret["username"] or "x-access-token", secret["password"])
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}


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


def probe(
    hosts: Mapping[str, str],
    repository: Optional[Mapping[str, object]],
    proxy: Optional[Mapping[str, object]] = None,
    server: Optional[Mapping[str, object]] = None,
) -> Report:
    """Look at the hosts, by their names here (``git``, ``sts``), or at the proxy, or at a server; and list the repository."""
    with ThreadPoolExecutor(max_workers=max(len(hosts), 1)) as pool:
        views = dict(zip(hosts, pool.map(look_at, hosts.values())))  # noqa: B905 - "strict" is of Python 3.10
    report: Report = {name: view.report for name, view in views.items()}
    door = views["git"].door if "git" in views else None
    target = None if repository is None else Target(**repository)  # type: ignore[arg-type]  # as probe_job writes it
    if proxy is not None:
        wanted = Proxy(**proxy)  # type: ignore[arg-type]  # as probe_job writes it
        tunnels = Tunnels(wanted)
        seen = look_through_proxy(wanted, tunnels)
        report["proxy"] = seen
        door = None if target is None else door_through(tunnels, seen, target)
    if server is not None:
        asked = Server(**server)  # type: ignore[arg-type]  # as probe_job writes it
        believed = asked.authorities or trusted_file(asked.folder, asked.host)
        view = look_at(asked.host, asked.port, believed, asked.ssh)
        report["server"] = view.report
        door = view.door
    if target is not None:
        report["listing"] = list_references(target, door)
    return report


def door_through(tunnels: Tunnels, seen: Report, target: Target) -> Optional[Door]:
    """The way to the repository's host through the proxy, if that lets it through and the certificate there is believed."""
    place = f"{target.host}:{target.port}"
    passages = seen.get("allowed", [])
    for one in passages if isinstance(passages, list) else []:
        if one["target"] == place and one["state"] == "open" and "tls_error" not in one:
            return Door(partial(tunnels.open, place), trusted_file(tunnels.proxy.authorities, target.host))
    return None


def main(environ: Mapping[str, str]) -> int:
    """Look, and print the report. What was seen is no failure of the program, whatever it is."""
    asked = json.loads(environ["EZGITOPS_PROBE"])
    report = probe(asked["hosts"], asked["repository"], asked.get("proxy"), asked.get("server"))
    print(MARK + json.dumps(report, sort_keys=True), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
