"""The resource types that Argo CD, OpenShift and the Operator Lifecycle Manager bring."""

from __future__ import annotations

from wizard.sandbox.cluster.resource_type import AGE, Column, ResourceType, fields

CUSTOM_TYPES: tuple[ResourceType, ...] = (
    ResourceType(
        "argoproj.io",
        "v1alpha1",
        "Application",
        "applications",
        short_names=("app", "apps"),
        custom=True,
        generation=True,
        fields=fields("spec", "status", "operation"),
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
        fields=fields("spec", "status"),
        columns=(AGE,),
    ),
    ResourceType(
        "argoproj.io",
        "v1beta1",
        "ArgoCD",
        "argocds",
        custom=True,
        status=True,
        generation=True,
        fields=fields("spec", "status"),
        columns=(AGE,),
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
            columns=(AGE,),
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
