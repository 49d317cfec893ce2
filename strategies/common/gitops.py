"""What OpenShift GitOps is installed with: the namespace, the operator group, the subscription. Data alone.

Sources: OpenShift GitOps, "Installing Red Hat OpenShift GitOps Operator by using CLI"; openshift-docs
``rosa_hcp/rosa-hcp-egress-zero-install.adoc``: of Red Hat's operators, an egress-zero cluster has the default channel alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from strategies.base import Json

PACKAGE = NAMESPACE = "openshift-gitops-operator"
CHANNEL = "latest"
SOURCE = "redhat-operators"

SPACE: Mapping[str, Json] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
GROUP: Mapping[str, Json] = {
    "apiVersion": "operators.coreos.com/v1",
    "kind": "OperatorGroup",
    "metadata": {"name": NAMESPACE, "namespace": NAMESPACE},
    "spec": {},
}
"""No target namespaces: the operator looks after all of them, which is its only install mode."""
SUBSCRIPTION: Mapping[str, Json] = {
    "apiVersion": "operators.coreos.com/v1alpha1",
    "kind": "Subscription",
    "metadata": {"name": PACKAGE, "namespace": NAMESPACE},
    "spec": {
        "name": PACKAGE,
        "channel": CHANNEL,
        "source": SOURCE,
        "sourceNamespace": "openshift-marketplace",
        "installPlanApproval": "Automatic",
    },
}


def as_one_line() -> str:
    """All of it as JSON documents on one line, for ``oc apply -f -``: a List of them would be validated by OpenAPI 2 alone."""
    return " ".join(json.dumps(dict(one)) for one in (SPACE, GROUP, SUBSCRIPTION))
