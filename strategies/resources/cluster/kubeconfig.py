"""Reads kubeconfig files as kubectl does: the KUBECONFIG list, contexts, exec plugins, private CAs, proxies.

The ``kubernetes`` package does the merging and the plain kinds of login. Exec plugins are run here, because the package runs
them with the terminal's own stdin (a full-screen program cannot give it away) and only logs when one fails.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import yaml
from kubernetes.client import Configuration
from kubernetes.config import ConfigException
from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger

from strategies.facts import KubeContext, KubeContexts

EXEC_TIMEOUT = 30.0
"""Seconds that an exec plugin may take: it may have to talk to a login service, but nobody can answer its questions here."""


class KubeconfigError(Exception):
    """The kubeconfig cannot be used; says why and what to do, as plain sentences."""

    def __init__(self, message: str, remedy: str, command: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.command = command


@dataclass(frozen=True, slots=True)
class Login:
    """A ready configuration of the client for one context. ``expires_at``: when an exec plugin must be asked again."""

    context: str
    configuration: Configuration
    expires_at: datetime | None
    renewable: bool


def contexts(environ: Mapping[str, str]) -> KubeContexts:
    """Every context of the kubeconfig files. No file at all is an empty list. Raises KubeconfigError for a broken file."""
    config = _merged(environ)
    if config is None:
        return KubeContexts((), None)
    servers = {c["name"]: c.get("cluster", {}).get("server", "") for c in _entries(config, "clusters")}
    found = tuple(
        KubeContext(
            name=entry["name"],
            server=servers.get(entry.get("context", {}).get("cluster"), ""),
            user=entry.get("context", {}).get("user", ""),
        )
        for entry in _entries(config, "contexts")
    )
    current = config.value.get("current-context") or None
    return KubeContexts(found, cast("str | None", current))


def login(environ: Mapping[str, str], context: str | None) -> Login:
    """The client configuration for ``context`` (None: the current one).

    Raises KubeconfigError when there is no such context, the login cannot be made, or TLS verification is switched off.
    """
    config = _merged(environ)
    if config is None:
        raise KubeconfigError(
            "there is no kubeconfig",
            "Log in to the cluster, or let KUBECONFIG name the file.",
            "oc login --web https://api.CLUSTER:443",
        )
    name = context or config.value.get("current-context")
    names = [entry["name"] for entry in _entries(config, "contexts")]
    if not name:
        raise KubeconfigError("the kubeconfig has no current context", f"Choose one of: {', '.join(names) or 'none'}.")
    if name not in names:
        raise KubeconfigError(
            f"the kubeconfig has no context {name!r}", f"Choose one of: {', '.join(names) or 'none'}.", "oc config get-contexts"
        )
    try:
        expires_at, renewable = _run_exec_plugin(config, name, environ)
        configuration = Configuration(host="https://invalid", proxy="", no_proxy="")
        loader = KubeConfigLoader(config_dict=config, active_context=name, config_base_path=None)
        loader.load_and_set(configuration)
    except (ConfigException, KeyError, TypeError, ValueError, OSError) as error:
        raise KubeconfigError(
            f"the kubeconfig's context {name!r} cannot be used: {error}", "Log in again.", "oc login"
        ) from error
    cluster = _named(config, "clusters", _named(config, "contexts", name)["context"]["cluster"])["cluster"]
    _transport(configuration, cluster, environ)
    return Login(name, configuration, expires_at, renewable)


def _transport(configuration: Configuration, cluster: Mapping[str, Any], environ: Mapping[str, str]) -> None:
    if not configuration.verify_ssl:
        raise KubeconfigError(
            "the kubeconfig switches TLS verification off (insecure-skip-tls-verify)",
            "Give the cluster's CA instead; the connection is never made unverified.",
            "oc login --certificate-authority=CA.crt",
        )
    if not configuration.ssl_ca_cert:
        configuration.ssl_ca_cert = environ.get("SSL_CERT_FILE") or None
    # A proxy-url of the kubeconfig holds whatever NO_PROXY says, as in client-go.
    if not cluster.get("proxy-url"):
        scheme = str(configuration.host).partition(":")[0].upper()
        name = f"{scheme}_PROXY"
        configuration.proxy = environ.get(name) or environ.get(name.lower()) or ""
        configuration.no_proxy = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    configuration.connection_pool_maxsize = 16


def _merged(environ: Mapping[str, str]) -> Any:
    paths = environ.get("KUBECONFIG") or str(Path(environ.get("HOME") or Path.home()) / ".kube" / "config")
    try:
        merger = KubeConfigMerger(paths)
        # The first file that names a current context decides (kubectl, "Organizing Cluster Access"); the merger takes the last.
        named = [merger.config_files[path].get("current-context") for path in merger.paths]
        if merger.config is not None:
            merger.config.value["current-context"] = next((name for name in named if name), None)
        return merger.config
    except (OSError, ConfigException, yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError, KeyError) as error:
        raise KubeconfigError(f"the kubeconfig cannot be read: {error}", f"Mend or remove the file ({paths}).") from error


def _entries(config: Any, part: str) -> list[dict[str, Any]]:
    return [getattr(entry, "value", entry) for entry in config.value.get(part) or []]


def _named(config: Any, part: str, name: str) -> dict[str, Any]:
    for entry in _entries(config, part):
        if entry.get("name") == name:
            return entry
    raise KeyError(f"{part}: {name}")


def _run_exec_plugin(config: Any, context: str, environ: Mapping[str, str]) -> tuple[datetime | None, bool]:
    """Replaces the exec section of the context's user (in this copy of the file) by what the plugin gives."""
    user_name = _named(config, "contexts", context)["context"].get("user")
    if not user_name or not any(entry.get("name") == user_name for entry in _entries(config, "users")):
        return None, False
    node = config["users"].get_with_name(user_name)
    user = node["user"].value
    spec = user.pop("exec", None) if isinstance(user, dict) else None
    if spec is None:
        return None, False
    status = _exec_credential(spec, environ, Path(node.path).parent if node.path else Path())
    if status.get("token"):
        user["token"] = status["token"]
    if status.get("clientCertificateData"):
        for key, name in (("client-certificate-data", "clientCertificateData"), ("client-key-data", "clientKeyData")):
            user[key] = base64.b64encode(str(status.get(name, "")).encode()).decode()
    expiry = status.get("expirationTimestamp")
    return (datetime.fromisoformat(expiry) if expiry else None), True


def _exec_credential(spec: Mapping[str, Any], environ: Mapping[str, str], folder: Path) -> Mapping[str, Any]:
    """Runs a client-go credential plugin (Kubernetes docs, "client-go credential plugins") without a terminal."""
    command = str(spec["command"])
    if os.sep in command and not Path(command).is_absolute():
        command = str(folder / command)
    info = {"apiVersion": spec.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    env = {**environ, **{e["name"]: e["value"] for e in spec.get("env") or []}, "KUBERNETES_EXEC_INFO": json.dumps(info)}
    hint = str(spec.get("installHint") or "Log in again, then try once more.").strip()
    try:
        done = subprocess.run(
            [command, *map(str, spec.get("args") or [])],
            env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=EXEC_TIMEOUT, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise KubeconfigError(f"the kubeconfig's login program {command!r} is not installed", hint) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KubeconfigError(f"the kubeconfig's login program {command!r} did not answer: {error}", hint) from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        why = said[-1] if said else "no reason given"
        raise KubeconfigError(f"the kubeconfig's login program {command!r} failed: {why}", hint)
    try:
        status = json.loads(done.stdout)["status"]
    except (ValueError, KeyError, TypeError) as error:
        raise KubeconfigError(f"the kubeconfig's login program {command!r} gave no credential", hint) from error
    return cast("Mapping[str, Any]", status)
