"""Helm charts that the Argo CD stand-in renders, and that it says so when it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.sandbox.test_render import write
from wizard.sandbox.argocd.charts import render_chart
from wizard.sandbox.argocd.render import RenderError

CHART = "apiVersion: v2\nname: demo\nversion: 1.0.0\nappVersion: '2.1'\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {v: {{ .Values.v | quote }}}\n"


def nothing(repository: str, name: str, version: str) -> Path:
    raise AssertionError(f"{repository} {name} {version} was asked for")


def rendered(folder: Path, fetch: Any = nothing, **helm: Any) -> list[Any]:
    source = {"helm": helm} if helm else {}
    return list(render_chart(folder, source, application="app", namespace="ns", fetch=fetch))


@pytest.mark.parametrize(
    ("helm", "name", "value"),
    [
        ({}, "app", "base"),
        ({"releaseName": "other"}, "other", "base"),
        ({"values": "v: text"}, "app", "text"),
        ({"values": "v: text", "valuesObject": {"v": "object"}}, "app", "object"),
        ({"valueFiles": ["prod.yaml"]}, "app", "prod"),
        ({"valueFiles": ["prod.yaml"], "parameters": [{"name": "v", "value": "8080"}]}, "app", "8080"),
        ({"parameters": [{"name": "v", "value": "true"}]}, "app", "true"),
        ({"valuesObject": {"v": None}}, "app", ""),
    ],
)
def test_values_are_laid_over_each_other(tmp_path: Path, helm: dict[str, Any], name: str, value: str) -> None:
    write(tmp_path, {
        "Chart.yaml": CHART, "values.yaml": "v: base\n", "prod.yaml": "v: prod\n", "templates/map.yaml": MAP,
        "templates/NOTES.txt": "{{ include }}", "templates/_helpers.tpl": "{{ define }}",
    })  # fmt: skip
    [found] = rendered(tmp_path, **helm)
    assert (found["metadata"]["name"], found["data"]["v"]) == (name, value)


def test_comments_trimming_and_what_the_chart_says(tmp_path: Path) -> None:
    template = (
        "{{- /* a comment */ -}}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Chart.Name }}-{{ .Chart.Version }}\n"
        "  namespace: {{.Release.Namespace}}\ndata:\n  app: {{ .Chart.AppVersion | quote }}\n"
        "  deep: {{ .Values.a.b | upper | squote }}\n"
    )
    write(tmp_path, {"Chart.yaml": CHART, "values.yaml": "a: {b: x}\n", "templates/a.yaml": template})
    [found] = rendered(tmp_path)
    assert found["metadata"] == {"name": "demo-1.0.0", "namespace": "ns"}
    assert found["data"] == {"app": "2.1", "deep": "X"}


def test_dependencies_of_the_folder_and_of_a_repository(tmp_path: Path) -> None:
    dependencies = [
        {"name": "own", "version": "1.0.0", "alias": "mine"},
        {"name": "far", "version": "^2.0.0", "repository": "https://charts.example"},
        {"name": "spare", "version": "1.0.0", "repository": "https://charts.example", "condition": "spare.enabled"},
    ]
    lock = {"dependencies": [{"name": "far", "version": "2.3.4"}]}
    write(tmp_path, {
        "app/Chart.yaml": CHART + yaml.safe_dump({"dependencies": dependencies}), "app/Chart.lock": yaml.safe_dump(lock),
        "app/values.yaml": "mine: {v: mine}\nfar: {v: far}\nspare: {enabled: false}\nglobal: {g: 1}\n",
        "app/charts/own/Chart.yaml": "name: own\n", "app/charts/own/templates/m.yaml": MAP, "app/crds/c.yaml": MAP_CRD,
        "far/Chart.yaml": "name: far\n", "far/templates/m.yaml": MAP.replace(".Values.v", ".Values.global.g"),
    })  # fmt: skip
    asked = []

    def fetch(*wanted: str) -> Path:
        asked.append(wanted)
        return tmp_path / "far"

    found = rendered(tmp_path / "app", fetch)
    assert [each["kind"] for each in found] == ["CustomResourceDefinition", "ConfigMap", "ConfigMap"]
    assert [each["data"]["v"] for each in found[1:]] == ["mine", "1"]
    assert asked == [("https://charts.example", "far", "2.3.4")]
    assert len(rendered(tmp_path / "app", fetch, skipCrds=True)) == 2


MAP_CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c}\n"


@pytest.mark.parametrize(
    ("files", "helm", "told"),
    [
        ({"templates/a.yaml": "{{ if .Values.a }}\n{{ end }}"}, {}, r"does not know \{\{ if \.Values\.a \}\}"),
        ({"templates/a.yaml": '{{ include "x" . }}'}, {}, "include"),
        ({"templates/a.yaml": "{{ .Values.a | nindent 4 }}"}, {}, "nindent"),
        ({"templates/a.yaml": "a: {{ .Values.a }}", "values.yaml": "a: [1]"}, {}, "fills in single values only"),
        ({"values.yaml": "a: ["}, {}, "cannot load values.yaml"),
        ({"charts/x.tgz": ""}, {}, "unpacks no charts"),
        ({}, {"fileParameters": []}, "spec.source.helm.fileParameters"),
        ({}, {"valueFiles": ["../../etc/passwd"]}, "no such file"),
        ({}, {"parameters": [{"name": "a[0]", "value": "x"}]}, "plain values only"),
    ],
)
def test_what_it_does_not_know_is_an_error(tmp_path: Path, files: dict[str, str], helm: dict[str, Any], told: str) -> None:
    write(tmp_path / "app", {"Chart.yaml": CHART, **files})
    with pytest.raises(RenderError, match=told):
        rendered(tmp_path / "app", **helm)
