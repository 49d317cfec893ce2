"""The JSON Schema of the answers file (draft 2020-12), made from the model."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic.json_schema import GenerateJsonSchema

from strategies.answers import API_VERSION, Answers
from strategies.base import Json

FILE_NAME = "answers.schema.json"
"""What the schema is called beside an answers file, and under docs/."""


def schema() -> dict[str, Json]:
    """The schema as plain data. It knows what a value may look like; what contradicts what is said when a file is read."""
    made: dict[str, Json] = Answers.model_json_schema(by_alias=True, mode="validation")
    head: dict[str, Json] = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:{API_VERSION.replace('/', ':')}:answers",
        "title": "Answers of ezgitops",
        "required": ["apiVersion"],
    }
    return _tidied({**head, **{key: value for key, value in made.items() if key not in head}}, top=True)


def text() -> str:
    """The schema as it is printed and committed: indented JSON with a final newline."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _tidied(words: Mapping[str, Json], *, top: bool = False, names: bool = False) -> dict[str, Json]:
    """Descriptions in plain text, without the titles that repeat the names of the keys.

    ``names``: the keys of this mapping are names of properties or definitions, not words of JSON Schema.
    """
    made: dict[str, Json] = {}
    for key, value in words.items():
        if key == "title" and not names and not top:
            continue
        if key == "description" and isinstance(value, str) and not names:
            made[key] = " ".join(value.replace("``", "`").split())
        elif isinstance(value, Mapping):
            made[key] = _tidied(value, names=not names and key in {"properties", "$defs"})
        elif isinstance(value, list):
            made[key] = [_tidied(inner) if isinstance(inner, Mapping) else inner for inner in value]
        else:
            made[key] = value
    return made
