"""What the Argo CD stand-in renders, and that it says so when it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.sandbox.argocd.compare import contains
from wizard.sandbox.argocd.render import RenderError, render

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_a_kustomization_is_followed_and_transformed(tmp_path: Path) -> None:
    options = (
        "namespace: n\nnamePrefix: p-\ncommonAnnotations: {by: hand}\nlabels: [{pairs: {l: '1'}}]\nresources: [base, b.yaml]\n"
    )
    write(tmp_path, {
        "app/kustomization.yaml": options,
        "app/b.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n",
        "app/base/kustomization.yaml": "resources: [a.yaml]\n",
        "app/base/a.yaml": CONFIG_MAP,
    })  # fmt: skip
    config_map, namespace = render(tmp_path, {"path": "app"})
    common = {"labels": {"l": "1"}, "annotations": {"by": "hand"}}
    assert config_map["metadata"] == {"name": "p-a", "namespace": "n", **common}
    assert namespace["metadata"] == {"name": "n", **common}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"Chart.yaml": "name: c\n"}, "Helm"),
        ({"a.yaml": CONFIG_MAP.replace("{name: a}", "{name: a, annotations: {argocd.argoproj.io/hook: PreSync}}")}, "hook"),
        ({"kustomization.yaml": "patches: []\n"}, "'patches'"),
        ({"kustomization.yaml": "configMapGenerator: []\n"}, "'configMapGenerator'"),
        ({"kustomization.yaml": "resources: [https://example.com/x.yaml]\n"}, "no file or folder"),
        ({"kustomization.yaml": "resources: [../../etc]\n"}, "no file or folder"),
        ({"main.jsonnet": "{}"}, "jsonnet"),
        ({"a.yaml": "a: [\n"}, 'Failed to unmarshal "a.yaml"'),
        ({"a.yaml": "name: nothing\n"}, "Object 'Kind' is missing"),
    ],
)
def test_what_it_does_not_know_is_an_error(tmp_path: Path, files: dict[str, str], told: str) -> None:
    write(tmp_path / "app", files)
    with pytest.raises(RenderError, match=told):
        render(tmp_path, {"path": "app"})


@pytest.mark.parametrize("path", ["nowhere", "../..", "/etc"])
def test_a_path_outside_of_the_repository_does_not_exist(tmp_path: Path, path: str) -> None:
    with pytest.raises(RenderError, match="app path does not exist"):
        render(tmp_path / "tree", {"path": path})


@pytest.mark.parametrize(
    ("live", "target", "held"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [{"x": 1, "y": 2}]}, {"a": [{"x": 1}]}, True),
        ({}, {"a": None}, True),
        ({}, {"a": "x"}, False),
    ],
)
def test_defaults_are_no_difference_and_changes_are(live: dict, target: dict, held: bool) -> None:
    assert contains(live, target) is held
