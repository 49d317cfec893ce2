"""The VPC as its pods see it: what names mean there, where addresses lead, and what stands in the way."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping

import pytest

from strategies.common.probe_job import script
from strategies.common.probe_script import MARK
from tests.contract.sandbox.conftest import REGION, Hands, eventually
from wizard.sandbox.aws.views import EndpointView, IngressRule
from wizard.sandbox.network import names, routes
from wizard.sandbox.network.names import Resolver
from wizard.sandbox.network.proxy import Pass, Refuse
from wizard.sandbox.network.routes import Obstacles

DOMAIN = f"{REGION}.amazonaws.com"
STS = f"sts.{DOMAIN}"
GIT = f"git-codecommit.{DOMAIN}"
PODS = "/api/v1/namespaces/demo-apps/pods"
JOBS = "/apis/batch/v1/namespaces/demo-apps/jobs"

ENDPOINT = EndpointView(
    "vpce-1", "vpc-1", "sts", (STS,), ("subnet-1",), (IngressRule("10.0.0.0/16", "tcp", 443, 443),), {}, lambda *_: True,
    ("10.0.0.4", "10.0.16.4"),
)  # fmt: skip


def endpoint(short_name: str) -> EndpointView | None:
    """The one endpoint of these tests."""
    return ENDPOINT if short_name == "sts" else None


def endpoint_at(address: str) -> EndpointView | None:
    """The endpoint behind an address."""
    return ENDPOINT if address in ENDPOINT.addresses else None


def resolve(host: str, elsewhere: Mapping[str, tuple[str, ...]] | None = None) -> tuple[str, ...]:
    """What the VPC makes of a name."""
    return names.vpc(domain=DOMAIN, endpoint=endpoint, elsewhere=elsewhere or {})(host)


def test_a_name_is_the_endpoints_or_public_or_nobodys() -> None:
    assert resolve(STS) == ENDPOINT.addresses
    assert [address.startswith("203.0.113.") for address in (*resolve(GIT), *resolve("github.com"))] == [True, True]
    assert resolve("git.acme.example") == ()
    assert resolve(STS, {STS: ("192.0.2.7",)}) == ("192.0.2.7",)


def test_the_resolver_answers_over_a_socket() -> None:
    server = Resolver(resolve)
    server.start()
    host, _, port = server.address.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(10)
        asking.sendto(STS.upper().encode(), (host, int(port)))
        assert asking.recv(512) == b"10.0.0.4 10.0.16.4"
    server.stop()


@pytest.mark.parametrize(
    ("host", "node", "obstacles", "port", "why"),
    [
        (STS, "10.0.1.17", Obstacles(), 1, ""),
        ("10.0.16.4", "10.0.1.17", Obstacles(), 1, ""),
        (STS, "10.0.1.17", Obstacles(intercepted=("sts",)), 2, ""),
        (STS, "10.0.1.17", Obstacles(intercepted=("ec2",), dropped=("ec2",)), 1, ""),
        (STS, "10.0.1.17", Obstacles(dropped=("sts",)), 0, "dropped"),
        (STS, "10.9.1.17", Obstacles(), 0, "no security group of vpce-1 lets TCP 443"),
        (GIT, "10.0.1.17", Obstacles(), 0, "no way to the internet"),
        ("203.0.113.9", "10.0.1.17", Obstacles(), 0, "no way to the internet"),
        ("git.acme.example", "10.0.1.17", Obstacles(), 0, "no such name"),
    ],
)
def test_only_the_interfaces_of_endpoints_are_reached(host: str, node: str, obstacles: Obstacles, port: int, why: str) -> None:
    route = routes.vpc(
        lambda: 1, names=resolve, endpoint_at=endpoint_at, node_address=node, obstacles=obstacles, middlebox=lambda: 2
    )
    decision = route(host, 443)
    assert decision == Pass(port) if port else isinstance(decision, Refuse) and why in decision.why


SEEN = f"""
import socket, ssl
print(*sorted({{found[4][0] for found in socket.getaddrinfo("{STS}", 443, type=socket.SOCK_STREAM)}}))
with ssl.create_default_context().wrap_socket(socket.create_connection(("{STS}", 443), 10), server_hostname="{STS}") as tls:
    print(tls.version())
for host in ("{GIT}", "nowhere.example"):
    try:
        socket.create_connection((host, 443), 10)
    except OSError as error:
        print(type(error).__name__, error)
"""


def told(hands: Hands, name: str, *command: str, **environment: str) -> str:
    """What a Job with this command has printed when it is over."""
    image = hands.kube("GET", "/apis/image.openshift.io/v1/namespaces/openshift/imagestreams/tools")["spec"]["tags"][0]["from"]
    variables = [{"name": key, "value": value} for key, value in environment.items()]
    container = {"name": "c", "image": image["name"], "command": list(command), "env": variables}
    template = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template}}
    assert hands.kube("POST", JOBS, body)["kind"] == "Job"
    eventually(lambda: (hands.kube("GET", f"{JOBS}/{name}").get("status") or {}).get("conditions"))
    pod = next(pod for pod in hands.kube("GET", PODS)["items"] if pod["metadata"]["name"].startswith(f"{name}-"))
    return hands.text(f"{PODS}/{pod['metadata']['name']}/log")


def test_python_in_a_pod_sees_the_vpc_without_a_variable(hands: Hands) -> None:
    addresses, tls, public, unknown = told(hands, "seen", "python3", "-I", "-B", "-c", SEEN).splitlines()
    assert [address.split(".")[0] for address in addresses.split(" ")] == ["10", "10", "10"]
    assert tls.startswith("TLSv1.")
    assert public == "TimeoutError timed out"
    assert unknown.startswith("gaierror ") and unknown.endswith(" Name or service not known")  # noqa: PT018 - one thought


def test_the_probes_script_sees_it_as_it_is(hands: Hands) -> None:
    asked = {"hosts": {"git": GIT, "sts": STS, "lost": "nowhere.example"}, "repository": None}
    log = told(hands, "probe", "python3", "-I", "-B", "-c", script(), EZGITOPS_PROBE=json.dumps(asked))
    seen = json.loads(log.removeprefix(MARK))
    assert seen["lost"] == {"host": "nowhere.example", "name_error": "Name or service not known"}
    (public,) = seen["git"]["addresses"]
    assert seen["git"]["unreached"] == {public: "timed out"}
    assert "status" not in seen["git"]
    assert seen["sts"]["unreached"] == {}
    assert seen["sts"]["status"] == 403
