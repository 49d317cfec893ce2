"""The vocabulary of a strategy: questions, checks and resources, all of them data or pure functions.

Nothing here reads, writes or draws. ``strategies.resources`` carries resources out, ``wizard.engine`` drives them,
and the front ends show them.
"""

from strategies.base.checks import Check, CheckResult, Mend, Remedy, Status, Vantage, Verdict
from strategies.base.questions import Choice, Kind, Page, Question
from strategies.base.resources import (
    INSTANCE_LABEL,
    INSTANCE_TAG,
    OWNER,
    OWNER_LABEL,
    OWNER_TAG,
    Action,
    Change,
    FieldDiff,
    Group,
    Observed,
    Owner,
    Ref,
    Resource,
)
from strategies.base.situation import Json, Situation
from strategies.base.strategy import Card, Output, Strategy

__all__ = [
    "INSTANCE_LABEL",
    "INSTANCE_TAG",
    "OWNER",
    "OWNER_LABEL",
    "OWNER_TAG",
    "Action",
    "Card",
    "Change",
    "Check",
    "CheckResult",
    "Choice",
    "FieldDiff",
    "Group",
    "Json",
    "Kind",
    "Mend",
    "Observed",
    "Output",
    "Owner",
    "Page",
    "Question",
    "Ref",
    "Remedy",
    "Resource",
    "Situation",
    "Status",
    "Strategy",
    "Vantage",
    "Verdict",
]
