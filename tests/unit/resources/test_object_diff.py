"""Differences between a live object and the predicted one: exactly what an apply would change, and no secret."""

from __future__ import annotations

import base64
from typing import Any

from strategies.base import FieldDiff
from strategies.resources.cluster.diff import additions, differences


def encoded(text: str) -> str:
    """Base64."""
    return base64.b64encode(text.encode()).decode()


def found(live: dict[str, Any], predicted: dict[str, Any], asked: dict[str, Any], *hidden: str) -> set[tuple[str, Any, Any]]:
    """As a set that can be compared."""
    return {(d.path, d.before, d.after) for d in differences(live, predicted, asked, hidden)}


def test_what_the_server_writes_by_itself_is_no_difference() -> None:
    live = {"metadata": {"resourceVersion": "1", "generation": 1}, "spec": {"a": 1}, "status": {"x": 1}}
    predicted = {"metadata": {"resourceVersion": "2", "generation": 2}, "spec": {"a": 1}, "status": {}}
    assert found(live, predicted, {"spec": {"a": 1}}) == set()


def test_fields_of_others_that_change_meanwhile_are_no_difference() -> None:
    live = {"kind": "Secret", "data": {"url": encoded("u")}}
    predicted = {"kind": "Secret", "data": {"url": encoded("u"), "password": encoded("p")}}
    assert found(live, predicted, {"data": {"url": encoded("u")}}) == set()


def test_a_secret_shows_what_we_ask_in_plain_words_and_nothing_of_others() -> None:
    live = {"kind": "Secret", "data": {"url": encoded("old"), "password": encoded("marker")}}
    predicted = {"kind": "Secret", "data": {"url": encoded("new")}}
    asked = {"kind": "Secret", "data": {"url": encoded("new")}}
    assert found(live, predicted, asked) == {("data.url", "old", "new"), ("data.password", "(hidden)", None)}


def test_hidden_paths_say_that_they_differ_and_not_how() -> None:
    live = {"kind": "Secret", "data": {"password": encoded("old")}}
    new = {"kind": "Secret", "data": {"password": encoded("new")}}
    assert found(live, new, new, "data.password") == {("data.password", "(hidden)", "(hidden)")}


def test_entries_of_a_list_are_known_by_their_names() -> None:
    live = {"spec": {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "theirs", "value": "x"}]}}
    asked = {"spec": {"env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}}
    predicted = {"spec": {"env": [{"name": "B", "value": "3"}, {"name": "theirs", "value": "x"}, {"name": "C", "value": "4"}]}}
    assert sorted(differences(live, predicted, asked, ()), key=lambda d: d.path) == [
        FieldDiff("spec.env[A]", {"name": "A", "value": "1"}, None),
        FieldDiff("spec.env[B].value", "2", "3"),
        FieldDiff("spec.env[C].name", None, "C"),
        FieldDiff("spec.env[C].value", None, "4"),
    ]


def test_long_texts_are_counted_and_not_printed() -> None:
    text = "line\n" * 100
    assert additions({"kind": "ConfigMap", "data": {"script": text}}, ()) == (FieldDiff("data.script", None, "(100 lines)"),)


def test_labels_that_only_mark_are_left_out_of_what_is_new() -> None:
    labels = {"app.kubernetes.io/managed-by": "ezgitops", "ezgitops.dev/instance": "x", "argocd.argoproj.io/secret-type": "r"}
    (diff,) = additions({"metadata": {"name": "n", "labels": labels}}, ())
    assert diff == FieldDiff('metadata.labels."argocd.argoproj.io/secret-type"', None, "r")
