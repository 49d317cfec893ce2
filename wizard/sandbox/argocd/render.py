"""Manifests from a folder of a repository: plain YAML and JSON, a Kustomization's simplest parts, plain Helm charts.

What is not understood is an error, never left out: a comparison against half of the manifests would say Synced and be wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from wizard.sandbox.cluster.objects import Json, Object, dig, mapping, mappings, section, strings, text

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_KNOWN_KEYS = {
    "apiVersion", "kind", "metadata", "resources", "namespace", "namePrefix", "commonLabels", "labels", "commonAnnotations",
}  # fmt: skip
_PREFIXED = {"ConfigMap", "Secret", "ServiceAccount", "Role", "ClusterRole"}
_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
"""Annotations that make an object run beside a sync instead of belonging to it (Argo CD docs, "Resource hooks")."""
_CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}


class RenderError(Exception):
    """The folder cannot be rendered; the text is worded as Argo CD's."""


def source_type(folder: Path, source: Mapping[str, Json]) -> str:
    """``Helm``, ``Kustomize``, ``Plugin`` or ``Directory``, found as Argo CD finds it."""
    for key, kind in (("helm", "Helm"), ("kustomize", "Kustomize"), ("plugin", "Plugin")):
        if key in source:
            return kind
    if (folder / "Chart.yaml").exists():
        return "Helm"
    return "Kustomize" if any((folder / name).exists() for name in _KUSTOMIZATIONS) else "Directory"


def render(tree: Path, source: Mapping[str, Json], chart: Callable[[Path], list[Object]] | None = None) -> list[Object]:
    """The manifests of ``source.path``; ``chart`` renders a folder that is a Helm chart. Raises RenderError."""
    manifests = _manifests(tree, source, chart)
    for manifest in manifests:
        if any(hook in mapping(dig(manifest, "metadata", "annotations")) for hook in _HOOKS):
            name = text(dig(manifest, "metadata", "name"))
            raise RenderError(f"the sandbox runs no hooks, and {text(manifest.get('kind'))} {name} is one")
    return manifests


def _manifests(tree: Path, source: Mapping[str, Json], chart: Callable[[Path], list[Object]] | None) -> list[Object]:
    path = text(source.get("path"))
    folder = (tree / path).resolve()
    if not folder.is_relative_to(tree.resolve()) or not folder.is_dir():
        raise RenderError(f"{path}: app path does not exist")
    kind = source_type(folder, source)
    if kind == "Kustomize":
        if mapping(source.get("kustomize")):
            raise RenderError(f"`kustomize build {path}` failed: the sandbox does not know spec.source.kustomize options")
        return _kustomize(folder, tree.resolve())
    if kind == "Helm" and chart is not None:
        return chart(folder)
    if kind != "Directory":
        raise RenderError(
            f"`{kind.lower()}` failed: executable file not found in $PATH (the sandbox renders no {kind} sources)"
        )
    options = mapping(source.get("directory"))
    unknown = sorted(options.keys() - {"recurse"})
    if unknown:
        raise RenderError(f"spec.source.directory.{unknown[0]} is not known to the sandbox")
    pattern = "**/*" if options.get("recurse") is True else "*"
    found: list[Object] = []
    for file in sorted(folder.glob(pattern)):
        if file.suffix == ".jsonnet":
            raise RenderError(f"failed to evaluate jsonnet {file.name!r}: the sandbox has no jsonnet")
        if file.suffix in {".yaml", ".yml", ".json"} and file.is_file():
            found += _documents(file)
    return found


def _documents(file: Path) -> list[Object]:
    try:
        content = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RenderError(f'Failed to unmarshal "{file.name}": {error}') from error
    return documents(content, file.name)


def documents(content: str, name: str) -> list[Object]:
    """The objects of a YAML text, those of lists among them. ``name`` is what it is called in errors. Raises RenderError."""
    try:
        parsed = list(yaml.safe_load_all(content))
        # Through JSON, so that a YAML date is text as it is for Kubernetes, or refused.
        documents: list[Json] = json.loads(json.dumps([document for document in parsed if document is not None]))
    except (yaml.YAMLError, TypeError) as error:
        raise RenderError(f'Failed to unmarshal "{name}": {" ".join(str(error).split())}') from error
    found: list[Object] = []
    for document in documents:
        for each in mappings(mapping(document).get("items")) if mapping(document).get("kind") == "List" else [document]:
            if not isinstance(each, dict) or not text(each.get("kind")) or not text(each.get("apiVersion")):
                raise RenderError(f"Failed to unmarshal \"{name}\": Object 'Kind' is missing")
            found.append(each)
    return found


def _kustomize(folder: Path, tree: Path) -> list[Object]:
    def fail(why: str) -> RenderError:
        return RenderError(f"`kustomize build {folder.relative_to(tree)}` failed exit status 1: Error: {why}")

    file = next((folder / name for name in _KUSTOMIZATIONS if (folder / name).exists()), None)
    if file is None:
        raise fail("unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization'")
    try:
        options: Object = mapping(json.loads(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")))))
    except (yaml.YAMLError, TypeError) as error:
        raise fail(f"invalid Kustomization: {' '.join(str(error).split())}") from error
    unknown = sorted(options.keys() - _KNOWN_KEYS)
    if unknown:
        raise fail(f"the sandbox's kustomize does not know {unknown[0]!r}")
    found: list[Object] = []
    for name in strings(options.get("resources")):
        entry = (folder / name).resolve()
        if "://" in name or not entry.is_relative_to(tree) or not entry.exists():
            raise fail(f"accumulating resources: '{name}' is no file or folder of this repository")
        found += _kustomize(entry, tree) if entry.is_dir() else _documents(entry)
    for manifest in found:
        _transform(manifest, options)
    return found


def _transform(manifest: Object, options: Object) -> None:
    metadata = section(manifest, "metadata")
    kind = text(manifest.get("kind"))
    namespace, prefix = text(options.get("namespace")), text(options.get("namePrefix"))
    if namespace and kind not in _CLUSTER_WIDE:
        metadata["namespace"] = namespace
    if prefix and kind in _PREFIXED:
        metadata["name"] = f"{prefix}{metadata.get('name', '')}"
    elif prefix and kind != "Namespace":
        # Others may refer to renamed objects, and references are not followed here.
        raise RenderError(f"`kustomize build` failed: the sandbox's kustomize cannot prefix the name of a {kind}")
    for pairs in [
        mapping(options.get("commonLabels")),
        *(mapping(each.get("pairs")) for each in mappings(options.get("labels"))),
    ]:
        if pairs:
            section(metadata, "labels").update(pairs)
    if mapping(options.get("commonAnnotations")):
        section(metadata, "annotations").update(mapping(options.get("commonAnnotations")))
    selecting = mapping(options.get("commonLabels")) or any(
        each.get("includeSelectors") is True for each in mappings(options.get("labels"))
    )
    if selecting and dig(manifest, "spec", "selector") is not None:
        raise RenderError(f"`kustomize build` failed: the sandbox's kustomize cannot label the selector of a {kind}")
