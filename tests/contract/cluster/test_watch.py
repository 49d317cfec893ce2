"""Watching (kubernetes.io, "Efficient detection of changes")."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tests.contract.cluster.kube import Kube
from tests.contract.cluster.test_objects import config_map


def seen(events: Iterator[dict], count: int) -> list[tuple[str, str]]:
    """The first events that are no bookmarks; fewer only when the server ends the watch."""
    told = (event for event in events if event["type"] != "BOOKMARK")
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in itertools.islice(told, count)]


def test_changes_since_a_version_are_told_in_order(kube: Kube, core: str) -> None:
    since = kube.get(f"{core}/secrets").version
    kube.create(f"{core}/configmaps", config_map("a", x="1"))
    kube.patch(f"{core}/configmaps/a", {"data": {"x": "2"}})
    kube.create(f"{core}/configmaps", config_map("b"))
    kube.delete(f"{core}/configmaps/a")
    names = "metadata.name!=kube-root-ca.crt"
    events = kube.watch(f"{core}/configmaps", resourceVersion=since, timeoutSeconds="20", fieldSelector=names)
    assert seen(events, 4) == [("ADDED", "a"), ("MODIFIED", "a"), ("ADDED", "b"), ("DELETED", "a")]


def test_without_a_version_it_begins_with_what_is_there(kube: Kube, core: str) -> None:
    kube.create(f"{core}/secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})
    events = kube.watch(f"{core}/secrets", timeoutSeconds="20")
    assert seen(events, 1) == [("ADDED", "s")]
    kube.delete(f"{core}/secrets/s")
    assert seen(events, 1) == [("DELETED", "s")]


def test_what_leaves_the_selector_is_told_as_deleted(kube: Kube, core: str) -> None:
    labelled = {**config_map("a"), "metadata": {"name": "a", "labels": {"x": "y"}}}
    since = kube.create(f"{core}/configmaps", labelled).version
    kube.patch(f"{core}/configmaps/a", {"metadata": {"labels": {"x": "z"}}})
    kube.delete(f"{core}/configmaps/a")
    events = kube.watch(f"{core}/configmaps", resourceVersion=since, timeoutSeconds="2", labelSelector="x=y")
    assert seen(events, 2) == [("DELETED", "a")]


def test_a_change_arrives_while_watching(kube: Kube, core: str) -> None:
    since = kube.get(f"{core}/secrets").version
    watch = kube.watch(f"{core}/secrets", resourceVersion=since, timeoutSeconds="20")
    created = kube.create(f"{core}/secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})
    event = next(watch)
    watch.close()
    assert event["object"] == created.body
