"""What every strategy shares: the questions about the environment and the source, and the checks of both."""

from __future__ import annotations

from strategies.common.checks import COMMON_CHECKS
from strategies.common.questions import COMMON_QUESTIONS

__all__ = ["COMMON_CHECKS", "COMMON_QUESTIONS"]
