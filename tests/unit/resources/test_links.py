"""What files of a repository name, with the line; files made to do harm."""

from __future__ import annotations

import pytest

from strategies.resources.git.attributes import lfs_rules, pointer, submodules
from strategies.resources.git.links import UnreadableError, concerns, links

APPLICATION = "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
SET = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"


def named(path: str, text: str, *, in_chart: bool = False) -> list[str]:
    return [f"{link.line} {link.kind.name} {link.target}" for link in links(path, text.encode(), in_chart=in_chart)]


@pytest.mark.parametrize("name", ["kustomization.yaml", "a/kustomization.yml", "a/b/Kustomization"])
def test_kustomizations_name_what_they_load(name: str) -> None:
    text = (
        "resources: [a.yaml, 'https://github.com/acme/x?ref=v1']\nbases:\n- ../base\ncomponents: [c]\n"
        "patches:\n- path: p.yaml\n- patch: |-\n    - op: remove\npatchesStrategicMerge:\n- |-\n  kind: x\n  a: b\n- s.yaml\n"
        "helmCharts:\n- name: web\n  repo: https://charts.example.com\nimages: [{name: quay.io/x}]\n"
    )
    assert named(name, text) == [
        "1 KUSTOMIZE a.yaml",
        "1 KUSTOMIZE https://github.com/acme/x?ref=v1",
        "3 KUSTOMIZE ../base",
        "4 KUSTOMIZE c",
        "13 KUSTOMIZE s.yaml",
        "6 KUSTOMIZE p.yaml",
        "16 KUSTOMIZE_CHART https://charts.example.com",
    ]


def test_charts_name_their_dependencies() -> None:
    text = "apiVersion: v2\ndependencies:\n- name: redis\n  repository: oci://ghcr.io/acme\n- name: local\n  repository: ''\n"
    assert named("c/Chart.yaml", text) == ["4 DEPENDENCY oci://ghcr.io/acme"]
    assert named("c/requirements.yaml", text) == ["4 DEPENDENCY oci://ghcr.io/acme"]


def test_applications_name_their_sources() -> None:
    text = (
        "kind: ConfigMap\ndata: {repoURL: 'https://no.example.com'}\n---\n" + APPLICATION + "spec:\n"
        "  source: {repoURL: 'https://a.example.com', helm: {valueFiles: [v.yaml, 'https://v.example.com/v.yaml']}}\n"
        "  sources:\n  - repoURL: registry.example.com/charts\n    chart: web\n  - {path: no}\n---\n"
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: argoproj.io/v1, kind: Application, spec: {source: {repoURL: b}}}\n"
    )
    assert named("app.yaml", text) == [
        "7 APPLICATION https://a.example.com",
        "7 VALUES https://v.example.com/v.yaml",
        "9 APPLICATION registry.example.com/charts",
        "16 APPLICATION b",
    ]


def test_application_sets_name_where_their_generators_look() -> None:
    text = (
        SET
        + "spec:\n  generators:\n  - git: {repoURL: 'https://g.example.com'}\n  - scmProvider: {github: {organization: acme}}\n"
        "  - pullRequest: {gitlab: {api: 'https://lab.example.com'}}\n"
        "  - matrix:\n      generators:\n      - git: {repoURL: 'https://m.example.com'}\n      - list: {}\n"
        "  template: {spec: {source: {repoURL: '{{ .url }}'}}}\n"
    )
    assert named("set.yaml", text) == [
        "5 GENERATOR https://g.example.com",
        "6 GENERATOR https://api.github.com",
        "7 GENERATOR https://lab.example.com",
        "10 GENERATOR https://m.example.com",
    ]


def test_values_and_templates_of_charts_are_read_as_text() -> None:
    text = '{{- if .on }}\n  repoURL: "https://a.example.com/x" # why\n- repoURL: git@b.example.com:x\n  repoURL: {{ .url }}\n'
    assert named("c/templates/a.yaml", text, in_chart=True) == ["2 TEXT https://a.example.com/x", "3 TEXT git@b.example.com:x"]


def test_other_manifests_are_not_parsed() -> None:
    assert named("broken.yaml", "a: [") == []
    assert [concerns(name) for name in ("a.yaml", "b.json", "Kustomization", "README.md", "a.yaml.txt")] == [
        True, True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "resources: [",
        "resources: [\x00]",
        "a: b: c",
        "resources: " + "[" * 5_000,
        "\n".join(" " * n + "a:" for n in range(1_200)),
    ],
)
def test_what_cannot_be_parsed_says_why_in_one_line(text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        named("kustomization.yaml", text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_aliases_that_grow_without_end_are_cut_off() -> None:
    many = ", ".join(["*a"] * 2_000)
    sources = f"shared: &a {{repoURL: x, helm: {{valueFiles: &f [{', '.join(['y'] * 2_000)}]}}}}\n"
    with pytest.raises(UnreadableError, match="too much in it"):
        named("app.yaml", APPLICATION + sources + f"spec: {{sources: [{many}]}}\n")
    itself = (
        APPLICATION.replace("Application", "List").replace("argoproj.io/v1alpha1", "v1") + "items: &i [*i, {x: argoproj.io}]\n"
    )
    assert named("app.yaml", itself) == []
    endless = SET + "spec: &s {generators: [{matrix: *s}, {git: {repoURL: 'https://x'}}]}\n"
    assert set(named("set.yaml", endless)) == {"3 GENERATOR https://x"}


def test_what_is_named_is_bounded() -> None:
    [link] = links("kustomization.yaml", f"resources: [https://x/{'a' * 5_000}]".encode())
    assert len(link.target) == 500


# --- Git LFS and submodules -------------------------------------------------------------------------------------


def test_pointers_are_known_by_their_first_line() -> None:
    line = b"version https://git-lfs.github.com/spec/v1\n"
    assert pointer(line + b"oid sha256:1\nsize 2\n")
    assert pointer(line.replace(b"git-lfs.github.com", b"hawser.github.com"))
    assert not pointer(b"x" + line)
    assert not pointer(line + b"x" * 1_024)


def test_rules_are_those_with_the_filter() -> None:
    text = b"# *.a filter=lfs\n*.b text\n\n*.c filter=lfs -text\n*.d filter=lfsx\n"
    assert [(rule.line, rule.pattern) for rule in lfs_rules("x/.gitattributes", text)] == [(4, "x/*.c")]


def test_submodules_are_the_folders_with_what_is_said_of_them() -> None:
    text = b'junk = 1\n[submodule "a"]\n\tpath = m/a\n\turl = "../a.git"\n[submodule "gone"]\n\tpath = gone\n\turl = x\n'
    found = submodules(text, ["m/a", "m/b"])
    assert [(one.path, one.url, one.line) for one in found] == [("m/a", "../a.git", 4), ("m/b", None, 0)]
    assert submodules(b"\xff[[[", []) == []
