"""Argo CD's real CustomResourceDefinitions, to validate what the sandbox holds and what the product sends.

They are not part of the repository: ``ARGOCD_CRDS_DIR`` names a folder with ``*crd*.yaml`` of argo-cd (``manifests/crds``) and
``argocds.yaml`` of argocd-operator.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

_FOLDER = os.environ.get("ARGOCD_CRDS_DIR", "")

needs_crds = pytest.mark.skipif(not _FOLDER, reason="needs ARGOCD_CRDS_DIR, a folder with Argo CD's CustomResourceDefinitions")


@functools.cache
def definitions() -> dict[str, dict[str, Any]]:
    """Every definition in the folder, by kind."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = [yaml.load(path.read_text(), loader) for path in sorted(Path(_FOLDER).glob("*.yaml"))]  # noqa: S506
    return {definition["spec"]["names"]["kind"]: definition for definition in found}


def problems(obj: Mapping[str, object]) -> list[str]:
    """What the object's CustomResourceDefinition finds wrong with it; unknown fields count as wrong."""
    definition = definitions()[str(obj["kind"])]
    version = str(obj["apiVersion"]).rpartition("/")[2]
    [schema] = [v["schema"]["openAPIV3Schema"] for v in definition["spec"]["versions"] if v["name"] == version]
    validator = jsonschema.Draft7Validator(_closed(schema, top=True))
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(obj)]


def _closed(schema: Any, *, top: bool = False) -> Any:
    """The schema as JSON Schema, with objects closed: the server would drop what they do not name."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: _closed(value) for name, value in schema.items() if name not in ("properties", "additionalProperties")}
    if "additionalProperties" in schema:
        result["additionalProperties"] = _closed(schema["additionalProperties"])
    if "properties" in schema:
        result["properties"] = {name: _closed(value) for name, value in schema["properties"].items()}
        if not top and not schema.get("x-kubernetes-preserve-unknown-fields") and "additionalProperties" not in schema:
            result["additionalProperties"] = False
    if top:
        result["properties"]["metadata"] = {"type": "object"}
    if schema.get("x-kubernetes-int-or-string"):
        result.pop("type", None)
        result["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if schema.get("nullable") and isinstance(schema.get("type"), str):
        result["type"] = [schema["type"], "null"]
    return result
