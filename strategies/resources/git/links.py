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
_MOST_STEPS = 2_000_000
"""No file that a human or a tool wrote for Argo CD takes as many."""
_GENERATOR_DEPTH = 2
"""Matrix and merge hold generators, and those may be matrix and merge again, once (argo-cd user guide, "Matrix Generator")."""
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
    finder = _Finder(path)
    if name in KUSTOMIZATIONS:
        return [link for root in _documents(content) for link in finder.kustomization(root)]
    if name in CHARTS or name == REQUIREMENTS:
        return [link for root in _documents(content) for link in finder.dependencies(root)]
    if in_chart:
        return _text(path, content)
    # Parsing is what takes the time: most manifests are no Applications.
    if b"argoproj.io" not in content:
        return []
    return [link for root in _documents(content) for link in finder.manifest(root)]


def _documents(content: bytes) -> list[yaml.Node]:
    text = content.decode("utf-8", errors="replace")
    try:
        return [root for root in yaml.compose_all(text, Loader=_LOADER) if root is not None]
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark is not None else ""
        raise UnreadableError(f"{shown(error.problem or 'no YAML')}{line}") from error
    except yaml.YAMLError as error:
        raise UnreadableError(shown(str(error))) from error


def _text(path: str, content: bytes) -> list[Link]:
    """Lines such as ``repoURL: https://...``: what holds template actions is no YAML."""
    found = ((number, _REPO_URL.match(line)) for number, line in enumerate(content.decode(errors="replace").splitlines(), 1))
    return [Link(path, number, LinkKind.TEXT, match[1][:_TARGET_MOST]) for number, match in found if match is not None]


class _Finder:
    """Walks through one file.

    Nodes are shared where aliases stand, and a list may even hold itself: so many steps are made, and no more.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._steps = _MOST_STEPS

    def kustomization(self, root: yaml.Node) -> Iterator[Link]:
        """What a kustomization file loads. Raises UnreadableError, as the others do."""
        for key in _LISTS:
            for entry in self._entries(root, key):
                yield from self._link(LinkKind.KUSTOMIZE, entry)
        for key in ("patches", "patchesJson6902"):
            for entry in self._entries(root, key):
                yield from self._link(LinkKind.KUSTOMIZE, self._at(entry, "path"))
        yield from self._link(LinkKind.KUSTOMIZE, self._at(root, "openapi", "path"))
        for key, url, chart in (("helmCharts", "repo", "name"), ("helmChartInflationGenerator", "chartRepoUrl", "chartName")):
            for entry in self._entries(root, key):
                yield from self._link(LinkKind.KUSTOMIZE_CHART, self._at(entry, url), name=_text_of(self._at(entry, chart)))

    def dependencies(self, root: yaml.Node) -> Iterator[Link]:
        """The charts that a chart needs."""
        for entry in self._entries(root, "dependencies"):
            yield from self._link(LinkKind.DEPENDENCY, self._at(entry, "repository"), name=_text_of(self._at(entry, "name")))

    def manifest(self, root: yaml.Node, *, listed: bool = False) -> Iterator[Link]:
        """What an Application or ApplicationSet, alone or in a List, draws from."""
        kind = _text_of(self._at(root, "kind"))
        if kind == "List" and not listed:
            for item in self._entries(root, "items"):
                yield from self.manifest(item, listed=True)
        if not _text_of(self._at(root, "apiVersion")).startswith("argoproj.io/"):
            return
        if kind == "Application":
            yield from self._application(self._at(root, "spec"))
        elif kind == "ApplicationSet":
            yield from self._application(self._at(root, "spec", "template", "spec"))
            yield from self._generators(self._at(root, "spec"))

    def _application(self, spec: yaml.Node | None) -> Iterator[Link]:
        drawn = (self._at(spec, "source"), self._at(spec, "sourceHydrator", "drySource"), *self._entries(spec, "sources"))
        for source in drawn:
            folder, chart = _text_of(self._at(source, "path")), _text_of(self._at(source, "chart"))
            yield from self._link(LinkKind.APPLICATION, self._at(source, "repoURL"), folder=folder, name=chart)
            for keys, kind in ((("helm", "valueFiles"), LinkKind.VALUES), (("kustomize", "components"), LinkKind.KUSTOMIZE)):
                for entry in self._entries(source, *keys):
                    # A path is one of the source's own repository, which need not be this one.
                    if "://" in _text_of(entry):
                        yield from self._link(kind, entry)

    def _generators(self, holder: yaml.Node | None, depth: int = 0) -> Iterator[Link]:
        for generator in self._entries(holder, "generators"):
            yield from self._link(LinkKind.GENERATOR, self._at(generator, "git", "repoURL"))
            for asked in (self._at(generator, "scmProvider"), self._at(generator, "pullRequest")):
                yield from self._provider(asked)
            for key in ("matrix", "merge"):
                if depth < _GENERATOR_DEPTH:
                    yield from self._generators(self._at(generator, key), depth + 1)

    def _provider(self, asked: yaml.Node | None) -> Iterator[Link]:
        for host, usual in _SCM_HOSTS.items():
            provider = self._at(asked, host)
            api = self._at(provider, "api") or self._at(provider, "url")
            if api is not None:
                yield from self._link(LinkKind.GENERATOR, api)
            elif provider is not None:
                yield Link(self._path, provider.start_mark.line + 1, LinkKind.GENERATOR, usual)
        yield from self._link(LinkKind.GENERATOR, self._at(asked, "gitea", "api"))

    def _link(self, kind: LinkKind, node: yaml.Node | None, *, folder: str = "", name: str = "") -> Iterator[Link]:
        target = _text_of(node).strip()
        # A template action is filled in by a generator; multi-line text is a patch written in place.
        if node is None or not target or "{{" in target or "\n" in target:
            return
        line = node.start_mark.line + 1
        yield Link(self._path, line, kind, target[:_TARGET_MOST], folder[:_TARGET_MOST], name[:_TARGET_MOST])

    def _at(self, node: yaml.Node | None, *keys: str) -> yaml.Node | None:
        for key in keys:
            if not isinstance(node, yaml.MappingNode):
                return None
            self._spend(len(node.value))
            node = next((value for name, value in node.value if isinstance(name, yaml.ScalarNode) and name.value == key), None)
        return node

    def _entries(self, node: yaml.Node | None, *keys: str) -> list[yaml.Node]:
        found = self._at(node, *keys)
        if not isinstance(found, yaml.SequenceNode):
            return []
        self._spend(len(found.value))
        return list(found.value)

    def _spend(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise UnreadableError("too much in it: its aliases make it endless")


def _text_of(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
