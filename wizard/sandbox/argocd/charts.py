"""Helm charts whose templates do nothing but fill in values: ``{{ .Values.text | quote }}``.

Everything else of Helm's language is an error that says so: half of what a chart means would look like all of it.
Helm docs, "Chart Template Guide", "Charts", "Values Files".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from wizard.sandbox.argocd.render import RenderError, documents
from wizard.sandbox.cluster.objects import Json, Object, clone, dig, mapping, mappings, strings, text

_ACTION = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)
_COMMENT = re.compile(r"/\*.*\*/", re.DOTALL)
_REFERENCE = re.compile(r"\.(Values|Release|Chart)((?:\.[A-Za-z_][A-Za-z0-9_]*)+)")
_FUNCTIONS: Mapping[str, Callable[[str], str]] = {
    "quote": lambda value: json.dumps(value, ensure_ascii=False),
    "squote": lambda value: f"'{value}'",
    "upper": str.upper,
    "lower": str.lower,
    "toString": str,
}
_OPTIONS = {"releaseName", "values", "valuesObject", "valueFiles", "parameters", "skipCrds", "passCredentials", "version"}
_CHART_KEYS = {"name": "Name", "version": "Version", "appVersion": "AppVersion", "description": "Description", "type": "Type"}

Dependency = Callable[[str, str, str], Path]
"""From the repository's URL, the chart's name and its version to its folder. Raises RenderError."""


@dataclass(frozen=True, slots=True)
class Release:
    """What ``helm template`` is told: name, namespace, whether the CRDs of the chart are left out."""

    name: str
    namespace: str
    skip_crds: bool = False


def render_chart(
    folder: Path, source: Mapping[str, Json], *, application: str, namespace: str, fetch: Dependency
) -> list[Object]:
    """The manifests of a chart with the options of an Application's ``source.helm``. Raises RenderError."""
    options = mapping(source.get("helm"))
    unknown = sorted(options.keys() - _OPTIONS)
    if unknown:
        raise _failed(f"the sandbox does not know spec.source.helm.{unknown[0]}")
    values = mapping(clone(_values(folder / "values.yaml")))
    for name in strings(options.get("valueFiles")):
        file = (folder / name).resolve()
        if not file.is_relative_to(folder.resolve()) or not file.is_file():
            raise _failed(f"open {name}: no such file or directory")
        values = _over(values, _values(file))
    given = options.get("valuesObject")
    values = _over(values, mapping(given) if given is not None else _parsed(text(options.get("values")), "values"))
    for parameter in mappings(options.get("parameters")):
        values = _over(values, _parameter(parameter))
    release = Release(text(options.get("releaseName")) or application, namespace, options.get("skipCrds") is True)
    return _rendered(folder, values, release, fetch)


def _rendered(folder: Path, values: Object, release: Release, fetch: Dependency) -> list[Object]:
    chart = _values(folder / "Chart.yaml")
    found: list[Object] = []
    if not release.skip_crds:
        for file in sorted((folder / "crds").rglob("*.yaml")):
            found += documents(file.read_text(encoding="utf-8"), file.name)
    for name, part in _parts(folder, chart, values, fetch):
        globals_ = mapping(values.get("global"))
        below = _over(_values(part / "values.yaml"), mapping(values.get(name)))
        found += _rendered(part, _over(below, {"global": globals_} if globals_ else {}), replace(release), fetch)
    for file in sorted((folder / "templates").rglob("*")):
        # Partial templates make no manifest, and whatever includes one is refused below.
        if not file.is_file() or file.name.startswith("_") or file.suffix not in {".yaml", ".yml", ".json"}:
            continue
        where = f"{text(chart.get('name'))}/{file.relative_to(folder)}"
        found += documents(_filled(file.read_text(encoding="utf-8"), where, chart, values, release), where)
    return found


def _parts(folder: Path, chart: Object, values: Object, fetch: Dependency) -> list[tuple[str, Path]]:
    """The charts that this one depends on, by the name under which it gives them values: its own folders, else fetched."""
    packed = sorted((folder / "charts").glob("*.tgz"))
    if packed:
        raise _failed(f"the sandbox unpacks no charts that are part of a repository ({packed[0].name})")
    locked = {
        text(each.get("name")): text(each.get("version"))
        for each in mappings(_values(folder / "Chart.lock").get("dependencies"))
    }
    found = []
    for each in mappings(chart.get("dependencies")):
        name, version, repository = (text(each.get(key)) for key in ("name", "version", "repository"))
        condition = text(each.get("condition"))
        if condition and dig(values, *condition.split(".")) is False:
            continue
        own = folder / "charts" / name
        if not own.is_dir() and repository.startswith("file://"):
            own = (folder / repository.removeprefix("file://")).resolve()
        found.append(
            (text(each.get("alias")) or name, own if own.is_dir() else fetch(repository, name, locked.get(name, version)))
        )
    return found


def _filled(template: str, where: str, chart: Object, values: Object, release: Release) -> str:
    known: dict[str, Object] = {
        "Values": values,
        "Release": {"Name": release.name, "Namespace": release.namespace, "Service": "Helm"},
        "Chart": {shown: text(chart.get(key)) for key, shown in _CHART_KEYS.items()},
    }

    def value(expression: str) -> str:
        if _COMMENT.fullmatch(expression):
            return ""
        reference, *functions = (part.strip() for part in expression.split("|"))
        match = _REFERENCE.fullmatch(reference)
        if match is None or any(function not in _FUNCTIONS for function in functions):
            raise _failed(f"template: {where}: the sandbox fills in values only, and does not know {{{{ {expression} }}}}")
        said = _said(dig(known[match[1]], *match[2][1:].split(".")), where, reference)
        for function in functions:
            said = _FUNCTIONS[function](said)
        return said

    filled, position = "", 0
    for action in _ACTION.finditer(template):
        before = template[position : action.start()]
        filled += (before.rstrip() if action[1] else before) + value(action[2])
        position = action.end()
        if action[3]:
            position += len(template[position:]) - len(template[position:].lstrip())
    return filled + template[position:]


def _said(found: Json, where: str, reference: str) -> str:
    """A value as Go prints it; what is not there is nothing."""
    if isinstance(found, bool):
        return "true" if found else "false"
    if found is None or isinstance(found, str | int | float):
        return "" if found is None else str(found)
    raise _failed(f"template: {where}: the sandbox fills in single values only, and {reference} is none")


def _parameter(parameter: Mapping[str, Json]) -> Object:
    """One ``--set``: a dotted name, and a value that is a number or a boolean where it looks like one."""
    name, value = text(parameter.get("name")), text(parameter.get("value"))
    if re.search(r"[\\\[\]{},]", name + value):
        raise _failed(f"failed parsing --set data: the sandbox knows names and plain values only, not {name}={value}")
    typed: Json = value
    if parameter.get("forceString") is not True:
        typed = {"true": True, "false": False, "null": None}.get(
            value, int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else value
        )
    for part in reversed(name.split(".")):
        typed = {part: typed}
    return mapping(typed)


def _over(below: Object, above: Object) -> Object:
    """Values laid over values: mappings are joined, everything else takes the other's place, null takes it away."""
    found = dict(below)
    for key, value in above.items():
        under = found.get(key)
        if value is None:
            found.pop(key, None)
        else:
            found[key] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else clone_of(value)
    return found


def clone_of(value: Json) -> Json:
    """A copy that shares nothing."""
    copied: Json = json.loads(json.dumps(value))
    return copied


def _values(file: Path) -> Object:
    if not file.is_file():
        return {}
    try:
        return _parsed(file.read_text(encoding="utf-8"), file.name)
    except UnicodeDecodeError as error:
        raise _failed(f"cannot load {file.name}: {error}") from error


def _parsed(content: str, name: str) -> Object:
    try:
        loaded: Json = json.loads(json.dumps(yaml.safe_load(content)))
    except (yaml.YAMLError, TypeError) as error:
        raise _failed(f"cannot load {name}: {' '.join(str(error).split())}") from error
    return mapping(loaded)


def _failed(why: str) -> RenderError:
    return RenderError(f"`helm template .` failed exit status 1: Error: {why}")
