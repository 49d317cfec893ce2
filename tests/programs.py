"""Marks for tests that need a program which a user's machine may lack."""

from __future__ import annotations

import shutil

import pytest


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where ``program`` is not on the PATH; conftest makes that a failure in CI."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program}")
