"""The resource types of the cluster: what discovery lists, and how each is shown by ``kubectl get``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wizard.sandbox.cluster.errors import qualified
from wizard.sandbox.cluster.objects import Object
from wizard.sandbox.cluster.topology import Node, topology

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_ONLY = ("get", "list", "watch")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. ``path`` is dotted; ``priority`` above 0 is shown by ``-o wide`` alone."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One resource type.

    ``status`` true when it has the status subresource; ``custom`` when a CustomResourceDefinition brings it; ``fields`` the
    members it may have beside apiVersion, kind and metadata (none: any); ``blank`` what an empty object of it looks like
    (members that Go writes even when they are empty), which decides what a creation adds; ``generation`` when a change of the
    desired state counts in ``metadata.generation``.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    status: bool = False
    custom: bool = False
    generation: bool = False
    fields: frozenset[str] = frozenset()
    columns: tuple[Column, ...] = ()
    blank: Mapping[str, object] = field(default_factory=dict, hash=False)
    categories: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """``version`` or ``group/version``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """``plural`` or ``plural.group``."""
        return qualified(self.plural, self.group)

    @property
    def singular(self) -> str:
        """The name of one."""
        return self.kind.lower()

    @property
    def topology(self) -> Node:
        """How its objects merge."""
        return topology(self.kind)


_AGE = Column("Age", ".metadata.creationTimestamp", "date")
_POD_TEMPLATE: Object = {"metadata": {"creationTimestamp": None}, "spec": {"containers": None}}
_JOB: Object = {"template": _POD_TEMPLATE}


def _fields(*names: str) -> frozenset[str]:
    return frozenset(names)


TYPES: tuple[ResourceType, ...] = (
    ResourceType(
        "",
        "v1",
        "Namespace",
        "namespaces",
        False,
        ("ns",),
        status=True,
        fields=_fields("spec", "status"),
        columns=(Column("Status", ".status.phase"), _AGE),
        blank={"spec": {}, "status": {}},
        verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    ),
    ResourceType(
        "",
        "v1",
        "Secret",
        "secrets",
        fields=_fields("data", "stringData", "type", "immutable"),
        columns=(Column("Type", ".type"), Column("Data", "#.data", "integer"), _AGE),
    ),
    ResourceType(
        "",
        "v1",
        "ConfigMap",
        "configmaps",
        short_names=("cm",),
        fields=_fields("data", "binaryData", "immutable"),
        columns=(Column("Data", "#.data", "integer"), _AGE),
    ),
    ResourceType(
        "",
        "v1",
        "ServiceAccount",
        "serviceaccounts",
        short_names=("sa",),
        fields=_fields("secrets", "imagePullSecrets", "automountServiceAccountToken"),
        columns=(_AGE,),
    ),
    ResourceType(
        "",
        "v1",
        "Pod",
        "pods",
        short_names=("po",),
        status=True,
        fields=_fields("spec", "status"),
        verbs=("delete", "deletecollection", "get", "list", "watch"),
        categories=("all",),
        columns=(
            Column("Status", ".status.phase"),
            Column("Restarts", ".status.containerStatuses[0].restartCount", "integer"),
            _AGE,
        ),
        blank={"spec": {"containers": None}, "status": {}},
    ),
    ResourceType(
        "",
        "v1",
        "Event",
        "events",
        short_names=("ev",),
        columns=(
            Column("Last Seen", ".lastTimestamp", "date"),
            Column("Type", ".type"),
            Column("Reason", ".reason"),
            Column("Object", ".involvedObject.name"),
            Column("Message", ".message"),
        ),
    ),
    ResourceType(
        "apps",
        "v1",
        "Deployment",
        "deployments",
        short_names=("deploy",),
        status=True,
        generation=True,
        fields=_fields("spec", "status"),
        categories=("all",),
        columns=(
            Column("Ready", ".status.readyReplicas", "integer"),
            Column("Up-to-date", ".status.updatedReplicas", "integer"),
            Column("Available", ".status.availableReplicas", "integer"),
            _AGE,
        ),
        blank={"spec": {"selector": None, "template": _POD_TEMPLATE, "strategy": {}}, "status": {}},
    ),
    ResourceType(
        "batch",
        "v1",
        "Job",
        "jobs",
        status=True,
        generation=True,
        fields=_fields("spec", "status"),
        categories=("all",),
        columns=(Column("Status", ".status.conditions[0].type"), Column("Succeeded", ".status.succeeded", "integer"), _AGE),
        blank={"spec": _JOB, "status": {}},
    ),
    ResourceType(
        "batch",
        "v1",
        "CronJob",
        "cronjobs",
        short_names=("cj",),
        status=True,
        generation=True,
        fields=_fields("spec", "status"),
        categories=("all",),
        columns=(
            Column("Schedule", ".spec.schedule"),
            Column("Suspend", ".spec.suspend", "boolean"),
            Column("Last Schedule", ".status.lastScheduleTime", "date"),
            _AGE,
        ),
        blank={"spec": {"schedule": "", "jobTemplate": {"metadata": {"creationTimestamp": None}, "spec": _JOB}}, "status": {}},
    ),
    ResourceType(
        "coordination.k8s.io",
        "v1",
        "Lease",
        "leases",
        fields=_fields("spec"),
        columns=(Column("Holder", ".spec.holderIdentity"), _AGE),
        blank={"spec": {}},
    ),
    ResourceType(
        "rbac.authorization.k8s.io",
        "v1",
        "Role",
        "roles",
        fields=_fields("rules"),
        columns=(Column("Created At", ".metadata.creationTimestamp"),),
        blank={"rules": None},
    ),
    ResourceType(
        "rbac.authorization.k8s.io",
        "v1",
        "RoleBinding",
        "rolebindings",
        fields=_fields("subjects", "roleRef"),
        columns=(Column("Role", ".roleRef.name"), _AGE),
        blank={"roleRef": {"apiGroup": "", "kind": "", "name": ""}},
    ),
    ResourceType(
        "rbac.authorization.k8s.io",
        "v1",
        "ClusterRole",
        "clusterroles",
        False,
        fields=_fields("rules", "aggregationRule"),
        columns=(Column("Created At", ".metadata.creationTimestamp"),),
        blank={"rules": None},
    ),
    ResourceType(
        "rbac.authorization.k8s.io",
        "v1",
        "ClusterRoleBinding",
        "clusterrolebindings",
        False,
        fields=_fields("subjects", "roleRef"),
        columns=(Column("Role", ".roleRef.name"), _AGE),
        blank={"roleRef": {"apiGroup": "", "kind": "", "name": ""}},
    ),
    ResourceType(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        False,
        ("crd", "crds"),
        READ_ONLY,
        columns=(Column("Created At", ".metadata.creationTimestamp"),),
    ),
    ResourceType(
        "argoproj.io",
        "v1alpha1",
        "Application",
        "applications",
        short_names=("app", "apps"),
        custom=True,
        generation=True,
        fields=_fields("spec", "status", "operation"),
        columns=(
            Column("Sync Status", ".status.sync.status"),
            Column("Health Status", ".status.health.status"),
            Column("Revision", ".status.sync.revision", priority=10),
            Column("Project", ".spec.project", priority=10),
        ),
    ),
    ResourceType(
        "argoproj.io",
        "v1alpha1",
        "AppProject",
        "appprojects",
        short_names=("appproj", "appprojs"),
        custom=True,
        generation=True,
        fields=_fields("spec", "status"),
        columns=(_AGE,),
    ),
    ResourceType(
        "argoproj.io",
        "v1beta1",
        "ArgoCD",
        "argocds",
        custom=True,
        status=True,
        generation=True,
        fields=_fields("spec", "status"),
        columns=(_AGE,),
    ),
    ResourceType(
        "config.openshift.io",
        "v1",
        "ClusterVersion",
        "clusterversions",
        False,
        status=True,
        custom=True,
        generation=True,
        columns=(Column("Version", ".status.history[0].version"), Column("Status", ".status.conditions[0].message")),
    ),
    *(
        ResourceType(
            "config.openshift.io",
            "v1",
            kind,
            plural,
            False,
            status=True,
            custom=True,
            generation=True,
            columns=(_AGE,),
        )
        for kind, plural in (
            ("Infrastructure", "infrastructures"),
            ("Authentication", "authentications"),
            ("Network", "networks"),
            ("Proxy", "proxies"),
            ("DNS", "dnses"),
        )
    ),
    ResourceType(
        "image.openshift.io",
        "v1",
        "ImageStream",
        "imagestreams",
        short_names=("is",),
        status=True,
        generation=True,
        columns=(Column("Image Repository", ".status.dockerImageRepository"), Column("Tags", ".spec.tags[0].name")),
    ),
    ResourceType(
        "operators.coreos.com",
        "v1alpha1",
        "Subscription",
        "subscriptions",
        short_names=("sub", "subs"),
        status=True,
        custom=True,
        generation=True,
        columns=(Column("Package", ".spec.name"), Column("Source", ".spec.source"), Column("Channel", ".spec.channel")),
    ),
    ResourceType(
        "operators.coreos.com",
        "v1alpha1",
        "ClusterServiceVersion",
        "clusterserviceversions",
        short_names=("csv", "csvs"),
        status=True,
        custom=True,
        generation=True,
        columns=(Column("Display", ".spec.displayName"), Column("Version", ".spec.version"), Column("Phase", ".status.phase")),
    ),
)

_BY_NAME: Mapping[str, ResourceType] = {name: type_ for type_ in TYPES for name in (type_.kind, type_.resource)}
_BY_PATH: Mapping[tuple[str, str, str], ResourceType] = {(t.group, t.version, t.plural): t for t in TYPES}


def type_named(name: str) -> ResourceType:
    """The type of that kind (``Secret``) or resource (``applications.argoproj.io``). Raises KeyError."""
    return _BY_NAME[name]


def type_at(group: str, version: str, plural: str) -> ResourceType | None:
    """The type served at a path."""
    return _BY_PATH.get((group, version, plural))


def type_of(obj: Object) -> ResourceType:
    """The type of an object. Raises KeyError when there is none such."""
    group, _, version = str(obj.get("apiVersion", "")).rpartition("/")
    for type_ in TYPES:
        if (type_.group, type_.version, type_.kind) == (group, version, obj.get("kind")):
            return type_
    raise KeyError(f"{obj.get('apiVersion')}, Kind={obj.get('kind')}")


def groups() -> dict[str, list[str]]:
    """Every named API group with its versions, the preferred one first."""
    found: dict[str, list[str]] = {"authentication.k8s.io": ["v1"], "authorization.k8s.io": ["v1"]}
    for type_ in TYPES:
        if type_.group and type_.version not in found.setdefault(type_.group, []):
            found[type_.group].append(type_.version)
    # `oc` and discovery caches take the first version for the preferred one, and v1beta1 goes before v1alpha1.
    return {group: sorted(versions, key=_rank) for group, versions in sorted(found.items())}


def _rank(version: str) -> int:
    return 0 if version == "v1" else 1 if "beta" in version else 2


def types_in(group: str, version: str) -> Iterable[ResourceType]:
    """The types of one group version."""
    return (type_ for type_ in TYPES if (type_.group, type_.version) == (group, version))
