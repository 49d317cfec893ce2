"""The base of every part of the answers: strict, immutable, camelCase in the file and snake_case in the code."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

INSTANCE = r"^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$"
"""Instance names end up in IAM role names (64), labels (63) and object names: DNS label, 30 characters at most."""

SECRET_REFERENCE = (
    r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:[^\x00-\x1f]+|prompt:[^\x00-\x1f]*"
    r"|aws-secretsmanager:[A-Za-z0-9/_+=.@:-]+(#[A-Za-z0-9_.-]+)?)$"
)
"""The four ways to name a secret without writing it down."""

SecretRef = Annotated[str, StringConstraints(pattern=SECRET_REFERENCE, max_length=512)]
DnsLabel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
DnsSubdomain = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")]
Arn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[A-Za-z0-9:/_+=,.@-]+$")]


class Section(BaseModel):
    """A part of the answers. Unknown keys are errors; values are never coerced from another type."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        regex_engine="python-re",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )
