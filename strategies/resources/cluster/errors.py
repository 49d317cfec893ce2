"""Says in the operator's words what the API server or the kubeconfig refused: what happened, why, what to do now."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from strategies.facts import FactError
from strategies.ports import FactFailureError, ResourceError
from strategies.resources.cluster.client import KubeError
from strategies.resources.cluster.kubeconfig import KubeconfigError

GITOPS_HINT = "Install the Red Hat OpenShift GitOps operator (channel latest of redhat-operators), then try again."


def explain(error: KubeError) -> FactError:
    """Why a call failed, and the way to mend it."""
    match error.status:
        case 0:
            return _unreachable(error)
        case 401:
            return FactError(
                f"the cluster at {error.server} does not accept the login: {error.message}",
                "The login has probably expired: log in again.",
                f"oc login {shlex.quote(error.server)}",
            )
        case 403:
            return FactError(
                f"the login may not {error.verb} {error.target}: {error.message}",
                "Ask a cluster administrator for this right.",
                f"oc auth can-i {error.verb} {error.target.split(' ')[0]}{_namespace(error)}",
            )
        case 404 if "could not find the requested resource" in error.message or not error.reason:
            group = error.target.split(" ")[0]
            remedy = GITOPS_HINT if "argoproj.io" in group else "Log in to an OpenShift cluster that has this kind."
            return FactError(f"the cluster has no kind {group}", remedy, "oc get crd")
        case 404:
            return FactError(error.message, "It, or the namespace that it belongs to, has to be there first.")
        case 409:
            return FactError(error.message, "Somebody changed it at the same time: run again.")
        case 422 | 400:
            remedy = "Correct the answer that the message names."
            return FactError(f"the cluster refuses {error.target}: {error.message}", remedy)
        case 429 | 500 | 502 | 503 | 504:
            return FactError(
                f"the API server is busy or not well (HTTP {error.status}): {error.message}", "Wait a moment, then run again."
            )
        case status:
            return FactError(f"the API server answers HTTP {status}: {error.message}", "Run again; if it stays, ask its owner.")


@contextmanager
def as_resource_error(what: str) -> Iterator[None]:
    """Turn errors of the cluster into ResourceError; ``what`` says what could not be done, to what."""
    try:
        yield
    except KubeError as error:
        said = explain(error)
        raise ResourceError(what, said.message, _sentence(said), retryable=_retryable(error)) from error
    except KubeconfigError as error:
        said = FactError(error.message, error.remedy, error.command)
        raise ResourceError(what, said.message, _sentence(said)) from error


@contextmanager
def as_fact_failure() -> Iterator[None]:
    """Turn errors of the cluster into FactFailureError."""
    try:
        yield
    except KubeError as error:
        raise FactFailureError(explain(error)) from error
    except KubeconfigError as error:
        raise FactFailureError(FactError(error.message, error.remedy, error.command)) from error


def _unreachable(error: KubeError) -> FactError:
    if error.reason in ("SSLError", "SSLCertVerificationError", "CertificateError") or "certificate" in error.message.lower():
        return FactError(
            f"the certificate of {error.server} is not trusted: {error.message}",
            "Put the cluster's CA into the kubeconfig (certificate-authority), or let SSL_CERT_FILE name it.",
            "oc login --certificate-authority=CA.crt",
        )
    if error.reason in ("ProxyError", "ProxySchemeUnknown"):
        return FactError(
            f"the proxy on the way to {error.server} refuses: {error.message}",
            "Look at HTTPS_PROXY, or put the API server's host into NO_PROXY.",
        )
    if error.reason == "NotJson":
        return FactError(f"{error.server}: {error.message}", "Look at the server's URL in the kubeconfig and at HTTPS_PROXY.")
    return FactError(
        f"the API server {error.server} cannot be reached: {error.message}",
        "A private API server is reached by VPN, a transit gateway or an SSM port forward: open that way, then try again.",
        "oc get --raw /readyz",
    )


def _retryable(error: KubeError) -> bool:
    return error.status in (429, 500, 502, 503, 504) or (error.status == 409 and error.reason != "Conflict")


def _sentence(said: FactError) -> str:
    return said.remedy if said.command is None else f"{said.remedy} ({said.command})"


def _namespace(error: KubeError) -> str:
    _, found, namespace = error.target.partition(' in "')
    return f" -n {namespace.rstrip(chr(34))}" if found else ""
