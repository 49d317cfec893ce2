"""IAM policy documents: what AWS refuses to store, and what a stored one allows.

IAM user guide, "Grammar of the IAM JSON policy language", "Policy evaluation logic" and "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

Document = Mapping[str, object]

Context: TypeAlias = Mapping[str, str | tuple[str, ...]]
"""The condition keys of a request with their values; a tuple for a key of many values (``aws:TagKeys``)."""

VERSIONS = ("2008-10-17", "2012-10-17")
WEB_IDENTITY_PROVIDERS = ("cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com")
STATEMENT_FIELDS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
ACCOUNT_PRINCIPAL = re.compile(
    r"^(\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/.+))$"
)
FEDERATED_PRINCIPAL = re.compile(r"^arn:aws[a-z-]*:iam::\d{12}:(oidc-provider|saml-provider)/.+$")
SERVICE_PRINCIPAL = re.compile(r"^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$")


class PolicyFaultError(Exception):
    """Why AWS answers MalformedPolicyDocument."""


class Decision(StrEnum):
    """The words of ``EvalDecision`` in SimulatePrincipalPolicy."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


def parse(text: str) -> Document:
    """The document behind ``text``. Raises PolicyFaultError for anything that is not a policy of a known version."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise PolicyFaultError("This policy contains invalid Json") from error
    if not isinstance(document, dict):
        raise PolicyFaultError("This policy contains invalid Json")
    if document.get("Version") not in VERSIONS:
        raise PolicyFaultError("Policy document must be version 2012-10-17 or greater.")
    if not list(statements(document)):
        raise PolicyFaultError("Syntax errors in policy.")
    for statement in statements(document):
        unknown = set(statement) - STATEMENT_FIELDS
        if unknown:
            raise PolicyFaultError(f"Syntax errors in policy: unknown field {sorted(unknown)[0]}")
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise PolicyFaultError("Syntax errors in policy: Effect must be Allow or Deny")
        for operator, test in _conditions(statement):
            if _operator(operator) not in OPERATORS or not isinstance(test, Mapping):
                raise PolicyFaultError(f"Syntax errors in policy: invalid condition {operator}")
    return document


def validate_trust(text: str, exists: Callable[[str], bool]) -> Document:
    """The trust policy behind ``text``; ``exists`` tells whether an ARN of a user or role of this account is there.

    Raises PolicyFaultError. A federated provider need not exist (API_CreateRole), but its ARN must be well formed.
    """
    document = parse(text)
    for statement in statements(document):
        if "Resource" in statement or "NotResource" in statement:
            raise PolicyFaultError("Has prohibited field Resource")
        actions = [*_strings(statement.get("Action")), *_strings(statement.get("NotAction"))]
        if not actions:
            raise PolicyFaultError("Missing required field Action")
        if any(action != "*" and not action.lower().startswith("sts:") for action in actions):
            raise PolicyFaultError("AssumeRole policy may only specify STS AssumeRole actions.")
        principal = statement.get("Principal", statement.get("NotPrincipal"))
        if principal is None:
            raise PolicyFaultError("Missing required field Principal")
        for kind, name in _principals(principal):
            if not _well_formed(kind, name, exists):
                raise PolicyFaultError(f'Invalid principal in policy: "{kind}":"{name}"')
    return document


def validate_identity(text: str) -> Document:
    """The identity policy behind ``text``: actions with a service prefix, resources, and no principal."""
    document = parse(text)
    for statement in statements(document):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise PolicyFaultError("Policy document should not specify a principal.")
        actions = [*_strings(statement.get("Action")), *_strings(statement.get("NotAction"))]
        if not actions:
            raise PolicyFaultError("Policy statement must contain actions.")
        if any(action != "*" and ":" not in action for action in actions):
            raise PolicyFaultError("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        resources = [*_strings(statement.get("Resource")), *_strings(statement.get("NotResource"))]
        if not resources:
            raise PolicyFaultError("Policy statement must contain resources.")
        for resource in resources:
            if resource != "*" and not re.match(r"^(arn|\*):", resource):
                raise PolicyFaultError(f'Resource {resource} must be in ARN format or "*".')
    return document


def decide(
    documents: Iterable[Document],
    action: str,
    resource: str | None,
    *,
    principals: Sequence[str] | None = None,
    context: Context | None = None,
) -> Decision:
    """What the policies say of ``action`` on ``resource``: an explicit deny wins, then an allow, else it is denied.

    ``resource`` None asks whether there may be a resource on which the action is allowed. ``principals`` are the names of the
    caller for policies that have a Principal (trust and endpoint policies); identity policies are read without.
    """
    decision = Decision.IMPLICIT_DENY
    known = {key.lower(): value for key, value in (context or {}).items()}
    for document in documents:
        for statement in statements(document):
            if not _applies(statement, action, resource, principals, known):
                continue
            if statement.get("Effect") == "Deny":
                return Decision.EXPLICIT_DENY
            decision = Decision.ALLOWED
    return decision


def conditional(document: Document) -> bool:
    """True when a statement has a condition."""
    return any("Condition" in statement for statement in statements(document))


def statements(document: Document) -> Iterator[Mapping[str, object]]:
    """The statements of a policy, which may be one object or a list of them."""
    found = document.get("Statement")
    for statement in found if isinstance(found, list) else [found]:
        if isinstance(statement, Mapping):
            yield statement


def _well_formed(kind: str, name: str, exists: Callable[[str], bool]) -> bool:
    if kind == "AWS":
        return bool(ACCOUNT_PRINCIPAL.match(name)) and ("/" not in name or exists(name))
    if kind == "Federated":
        return name in WEB_IDENTITY_PROVIDERS or bool(FEDERATED_PRINCIPAL.match(name))
    if kind == "Service":
        return bool(SERVICE_PRINCIPAL.match(name))
    return kind == "*" or kind == "CanonicalUser"


def _principals(principal: object) -> Iterator[tuple[str, str]]:
    if isinstance(principal, Mapping) and principal:
        for kind, names in principal.items():
            for name in _strings(names) or [""]:
                yield str(kind), name
    elif principal == "*":
        yield "*", "*"
    else:
        yield "AWS", str(principal)


def _applies(
    statement: Mapping[str, object],
    action: str,
    resource: str | None,
    principals: Sequence[str] | None,
    context: Context,
) -> bool:
    if "NotAction" in statement:
        if _any_match(statement["NotAction"], action, lower=True):
            return False
    elif not _any_match(statement.get("Action"), action, lower=True):
        return False
    if not _touches(statement, resource):
        return False
    if principals is not None:
        names = {name for _, name in _principals(statement.get("Principal", {}))}
        if "*" not in names and names.isdisjoint(principals):
            return False
    return all(_holds(operator, test, context) for operator, test in _conditions(statement))


def _touches(statement: Mapping[str, object], resource: str | None) -> bool:
    if "Resource" not in statement and "NotResource" not in statement:
        return True
    if resource is None:
        return statement.get("Effect") == "Allow" or "*" in _strings(statement.get("Resource"))
    if "NotResource" in statement:
        return not _any_match(statement["NotResource"], resource)
    return _any_match(statement.get("Resource"), resource)


def _conditions(statement: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    conditions = statement.get("Condition")
    if isinstance(conditions, Mapping):
        yield from ((str(operator), test) for operator, test in conditions.items())


@lru_cache(maxsize=512)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile("^" + re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".") + "$", re.DOTALL)


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda have, want: have == want,
    "StringNotEquals": lambda have, want: have == want,
    "StringEqualsIgnoreCase": lambda have, want: have.lower() == want.lower(),
    "StringNotEqualsIgnoreCase": lambda have, want: have.lower() == want.lower(),
    "StringLike": lambda have, want: bool(_pattern(want).match(have)),
    "StringNotLike": lambda have, want: bool(_pattern(want).match(have)),
    "ArnEquals": lambda have, want: bool(_pattern(want).match(have)),
    "ArnLike": lambda have, want: bool(_pattern(want).match(have)),
    "ArnNotEquals": lambda have, want: bool(_pattern(want).match(have)),
    "ArnNotLike": lambda have, want: bool(_pattern(want).match(have)),
    "Bool": lambda have, want: have.lower() == want.lower(),
    "Null": lambda have, want: (not have) == (want.lower() == "true"),
}
"""How one value of the request compares with one of the policy; operators with ``Not`` are true when no pair does."""


def _operator(operator: str) -> str:
    return operator.rsplit(":", 1)[-1].removesuffix("IfExists")


def _holds(operator: str, test: object, context: Context) -> bool:
    """Whether one condition holds (IAM user guide, "Set operators for multivalued context keys"; "... IfExists"; "Null").

    A key that is not in the request fails a test, but for ``ForAllValues``, negated operators and ``IfExists``.
    """
    name = _operator(operator)
    compare = OPERATORS.get(name)
    if compare is None or not isinstance(test, Mapping):
        return False
    negated, quantified = "Not" in name, operator.partition(":")[0]
    absent_holds = negated or quantified == "ForAllValues" or operator.endswith("IfExists")
    for key, values in test.items():
        found = context.get(str(key).lower())
        have = (found,) if isinstance(found, str) else found
        if name == "Null":
            have = have or ("",)
        elif have is None:
            if absent_holds and quantified != "ForAnyValue":
                continue
            return False
        wanted = _strings(values)
        matches = [any(compare(one, want) for want in wanted) is not negated for one in have]
        if not (any(matches) if quantified == "ForAnyValue" else all(matches)):
            return False
    return True


def _any_match(patterns: object, value: str, *, lower: bool = False) -> bool:
    if lower:
        value = value.lower()
    return any(_pattern(p.lower() if lower else p).match(value) for p in _strings(patterns))


def _strings(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, bool):
        return [str(value).lower()]
    return [str(value)]
