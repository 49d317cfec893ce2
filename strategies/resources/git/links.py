"""Finds what the files of a repository name: bases, charts, repositories. Pure; positions come from the YAML parser's marks.

Formats: kustomization files (kubectl.docs.kubernetes.io/references/kustomize/kustomization), Chart.yaml
(helm.sh/docs/topics/charts, "Chart Dependencies"), Applications and ApplicationSets (argo-cd
``docs/operator-manual/application.yaml`` and ``applicationset.yaml``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import yaml

from strategies.common.folders import CHARTS, KUSTOMIZATIONS, MANIFESTS
from strategies.common.shown import shown
from strategies.facts import Link, LinkKind

REQUIREMENTS = "requirements.yaml"
"""Where charts of ``apiVersion: v1`` name their dependencies."""
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LISTS = (
    "resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators",
    "patchesStrategicMerge",
)  # fmt: skip
_TARGET_MOST = 500
_REPO_URL = re.compile(
    r"""^\s*(?:-\s+)?(?:repoURL|repoUrl|repo_url)\s*:\s*["']?((?:https?|oci|ssh|git)://[^\s"'{}]+|git@[^\s"'{}]+)"""
)
_APPLICATION_KINDS = frozenset({"Application", "ApplicationSet"})
_SCM_HOSTS = {
    "github": "https://api.github.com",
    "gitlab": "https://gitlab.com",
    "bitbucket": "https://api.bitbucket.org",
    "azureDevOps": "https://dev.azure.com",
}
"""Where a generator looks when it names no ``api`` (argo-cd user guide, "SCM Provider Generator")."""


class UnreadableError(Exception):
    """A file that cannot be parsed; the text says why and where."""


def concerns(path: str) -> bool:
    """Whether a file of this name can name anything that Argo CD or its tools would fetch."""
    name = posixpath.basename(path)
    return name.endswith(MANIFESTS) or name in KUSTOMIZATIONS


def links(path: str, content: bytes, *, in_chart: bool = False) -> list[Link]:
    """What this file names. ``in_chart``: a chart's values and templates, which are read as text. Raises UnreadableError."""
    name = posixpath.basename(path)
    if name in KUSTOMIZATIONS:
        return [link for root in _documents(content) for link in _kustomization(path, root)]
    if name in CHARTS or name == REQUIREMENTS:
        return [link for root in _documents(content) for link in _dependencies(path, root)]
    if in_chart:
        return _text(path, content)
    # Parsing is what takes the time: most manifests are no Applications.
    if b"argoproj.io" not in content:
        return []
    return [link for root in _documents(content) for link in _manifest(path, root)]


def _documents(content: bytes) -> list[yaml.Node]:
    text = content.decode("utf-8", errors="replace")
    try:
        return [root for root in yaml.compose_all(text, Loader=_LOADER) if root is not None]
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark is not None else ""
        raise UnreadableError(f"{shown(error.problem or 'no YAML')}{line}") from error
    except yaml.YAMLError as error:
        raise UnreadableError(shown(str(error))) from error


def _kustomization(path: str, root: yaml.Node) -> Iterator[Link]:
    for key in _LISTS:
        for entry in _entries(_at(root, key)):
            yield from _link(path, LinkKind.KUSTOMIZE, entry)
    for key in ("patches", "patchesJson6902"):
        for entry in _entries(_at(root, key)):
            yield from _link(path, LinkKind.KUSTOMIZE, _at(entry, "path"))
    yield from _link(path, LinkKind.KUSTOMIZE, _at(root, "openapi", "path"))
    for key, url, chart in (("helmCharts", "repo", "name"), ("helmChartInflationGenerator", "chartRepoUrl", "chartName")):
        for entry in _entries(_at(root, key)):
            yield from _link(path, LinkKind.KUSTOMIZE_CHART, _at(entry, url), name=_text_of(_at(entry, chart)))


def _dependencies(path: str, root: yaml.Node) -> Iterator[Link]:
    for entry in _entries(_at(root, "dependencies")):
        yield from _link(path, LinkKind.DEPENDENCY, _at(entry, "repository"), name=_text_of(_at(entry, "name")))


def _manifest(path: str, root: yaml.Node) -> Iterator[Link]:
    kind = _text_of(_at(root, "kind"))
    if kind == "List":
        for item in _entries(_at(root, "items")):
            yield from _manifest(path, item)
    if kind not in _APPLICATION_KINDS or not _text_of(_at(root, "apiVersion")).startswith("argoproj.io/"):
        return
    if kind == "Application":
        yield from _application(path, _at(root, "spec"))
        return
    yield from _application(path, _at(root, "spec", "template", "spec"))
    yield from _generators(path, _at(root, "spec", "generators"))


def _application(path: str, spec: yaml.Node | None) -> Iterator[Link]:
    drawn = (_at(spec, "source"), _at(spec, "sourceHydrator", "drySource"), *_entries(_at(spec, "sources")))
    for source in drawn:
        folder, chart = _text_of(_at(source, "path")), _text_of(_at(source, "chart"))
        yield from _link(path, LinkKind.APPLICATION, _at(source, "repoURL"), folder=folder, name=chart)
        for entry in _entries(_at(source, "helm", "valueFiles")):
            if "://" in _text_of(entry):
                yield from _link(path, LinkKind.VALUES, entry)
        for entry in _entries(_at(source, "kustomize", "components")):
            if "://" in _text_of(entry):
                yield from _link(path, LinkKind.KUSTOMIZE, entry)


def _generators(path: str, generators: yaml.Node | None, depth: int = 0) -> Iterator[Link]:
    for generator in _entries(generators):
        yield from _link(path, LinkKind.GENERATOR, _at(generator, "git", "repoURL"))
        for asked in (_at(generator, "scmProvider"), _at(generator, "pullRequest")):
            for host, usual in _SCM_HOSTS.items():
                provider = _at(asked, host)
                api = _at(provider, "api") or _at(provider, "url")
                if api is not None:
                    yield from _link(path, LinkKind.GENERATOR, api)
                elif provider is not None:
                    yield Link(path, provider.start_mark.line + 1, LinkKind.GENERATOR, usual)
            yield from _link(path, LinkKind.GENERATOR, _at(asked, "gitea", "api"))
        # Matrix and merge hold generators, two levels at most.
        for key in ("matrix", "merge"):
            if depth < 2:
                yield from _generators(path, _at(generator, key, "generators"), depth + 1)


def _text(path: str, content: bytes) -> list[Link]:
    """Lines such as ``repoURL: https://...``: what holds template actions is no YAML."""
    found = ((number, _REPO_URL.match(line)) for number, line in enumerate(content.decode(errors="replace").splitlines(), 1))
    return [Link(path, number, LinkKind.TEXT, match[1][:_TARGET_MOST]) for number, match in found if match is not None]


def _link(path: str, kind: LinkKind, node: yaml.Node | None, *, folder: str = "", name: str = "") -> Iterator[Link]:
    target = _text_of(node).strip()
    # A template action is filled in by a generator; multi-line text is a patch written in place.
    if node is None or not target or "{{" in target or "\n" in target:
        return
    yield Link(path, node.start_mark.line + 1, kind, target[:_TARGET_MOST], folder[:_TARGET_MOST], name[:_TARGET_MOST])


def _at(node: yaml.Node | None, *keys: str) -> yaml.Node | None:
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for name, value in node.value if isinstance(name, yaml.ScalarNode) and name.value == key), None)
    return node


def _entries(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _text_of(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
