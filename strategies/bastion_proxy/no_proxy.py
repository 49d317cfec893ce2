"""What is reached without the proxy. Pure.

git (libcurl), helm and kustomize (Go) each read the list in their own way: names with a leading dot stand for a domain with all
three, networks are known to Go and to curl since 7.86 (curl(1), ``--noproxy``; Go, ``golang.org/x/net/http/httpproxy``).
"""

from __future__ import annotations

from strategies.base import Situation
from strategies.common import effective
from strategies.common.aws_names import dns_suffix
from strategies.facts import CLUSTER_INFO

_ALWAYS = ("localhost", "127.0.0.1", ".svc", ".cluster.local", "169.254.169.254")


def suggested(situation: Situation) -> tuple[str, ...] | None:
    """The cluster's own names and networks, instance metadata, AWS's names of the region. None until the cluster is read."""
    info, region = situation.facts.get(CLUSTER_INFO), effective.region(situation)
    if info is None or region is None:
        return None
    machines = situation.answers.cluster.machine_cidrs or info.machine_cidrs
    networks = (*info.service_cidrs, *info.pod_cidrs, *machines)
    return tuple(dict.fromkeys((*_ALWAYS, *networks, f".{region}.{dns_suffix(region)}")))
