"""The real program, in the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.program import Program

if TYPE_CHECKING:
    from wizard.sandbox.launch import Sandbox


@pytest.fixture
def program(sandbox: Sandbox, tmp_path: Path) -> Program:
    """The program with a fresh sandbox around it."""
    return Program(tmp_path, dict(sandbox.environ))


@pytest.fixture
def looking(shared_sandbox: Sandbox, tmp_path: Path) -> Program:
    """The program with a sandbox that other tests of the module use too."""
    return Program(tmp_path, dict(shared_sandbox.environ))
