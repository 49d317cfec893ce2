"""Watching (kubernetes.io, "Efficient detection of changes")."""

from __future__ import annotations

from tests.contract.cluster.kube import Kube
from tests.contract.cluster.test_objects import config_map


def seen(events: list[dict]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events if event["type"] != "BOOKMARK"]


def test_changes_since_a_version_are_told_in_order(kube: Kube, core: str) -> None:
    since = kube.get(f"{core}/secrets").version
    kube.create(f"{core}/configmaps", config_map("a", x="1"))
    kube.patch(f"{core}/configmaps/a", {"data": {"x": "2"}})
    kube.create(f"{core}/configmaps", config_map("b"))
    kube.delete(f"{core}/configmaps/a")
    names = "metadata.name!=kube-root-ca.crt"
    events = list(kube.watch(f"{core}/configmaps", resourceVersion=since, timeoutSeconds="1", fieldSelector=names))
    assert seen(events) == [("ADDED", "a"), ("MODIFIED", "a"), ("ADDED", "b"), ("DELETED", "a")]


def test_without_a_version_it_begins_with_what_is_there(kube: Kube, core: str) -> None:
    kube.create(f"{core}/secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})
    assert seen(list(kube.watch(f"{core}/secrets", timeoutSeconds="1"))) == [("ADDED", "s")]


def test_what_leaves_the_selector_is_told_as_deleted(kube: Kube, core: str) -> None:
    labelled = {**config_map("a"), "metadata": {"name": "a", "labels": {"x": "y"}}}
    since = kube.create(f"{core}/configmaps", labelled).version
    kube.patch(f"{core}/configmaps/a", {"metadata": {"labels": {"x": "z"}}})
    events = list(kube.watch(f"{core}/configmaps", resourceVersion=since, timeoutSeconds="1", labelSelector="x=y"))
    assert seen(events) == [("DELETED", "a")]


def test_a_change_arrives_while_watching(kube: Kube, core: str) -> None:
    since = kube.get(f"{core}/secrets").version
    watch = kube.watch(f"{core}/secrets", resourceVersion=since, timeoutSeconds="20")
    created = kube.create(f"{core}/secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})
    event = next(watch)
    watch.close()
    assert event["object"] == created.body
