"""A real kube-apiserver with its etcd, from the binaries in ``KUBEBUILDER_ASSETS``."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import trustme
import urllib3
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.contract.cluster.kube import Kube
from tests.contract.crds import definitions

_READY_WITHIN = 90.0
_CRD_KINDS = ("Application", "AppProject")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _process(argv: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output, subprocess.Popen(argv, stdout=output, stderr=output) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def kube_apiserver(folder: Path) -> Iterator[Kube]:
    """A running server, with Argo CD's CustomResourceDefinitions when they are at hand; for its administrator."""
    assets = Path(os.environ["KUBEBUILDER_ASSETS"])
    ca = trustme.CA()
    leaf = ca.issue_cert("127.0.0.1")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    leaf.cert_chain_pems[0].write_to_path(folder / "server.pem")
    leaf.private_key_pem.write_to_path(folder / "server.key")
    key = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "issuer.key").write_bytes(key)
    token = secrets.token_hex(16)
    (folder / "tokens.csv").write_text(f'{token},operator,operator-uid,"system:masters"\n')
    port, etcd, peer = _free_port(), _free_port(), _free_port()
    etcd_argv = [
        str(assets / "etcd"),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls=http://127.0.0.1:{etcd}",
        f"--advertise-client-urls=http://127.0.0.1:{etcd}",
        f"--listen-peer-urls=http://127.0.0.1:{peer}",
    ]
    server_argv = [
        str(assets / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder}",
        f"--tls-cert-file={folder / 'server.pem'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        "--service-account-issuer=https://issuer.example.com",
        f"--service-account-key-file={folder / 'issuer.key'}",
        f"--service-account-signing-key-file={folder / 'issuer.key'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--disable-admission-plugins=ServiceAccount",
    ]
    with _process(etcd_argv, folder / "etcd.log"), _process(server_argv, folder / "server.log") as process:
        kube = Kube(f"https://127.0.0.1:{port}", folder / "ca.pem", token)
        _until_ready(kube, process, folder / "server.log")
        _install_definitions(kube)
        yield kube


def _until_ready(kube: Kube, process: subprocess.Popen[bytes], log: Path) -> None:
    last = ""
    for _ in _attempts(_READY_WITHIN):
        if process.poll() is not None:
            raise RuntimeError(f"kube-apiserver ended by itself:\n{log.read_text()[-4000:]}")
        try:
            answer = kube.get("/readyz")
        except urllib3.exceptions.HTTPError as error:
            last = str(error)
            continue
        if answer.code == 200:
            return
        last = str(answer.body)
    raise RuntimeError(f"kube-apiserver was not ready within {_READY_WITHIN} s: {last}\n{log.read_text()[-4000:]}")


def _attempts(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.2)


def _install_definitions(kube: Kube) -> None:
    if not os.environ.get("ARGOCD_CRDS_DIR"):
        return
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for kind in _CRD_KINDS:
        definition = json.loads(json.dumps(definitions()[kind]))
        answer = kube.create(path, definition)
        if answer.code != 201:
            raise RuntimeError(f"the definition of {kind} was refused: {answer.body}")
        version = definition["spec"]["versions"][0]["name"]
        served = f"/apis/{definition['spec']['group']}/{version}/{definition['spec']['names']['plural']}"
        for _ in _attempts(30):
            if kube.get(served).code == 200:
                break
