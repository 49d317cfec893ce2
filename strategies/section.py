"""The base of every part of the answers: strict, immutable, camelCase in the file and snake_case in the code."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from strategies import forms

INSTANCE = r"^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$"
"""Instance names end up in IAM role names (64), labels (63) and object names: DNS label, 30 characters at most."""

SECRET_REFERENCE = (
    r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:[^\x00-\x1f]+|prompt:[^\x00-\x1f]*"
    r"|aws-secretsmanager:[A-Za-z0-9/_+=.@:-]+(#[A-Za-z0-9_.-]+)?)$"
)
"""The four ways to name a secret without writing it down."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form that a text must have, as metadata of an ``Annotated[str, Form(...)]``.

    ``words`` ends the sentence "must be ..." and is all that an operator is told besides ``example``. ``pattern`` holds for the
    whole text, newlines included, and is written so that ECMA 262 readers of the JSON Schema understand it too.
    ``complaint`` says what is wrong with a text, where more can be said than that the pattern does not match, or None.
    ``secret`` marks a reference to a secret: whatever stands there is never shown again.
    """

    pattern: str
    words: str
    example: str = ""
    longest: int | None = None
    complaint: Callable[[str], str | None] | None = None
    secret: bool = False

    def judge(self, text: str) -> str | None:
        """What is wrong with the text, in plain words and without repeating a secret; None when nothing is."""
        wrong = forms.unprintable(text) or forms.secretive(text)
        if wrong is None and self.complaint is not None:
            wrong = self.complaint(text)
        if wrong is None and self.longest is not None and len(text) > self.longest:
            wrong = f"must be {self.longest} characters at most; this one has {len(text)}"
        if wrong is None and re.fullmatch(self.pattern, text) is None:
            wrong = f"must be {self.words}"
        return wrong

    def __get_pydantic_core_schema__(self, source: type[str], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._validate, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(schema)
        described["pattern"] = self.pattern
        if self.longest is not None:
            described["maxLength"] = self.longest
        if self.example:
            described["examples"] = [self.example]
        return described

    def _validate(self, text: str) -> str:
        wrong = self.judge(text)
        if wrong is not None:
            # The message is a parameter: braces in it are text, not places to fill in.
            raise PydanticCustomError("form", "{wrong}", {"wrong": wrong})
        return text


SecretRef = Annotated[
    str,
    Form(
        SECRET_REFERENCE,
        "a reference to a secret: env:NAME, file:PATH, prompt:LABEL or aws-secretsmanager:NAME[#JSON-KEY]",
        example="env:SOURCE_TOKEN",
        longest=512,
        complaint=forms.reference,
        secret=True,
    ),
]
DnsLabel = Annotated[
    str,
    Form(
        r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        "1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends",
    ),
]
DnsSubdomain = Annotated[
    str,
    Form(
        r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$",
        "lower-case letters, digits, hyphens and dots, with a letter or digit at both ends of each part",
        longest=253,
    ),
]
Arn = Annotated[
    str,
    Form(
        r"^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:[A-Za-z0-9:/_+=,.@-]+$",
        "an ARN: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE",
        example="arn:aws:iam::123456789012:policy/Boundary",
        longest=2048,
    ),
]

IamName = Annotated[
    str,
    Form(r"^[A-Za-z0-9+=,.@_-]{1,64}$", "1 to 64 letters, digits and + = , . @ _ -", example="prod-east-argocd-reader"),
]
"""IAM user guide, "IAM and AWS STS quotas": role and user names."""
IamPath = Annotated[str, Form(r"^/([!-~]{1,510}/)?$", "/ alone, or a path with / at both ends", example="/platform/")]

ImageDigest = Annotated[
    str,
    Form(
        r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}$",
        "an image by digest: REGISTRY/NAME@sha256:DIGEST (a tag is not mirrored in an egress-zero cluster)",
        example="quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:" + 64 * "0",
    ),
]
"""Only digests are mirrored (openshift-docs, ``modules/images-registry-mirroring.adoc``)."""


class Section(BaseModel):
    """A part of the answers. Unknown keys are errors; values are never coerced from another type."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )
